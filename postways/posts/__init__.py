"""Posts and photographs: reading, sharing, changing, liking."""

from flask import Blueprint, Flask

bp = Blueprint("posts", __name__)


def init_app(app: Flask) -> None:
    """Open these doors."""
    from postways.posts import (  # noqa: PLC0415 they attach themselves to `bp`
        comments,  # noqa: F401
        finding,  # noqa: F401
        framing,  # noqa: F401
        likes,  # noqa: F401
        lists,  # noqa: F401
        routes,  # noqa: F401
        uploads,  # noqa: F401
    )

    app.register_blueprint(bp)
