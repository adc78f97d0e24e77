"""Access tokens: who asks, signed for five minutes, so that nothing but the person must be read to believe it.

What they say is believed only together with `Family.person`, which knows whether person and family still count.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, cast

import jwt
from flask import Flask, current_app

from postways.config import Config
from postways.db import now
from postways.errors import Unauthenticated
from postways.models import Family, User
from postways.models.scopes import written

ALGORITHM = "HS256"
TYPE = "at+jwt"
LOG_IN = "postways"  # client_id of a log-in with the password
LONGEST = 4_096  # characters that are looked at
CLAIMS: dict[str, type] = {
    "iss": str,
    "aud": str,
    "sub": str,
    "sid": str,
    "ver": int,
    "auth_time": int,
    "iat": int,
    "exp": int,
    "jti": str,
    "scope": str,
    "client_id": str,
}
WRONG = "This access token does not work: it is wrong or too old. Refresh it, or log in again."


class Claims(NamedTuple):
    """What an access token says."""

    user_id: int
    sid: str  # of the family
    version: int  # of the person's credentials
    authenticated_at: datetime
    issued_at: datetime
    expires_at: datetime
    scope: str
    client_id: str
    jti: str


def init_app(app: Flask, config: Config) -> None:
    """Let `app` make and read access tokens."""
    app.extensions["access"] = Access(config)


def mint(user: User, family: Family, scopes: frozenset[str] | None = None) -> str:
    """A fresh access token of this family, for all that the family may do or only for `scopes`."""
    return _access().mint(user, family, scopes)


def read(text: str) -> Claims:
    """What a token of ours says while its time is not over. Raises Unauthenticated for any other text."""
    return _access().read(text)


def audience() -> str:
    """Where access tokens are good for something."""
    return _access().audience


def _access() -> Access:
    return cast("Access", current_app.extensions["access"])


class Access:
    """Signs with the first of the secret keys and reads what any of them signed."""

    def __init__(self, config: Config) -> None:
        keys = [_key(secret) for secret in config.secret_key]
        self._keys = {_name(key): key for key in keys}
        self._issuer = config.base_url
        self.audience = f"{config.base_url}/api/v1/"
        self._lasts = config.access_ttl

    def mint(self, user: User, family: Family, scopes: frozenset[str] | None = None) -> str:
        """As the function of this name."""
        moment = now()
        most = family.scopes_for(user)
        claims = {
            "iss": self._issuer,
            "aud": self.audience,
            "sub": str(user.id),
            "sid": family.sid,
            "ver": user.credential_version,
            "auth_time": int(family.auth_time.timestamp()),
            "iat": int(moment.timestamp()),
            "exp": int((moment + self._lasts).timestamp()),
            "jti": secrets.token_urlsafe(12),
            "scope": written(most if scopes is None else most & scopes),
            "client_id": family.client_id or LOG_IN,
        }
        name, key = next(iter(self._keys.items()))
        return jwt.encode(claims, key, ALGORITHM, headers={"typ": TYPE, "kid": name})

    def read(self, text: str) -> Claims:
        """As the function of this name."""
        try:
            return self._claims(text)
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            raise Unauthenticated(WRONG) from None

    def _claims(self, text: str) -> Claims:
        if len(text) > LONGEST or not text.isascii():
            raise Unauthenticated(WRONG)
        if not all(_canonical(part) for part in text.split(".")):
            raise Unauthenticated(WRONG)
        header = jwt.get_unverified_header(text)
        key = self._keys.get(header["kid"]) if set(header) == {"alg", "typ", "kid"} else None
        if key is None or header["typ"] != TYPE or header["alg"] != ALGORITHM:
            raise Unauthenticated(WRONG)
        options: Any = {"require": list(CLAIMS), "strict_aud": True}
        claims = jwt.decode(
            text, key, [ALGORITHM], options=options, audience=self.audience, issuer=self._issuer, leeway=timedelta(0)
        )
        if any(type(claims[name]) is not kind for name, kind in CLAIMS.items()):
            raise Unauthenticated(WRONG)
        return Claims(
            user_id=_user_id(claims["sub"]),
            sid=claims["sid"],
            version=claims["ver"],
            authenticated_at=datetime.fromtimestamp(claims["auth_time"], UTC),
            issued_at=datetime.fromtimestamp(claims["iat"], UTC),
            expires_at=datetime.fromtimestamp(claims["exp"], UTC),
            scope=claims["scope"],
            client_id=claims["client_id"],
            jti=claims["jti"],
        )


def _canonical(part: str) -> bool:
    """Whether this is the one way to write it: decoders pass over what is appended, and over bits that say nothing."""
    return urlsafe_b64encode(urlsafe_b64decode(part + "=" * (-len(part) % 4))).rstrip(b"=") == part.encode()


def _user_id(text: str) -> int:
    if not (text.isdecimal() and len(text) <= 18):  # digits that a database can hold
        raise Unauthenticated(WRONG)
    return int(text)


def _key(secret: str) -> bytes:
    """A key for nothing but access tokens."""
    return hmac.digest(secret.encode(), b"postways.access", "sha256")


def _name(key: bytes) -> str:
    """What `kid` says: which of the keys, and nothing of it."""
    return hashlib.sha256(b"postways.kid\0" + key).hexdigest()[:16]
