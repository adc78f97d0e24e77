"""A payment provider that speaks Standard Webhooks, written from the standard and without our library."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import time
from datetime import timedelta
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from postways.db import db, now
from postways.models import Delivery
from tests.membership.state import told

PATH = "/membership/webhook/"
KEY, OLD_KEY = b"0123456789abcdef0123456789abcdef", b"an older key of the same provider"
_ids = itertools.count(1)


def secret(key: bytes) -> str:
    """As it stands in the settings."""
    return "whsec_" + base64.b64encode(key).decode()


def signature(key: bytes, message_id: str, sent: int | str, body: bytes) -> str:
    """What the header says."""
    content = f"{message_id}.{sent}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def said(user: object = "ada", until: object = "2099-01-31T00:00:00Z", *, minutes_ago: float = 1, **more: Any) -> bytes:
    """The body of an event that happened `minutes_ago`."""
    happened = (now() - timedelta(minutes=minutes_ago)).isoformat()
    data = {"user": user, "premium_until": until} | more.pop("data", {})
    return json.dumps({"type": "membership.updated", "timestamp": happened, "data": data} | more).encode()


def send(
    app: Flask,
    body: bytes,
    *,
    message_id: str | None = None,
    ago: int = 0,
    sent: int | None = None,
    key: bytes = KEY,
    headers: dict[str, str] | None = None,
    kind: str = "application/json",
) -> TestResponse:
    """Sign it as `sent` at that second, or `ago` seconds before now, and post it.

    `headers` replace ours, None takes one away.
    """
    message_id = message_id or f"msg_{next(_ids)}"
    sent = int(time.time()) - ago if sent is None else sent
    signed = {
        "webhook-id": message_id,
        "webhook-timestamp": str(sent),
        "webhook-signature": signature(key, message_id, sent, body),
    }
    signed |= headers or {}
    kept = {name: value for name, value in signed.items() if value is not None}
    return app.test_client().post(PATH, data=body, headers=kept, content_type=kind)


def rows(app: Flask) -> tuple[int, int, int]:
    """How often it was written down, mailed and received."""
    with app.app_context():
        return *told(app), db.session.query(Delivery).count()
