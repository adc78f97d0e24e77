"""The doors of sign-up, log-in and log-out."""

from __future__ import annotations

from flask import g, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from postways.auth import (
    bp,
    known_device,
    log_in,
    log_out,
    may_come_in,
    members_only,
    passwords,
    refills_form,
    shut_out,
)
from postways.auth.answers import beside_field, check_tries, form_page, slowed_down, whom
from postways.auth.forms import LoginForm, SignUpForm
from postways.auth.second import begin_second_step
from postways.auth.signing_up import open_account, refusals
from postways.db import db, reading
from postways.errors import Refused, TooMany
from postways.htmx import go, inside
from postways.models import Attempt, Audit, Passkey, User


@bp.route("/login/", methods=["GET", "POST"])
@refills_form
def login() -> Response:
    """Come in with username or email."""
    if g.user.is_member:
        return go(_own_profile())
    form = LoginForm()
    if not form.validate_on_submit():
        return form_page("auth/login.html", form)
    try:
        with reading():
            user = User.logging_in_as(form.username.data)
            against = whom(user.username if user is not None else form.username.data, known_device(user))
            check_tries("password", *against)
    except TooMany as error:
        return slowed_down("auth/login.html", form, error)
    known = user if user is not None and (may_come_in(user) or shut_out(user)) else None
    if not passwords.matches(known and known.password_hash, form.password.data) or known is None:
        Attempt.note("password", *against)
        Audit.note("log-in-failed", None, user)
        db.session.commit()
        form.form_errors.append(_("Username or password are not right. Check both and try again."))
        return form_page("auth/login.html", form)
    if shut_out(known):
        Audit.note("log-in-failed", None, known, suspended=True)
        db.session.commit()
        return form_page("auth/login.html", form, suspended=known)
    if passwords.outdated(known.password_hash):
        known.password_hash = passwords.hashed(form.password.data)
    with reading():
        second = bool(known.totp_secret) or Passkey.any_of(known)
    if second:  # wrong codes count on with the wrong passwords
        db.session.commit()
        return begin_second_step(known)
    Attempt.forgive("password", against[0])
    log_in(known)
    return go(inside(request.values.get("next"), _own_profile()))


@bp.route("/signup/", methods=["GET", "POST"])
@refills_form
def signup() -> Response:
    """Open an account; success logs in."""
    if g.user.is_member:
        return go(_own_profile())
    form = SignUpForm()
    valid = form.validate_on_submit()
    if not (_rules_hold(form) and valid):
        if form.is_submitted() and not form.csrf_token.errors:
            _refuse_taken(form, "username")  # who has an address is told only to who could sign up with it
        return form_page("auth/signup.html", form)
    try:
        user = open_account(form.username.data, form.email.data, form.password.data)
    except TooMany as error:
        return slowed_down("auth/signup.html", form, error)
    except Refused as error:
        db.session.rollback()
        _refuse_taken(form, "username", "email")
        if not form.errors:
            beside_field(form, error)
        return form_page("auth/signup.html", form)
    log_in(user)
    return go(inside(request.values.get("next"), _own_profile()))


@bp.post("/logout/")
@members_only
def logout() -> Response:
    """Leave; the session ends on the server too."""
    log_out()
    answer = go(url_for("posts.home"))
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


def _rules_hold(form: SignUpForm) -> bool:
    """Every rule that needs no look into the database, all at once; a field that is refused already says one thing."""
    if not form.is_submitted():
        return False
    for error in refusals(form.username.data or "", form.email.data or "", form.password.data or ""):
        if not form[error.field].errors:
            beside_field(form, error)
    return not form.errors


def _refuse_taken(form: SignUpForm, *fields: str) -> None:
    """Say at once of each of `fields` whether somebody has it."""
    name, email = (form.username.data or "").strip(), (form.email.data or "").strip()
    rules = {"username": lambda: User.refuse_name(name), "email": lambda: User.refuse_address(email)}
    for field in fields:
        if form[field].errors:
            continue
        try:
            with reading():
                rules[field]()
        except Refused as error:
            beside_field(form, error)


def _own_profile() -> str:
    return url_for("profiles.show", username=g.user.username)
