"""How much one person may do in an hour: counted in Redis for all processes, in each one while Redis is away.

What guards log-in, sign-up and mail is counted in the database instead (`models/attempt.py`) and holds without Redis.
"""

from __future__ import annotations

import time
from typing import cast

from flask import Flask, current_app
from limits import RateLimitItemPerHour
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import FixedWindowRateLimiter
from redis.exceptions import RedisError

from postways.config import Config
from postways.errors import TooMany
from postways.later import PATIENCE, REST

AN_HOUR = {
    "post": RateLimitItemPerHour(60, namespace="post"),
    "upload": RateLimitItemPerHour(600, namespace="upload"),
    "like": RateLimitItemPerHour(1_000, namespace="like"),
    "name": RateLimitItemPerHour(3_600, namespace="name"),
    "report": RateLimitItemPerHour(30, namespace="report"),
}
ENOUGH = "That is as much as one person can do in an hour. Wait %(minutes)d minutes; nothing you typed is lost."


def init_app(app: Flask, config: Config) -> None:
    """Let `app` count."""
    app.extensions["limits"] = Limits(config)


def count(kind: str, person_id: int) -> None:
    """Count one act of this kind. Raises TooMany when the hour's are used up."""
    cast("Limits", current_app.extensions["limits"]).count(kind, person_id)


class Limits:
    """Counts in Redis, or for as long as that is away in this process."""

    def __init__(self, config: Config) -> None:
        url = config.redis_url.replace("unix://", "redis+unix://", 1)
        patience = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
        self._enabled = config.ratelimit_enabled
        self._shared = FixedWindowRateLimiter(storage_from_string(url, **patience))
        self._own = FixedWindowRateLimiter(MemoryStorage())
        self._rest_until = 0.0

    def count(self, kind: str, person_id: int) -> None:
        """As the function of this name."""
        if not self._enabled:
            return
        if time.monotonic() >= self._rest_until:
            try:
                self._count_by(self._shared, kind, person_id)
            except RedisError:
                self._rest_until = time.monotonic() + REST
            else:
                return
        self._count_by(self._own, kind, person_id)

    @staticmethod
    def _count_by(limiter: FixedWindowRateLimiter, kind: str, person_id: int) -> None:
        if not limiter.hit(AN_HOUR[kind], str(person_id)):
            reset = limiter.get_window_stats(AN_HOUR[kind], str(person_id)).reset_time
            raise TooMany(ENOUGH, retry_after=max(1, int(reset - time.time()) + 1))
