"""Another address: nothing changes until the link that is mailed to it has been used."""

from __future__ import annotations

from flask import g, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from postways.auth import bp, members_only, refills_form
from postways.auth.answers import check_tries, form_page, refused, slowed_down, unproved
from postways.db import db, reading
from postways.errors import Refused, TooMany
from postways.forms import PageForm
from postways.htmx import go
from postways.models import Attempt
from postways.models.credentials import LONGEST_EMAIL, check_email

PAGE = "auth/email_change.html"


class EmailChangeForm(PageForm):
    """The new address, and the password."""

    new_email = StringField(
        _l("New address"),
        [
            DataRequired(_l("Type your new address.")),
            Length(max=LONGEST_EMAIL, message=_l("An address has at most %(max)d characters.")),
        ],
    )
    password = PasswordField(_l("Password"), [InputRequired(_l("Type your password."))])


@bp.route("/email_change/", methods=["GET", "POST"])
@members_only
@refills_form
def email_change() -> Response:
    """Ask for the link."""
    form, whose = EmailChangeForm(), f"person {g.user.id}"
    if not form.validate_on_submit():
        return form_page(PAGE, form)
    try:
        check_email(form.new_email.data.strip())
        with reading():
            check_tries("email", whose)
    except Refused as error:
        return refused(PAGE, form, error, "new_email")
    except TooMany as error:
        return slowed_down(PAGE, form, error)
    if refusal := unproved(PAGE, form, form.password):
        return refusal
    Attempt.note("email", whose)
    db.session.commit()
    try:
        g.user.ask_for_email(form.new_email.data)
    except Refused as error:
        return refused(PAGE, form, error, "new_email")
    db.session.commit()
    return go(url_for("settings.account", notice="email-asked"))
