"""The door of the feed: what the people whom the reader follows have shared and reposted."""

from __future__ import annotations

from collections.abc import Sequence

from flask import g, render_template, request, url_for
from werkzeug.wrappers import Response

from postways.auth import members_only
from postways.db import db, reading
from postways.htmx import asked_by_htmx, fragment, go, page, pages_loaded, stream
from postways.models import Feed, Suggestion
from postways.models.feed import Entry
from postways.paging import microseconds
from postways.posts import bp
from postways.posts.cards import Notes, cards


@bp.get("/feed/")
@members_only
def feed() -> Response:
    """By time or ranked, as the reader chose."""
    cursor = request.args.get("cursor")
    found = Feed.page(g.user, g.user.feed_ranking, cursor)
    n = pages_loaded()
    more = asked_by_htmx() and bool(cursor)
    context = {
        "cards": cards([entry.post for entry in found.items], in_view=not more, notes=_notes(found.items)),
        "page": found,
        "n": n,
        "older_url": found.next_cursor and url_for("posts.feed", cursor=found.next_cursor, n=n + 1),
    }
    if more:
        return fragment("posts/_more.html", **context)
    if not found.items and not cursor:
        with reading():
            context["suggestions"] = Suggestion.of(g.user)
    opened = [entry.id for entry in found.items if g.user.can_open(entry.post)]
    live_url = stream(opened, feed=microseconds(found.newest))
    return page("posts/feed.html", **context, live_url=live_url)


@bp.post("/feed/")
@members_only
def rank_feed() -> Response:
    """Choose the order, which is remembered."""
    g.user.rank_feed(request.form.get("ranking", ""))
    db.session.commit()
    return go(url_for("posts.feed"))


def _notes(entries: Sequence[Entry]) -> dict[int, Notes]:
    return {
        entry.id: Notes(
            render_template("posts/_brought.html", entry=entry) if entry.people else "",
            render_template("posts/_why.html", entry=entry) if entry.why else "",
        )
        for entry in entries
        if entry.people or entry.why
    }
