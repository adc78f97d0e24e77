"""Posts and photographs: reading, sharing, changing, liking."""

from flask import Blueprint, Flask

bp = Blueprint("posts", __name__)


def init_app(app: Flask) -> None:
    """Open these doors."""
    from postways.posts import finding, framing, likes, lists, routes, uploads  # noqa: F401, PLC0415 they attach themselves to `bp`

    app.register_blueprint(bp)
