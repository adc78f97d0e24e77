"""What two people write to each other: the list of conversations, one of them, and who may begin another."""

from __future__ import annotations

from flask import Blueprint, Flask, Response

bp = Blueprint("messages", __name__)


def init_app(app: Flask) -> None:
    """Open these doors."""
    from postways.messages import acts, routes  # noqa: F401, PLC0415 the routes attach themselves to `bp`

    app.register_blueprint(bp)


@bp.after_request
def _keep_nothing(response: Response) -> Response:
    """What two people alone may read is in no cache."""
    response.headers["Cache-Control"] = "no-store"
    return response
