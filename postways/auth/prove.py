"""Giving the password again: sensitive acts want a proof that is younger than two hours."""

from __future__ import annotations

from flask import g, request, url_for
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField
from wtforms.validators import InputRequired

from postways.auth import bp, members_only, proved, refills_form
from postways.auth.answers import form_page, unproved, whom
from postways.htmx import go, inside
from postways.models import Attempt


class ProofForm(FlaskForm):
    """The password alone."""

    password = PasswordField(_l("Password"), [InputRequired(_l("Type your password."))])


@bp.route("/settings/prove/", methods=["GET", "POST"])
@members_only
@refills_form
def prove() -> Response:
    """Show who it is, then go on to `next`."""
    form = ProofForm()
    if not form.validate_on_submit():
        return form_page("auth/prove.html", form)
    if refusal := unproved("auth/prove.html", form, form.password):
        return refusal
    Attempt.forgive("password", whom(g.user.username)[0])
    proved()
    return go(inside(request.values.get("next"), url_for("settings.account")))
