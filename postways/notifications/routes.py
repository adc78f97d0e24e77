"""The list, and that it was read."""

from __future__ import annotations

from flask import g, request, url_for
from werkzeug.wrappers import Response

from postways.auth import members_only
from postways.db import db, now
from postways.htmx import asked_by_htmx, fragment, go, page, pages_loaded
from postways.models import Follow, Notification
from postways.notifications import bp
from postways.paging import BadCursor, microseconds, moment_of


@bp.get("/notifications/")
@members_only
def show() -> Response:
    """What is new comes first."""
    cursor = request.args.get("cursor")
    found = Notification.listed(g.user, cursor)
    n = pages_loaded()
    older = found.next_cursor and url_for("notifications.show", cursor=found.next_cursor, n=n + 1)
    context = {"page": found, "older_url": older, "n": n, "until": microseconds(now())}
    if asked_by_htmx() and cursor:
        return fragment("notifications/_more.html", **context)
    return page("notifications/show.html", **context, waiting=Follow.count_requests(g.user))


@bp.post("/notifications/read/")
@members_only
def read() -> Response:
    """Everything that came `until` the page was made (microseconds) is read."""
    until = request.form.get("until", type=int)
    try:
        Notification.read_all(g.user, None if until is None else moment_of(until))
    except BadCursor:
        Notification.read_all(g.user)
    db.session.commit()
    if asked_by_htmx():
        return fragment("notifications/_read.html")
    return go(url_for("notifications.show"))
