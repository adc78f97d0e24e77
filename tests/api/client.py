"""A program that speaks with the API."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from postways import access
from postways.db import db
from postways.models import ApiToken, Family, User
from postways.models.scopes import scopes_in
from tests.api.conformance import conforms
from tests.cast import Browser

V1 = "/api/v1/"


class Client:
    """Asks with one credential, or with none; paths are below /api/v1/ unless they begin with a slash."""

    def __init__(self, app: Flask, authorization: str = "") -> None:
        self.app = app
        self.authorization = authorization
        self.client = app.test_client()

    @classmethod
    def bearer(cls, app: Flask, user: User, scope: str | None = None) -> Client:
        """With an access token of `user`."""
        with app.app_context():
            person = db.session.get(User, user.id)
            family, _ = Family.begin(person, everything(person), "test")
            db.session.flush()
            token = access.mint(person, family, scopes_in(scope or everything(person)))
            db.session.commit()
        return cls(app, f"Bearer {token}")

    @classmethod
    def token(cls, app: Flask, user: User, scope: str | None = None) -> Client:
        """With an opaque token of `user`."""
        with app.app_context():
            person = db.session.get(User, user.id)
            secret = ApiToken.issue(
                person, kind="personal", scope=scope or everything(person), expires_at=None, name="t"
            )
            db.session.commit()
        return cls(app, f"Token {secret}")

    @classmethod
    def cookie(cls, browser: Browser) -> Client:
        """With the session of somebody's browser, and its form token."""
        client = cls(browser.app)
        client.client = browser.client
        client.headers = {"X-CSRFToken": browser.token()}
        return client

    headers: dict[str, str] = {}

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> TestResponse:
        """Send `body` as JSON, unless `data` says otherwise; `headers` come on top.

        Fails when the answer is none that the door declares.
        """
        headers = {**self.headers, **options.pop("headers", {})}
        if self.authorization:
            headers["Authorization"] = self.authorization
        if body is not None:
            options["json"] = body
        address = path if path.startswith("/") else V1 + path
        answer = self.client.open(address, method=method, headers=headers, **options)
        if answer.request.path.startswith(V1):
            conforms(self.app, method, answer.request.path, answer)
        return answer

    def get(self, path: str, **options: Any) -> TestResponse:
        """Read."""
        return self.ask("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        """Make something."""
        return self.ask("POST", path, body, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        """Put something there."""
        return self.ask("PUT", path, body, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        """Change something."""
        return self.ask("PATCH", path, body, **options)

    def delete(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        """Take something away."""
        return self.ask("DELETE", path, body, **options)


def everything(person: User) -> str:
    """Every scope of a role."""
    return {"member": "read write", "moderator": "read write moderate"}.get(person.role, "read write moderate admin")
