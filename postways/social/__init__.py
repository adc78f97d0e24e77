"""People and people: following, asking to, blocking, muting, and the lists of who follows whom."""

from __future__ import annotations

from flask import Blueprint, Flask

bp = Blueprint("social", __name__)


def init_app(app: Flask) -> None:
    """Open these doors."""
    from postways.social import people, routes, suggestions  # noqa: F401, PLC0415 they attach themselves to `bp`

    app.register_blueprint(bp)
