"""Taking a change of the address back, by the link that went to the old one; nobody needs to be logged in."""

from __future__ import annotations

from flask import g, request, session, url_for
from flask_login import logout_user
from werkzeug.wrappers import Response

from postways.auth import bp
from postways.auth.answers import dead_link, unseen
from postways.db import db
from postways.errors import Refused
from postways.htmx import go, page
from postways.links import links
from postways.models import Guest


@bp.route("/email_revert/<token>/", methods=["GET", "POST"])
def take_back(token: str) -> Response:
    """Ask, then put the old address back, log everybody out and mail a link for a new password."""
    try:
        person, change = links().undone(token)
    except Refused as error:
        return dead_link(error, "undo")
    if request.method != "POST":
        return unseen(page("auth/take_back.html", person=person, change=change))
    try:
        person.take_back_email(change)
    except Refused as error:
        return dead_link(error, "undo")
    db.session.commit()
    if g.user.id != person.id and g.user.is_member:
        return go(url_for("posts.home", notice="email-back-other"))
    logout_user()
    session.clear()
    g.user = Guest()
    return go(url_for("auth.login", notice="email-back"))
