"""Of what somebody wants to hear, on the page and by mail."""

from __future__ import annotations

from flask import g, request, url_for
from werkzeug.wrappers import Response

from postways.auth import members_only, own_proof
from postways.db import db, reading
from postways.errors import Refused
from postways.handlers import sentence
from postways.htmx import go, page
from postways.links import links
from postways.models import Notification
from postways.models.notification import KINDS
from postways.models.user import DIGESTS
from postways.notifications import bp


@bp.route("/settings/notifications/", methods=["GET", "POST"])
@members_only
def wishes() -> Response:
    """Which kinds are told, and how often a mail sums them up."""
    if request.method != "POST":
        return page("notifications/wishes.html", kinds=KINDS, digests=DIGESTS)
    try:
        Notification.wish(g.user, request.form.getlist("kinds"), request.form.get("digest", ""))
    except Refused as error:
        return page("notifications/wishes.html", 422, kinds=KINDS, digests=DIGESTS, refusal=sentence(error))
    db.session.commit()
    return go(url_for("notifications.wishes", notice="saved"))


@bp.route("/unsubscribe/<token>/", methods=["GET", "POST"])
@own_proof
def unsubscribe(token: str) -> Response:
    """End the mails that sum up, by the link in one of them; mail programs post here by themselves (RFC 8058)."""
    try:
        with reading():
            person = links().person("unsubscribe", token)
    except Refused as error:
        return page("auth/dead_link.html", 410, sentence=sentence(error), again_url=url_for("notifications.wishes"))
    if request.method == "POST":
        person.wants_no_digest()
        db.session.commit()
    answer = page("notifications/unsubscribe.html", person=person, done=request.method == "POST")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
