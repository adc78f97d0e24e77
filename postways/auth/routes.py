"""The doors of sign-up, log-in and log-out."""

from __future__ import annotations

from contextlib import suppress

from flask import g, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from postways.auth import (
    bp,
    log_in,
    log_out,
    members_only,
    refills_form,
)
from postways.auth.answers import beside_field, form_page, slowed_down
from postways.auth.forms import LoginForm, SignUpForm
from postways.auth.proof import Suspended, by_password, forgive, has_second_step
from postways.auth.second import begin_second_step
from postways.auth.signing_up import open_account, refusals
from postways.db import db, reading
from postways.errors import Refused, TooMany, Unauthenticated
from postways.htmx import go, inside
from postways.models import User


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
        user = by_password(form.username.data, form.password.data)
    except TooMany as error:
        return slowed_down("auth/login.html", form, error)
    except Suspended as error:
        return form_page("auth/login.html", form, suspended=error.user)
    except Unauthenticated as error:
        form.form_errors.append(_(error.message))
        return form_page("auth/login.html", form)
    if has_second_step(user):  # wrong codes count on with the wrong passwords
        return begin_second_step(user)
    forgive(user)
    log_in(user)
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
    with suppress(Refused):  # a name that is none of ours; nobody typed it
        user.reads_times_in(form.time_zone.data or "")
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
