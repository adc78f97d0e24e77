"""Premium membership: the page of a member, and the door of whoever takes the money."""

from __future__ import annotations

from flask import Blueprint, Flask

bp = Blueprint("membership", __name__)
hook = Blueprint("membership_hook", __name__)  # for programs, which bring no session and no form token


def init_app(app: Flask) -> None:
    """Open these doors."""
    from postways.membership import routes, webhook  # noqa: F401, PLC0415 the routes attach themselves

    app.register_blueprint(bp)
    app.register_blueprint(hook)
