"""The doors of lists of posts: newest, popular, by tag."""

from __future__ import annotations

from typing import Any

from flask import abort, g, request, url_for
from werkzeug.wrappers import Response

from postways.htmx import asked_by_htmx, fragment, page, pages_loaded, stream
from postways.models import Post
from postways.models.listed import PERIODS, Glimpse
from postways.paging import EPOCH, Page
from postways.posts import bp
from postways.posts.cards import cards
from postways.posts.frames import visitors_page


@bp.get("/")
def home() -> Response:
    """Published posts, newest first."""
    found = Post.newest(g.user, request.args.get("cursor"))
    return _list("posts/home.html", found, live_url=stream(_ids(found), newest=_newest(found)))


@bp.get("/popular/")
def popular() -> Response:
    """The most liked, of all time or of what was published lately."""
    period = request.args.get("period", "all")
    if period not in PERIODS:
        abort(404)
    found = Post.popular(g.user, period, request.args.get("cursor"))
    return _list("posts/popular.html", found, period=period, live_url=stream(_ids(found)))


@bp.get("/tags/<tag>/")
def tag(tag: str) -> Response:
    """What carries a tag."""
    found = Post.tagged(tag, g.user, request.args.get("cursor"))
    return _list("posts/tag.html", found, tag=tag, live_url=stream(_ids(found)))


def _list(template: str, found: Page[Glimpse], live_url: str, **context: str) -> Response:
    """The page, or for the link at its end only the next posts and the next such link."""
    n = pages_loaded()
    more = asked_by_htmx() and bool(request.args.get("cursor"))
    filling: dict[str, str | None] = {
        "cards": cards(found.items, in_view=not more),
        "older_url": _older(found, n),
        "live_url": live_url,
    }
    if more:
        return fragment("posts/_more.html", **filling, page=found, n=n)
    if g.user.is_member:
        return page(template, **context, **filling, page=found, n=n)
    return visitors_page(template, found, n, filling, **context)


def _older(found: Page[Glimpse], n: int) -> str | None:
    if not found.next_cursor:
        return None
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if name == "period"}
    return url_for(request.endpoint or "", **(request.view_args or {}), **kept, cursor=found.next_cursor, n=n + 1)


def _ids(found: Page[Glimpse]) -> list[int]:
    return [post.id for post in found.items if g.user.can_open(post)]


def _newest(found: Page[Glimpse]) -> int:
    """When the newest post on the page was published, in microseconds; what comes later goes into the pill."""
    published = found.items[0].published_at if found.items else None
    return round((published - EPOCH).total_seconds() * 1e6) if published else 0
