"""The small cookies beside the session's: none readable by scripts, and in production bound to this host and to TLS."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, Request, current_app, request
from flask import Response as Answer
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from werkzeug.wrappers import Response

from postways.config import Config


def read(name: str, otherwise: str = "") -> str:
    """What this browser keeps under `name`."""
    return request.cookies.get(_full(name), otherwise)


def keep(answer: Response, name: str, value: str, how_long: timedelta) -> None:
    """Let this browser keep `value` under `name`."""
    secure = _config().production
    answer.set_cookie(_full(name), value, max_age=how_long, httponly=True, samesite="Lax", secure=secure)


class Sessions(SecureCookieSessionInterface):
    """Flask's own, without the work for requests that have no session and make none."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """As Flask's."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Answer) -> None:
        """As Flask's."""
        if session.accessed or session.modified:
            super().save_session(app, session, response)


def _full(name: str) -> str:
    return f"__Host-{name}" if _config().production else name


def _config() -> Config:
    config: Config = current_app.extensions["config"]
    return config
