"""Coming back without the password: ask for a link, and choose a new password by it."""

from __future__ import annotations

from flask import g, session, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, EqualTo, InputRequired, Length

from postways.auth import bp, passwords, refills_form
from postways.auth.answers import beside_field, check_tries, dead_link, form_page, slowed_down, unseen, whom
from postways.auth.proof import forgive_everywhere
from postways.db import db, reading
from postways.errors import Refused, TooMany
from postways.forms import PageForm
from postways.htmx import go
from postways.links import links
from postways.models import Attempt, User
from postways.models.credentials import LONGEST_EMAIL, LONGEST_PASSWORD, check_email, check_password


class ResetForm(PageForm):
    """To which address the link goes."""

    email = StringField(
        _l("Email"),
        [
            DataRequired(_l("Type your email address.")),
            Length(max=LONGEST_EMAIL, message=_l("An address has at most %(max)d characters.")),
        ],
    )


class ForgottenPasswordForm(PageForm):
    """The new password of somebody who has shown a link instead of the old one."""

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


@bp.route("/password_reset/", methods=["GET", "POST"])
@refills_form
def password_reset() -> Response:
    """Ask for a link; the answer and the work are the same whether anybody has that address."""
    if g.user.is_member:
        return go(url_for("profiles.show", username=g.user.username))
    form = ResetForm()
    if not (form.validate_on_submit() and _has_form(form)):
        return form_page("auth/password_reset.html", form)
    against = whom(form.email.data)
    try:
        check_tries("reset", *against)
    except TooMany as error:
        db.session.rollback()
        return slowed_down("auth/password_reset.html", form, error)
    Attempt.note("reset", *against)
    User.forgot_password(User.with_email(form.email.data))
    db.session.commit()
    return go(url_for("auth.password_reset", sent=1))


def _has_form(form: ResetForm) -> bool:
    try:
        check_email(form.email.data.strip())
    except Refused as error:
        beside_field(form, error)
    return not form.errors


@bp.route("/password_reset/<token>/", methods=["GET", "POST"])
def new_password(token: str) -> Response:
    """Choose the new password; it ends every session."""
    try:
        with reading():
            person = links().person("reset", token)
    except Refused as error:
        return dead_link(error, "reset")
    form = ForgottenPasswordForm()
    if not (form.validate_on_submit() and _good(form, person)):
        return unseen(form_page("auth/new_password.html", form, person=person))
    password_hash = passwords.hashed(form.new_password.data)
    try:
        person.reset_password(password_hash)
    except Refused as error:
        return dead_link(error, "reset")
    forgive_everywhere(person)
    db.session.commit()
    if g.user.is_member and g.user.id != person.id:
        return go(url_for("posts.home", notice="password-reset-other"))
    session.clear()
    return go(url_for("auth.login", notice="password-reset"))


def _good(form: ForgottenPasswordForm, person: User) -> bool:
    try:
        check_password(form.new_password.data, person.username, person.email or "")
    except Refused as error:
        error.field = "new_password"
        beside_field(form, error)
    return not form.errors
