"""The doors of what the reader keeps: the bookmark of a post, and the list of all."""

from __future__ import annotations

from flask import g, request, url_for
from werkzeug.wrappers import Response

from postways import limits
from postways.auth import members_only
from postways.db import db
from postways.htmx import asked_by_htmx, fragment, page, pages_loaded
from postways.models import Post
from postways.posts import bp
from postways.posts.buttons import button


@bp.post("/posts/<int:post_id>/save/")
@members_only
def save(post_id: int) -> Response:
    """Keep it among what the reader wants to find again."""
    limits.count("save", g.user.id)
    Post.find(post_id, g.user, photos=False).save(g.user)
    db.session.commit()
    return button("posts/_save.html", post_id)


@bp.post("/posts/<int:post_id>/unsave/")
@members_only
def unsave(post_id: int) -> Response:
    """Keep it no longer."""
    limits.count("save", g.user.id)
    Post.known(post_id, g.user).unsave(g.user)
    db.session.commit()
    return button("posts/_save.html", post_id)


@bp.get("/saved/")
@members_only
def saved() -> Response:
    """What the reader keeps."""
    found = Post.saved_of(g.user, request.args.get("cursor"))
    n = pages_loaded()
    older = found.next_cursor and url_for("posts.saved", cursor=found.next_cursor, n=n + 1)
    filling = {"page": found, "n": n, "older_url": older}
    if asked_by_htmx() and request.args.get("cursor"):
        return fragment("profiles/_grid_more.html", **filling)
    return page("posts/saved.html", **filling)
