"""The lists of likes and reposts: who gave them to a post, and what the reader likes."""

from __future__ import annotations

from collections.abc import Callable

from flask import g, request, url_for
from werkzeug.wrappers import Response

from postways.auth import members_only
from postways.htmx import asked_by_htmx, fragment, page, pages_loaded
from postways.models import Actor, Post, User
from postways.paging import Page
from postways.posts import bp


@bp.get("/posts/<int:post_id>/likes/")
def likers(post_id: int) -> Response:
    """Who likes it, to whoever may see it."""
    return _people(post_id, User.who_like)


@bp.get("/posts/<int:post_id>/reposts/")
def reposters(post_id: int) -> Response:
    """Who reposted it, to whoever may see it."""
    return _people(post_id, User.who_reposted)


def _people(post_id: int, who: Callable[[int, Actor, str | None], Page[User]]) -> Response:
    post = Post.find(post_id, g.user, photos=False)
    people = who(post.id, g.user, request.args.get("cursor"))
    n = pages_loaded()
    older = people.next_cursor and url_for(request.endpoint or "", post_id=post.id, cursor=people.next_cursor, n=n + 1)
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
