"""What an account rests on: the password, the username and the address, changed or recovered by a program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import g, request
from flask_babel import gettext as _
from pydantic import Field

from postways.api import bp
from postways.api.auth import Token, filled
from postways.api.door import NEEDED, door
from postways.api.shapes import Detail, Secret, Shape, Words
from postways.auth import bearer, passwords
from postways.auth.answers import check_tries, count_try, right_password, whom
from postways.auth.proof import forgive_everywhere
from postways.auth.verify import USES, whose
from postways.db import db, now, read_only, reading
from postways.errors import Forbidden, Invalid, Refused, Unauthenticated
from postways.handlers import sentence
from postways.links import links
from postways.models import Session, User
from postways.models.credentials import check_email, check_password

NOT_YOURS = "That is not your password. Type it again."
NOT_THE_SAME = "The two passwords are not the same. Type them again."
SENT = "If an account has this address, a mail with a recovery token is on its way."
RESET = "Password reset successfully."
CHANGED = "Password changed successfully."
RENAMED = "Username changed successfully."
ASKED = "Verification email sent to your new email address."
MOVED = "Email changed successfully."


class Address(Shape):
    """Where the mail goes."""

    email: Words = Field(examples=["ada@example.org"])


class NewPassword(Shape):
    """The new password, twice."""

    new_password: Secret = Field(examples=["nine boats 4 the sea"])
    new_password2: Secret = Field(examples=["nine boats 4 the sea"])


class PasswordChange(NewPassword):
    """The old password once, the new one twice."""

    old_password: Secret = Field(examples=["seven boats 4 the sea"])


class UsernameChange(Shape):
    """The new name, and the password."""

    password: Secret = Field(examples=["seven boats 4 the sea"])
    new_username: Words = Field(examples=["grace"])


class UsernameChanged(Detail):
    """The name has changed."""

    username: str = Field(examples=["grace"])


class EmailChange(Shape):
    """The new address, and the password."""

    password: Secret = Field(examples=["seven boats 4 the sea"])
    new_email: Words = Field(examples=["grace@example.org"])


class EmailChanged(Detail):
    """The address counts."""

    email: str = Field(examples=["grace@example.org"])


@bp.post("/auth/token/recovery/")
@door({200: Detail}, tag="auth", body=Address, own_credentials=True, says=SENT)
def ask_for_recovery(body: Address) -> Detail:
    """Ask for a mail with a recovery token.

    The answer is the same whether anybody has this address; asking changes nothing.
    """
    with _about("email"):
        check_email(body.email.strip())
    against = whom(body.email)
    with reading():
        check_tries("reset", *against)
    count_try("reset", *against)
    User.forgot_password(User.with_email(body.email), "recovery")
    db.session.commit()
    return Detail(detail=_(SENT))


def _recovering() -> None:
    """Only a recovery token opens the reset; an ordinary one is known here, but not allowed."""
    if "Authorization" not in request.headers:
        raise Unauthenticated(NEEDED)
    kind, _blank, secret = request.headers["Authorization"].strip().partition(" ")
    try:
        with reading():
            g.recovering = links().person("recovery", secret.strip() if kind.lower() == "bearer" else "")
    except Refused:
        bearer.recognise(by_cookie=False)  # raises Unauthenticated for what is no token of any kind
        raise Forbidden from None


@bp.post("/auth/password/reset/")
@door({200: Detail}, tag="auth", body=NewPassword, enters=_recovering, says=RESET)
def reset_password(body: NewPassword) -> Detail:
    """Choose a new password with a recovery token; every token and session ends."""
    person: User = g.recovering
    password_hash = _new_hash(body, person)
    try:
        person.reset_password(password_hash)
    except Refused as error:
        raise Unauthenticated(error.message) from None
    forgive_everywhere(person)
    db.session.commit()
    return Detail(detail=_(RESET))


@bp.post("/auth/password/change/")
@door({200: Detail}, tag="auth", scope="update", body=PasswordChange, says=CHANGED, no_apps=True)
def change_password(body: PasswordChange) -> Detail:
    """Choose a new password; every token and session ends, this one too."""
    _check_new(body, g.user)
    _prove(body.old_password, "old_password")
    password_hash = passwords.hashed(body.new_password)
    g.user.change_password(password_hash)
    Session.end_all(g.user)
    db.session.commit()
    return Detail(detail=_(CHANGED))


@bp.post("/auth/username/change/")
@door({200: UsernameChanged}, tag="auth", scope="update", body=UsernameChange, says=RENAMED, no_apps=True)
def change_username(body: UsernameChange) -> UsernameChanged:
    """Be called otherwise, once in 30 days."""
    filled(body, "new_username")
    _prove(body.password, "password")
    with _about("new_username"):
        g.user.rename(body.new_username, now())
    db.session.commit()
    return UsernameChanged(detail=_(RENAMED), username=g.user.username)


@bp.post("/auth/email/change/")
@door({200: Detail}, tag="auth", scope="update", body=EmailChange, says=ASKED, no_apps=True)
def change_email(body: EmailChange) -> Detail:
    """Ask for a mail to the new address, whose link completes the change."""
    filled(body, "new_email")
    against = f"person {g.user.id}"
    with _about("new_email"):
        check_email(body.new_email.strip())
    with reading():
        check_tries("email", against)
    _prove(body.password, "password")
    count_try("email", against)
    db.session.commit()
    with _about("new_email"):
        g.user.ask_for_email(body.new_email)
    db.session.commit()
    return Detail(detail=_(ASKED))


@bp.post("/auth/email/verify/")
@door({200: EmailChanged}, tag="auth", body=Token, own_credentials=True, errors=(409,), says=MOVED)
def verify_email(body: Token) -> EmailChanged:
    """Complete a change of the address, or confirm that of a new account, with the token of the mail."""
    return _address_answers(body.token)


@bp.get("/auth/email/verify/")
@door({200: EmailChanged}, tag="auth", query=Token, own_credentials=True, errors=(409,), says=MOVED)
def verify_email_by_address(query: Token) -> EmailChanged:
    """Complete a change of the address, as POST does.

    Mails don't lead here but to a page with a button, so that programs that open links change nothing.
    """
    db.session.commit()
    read_only(request.method == "HEAD")
    return _address_answers(query.token)


def _address_answers(token: str) -> EmailChanged:
    with _about("token"):
        purpose, person = whose(token)
        email = (person.pending_email if purpose == "email" else person.email) or ""
        if request.method != "HEAD":
            USES[purpose](person)
    db.session.commit()
    return EmailChanged(detail=_(MOVED), email=email)


def _prove(password: str, field: str) -> None:
    if not right_password(password):
        raise Invalid({field: [_(NOT_YOURS)]})


def _new_hash(body: NewPassword, person: User) -> str:
    _check_new(body, person)
    return passwords.hashed(body.new_password)


def _check_new(body: NewPassword, person: User) -> None:
    problems: dict[str, list[str]] = {}
    try:
        check_password(body.new_password, person.username, person.email or "")
    except Refused as error:
        problems["new_password"] = [sentence(error)]
    if body.new_password != body.new_password2:
        problems["new_password2"] = [_(NOT_THE_SAME)]
    if problems:
        raise Invalid(problems)


@contextmanager
def _about(field: str) -> Iterator[None]:
    """What a noun refuses belongs to this field of the body."""
    try:
        yield
    except Refused as error:
        error.field = field
        raise
