"""The JSON API, version 1: a second set of short doors to the same verbs.

A view stands under `door(…)`, which says who may come in, which shape is read and which is answered; the OpenAPI
description is made from the same words. A view that changes something ends with `done(…)`, which commits and renders.
"""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Flask, Response, g, request

from postways import limits
from postways.api import idempotency
from postways.auth import bearer, view_of
from postways.errors import TooMany, Unauthenticated
from postways.limits import SLOWLY
from postways.models.attempt import network

bp = APIBlueprint("api", __name__, url_prefix="/api/v1")


def init_app(app: Flask) -> None:
    """Open these doors, and those of the old addresses."""
    from postways.api import (  # noqa: F401, PLC0415 the doors attach themselves to `bp`
        account,
        auth,
        comments,
        description,
        feed,
        finding,
        follows,
        images,
        interactions,
        likes,
        messages,
        notifications,
        old_addresses,
        posts,
        reports,
        root,
        users,
    )

    app.register_blueprint(bp)
    description.init_app(app)
    old_addresses.init_app(app)


@bp.before_request
def _enter() -> None:
    view = view_of(request.endpoint)
    if getattr(view, "enters", None) is not None:  # which judges the header itself
        _count("address", network(request.remote_addr or ""))
        return
    own = getattr(view, "own_credentials", False)
    told = getattr(view, "door", None)
    try:
        bearer.recognise(by_cookie=not own, for_anyone=told is not None and told.scope is None)
    except Unauthenticated:
        _count("address", network(request.remote_addr or ""))  # guessing is counted too
        raise
    if g.user.is_member:
        _count("token", g.user.credential)
    else:
        _count("address", network(request.remote_addr or ""))


def _count(kind: str, whom: str) -> None:
    window = limits.request_of(kind, whom)
    if window is None:
        return
    limits.announce(window)
    if window.over:
        raise TooMany(SLOWLY, retry_after=window.seconds)


@bp.after_request
def _leave(response: Response) -> Response:
    if windows := limits.announced().values():
        response.headers["RateLimit-Policy"] = ", ".join(window.policy for window in windows)
        response.headers["RateLimit"] = ", ".join(window.state for window in windows)
    idempotency.end(response)
    told = getattr(view_of(request.endpoint), "door", None)
    if told is not None and told.secret:
        response.headers["Cache-Control"] = "no-store"
    return response
