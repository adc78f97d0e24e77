"""Another username."""

from __future__ import annotations

from flask import g, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, InputRequired

from postways.auth import bp, members_only, refills_form
from postways.auth.answers import form_page, refused, unproved
from postways.db import db, now
from postways.errors import Refused
from postways.forms import PageForm
from postways.htmx import go

PAGE = "auth/username_change.html"


class UsernameChangeForm(PageForm):
    """The new name, and the password."""

    new_username = StringField(_l("New username"), [DataRequired(_l("Choose a username."))])
    password = PasswordField(_l("Password"), [InputRequired(_l("Type your password."))])


@bp.route("/username_change/", methods=["GET", "POST"])
@members_only
@refills_form
def username_change() -> Response:
    """Be called otherwise, once in 30 days."""
    form, days = UsernameChangeForm(), g.user.days_to_rename(now())
    if not form.validate_on_submit():
        return form_page(PAGE, form, days=days)
    if refusal := unproved(PAGE, form, form.password, days=days):
        return refusal
    try:
        g.user.rename(form.new_username.data, now())
    except Refused as error:
        return refused(PAGE, form, error, "new_username", days=days)
    db.session.commit()
    return go(url_for("settings.account", notice="username-changed"))
