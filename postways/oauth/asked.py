"""What an app sends, read strictly: each name once, nothing that is no text of ours, and the rest ignored."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError, OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from flask import request

AUTHORIZE = (
    "response_type response_mode client_id redirect_uri scope state prompt code_challenge code_challenge_method"
).split()
TOKENS = (
    "grant_type code redirect_uri client_id client_secret code_verifier refresh_token scope token token_type_hint"
).split()
LONGEST = 4_096  # characters of one value
PRINTABLE = re.compile(r"[ !#-\[\]-~]*")  # what RFC 6749 lets stand in answers too
ANYWHERE = "https://postways/"  # Authlib wants to see https; whether it is TLS is the proxy's business
TWICE = "A parameter was sent twice."
UNREADABLE = "A parameter has a value that it can not have."


class Asked(OAuth2Request):
    """One request as Authlib reads it, from the address of a page or from the body, never from both."""

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__(request.method, ANYWHERE, headers=request.headers)
        self.payload = BasicOAuth2Payload(values)

    @property
    def form(self) -> dict[str, str]:
        """What stood in the body."""
        values: dict[str, str] = self.payload.data
        return values

    @property
    def brings_secret(self) -> bool:
        """Whether it tries to prove which app it is, which can be guessing."""
        return "client_secret" in self.form or "Authorization" in self.headers


def by_address() -> Asked:
    """What an app asks by sending a person here. Raises InvalidRequestError."""
    return Asked(_read(request.args.items(multi=True), AUTHORIZE))


def by_body() -> Asked:
    """What an app asks by itself, in a form or as JSON. Raises InvalidRequestError or InvalidClientError."""
    if request.mimetype == "application/json":
        values = _read(_pairs(request.get_data()), TOKENS)
    elif request.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data") or not request.get_data():
        values = _read(request.form.items(multi=True), TOKENS)
    else:
        raise InvalidRequestError("Send a form or JSON.")
    _check_header(values)
    return Asked(values)


def _pairs(body: bytes) -> Iterable[tuple[str, Any]]:
    try:
        found = json.loads(body, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        raise InvalidRequestError("This is no JSON.") from None
    if not isinstance(found, _Pairs):
        raise InvalidRequestError("Send a JSON object.")
    return [(name, value) for name, value in found if value is not None]


class _Pairs(list[tuple[str, Any]]):
    """An object as it was written, so that a name that stands there twice is seen."""


def _read(pairs: Iterable[tuple[str, Any]], known: list[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in pairs:
        if name not in known:
            continue
        if name in values:
            raise InvalidRequestError(TWICE)
        if not isinstance(value, str) or len(value) > LONGEST or not _sound(name, value):
            raise InvalidRequestError(UNREADABLE)
        values[name] = value
    return {name: value for name, value in values.items() if value}  # without a value is as if it were left out


def _sound(name: str, value: str) -> bool:
    return value.isprintable() if name == "state" else PRINTABLE.fullmatch(value) is not None


def _check_header(values: dict[str, str]) -> None:
    """Raise unless name and secret of the app, where they stand in the header, stand only there and can be read."""
    header = request.headers.get("Authorization", "")
    kind, _, coded = header.partition(" ")
    if not header:
        return
    if kind.lower() != "basic":
        raise InvalidClientError("This way to say which app it is is not known here.")
    try:
        name, colon, _secret = base64.b64decode(coded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise InvalidClientError("The header Authorization can not be read.") from None
    if not colon or not PRINTABLE.fullmatch(unquote(name)):
        raise InvalidClientError("The header Authorization can not be read.")
    if "client_secret" in values or values.get("client_id", unquote(name)) != unquote(name):
        raise InvalidRequestError("Say in one way alone which app it is.")
