"""That an address belongs to somebody: the link in the mail, and asking for that mail again."""

from __future__ import annotations

from collections.abc import Callable

from flask import g, request, url_for
from werkzeug.wrappers import Response

from postways.auth import bp, members_only
from postways.auth.answers import check_tries, dead_link, unseen, whom
from postways.db import db
from postways.errors import Refused
from postways.htmx import go, page
from postways.links import links
from postways.models import Attempt, User

USES: dict[str, Callable[[User], None]] = {  # purpose of the link: what its button does
    "verify": User.verify,
    "email": User.take_email,
}


@bp.post("/email_verify/")
@members_only
def send_again() -> Response:
    """Mail the link once more."""
    against = whom(g.user.username)[0]
    check_tries("verify", against)
    Attempt.note("verify", against)
    g.user.wants_link()
    db.session.commit()
    return go(url_for("profiles.show", username=g.user.username, notice="verify-sent"))


@bp.route("/email_verify/<token>/", methods=["GET", "POST"])
def verify(token: str) -> Response:
    """Opening the link changes nothing, because programs that look for viruses open links too; its button does."""
    try:
        purpose, person = whose(token)
    except Refused as error:
        return dead_link(error, "verify")
    if request.method != "POST":
        address = person.email if purpose == "verify" else person.pending_email
        return unseen(page("auth/verify.html", person=person, address=address))
    try:
        USES[purpose](person)
    except Refused as error:
        return dead_link(error, purpose)
    db.session.commit()
    if g.user.id == person.id:
        return go(url_for("profiles.show", username=person.username, notice="verified"))
    if g.user.is_member:
        return go(url_for("posts.home", notice="verified-other"))
    return go(url_for("auth.login", notice="verified"))


def whose(token: str) -> tuple[str, User]:
    """Purpose and person; a token can have one purpose only. Raises Refused."""
    *others, last = USES
    for purpose in others:
        try:
            return purpose, links().person(purpose, token)
        except Refused:
            continue
    return last, links().person(last, token)
