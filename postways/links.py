"""Links in mails: signed, for one purpose, one person and one state of that person, so that each works once."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import cast

from flask import Flask, current_app
from itsdangerous import BadData, URLSafeTimedSerializer

from postways.config import Config
from postways.db import db
from postways.errors import Refused
from postways.models import EmailChange, User
from postways.models.email_change import CAN_BE_UNDONE_FOR

LIFETIMES = {  # purpose: how long its links work
    "verify": timedelta(days=3),
    "reset": timedelta(hours=1),
    "email": timedelta(hours=24),
    "unsubscribe": timedelta(days=365),
    "recovery": timedelta(minutes=15),
    "undo": CAN_BE_UNDONE_FOR,
}
PATHS = {  # where the token of a purpose is used
    "verify": "/email_verify/{}/",
    "reset": "/password_reset/{}/",
    "email": "/email_verify/{}/",
    "unsubscribe": "/unsubscribe/{}/",
    "undo": "/email_revert/{}/",
}
DEAD = "This link does not work any more: it was used, it is too old, or a newer one was sent. Ask for a new one."


def init_app(app: Flask, config: Config) -> None:
    """Let `app` make links."""
    app.extensions["links"] = Links(config)


def links() -> Links:
    """Those of this application."""
    return cast("Links", current_app.extensions["links"])


class Links:
    """Makes and reads them. A token is never kept or logged: it is minted when the mail is sent."""

    def __init__(self, config: Config) -> None:
        self._keys = list(reversed(config.secret_key))  # itsdangerous signs with the last one
        self._base_url = config.base_url

    def url(self, path: str) -> str:
        """The address of a page of this site, for a mail; never built from a request."""
        return f"{self._base_url}{path}"

    def link(self, purpose: str, user: User) -> str:
        """The address with a fresh token for `user`, for a mail."""
        return self.url(PATHS[purpose].format(self.token(purpose, user)))

    def token(self, purpose: str, user: User) -> str:
        """A token that works until it expires or what `User.fingerprint` tells of this purpose changes."""
        return self._serializer(purpose).dumps([user.id, _digest(user, purpose)])

    def person(self, purpose: str, token: str) -> User:
        """Whose token it is. Raises Refused when it works no more, or never did for this purpose."""
        try:
            lifetime = LIFETIMES[purpose].total_seconds()
            user_id, digest = self._serializer(purpose).loads(token, max_age=int(lifetime))
            user = db.session.get(User, int(user_id))
        except (BadData, TypeError, ValueError):
            raise Refused(DEAD) from None
        if user is None or not user.active or digest != _digest(user, purpose):
            raise Refused(DEAD)
        return user

    def undo_link(self, change_id: int) -> str | None:
        """The address that takes a change of somebody's address back; None when that has happened."""
        change = db.session.get(EmailChange, change_id)
        if change is None:
            return None
        return self.url(PATHS["undo"].format(self._serializer("undo").dumps([change.id, _hashed(change.fingerprint)])))

    def undone(self, token: str) -> tuple[User, EmailChange]:
        """Whose address, and which change, that token takes back. Raises Refused when it works no more."""
        try:
            lifetime = LIFETIMES["undo"].total_seconds()
            change_id, digest = self._serializer("undo").loads(token, max_age=int(lifetime))
            change = db.session.get(EmailChange, int(change_id))
        except (BadData, TypeError, ValueError):
            raise Refused(DEAD) from None
        if change is None or not change.can_be_undone or digest != _hashed(change.fingerprint):
            raise Refused(DEAD)
        user = db.session.get(User, change.user_id)
        if user is None or not user.active:
            raise Refused(DEAD)
        return user, change

    def _serializer(self, purpose: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._keys, salt=f"postways.link.{purpose}")


def _digest(user: User, purpose: str) -> str:
    return _hashed(user.fingerprint(purpose))


def _hashed(fingerprint: str) -> str:
    return hashlib.sha256(fingerprint.encode()).hexdigest()[:32]
