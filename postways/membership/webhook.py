"""The webhook: a payment provider says until when somebody is a premium member (Standard Webhooks).

What can be known without the database is looked at first: that the door is open, and that the message is genuine. Then
one transaction notes the message and does what it says, so that it counts once, or leaves no trace.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from flask import current_app, jsonify, request
from flask_babel import gettext as _
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from werkzeug.wrappers import Response

from postways import limits
from postways.api.shapes import Shape, Whole, Words, body_of, read
from postways.auth import own_proof, takes_at_most
from postways.config import Config
from postways.db import db, now
from postways.errors import Missing, Refused, TooMany, Unsupported
from postways.handlers import answer
from postways.limits import SLOWLY
from postways.membership import hook
from postways.models import Delivery, User
from postways.models.attempt import network
from postways.models.delivery import TOLERANCE
from postways.models.membership import moment_in

log = logging.getLogger(__name__)

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
MOST_BYTES = 16_000
SECONDS = re.compile(r"[1-9][0-9]{0,11}")
KIND = "membership.updated"
NOT_GENUINE = "This message can't be believed: its signature, id or time is missing, wrong or too old."
AHEAD = "This is still to come. Send when it happened."
DONE, STALE = "The membership is as you say.", "Something newer is known of this membership, so nothing was changed."
DONE_BEFORE = "This was done when the message came first."


class Event(Shape):
    """What every message says of itself."""

    type: Words


class Message(Event):
    """An event about a membership."""

    timestamp: Words  # when what it tells of happened, which may be long before it is sent
    data: dict[str, Any]


class Update(Shape):
    """Whose membership runs until when."""

    user: Words | Whole | None = None  # username or id
    email: Words | None = None  # one of the two
    premium_until: Words | None  # None: no longer


@hook.before_request
def _count() -> None:
    window = limits.request_of("address", network(request.remote_addr or ""))
    if window is not None and window.over:
        raise TooMany(SLOWLY, retry_after=window.seconds)


@hook.post("/membership/webhook/")
@own_proof
@takes_at_most(MOST_BYTES)
def receive() -> Response:
    """Believe a message and do what it says, once."""
    config: Config = current_app.extensions["config"]
    if not config.webhook_secrets:
        raise Missing
    if not request.is_json:  # or the sender would look for the fault in its secret
        raise Unsupported
    sent_at = _believed(config.webhook_secrets)
    if sent_at is None:
        log.warning("a message to the webhook of memberships was not genuine")
        return _not_genuine()
    if body_of(Event).type != KIND:
        return Response(status=204)
    message = body_of(Message)
    said = _carried_out(message, read(Update, message.data), sent_at)
    db.session.commit()
    return jsonify(detail=said)


def _believed(secrets: Iterable[str]) -> datetime | None:
    """When the message was sent, if it is genuine and fresh."""
    sent = request.headers.get(TIMESTAMP, "")
    if not SECONDS.fullmatch(sent):  # the library reads more as a number than the standard means
        return None
    headers = {name: " ".join(request.headers.get(name, "").split()) for name in (ID, TIMESTAMP, SIGNATURE)}
    for secret in secrets:
        with suppress(WebhookVerificationError, ValueError):  # it splits and decodes what it is sent as it comes
            Webhook(secret).verify(request.get_data(), headers, json_parse=False)
            return datetime.fromtimestamp(int(sent), UTC)
    return None


def _not_genuine() -> Response:
    response = answer(401, _(NOT_GENUINE))
    response.headers["WWW-Authenticate"] = 'StandardWebhooks realm="Postways"'
    return response


def _carried_out(message: Message, update: Update, sent_at: datetime) -> str:
    """What has come of it, in words. Raises Refused or Taken."""
    happened = moment_in(message.timestamp, "timestamp")
    if happened > now() + TOLERANCE:
        raise Refused(AHEAD, field="timestamp")
    happened = min(happened, now())  # a clock that is ahead must not outdo what comes meanwhile
    until = None if update.premium_until is None else moment_in(update.premium_until, "premium_until")
    person = User.buyer(user=update.user, email=update.email)
    if not Delivery.take(request.headers[ID], request.get_data(), sent_at):
        return _(DONE_BEFORE)
    if person.heard_later(happened):
        return _(STALE)
    person.become_premium(until, door="webhook", said_at=happened)
    return _(DONE)
