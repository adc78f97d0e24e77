"""`Idempotency-Key`: the same request again does nothing again, and is answered as it was, to the byte.

The receipt is written in the effect's own transaction and holds the answer, so a crash between commit and answer
changes nothing, nor does what happens to the thing later. That one is still being carried out is known from a mark in
Redis; without Redis the receipt's uniqueness alone decides. Answers that hold secrets never come here: the doors under
`auth/` know no keys (`docs/decisions`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from flask import Response, g, request
from flask_babel import gettext as _
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError

from postways import limits
from postways.api.answers import answered, written
from postways.api.shapes import FORMS
from postways.db import db, reading
from postways.errors import Invalid, Underway
from postways.models import Receipt
from postways.seal import Broken, seal

HEADER = "Idempotency-Key"
LONGEST_KEY = 255
SEALED_AS = "receipt"
RUNS_AT_MOST = 60  # seconds that a mark outlives a process that was killed
NOT_KEPT = (401, 408, 409, 429)
Renderer = TypeVar("Renderer", bound=Callable[..., "BaseModel | None"])
_renderers: dict[str, Callable[..., BaseModel | None]] = {"nothing": lambda: None}


class Key(NamedTuple):
    """Who asks what, and with which body."""

    user_id: int
    name: bytes
    body: bytes

    @property
    def mark(self) -> str:
        """The name of the mark in Redis."""
        return f"underway/{self.user_id}/{self.name.hex()}"


def renders(name: str) -> Callable[[Renderer], Renderer]:
    """This makes the answers called `name` from facts."""

    def named(render: Renderer) -> Renderer:
        _renderers[name] = render
        return render

    return named


def begin() -> Response | None:
    """What was answered to this request before; None when it is to be carried out. Raises Invalid or Underway."""
    text = request.headers.get(HEADER)
    if text is None or not g.user.is_member:
        return None
    if not 0 < len(text) <= LONGEST_KEY or not text.isprintable():
        raise Invalid({HEADER: [_("A key has 1 to %(most)d printable characters.", most=LONGEST_KEY)]})
    named = f"{request.method} {request.path} {text}"
    key = Key(g.user.id, hashlib.sha256(named.encode("utf-8", "replace")).digest(), _body())
    with reading():
        before = _before(key)
    if before is not None:
        return before
    if not limits.claim(key.mark, RUNS_AT_MOST):
        with reading():
            before = _before(key)  # it may have ended just now
        if before is None:
            raise Underway
        return before
    g.idempotency = key
    return None


def _before(key: Key) -> Response | None:
    row = Receipt.find(key.user_id, key.name)
    if row is None:
        return None
    if row.body_hash != key.body:
        raise Invalid({HEADER: [_("This key was used with another body. Take a new key for a new request.")]})
    try:
        body = seal().open(row.body, SEALED_AS)
    except Broken:
        raise Invalid({HEADER: [_("What was answered to this key can't be read any more. Take a new key.")]}) from None
    g.replayed = True
    return written(body, row.status, row.tag) if body else Response(status=row.status)


def commit(shape: str, status: int, facts: dict[str, Any]) -> Response:
    """Answer by the renderer of this name, and commit; where a receipt is wanted it is written with the answer.

    What the answer says is what this transaction knows: a block that lands a moment later doesn't make a 404 of it.
    """
    answer = answered(_renderers[shape](**facts), status)
    key: Key | None = g.get("idempotency")
    if key is None:
        db.session.commit()
        return answer
    try:
        _keep(key, answer)
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        with reading():
            before = _before(key)
        if before is None:
            raise
        return before  # the same request, a moment faster; what this one did is undone
    return answer


def _keep(key: Key, answer: Response) -> None:
    body = seal().close(
        answer.get_data(as_text=True), SEALED_AS
    )  # a message is read in the database in one place alone
    Receipt.write(*key, answer.status_code, body, answer.get_etag()[0])


def end(response: Response) -> None:
    """After the view: keep a refusal too, and let the same request in again."""
    if g.get("replayed"):
        response.headers["Idempotent-Replayed"] = "true"
    key: Key | None = g.pop("idempotency", None)
    if key is None:
        return
    if 400 <= response.status_code < 500 and response.status_code not in NOT_KEPT:
        db.session.rollback()
        try:
            _keep(key, response)
            db.session.commit()
        except IntegrityError:
            db.session.rollback()
    limits.release(key.mark)


def _body() -> bytes:
    """The body's hash; of multipart what was sent, because its boundary is another one at each try."""
    found = hashlib.sha256()
    if request.mimetype not in FORMS:
        found.update(request.get_data())
        return found.digest()
    for name, value in request.form.items(multi=True):
        found.update(repr((name, value)).encode("utf-8", "replace"))
    for name, file in request.files.items(multi=True):
        found.update(repr(name).encode("utf-8", "replace"))
        while chunk := file.stream.read(1_000_000):
            found.update(chunk)
        file.stream.seek(0)
    return found.digest()
