"""Server-Sent Events: what changes on open pages."""

from __future__ import annotations

import os

import gevent
from flask import Blueprint, Flask, current_app, g
from redis import Redis

from postways.config import Config
from postways.live.hub import BLOCK, Hub
from postways.threads import cooperative

bp = Blueprint("live", __name__)
_hubs: dict[int, Hub] = {}


def init_app(app: Flask) -> None:
    """Open this door, and let every page know from which moment on its stream must tell it what happens."""
    from postways.live import routes  # noqa: F401, PLC0415 the routes attach themselves to `bp`

    app.register_blueprint(bp)
    app.before_request(_note_position)


def hub_of_this_process() -> Hub:
    """The hub; its reader starts with the first page, in the process that serves it."""
    if (hub := _hubs.get(os.getpid())) is not None:
        return hub
    config: Config = current_app.extensions["config"]
    redis = Redis.from_url(config.redis_url, socket_timeout=BLOCK / 1000 + 3, socket_connect_timeout=1)
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    hub = _hubs[os.getpid()] = Hub(app, redis, app.extensions["outbox"])
    if cooperative():
        gevent.spawn(hub.run)
    return hub


def close_all() -> None:
    """End every stream of this process, so that it can stop at once."""
    if hub := _hubs.get(os.getpid()):
        hub.close_all()


def _note_position() -> None:
    g.since = hub_of_this_process().last
