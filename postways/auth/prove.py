"""Giving the password, and the second step, again: sensitive acts want a proof that is younger than two hours."""

from __future__ import annotations

from flask import g, request, url_for
from werkzeug.wrappers import Response

from postways.auth import bp, members_only, proved, refills_form
from postways.auth.answers import form_page, unproved, whom
from postways.auth.forms import ProofForm
from postways.auth.second import second_step_of, second_unproved
from postways.htmx import go, inside
from postways.models import Attempt


@bp.route("/settings/prove/", methods=["GET", "POST"])
@members_only
@refills_form
def prove() -> Response:
    """Show who it is, then go on to `next`."""
    form, second = ProofForm(), second_step_of(g.user)
    if not form.validate_on_submit():
        return form_page("auth/prove.html", form, second=second)
    refusal = unproved("auth/prove.html", form, form.password, second=second)
    if refusal := refusal or second_unproved("auth/prove.html", form, second=second):
        return refusal
    Attempt.forgive("password", whom(g.user.username)[0])
    proved()
    return go(inside(request.values.get("next"), url_for("settings.account")))
