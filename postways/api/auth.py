"""Credentials: getting, renewing and ending them."""

from __future__ import annotations

from datetime import datetime
from typing import NoReturn

from flask import Response, abort, current_app, g, jsonify, request
from flask_babel import gettext as _
from pydantic import Field

from postways import access, auth
from postways.api import bp
from postways.api.answers import answered
from postways.api.door import NEEDED, door
from postways.api.shapes import Secret, Shape, Words
from postways.api.users import Profile, SignUp, own_profile, rules_hold
from postways.auth import may_come_in
from postways.auth.proof import Suspended, by_password, forgive, has_second_step
from postways.auth.second import WRONG_CODE, right_code, suspended
from postways.auth.signing_up import open_account
from postways.config import Config
from postways.db import db, now, reading
from postways.errors import Invalid, Unauthenticated
from postways.models import ApiToken, Audit, Family, User
from postways.models.scopes import scopes_of_role, written
from postways.models.token import WRONG

COOKIE_PATH = "/api/v1/auth/"
CODE_NEEDED = "This account asks for a code too: send it as otp."


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
@door({204: None}, tag="auth", body=Refresh, any_token=True)
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
@door({204: None}, tag="auth", body=Nothing, any_token=True, no_apps=True)
def log_out_everywhere(body: Nothing) -> Response:
    """End every token and session of yours, personal tokens too.

    By any token of yours, but not by that of an app, which may end itself.
    """
    if not g.user.is_member:
        raise Unauthenticated(NEEDED)
    g.user.log_out_everywhere()
    Audit.note("log-out", g.user, g.user, everywhere=True)
    db.session.commit()
    return _gone()


def _who(body: LogIn) -> User:
    """The person, once everything is shown that the account asks for; the log-in is written down, not committed."""
    filled(body, "username", "password")
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


def filled(body: Shape, *names: str) -> None:
    """Raise Invalid unless something stands in each of these fields."""
    empty = [name for name in names if not getattr(body, name).strip()]
    if empty:
        raise Invalid({name: [_("This field is required.")] for name in empty})


def _cookie() -> str:
    """The refresh token in the cookie, if the browser says that a page of ours asks. Raises Unauthenticated."""
    secret = request.cookies.get(_cookie_name())
    if secret is None:
        raise Unauthenticated(NEEDED)
    if "Origin" not in request.headers and request.headers.get("Sec-Fetch-Site") != "same-origin":
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
