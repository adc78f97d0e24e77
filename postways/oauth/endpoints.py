"""The doors of programs: tokens, their end, what they are good for, and what this server can do."""

from __future__ import annotations

from collections.abc import Callable

from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Error
from flask import Response, jsonify, request

from postways import limits
from postways.auth.answers import check_tries
from postways.db import db, reading
from postways.errors import TooMany
from postways.limits import SLOWLY
from postways.models.attempt import network
from postways.oauth import tokens
from postways.oauth.asked import Asked, by_body
from postways.oauth.server import from_here, metadata, server


@tokens.before_request
def _count() -> None:
    window = limits.request_of("address", network(request.remote_addr or ""))
    if window is not None and window.over:
        raise TooMany(SLOWLY, retry_after=window.seconds)


@tokens.post("/o/token/")
def token() -> Response:
    """A code, or a refresh token, is changed for the next pair."""
    return _answered(_token)


@tokens.post("/o/revoke_token/")
def revoke() -> Response:
    """An app lets go of a token."""
    return _answered(lambda asked: server.create_endpoint_response("revocation", asked))


@tokens.post("/o/introspect/")
def introspect() -> Response:
    """An app asks what a token of its own is good for."""
    return _answered(lambda asked: server.create_endpoint_response("introspection", asked))


@tokens.get("/.well-known/oauth-authorization-server")
def describe() -> Response:
    """What programs need to know of this server."""
    answer = jsonify(metadata())
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


def _token(asked: Asked) -> Response:
    if "grant_type" not in asked.form:
        return server.handle_error_response(asked, InvalidRequestError("Missing grant_type in request."))
    answer: Response = server.create_token_response(asked)
    return answer


def _answered(answer: Callable[[Asked], Response]) -> Response:
    """Refusals are committed too: wrong secrets count, and a second use has ended something."""
    try:
        asked = by_body()
    except OAuth2Error as error:
        return server.handle_error_response(None, error)
    if asked.brings_secret:
        with reading():
            check_tries("password", from_here())
    told = answer(asked)
    db.session.commit()
    return told
