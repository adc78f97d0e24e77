"""Holds every answer that the tests see to what the description says of its door."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from flask import Flask
from jsonschema import Draft202012Validator
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.test import TestResponse

from postways.api import description

UNDECLARED = {500}  # of no door: a crash


def conforms(app: Flask, method: str, path: str, answer: TestResponse) -> None:
    """Fail unless `answer` is one that the door at `path` declares, in status, type, shape and headers."""
    assert answer.headers["X-Request-ID"]
    if answer.status_code >= 400:
        _as_errors_are(answer)
    operation = _operation(app, method, path.partition("?")[0])
    if operation is None or answer.status_code in UNDECLARED or answer.status_code == 304:
        return
    name = operation["operationId"]
    declared = operation["responses"].get(str(answer.status_code))
    assert declared is not None, f"{name} answers {answer.status_code}, which its description does not know"
    content = declared.get("content", {}).get("application/json")
    if content is None:
        assert answer.data == b"", f"{name} says nothing by {answer.status_code}"
        return
    assert answer.mimetype == "application/json", name
    if method == "HEAD":
        return
    errors = [error.message for error in _validator(app, json.dumps(content["schema"])).iter_errors(answer.get_json())]
    assert not errors, f"{name} answers {answer.text}: {errors}"


def _as_errors_are(answer: TestResponse) -> None:
    assert answer.mimetype == "application/json"
    body = answer.get_json() if answer.data else {"detail": ""}  # HEAD
    if answer.status_code != 400 or set(body) == {"detail"}:
        assert set(body) == {"detail"}, body
    else:
        assert body
        assert all(isinstance(words, list) and all(map(str.strip, words)) for words in body.values()), body
    if answer.status_code == 401:
        assert answer.headers["WWW-Authenticate"]
    if answer.status_code in (429, 503):
        assert int(answer.headers["Retry-After"]) > 0


def _operation(app: Flask, method: str, path: str) -> dict[str, Any] | None:
    try:
        endpoint, _ = app.url_map.bind("localhost").match(path, method)
    except (HTTPException, RequestRedirect):
        return None
    return _operations(app).get(endpoint.rpartition(".")[2]) if endpoint.startswith("api.") else None


@lru_cache(maxsize=4)
def _spec(app: Flask) -> dict[str, Any]:
    with app.app_context():
        return json.loads(description.as_json(app))


@lru_cache(maxsize=4)
def _operations(app: Flask) -> dict[str, dict[str, Any]]:
    methods = (operation for path in _spec(app)["paths"].values() for operation in path.values())
    return {operation["operationId"]: operation for operation in methods}


@lru_cache(maxsize=500)
def _validator(app: Flask, schema: str) -> Draft202012Validator:
    whole = {**json.loads(schema), "components": _spec(app)["components"]}
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)
