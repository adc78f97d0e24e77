"""How an answer is written: as JSON, with the version of what it shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from flask import Response, request
from pydantic import BaseModel

from postways.errors import Stale

SAFE = ("GET", "HEAD", "OPTIONS")
CHANGES = ("PUT", "PATCH")
OK = 200
_as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def answered(shape: BaseModel | dict[str, Any] | None, status: int) -> Response:
    """The answer; what is read or changed carries its version, and is not sent again to who has it."""
    if shape is None:
        return Response(status=204)
    if isinstance(shape, dict):
        text = _as_json(shape)
        return written(text + "\n", status, _hash(text) if request.method in SAFE else None)
    text = shape.model_dump_json(exclude_unset=True)
    return written(text + "\n", status, _tag(shape, text))


def written(text: str, status: int, tag: str | None) -> Response:
    """`text` as the answer, under this version."""
    response = Response(text, status, content_type="application/json")
    if tag is None:
        return response
    response.set_etag(tag)
    if request.method in SAFE and status == OK and request.if_none_match.contains_weak(tag):
        response.status_code = 304
        response.set_data(b"")
    return response


def same_as_read(shape: Callable[[], BaseModel]) -> None:
    """For a change that names the version it is about (`If-Match`): raise Stale if `shape` was edited since.

    Only the edition counts: that others liked it meanwhile, or a picture got ready, makes no change about something
    else. So what follows the dot is not looked at, nor the `:br` of an answer that was compressed.
    """
    if not request.if_match or request.if_match.star_tag:
        return
    if _edition(shape()) not in {tag.partition(".")[0] for tag in request.if_match.as_set()}:
        raise Stale


def _tag(shape: BaseModel, text: str) -> str | None:
    """The edition of what can be edited, a dot, and which text this is: counts move without anybody's editing."""
    if _edited(shape) and request.method in (*SAFE, *CHANGES):
        return f"{_edition(shape)}.{_hash(text)}"
    return _hash(text) if request.method in SAFE else None


def _edited(shape: BaseModel) -> frozenset[str]:
    return getattr(shape, "EDITED", frozenset())


def _edition(shape: BaseModel) -> str:
    return _hash(shape.model_dump_json(include=set(_edited(shape)), exclude_unset=True))


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
