"""What happened that concerns the person who asks, and how much of it they want to hear."""

from __future__ import annotations

from flask import Blueprint, Flask

bp = Blueprint("notifications", __name__)


def init_app(app: Flask) -> None:
    """Open these doors."""
    from postways.notifications import routes, wishes  # noqa: F401, PLC0415 the routes attach themselves to `bp`

    app.register_blueprint(bp)
