"""Posts and photographs: reading, sharing, changing, liking, keeping."""

from flask import Blueprint, Flask

bp = Blueprint("posts", __name__)


def init_app(app: Flask) -> None:
    """Open these doors."""
    from postways.posts import (  # noqa: PLC0415 they attach themselves to `bp`
        comments,  # noqa: F401 attaches itself to `bp`
        feed,  # noqa: F401 attaches itself to `bp`
        finding,  # noqa: F401 attaches itself to `bp`
        framing,  # noqa: F401 attaches itself to `bp`
        likes,  # noqa: F401 attaches itself to `bp`
        lists,  # noqa: F401 attaches itself to `bp`
        routes,  # noqa: F401 attaches itself to `bp`
        saves,  # noqa: F401 attaches itself to `bp`
        uploads,  # noqa: F401 attaches itself to `bp`
    )

    app.register_blueprint(bp)
