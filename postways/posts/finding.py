"""The doors to what one does not know yet: recent photographs, and search."""

from __future__ import annotations

from typing import Any

from flask import g, request, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response

from postways.htmx import asked_by_htmx, fragment, page, pages_loaded
from postways.models import Post, Tag, User
from postways.paging import Page
from postways.posts import bp
from postways.text import question_in

KINDS = ("posts", "people", "tags")
FEW_PEOPLE = 5  # where all kinds stand on one page
FEW_TAGS = 12


@bp.get("/explore/")
def explore() -> Response:
    """A grid of recent photographs."""
    found = Post.explored(g.user, request.args.get("cursor"))
    n = pages_loaded()
    older = found.next_cursor and url_for("posts.explore", cursor=found.next_cursor, n=n + 1)
    filling = {"page": found, "n": n, "older_url": older}
    if asked_by_htmx() and request.args.get("cursor"):
        return fragment("profiles/_grid_more.html", **filling)
    return page("search/explore.html", **filling)


@bp.get("/search/")
def search() -> Response:
    """Posts, people and tags that have all the words; of one kind or of all."""
    question = question_in(request.args.get("q", ""))
    kind = request.args.get("kind", "")
    cursor = request.args.get("cursor")
    shown = KINDS if kind not in KINDS else (kind,)
    found = {name: _found(name, question, cursor, few=len(shown) > 1) for name in shown} if question else {}
    context: dict[str, Any] = {"question": question, "kind": kind if kind in KINDS else "", "found": found}
    context |= _next_page(found, question)
    if not any(part.items for part in found.values()):
        context["in_use"] = Tag.in_use(g.user)
    if not asked_by_htmx():
        return page("search/search.html", **context)
    if question:
        count = sum(len(part.items) for part in found.values())
        context["said"] = ngettext("%(num)d result", "%(num)d results", count)
    return fragment(f"search/_more_{kind}.html" if cursor and kind in KINDS else "search/_found.html", **context)


def _found(kind: str, question: str, cursor: str | None, few: bool) -> Page[Any]:
    if kind == "posts":
        return Post.found(question, g.user, cursor)
    if kind == "people":
        return User.found(question, g.user, cursor, *((FEW_PEOPLE,) if few else ()))
    return Tag.found(question, g.user, cursor, *((FEW_TAGS,) if few else ()))


def _next_page(found: dict[str, Page[Any]], question: str) -> dict[str, Any]:
    """What the link at the end of the list needs; where all kinds stand on one page it is the list of posts."""
    n = pages_loaded()
    for kind in ("posts", *found):
        if kind in found:
            cursor = found[kind].next_cursor
            older = cursor and url_for("posts.search", q=question, kind=kind, cursor=cursor, n=n + 1)
            return {"page": found[kind], "n": n, "older_url": older}
    return {}
