"""An app that asks people for leave, as its makers would write it: its own code, and nothing of ours."""

from __future__ import annotations

import base64
import hashlib
import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import Flask
from werkzeug.test import TestResponse

from postways.db import db
from postways.models import Client, User
from tests.cast import Browser

BACK = "https://prints.example/back"
VERIFIER = "a-verifier-that-is-long-enough-to-be-one-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}


class Prints:
    """One app: public, or with a secret."""

    def __init__(self, app: Flask, owner: User | None, *, public: bool = False, scope: str = "read write", **data: Any):
        self.app = app
        self.back = data.pop("back", BACK)
        with app.app_context():
            person = db.session.merge(owner) if owner is not None else None
            made, self.secret = Client.make(
                data.pop("name", "Prints"),
                [self.back, *data.pop("more", [])],
                scope=scope,
                confidential=not public,
                owner=person,
            )
            db.session.commit()
            self.row, self.client_id = made.id, made.client_id
        self.client = app.test_client()

    def address(self, **data: Any) -> str:
        """Where the app sends people; None leaves a parameter out."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.back,
            "scope": "read create",
            "state": "xyz",
            **PKCE,
        } | data
        return "/o/authorize/?" + urlencode({name: value for name, value in asked.items() if value is not None}, True)

    def answered(self, browser: Browser, decision: str = "allow", **data: Any) -> dict[str, str]:
        """What the browser brings back when its person has decided."""
        address = self.address(**data)
        answer = browser.post(address, {"decision": decision}, page=address)
        assert answer.status_code == 303, answer.text
        return brought(answer, data.get("redirect_uri") or self.back)

    def code(self, browser: Browser, **data: Any) -> str:
        """The code that comes of a person's leave."""
        return self.answered(browser, **data)["code"]

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Ask as this app; `basic` says who it is in the header."""
        basic = options.pop("basic", False)
        body = {} if basic else {"client_id": self.client_id} | ({"client_secret": self.secret} if self.secret else {})
        headers = options.pop("headers", {})
        if basic:
            pair = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        sent = {name: value for name, value in (body | (data or {})).items() if value is not None}
        kind = {"json": sent} if options.pop("as_json", False) else {"data": sent}
        return self.client.post(path, headers=headers, **kind, **options)

    def change(self, code: str, **data: Any) -> TestResponse:
        """The code for tokens."""
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.back,
            "code_verifier": VERIFIER,
        }
        options = {name: data.pop(name) for name in ("basic", "as_json") if name in data}
        return self.post("/o/token/", sent | data, **options)

    def refresh(self, token: str, **data: Any) -> TestResponse:
        """The refresh token for the next pair."""
        options = {name: data.pop(name) for name in ("basic", "as_json") if name in data}
        return self.post("/o/token/", {"grant_type": "refresh_token", "refresh_token": token} | data, **options)

    def tokens(self, browser: Browser, **data: Any) -> dict[str, Any]:
        """All the way, from asking the person to tokens."""
        answer = self.change(self.code(browser, **data))
        assert answer.status_code == 200, answer.text
        return answer.json

    def works(self, access: str, path: str = "users/me/") -> int:
        """The status with which the API answers."""
        headers = {"Authorization": f"Bearer {access}"}
        return self.client.get(f"/api/v1/{path}", headers=headers).status_code


def brought(answer: TestResponse, back: str = BACK) -> dict[str, str]:
    """What stands in the address to which the browser is sent, which must be `back`."""
    assert answer.location.startswith(back + ("&" if "?" in back else "?")), answer.location
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.location).query).items()}


def words(answer: TestResponse) -> str:
    """What a page says, without its tags."""
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)))


def wrong(answer: TestResponse) -> tuple[int, str]:
    """Status and error of a refusal, whose form is that of RFC 6749."""
    assert answer.mimetype == "application/json", answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    assert set(answer.json) <= {"error", "error_description"}
    return answer.status_code, answer.json["error"]
