"""Secrets that must be read again (a second factor's key), sealed with the site's secret key while they are kept."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from typing import cast

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import Flask, current_app

from postways.config import Config


class Broken(Exception):
    """What was sealed by another key, for something else, or too long ago."""


def init_app(app: Flask, config: Config) -> None:
    """Let `app` seal."""
    app.extensions["seal"] = Seal(config.secret_key)


def seal() -> Seal:
    """That of this application."""
    return cast("Seal", current_app.extensions["seal"])


class Seal:
    """Encrypts with the first of the secret keys and reads what any of them encrypted."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self._fernet = MultiFernet([Fernet(_key(key)) for key in keys])

    def close(self, text: str, purpose: str) -> str:
        """`text`, readable only by `open` for the same purpose."""
        return self._fernet.encrypt(f"{purpose}\n{text}".encode()).decode()

    def open(self, sealed: str, purpose: str, within: timedelta | None = None) -> str:
        """What was sealed for `purpose`, not longer ago than `within`. Raises Broken."""
        try:
            ttl = int(within.total_seconds()) if within else None
            found, _, text = self._fernet.decrypt(sealed.encode(), ttl=ttl).decode().partition("\n")
        except (InvalidToken, UnicodeError):
            raise Broken from None
        if found != purpose:
            raise Broken
        return text


def _key(secret: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(b"postways.seal\0" + secret.encode()).digest())
