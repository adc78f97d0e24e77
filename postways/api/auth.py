"""Credentials: getting, renewing and ending them, and changing what an account rests on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NoReturn

from flask import Response, abort, current_app, g, jsonify, request
from flask_babel import gettext as _
from pydantic import Field

from postways import access, auth
from postways.api import bp
from postways.api.door import NEEDED, answered, door
from postways.api.shapes import Detail, Secret, Shape, Words
from postways.api.users import Profile, SignUp, own_profile, rules_hold
from postways.auth import bearer, may_come_in, passwords
from postways.auth.answers import check_tries, right_password, whom
from postways.auth.proof import Suspended, by_password, forgive, forgive_everywhere, has_second_step
from postways.auth.second import WRONG_CODE, right_code, suspended
from postways.auth.signing_up import open_account
from postways.auth.verify import USES, whose
from postways.config import Config
from postways.db import db, now, read_only, reading
from postways.errors import Forbidden, Invalid, Refused, Unauthenticated
from postways.handlers import sentence
from postways.links import links
from postways.models import ApiToken, Attempt, Audit, Family, Session, User
from postways.models.scopes import scopes_of_role, written
from postways.models.token import WRONG
from postways.models.user import check_email, check_password

COOKIE_PATH = "/api/v1/auth/"
CODE_NEEDED = "This account asks for a code too: send it as otp."
NOT_YOURS = "That is not your password. Type it again."
NOT_THE_SAME = "The two passwords are not the same. Type them again."
SENT = "If an account has this address, a mail with a recovery token is on its way."


class LogIn(Shape):
    """Who comes in."""

    username: Words = Field(description="Username or email.", examples=["ada"])
    password: Secret = Field(examples=["seven boats 4 the sea"])
    otp: Words | None = Field(
        default=None, description="Code of the authenticator app, or a recovery code.", examples=["123456"]
    )


class Pair(Shape):
    """An access token, and the refresh token that gets the next one."""

    access: str = Field(description="Works for 5 minutes.", examples=["eyJhbGciOiJIUzI1NiIs..."])
    refresh: str | None = Field(
        default=None,
        description="Works once, for a day. Left out when it is in the cookie.",
        examples=["pwr_8Jk2..."],
    )


class AccessToken(Shape):
    """An access token; the refresh token is in a cookie."""

    access_token: str = Field(examples=["eyJhbGciOiJIUzI1NiIs..."])


class Refresh(Shape):
    """A refresh token; without one the cookie counts."""

    refresh: Secret | None = Field(default=None, examples=["pwr_8Jk2..."])


class Token(Shape):
    """A token to be looked at."""

    token: Secret = Field(examples=["eyJhbGciOiJIUzI1NiIs..."])


class Nothing(Shape):
    """An empty object."""


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


class LoggedIn(Shape):
    """Who is in, and the opaque token."""

    user: Profile
    token: str = Field(description="Sent as `Authorization: Token ...`.", examples=["pw_3xU9..."])
    expiry: datetime = Field(examples=["2026-11-21T18:30:00Z"])


@bp.post("/auth/login/")
@door({200: Pair}, tag="auth", body=LogIn, own_credentials=True)
def log_in(body: LogIn) -> Response:
    """Log in.

    Where a second step is asked for and no `otp` came, the 401 says `error="otp_required"` in `WWW-Authenticate`.
    """
    access_token, secret = _begin(body)
    return _unkept(Pair(access=access_token, refresh=secret))


@bp.post("/auth/mylogin/")
@door({200: AccessToken}, tag="auth", body=LogIn, own_credentials=True)
def log_in_with_cookie(body: LogIn) -> Response:
    """Log in, with the refresh token in a cookie that scripts can't read."""
    auth.refuse_foreign_origin()
    access_token, secret = _begin(body)
    return _with_cookie(_unkept(AccessToken(access_token=access_token)), secret)


@bp.post("/auth/token/refresh/")
@door({200: Pair}, tag="auth", body=Refresh, own_credentials=True)
def refresh_token(body: Refresh) -> Response:
    """Get the next pair of tokens.

    The refresh token is used up; an old one that is used again ends the log-in. The cookie counts only when the
    request comes from this site; then the next refresh token is in a cookie too.
    """
    by_cookie = body.refresh is None
    secret = _cookie() if body.refresh is None else body.refresh
    try:
        user, family, successor = Family.refresh(secret, _config().refresh_ttl)
    except Unauthenticated:
        db.session.commit()  # using an old token has ended its family
        raise
    if not may_come_in(user):
        raise Unauthenticated(WRONG)
    token = access.mint(user, family)
    db.session.commit()
    if by_cookie:
        return _with_cookie(_unkept(Pair(access=token)), successor)
    return _unkept(Pair(access=token, refresh=successor))


@bp.post("/auth/token/verify/")
@door({200: Nothing}, tag="auth", body=Token, own_credentials=True)
def verify_token(body: Token) -> Nothing:
    """Ask whether an access token works."""
    claims = access.read(body.token)
    if Family.person(claims.user_id, claims.sid, claims.version) is None:
        raise Unauthenticated(access.WRONG)
    return Nothing()


@bp.post("/auth/token/recovery/")
@door({200: Detail}, tag="auth", body=Address, own_credentials=True)
def ask_for_recovery(body: Address) -> Detail:
    """Ask for a mail with a recovery token.

    The answer is the same whether anybody has this address; asking changes nothing.
    """
    with _about("email"):
        check_email(body.email.strip())
    against = whom(body.email)
    with reading():
        check_tries("reset", *against)
    Attempt.note("reset", *against)
    User.forgot_password(User.with_email(body.email), "recovery")
    db.session.commit()
    return Detail(detail=_(SENT))


def _recovering() -> None:
    """Only a recovery token opens the reset; an ordinary one is known here, but not allowed."""
    kind, _blank, secret = request.headers.get("Authorization", "").strip().partition(" ")
    if not secret:
        raise Unauthenticated(NEEDED)
    try:
        with reading():
            g.recovering = links().person("recovery", secret.strip() if kind.lower() == "bearer" else "")
    except Refused:
        bearer.recognise(by_cookie=False)  # raises Unauthenticated for what is no token of any kind
        raise Forbidden from None


@bp.post("/auth/password/reset/")
@door({200: Detail}, tag="auth", body=NewPassword, enters=_recovering)
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
    return Detail(detail=_("Password reset successfully."))


@bp.post("/auth/password/change/")
@door({200: Detail}, tag="auth", scope="update", body=PasswordChange)
def change_password(body: PasswordChange) -> Detail:
    """Choose a new password; every token and session ends, this one too."""
    _check_new(body, g.user)
    _prove(body.old_password, "old_password")
    password_hash = passwords.hashed(body.new_password)
    g.user.change_password(password_hash)
    Session.end_all(g.user)
    db.session.commit()
    return Detail(detail=_("Password changed successfully."))


@bp.post("/auth/username/change/")
@door({200: UsernameChanged}, tag="auth", scope="update", body=UsernameChange)
def change_username(body: UsernameChange) -> UsernameChanged:
    """Be called otherwise, once in 30 days."""
    _filled(body, "new_username")
    _prove(body.password, "password")
    with _about("new_username"):
        g.user.rename(body.new_username, now())
    db.session.commit()
    return UsernameChanged(detail=_("Username changed successfully."), username=g.user.username)


@bp.post("/auth/email/change/")
@door({200: Detail}, tag="auth", scope="update", body=EmailChange)
def change_email(body: EmailChange) -> Detail:
    """Ask for a mail to the new address, whose link completes the change."""
    _filled(body, "new_email")
    against = f"person {g.user.id}"
    with _about("new_email"):
        check_email(body.new_email.strip())
    with reading():
        check_tries("email", against)
    _prove(body.password, "password")
    Attempt.note("email", against)
    db.session.commit()
    with _about("new_email"):
        g.user.ask_for_email(body.new_email)
    db.session.commit()
    return Detail(detail=_("Verification email sent to your new email address."))


@bp.post("/auth/email/verify/")
@door({200: EmailChanged}, tag="auth", body=Token, own_credentials=True, errors=(409,))
def verify_email(body: Token) -> EmailChanged:
    """Complete a change of the address with the token of the mail."""
    return _address_answers(body.token)


@bp.get("/auth/email/verify/")
@door({200: EmailChanged}, tag="auth", query=Token, own_credentials=True, errors=(409,))
def verify_email_by_address(query: Token) -> EmailChanged:
    """Complete a change of the address, as `POST` does.

    Mails don't lead here but to a page with a button, so that programs that open links change nothing.
    """
    db.session.commit()
    read_only(request.method == "HEAD")
    return _address_answers(query.token)


@bp.post("/auth/register/")
@door({201: LoggedIn}, tag="auth", body=SignUp, own_credentials=True)
def register(body: SignUp) -> Response:
    """Open an account and get an opaque token."""
    rules_hold(body)
    user = open_account(body.username, body.email, body.password)
    return _opaque(user, 201)


@bp.post("/auth/token/")
@door({200: LoggedIn}, tag="auth", body=LogIn, own_credentials=True)
def make_token(body: LogIn) -> Response:
    """Log in and get an opaque token.

    Where a second step is asked for and no `otp` came, the 401 says `error="otp_required"` in `WWW-Authenticate`.
    """
    return _opaque(_who(body), 200)


@bp.post("/auth/logout/")
@door({204: None}, tag="auth", body=Refresh)
def log_out(body: Refresh) -> Response:
    """End the token that asks, or the log-in whose refresh token is sent."""
    if body.refresh is not None:
        _end_family(body.refresh)
    elif g.user.is_member:
        _end_own()
    else:
        _end_family(_cookie())
    return _gone()


@bp.post("/auth/logout/all/")
@door({204: None}, tag="auth", body=Nothing)
def log_out_everywhere(body: Nothing) -> Response:
    """End every token and session of yours, personal tokens too."""
    if not g.user.is_member:
        raise Unauthenticated(NEEDED)
    g.user.log_out_everywhere()
    Audit.note("log-out", g.user, g.user, everywhere=True)
    db.session.commit()
    return _gone()


def _who(body: LogIn) -> User:
    """The person, once everything is shown that the account asks for; the log-in is written down, not committed."""
    _filled(body, "username", "password")
    try:
        user = by_password(body.username, body.password)
    except Suspended as shut:
        raise Unauthenticated(suspended(shut.user)) from None
    if has_second_step(user):
        if not body.otp:
            _ask_for_code()
        if not right_code(user, body.otp):
            raise Unauthenticated(WRONG_CODE)
    forgive(user)
    Audit.note("log-in", user, user, door=request.endpoint)
    return user


def _ask_for_code() -> NoReturn:
    answer = jsonify(detail=_(CODE_NEEDED))
    answer.status_code = 401
    answer.headers["WWW-Authenticate"] = 'Bearer realm="Postways", error="otp_required"'
    abort(answer)


def _begin(body: LogIn) -> tuple[str, str]:
    """An access token and a refresh token of a new family. Commits."""
    user = _who(body)
    family, secret = Family.begin(user, _everything(user), _device(), lasts=_config().refresh_ttl)
    token = access.mint(user, family)
    db.session.commit()
    return token, secret


def _opaque(user: User, status: int) -> Response:
    ends = now() + _config().token_ttl
    secret = ApiToken.issue(user, kind="login", scope=_everything(user), expires_at=ends, name=_device())
    db.session.commit()
    with reading():
        db.session.refresh(user)
        profile = own_profile(user)
    return _unkept(LoggedIn(user=profile, token=secret, expiry=ends), status)


def _end_family(secret: str) -> None:
    owner = Family.end_of(secret)
    if owner is None or (g.user.is_member and owner.id != g.user.id):
        raise Unauthenticated(WRONG)
    Audit.note("log-out", owner, owner, door=request.endpoint)
    db.session.commit()


def _end_own() -> None:
    if g.user.session_token:
        auth.log_out()
        return
    if g.user.family_sid:
        Family.end(g.user.family_sid, g.user)
    else:
        ApiToken.end_one(g.user.api_token_id, g.user)
    Audit.note("log-out", g.user, g.user, door=request.endpoint)
    db.session.commit()


def _address_answers(token: str) -> EmailChanged:
    with _about("token"):
        purpose, person = whose(token)
        changed = purpose == "email"
        email = (person.pending_email if changed else person.email) or ""
        if request.method != "HEAD":
            USES[purpose](person)
    db.session.commit()
    words = _("Email changed successfully.") if changed else _("Email confirmed successfully.")
    return EmailChanged(detail=words, email=email)


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


def _filled(body: Shape, *names: str) -> None:
    empty = [name for name in names if not getattr(body, name).strip()]
    if empty:
        raise Invalid({name: [_("This field is required.")] for name in empty})


@contextmanager
def _about(field: str) -> Iterator[None]:
    """What a noun refuses belongs to this field of the body."""
    try:
        yield
    except Refused as error:
        error.field = field
        raise


def _cookie() -> str:
    """The refresh token in the cookie. Raises Unauthenticated without one; 403 for what another site has sent."""
    secret = request.cookies.get(_cookie_name())
    if secret is None:
        raise Unauthenticated(NEEDED)
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if origin != _config().base_url and site != "same-origin":
        abort(403)
    auth.refuse_foreign_origin()
    return secret


def _with_cookie(answer: Response, secret: str) -> Response:
    answer.set_cookie(
        _cookie_name(),
        secret,
        max_age=_config().refresh_ttl,
        path=COOKIE_PATH,
        httponly=True,
        samesite="Strict",
        secure=_config().production,
    )
    return answer


def _gone() -> Response:
    answer = answered(None, 204)
    if _cookie_name() in request.cookies:
        answer.delete_cookie(
            _cookie_name(), path=COOKIE_PATH, httponly=True, samesite="Strict", secure=_config().production
        )
    return answer


def _cookie_name() -> str:
    return "__Secure-refresh_token" if _config().production else "refresh_token"


def _unkept(shape: Shape, status: int = 200) -> Response:
    answer = answered(shape, status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _everything(user: User) -> str:
    return written(scopes_of_role(user.role))


def _device() -> str:
    return request.headers.get("User-Agent", "")


def _config() -> Config:
    config: Config = current_app.extensions["config"]
    return config
