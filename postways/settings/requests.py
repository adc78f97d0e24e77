"""Who asks to follow, and whom one has asked."""

from __future__ import annotations

from flask import g, request, url_for
from werkzeug.wrappers import Response

from postways.auth import members_only
from postways.htmx import page
from postways.models import Follow
from postways.settings import bp


@bp.get("/settings/requests/")
@members_only
def requests() -> Response:
    """Requests that wait for an answer, in both directions."""
    mine, asked = (request.args.get(name) for name in ("cursor", "asked"))
    found, sent = Follow.requests(g.user, mine), Follow.requests_of(g.user, asked)
    older = found.next_cursor and url_for("settings.requests", cursor=found.next_cursor, asked=asked)
    older_sent = sent.next_cursor and url_for("settings.requests", asked=sent.next_cursor, cursor=mine)
    return page(
        "settings/requests.html", found=found.items, sent=sent.items, older_url=older, older_sent_url=older_sent
    )
