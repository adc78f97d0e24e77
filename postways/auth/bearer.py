"""Who is asking with a token: `Authorization: Bearer <access token>` or `Authorization: Token <opaque token>`."""

from __future__ import annotations

from flask import current_app, g, request

from postways import access, auth
from postways.config import Config
from postways.db import reading
from postways.errors import Unauthenticated
from postways.models import ApiToken, Family, Guest, User
from postways.models.scopes import scopes_in, scopes_of_role

SAFE = ("GET", "HEAD", "OPTIONS")
LONGEST = 4_096  # characters of a credential that are looked at
BAD = "This token is not valid here, or not any more. Log in again."


def recognise(*, by_cookie: bool = True, for_anyone: bool = False) -> None:
    """Set `g.user` by the token, or `by_cookie` by the session of the pages. Raises Unauthenticated or CSRFError.

    In a request that may change something this is a transaction of its own, and a session needs its form token. Where a
    door is `for_anyone` a token that may not read looks with a visitor's eyes; what it writes it writes as its person.
    """
    header = request.headers.get("Authorization")
    if header is not None:
        if request.method in SAFE:
            holder = _holder(header)
            g.user = Guest() if for_anyone and "read" not in holder.scopes else holder
        else:
            with reading():
                g.user = _holder(header)
        return
    if not by_cookie:
        g.user = Guest()
        return
    auth.recognise()
    if g.user.is_member:
        g.user.scopes = scopes_of_role(g.user.role)
        g.user.authenticated_at = g.user.proved_at
        g.user.credential = f"person {g.user.id}"
        auth.guard_unsafe()


def _holder(header: str) -> User:
    """Raises Unauthenticated with one sentence for all: nobody learns what is wrong with a token."""
    kind, _, secret = header.strip().partition(" ")
    user = _person(kind.lower(), secret.strip())
    if user is None:
        raise Unauthenticated(BAD)
    config: Config = current_app.extensions["config"]
    user.must_verify = config.require_verified_email and user.verified_at is None
    return user


def _person(kind: str, secret: str) -> User | None:
    if len(secret) > LONGEST or not secret.isascii():
        return None
    if kind == "token":
        user = ApiToken.person(secret)
        if user is not None:
            user.credential = f"token {user.api_token_id}"
        return user
    if kind != "bearer":
        return None
    try:
        claims = access.read(secret)
    except Unauthenticated:
        return None
    user = Family.person(claims.user_id, claims.sid, claims.version)
    if user is not None:
        user.scopes &= scopes_in(claims.scope)  # an app may have asked for a token that can do less
        user.credential = f"family {claims.sid}"
    return user
