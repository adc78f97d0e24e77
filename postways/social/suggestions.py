"""The doors of who to follow: the page, the few beside other pages, and "not interested"."""

from __future__ import annotations

from flask import g, url_for
from werkzeug.wrappers import Response

from postways import limits
from postways.auth import members_only
from postways.db import db, reading
from postways.htmx import asked_by_htmx, came_from, fragment, go, page
from postways.models import Suggestion, User
from postways.models.suggestion import MOST_SHOWN
from postways.social import bp

BESIDE = 4  # other pages


@bp.get("/people/suggested/")
@members_only
def suggested() -> Response:
    """People the reader may want to follow, and why; for htmx the few that stand beside a page."""
    with reading():
        found = Suggestion.of(g.user, BESIDE if asked_by_htmx() else 3 * MOST_SHOWN)
    if asked_by_htmx():
        return fragment("social/_suggestions.html", suggestions=found, beside=True)
    return page("social/suggested.html", suggestions=found)


@bp.post("/@<username>/dismiss/")
@members_only
def dismiss(username: str) -> Response:
    """Suggest this person no more."""
    person = User.met(g.user, username=username)
    limits.count("follow", g.user.id)
    Suggestion.dismiss(g.user, person)
    db.session.commit()
    if asked_by_htmx():
        return fragment("social/_dismissed.html", person=person)
    return go(came_from(url_for("social.suggested")))
