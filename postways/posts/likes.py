"""The lists of likes: who likes a post, and what the reader likes."""

from __future__ import annotations

from flask import g, request, url_for
from werkzeug.wrappers import Response

from postways.auth import members_only
from postways.htmx import asked_by_htmx, fragment, page, pages_loaded
from postways.models import Post, User
from postways.posts import bp


@bp.get("/posts/<int:post_id>/likes/")
def likers(post_id: int) -> Response:
    """Who likes it, to whoever may see it."""
    post = Post.find(post_id, g.user, photos=False)
    people = User.who_like(post.id, g.user, request.args.get("cursor"))
    n = pages_loaded()
    older = people.next_cursor and url_for("posts.likers", post_id=post.id, cursor=people.next_cursor, n=n + 1)
    filling = {"page": people, "n": n, "older_url": older}
    if asked_by_htmx() and request.args.get("cursor"):
        return fragment("search/_more_people.html", **filling)
    return page("posts/likers.html", post=post, **filling)


@bp.get("/likes/")
@members_only
def liked() -> Response:
    """What the reader likes."""
    found = Post.liked_of(g.user, request.args.get("cursor"))
    n = pages_loaded()
    older = found.next_cursor and url_for("posts.liked", cursor=found.next_cursor, n=n + 1)
    filling = {"page": found, "n": n, "older_url": older}
    if asked_by_htmx() and request.args.get("cursor"):
        return fragment("profiles/_grid_more.html", **filling)
    return page("posts/liked.html", **filling)
