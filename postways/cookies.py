"""The small cookies beside the session's: none readable by scripts, and in production bound to this host and to TLS."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app, request
from werkzeug.wrappers import Response

from postways.config import Config


def read(name: str, otherwise: str = "") -> str:
    """What this browser keeps under `name`."""
    return request.cookies.get(_full(name), otherwise)


def keep(answer: Response, name: str, value: str, how_long: timedelta) -> None:
    """Let this browser keep `value` under `name`."""
    secure = _config().production
    answer.set_cookie(_full(name), value, max_age=how_long, httponly=True, samesite="Lax", secure=secure)


def _full(name: str) -> str:
    return f"__Host-{name}" if _config().production else name


def _config() -> Config:
    config: Config = current_app.extensions["config"]
    return config
