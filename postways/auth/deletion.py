"""Leaving for good."""

from __future__ import annotations

from typing import Any

from flask import g, session, url_for
from flask_login import logout_user
from werkzeug.wrappers import Response

from postways.auth import bp, members_only, refills_form
from postways.auth.answers import form_page, unproved
from postways.auth.forms import ProofForm
from postways.auth.second import second_step_of, second_unproved
from postways.db import db, reading
from postways.errors import Forbidden
from postways.htmx import go
from postways.models import Guest, User, departure

PAGE = "auth/delete_account.html"


@bp.route("/authors/<int:user_id>/delete/", methods=["GET", "POST"])
@members_only
@refills_form
def delete_account(user_id: int) -> Response:
    """Ask, with everything that goes; then delete the account of the person who asks."""
    with reading():
        person = User.met(g.user, user_id=user_id)
        if not g.user.can_close(person):
            raise Forbidden
        belongings = departure.belongings(g.user)
    form = ProofForm()
    shown: dict[str, Any] = {"belongings": belongings, "second": second_step_of(g.user)}
    if not form.validate_on_submit():
        return form_page(PAGE, form, **shown)
    refused = unproved(PAGE, form, form.password, **shown)
    if refused := refused or second_unproved(PAGE, form, **shown):
        return refused
    g.user.leave()
    db.session.commit()
    logout_user()
    session.clear()
    g.user = Guest()
    answer = go(url_for("posts.home", notice="account-deleted"))
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer
