"""A new password for somebody who knows the old one."""

from __future__ import annotations

from flask import g, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import PasswordField
from wtforms.validators import EqualTo, InputRequired, Length

from postways.auth import bp, members_only, passwords, proved, refills_form
from postways.auth.answers import form_page, refused, unproved
from postways.errors import Refused
from postways.forms import PageForm
from postways.htmx import go
from postways.models import Session
from postways.models.credentials import LONGEST_PASSWORD, check_password

PAGE = "auth/password_change.html"


class PasswordChangeForm(PageForm):
    """The old one once, the new one twice."""

    old_password = PasswordField(_l("Password"), [InputRequired(_l("Type your present password."))])
    new_password = PasswordField(
        _l("New password"),
        [
            InputRequired(_l("Choose a password.")),
            Length(max=LONGEST_PASSWORD, message=_l("A password has at most %(max)d characters.")),
        ],
    )
    new_password2 = PasswordField(
        _l("New password again"),
        [EqualTo("new_password", _l("The two passwords are not the same. Type them again."))],
    )


@bp.route("/password_change/", methods=["GET", "POST"])
@members_only
@refills_form
def password_change() -> Response:
    """Change it; this browser stays logged in, every other one is logged out."""
    form = PasswordChangeForm()
    if not form.validate_on_submit():
        return form_page(PAGE, form)
    try:
        check_password(form.new_password.data, g.user.username, g.user.email or "")
    except Refused as error:
        return refused(PAGE, form, error, "new_password")
    if refusal := unproved(PAGE, form, form.old_password):
        return refusal
    password_hash = passwords.hashed(form.new_password.data)
    try:
        g.user.change_password(password_hash)
    except Refused as error:
        return refused(PAGE, form, error, "old_password")
    Session.end_others(g.user)
    proved()
    return go(url_for("settings.account", notice="password-changed"))
