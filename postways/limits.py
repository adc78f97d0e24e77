"""How much one person may do in an hour: counted in Redis for all processes, in each one while Redis is away.

What guards log-in, sign-up and mail is counted in the database instead (`models/attempt.py`) and holds without Redis.
"""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple, cast

from flask import Flask, Response, current_app, g
from limits import RateLimitItemPerHour
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import FixedWindowRateLimiter
from redis import Redis
from redis.exceptions import RedisError

from postways.config import Config
from postways.errors import TooMany
from postways.later import PATIENCE, REST

AN_HOUR = {
    "post": RateLimitItemPerHour(60, namespace="post"),
    "upload": RateLimitItemPerHour(600, namespace="upload"),
    "comment": RateLimitItemPerHour(300, namespace="comment"),
    "like": RateLimitItemPerHour(1_000, namespace="like"),
    "repost": RateLimitItemPerHour(300, namespace="repost"),
    "save": RateLimitItemPerHour(1_000, namespace="save"),
    "name": RateLimitItemPerHour(3_600, namespace="name"),
    "follow": RateLimitItemPerHour(300, namespace="follow"),
    "message": RateLimitItemPerHour(300, namespace="message"),
    "report": RateLimitItemPerHour(30, namespace="report"),
}
EACH_TRY = ("name", "upload")  # asking is the act, or costs as much
REFUSED = (400, 404, 413, 415, 422)  # not 403: who may not is told so, and for messages it is written down each time
A_MINUTE = {"token": 600, "address": 300}  # requests of the API
REQUESTS, MINUTE, HOUR = "requests", timedelta(minutes=1), timedelta(hours=1)
SLOWLY = "These are too many requests. Wait %(seconds)d seconds."
ENOUGH = "That is as much as one person can do in an hour. Wait %(minutes)d minutes; nothing you typed is lost."


def init_app(app: Flask, config: Config) -> None:
    """Let `app` count."""
    app.extensions["limits"] = Limits(config)
    app.after_request(_give_back)


def redis() -> Redis:
    """That of this application."""
    return cast("Redis", current_app.extensions["redis"])


def count(kind: str, person_id: int) -> None:
    """Count one act of this kind, if it is not refused. Raises TooMany when the hour's are used up."""
    cast("Limits", current_app.extensions["limits"]).count(kind, person_id)
    g.setdefault("counted", []).append((kind, person_id))


def _give_back(response: Response) -> Response:
    """What was refused because of what was sent is none of the acts; it was counted first, because nothing may wait
    for Redis while the database waits for us."""
    if response.status_code in REFUSED:
        for kind, person_id in g.pop("counted", []):
            if kind not in EACH_TRY:
                cast("Limits", current_app.extensions["limits"]).give_back(kind, person_id)
    return response


class Window(NamedTuple):
    """What is left of one limit."""

    name: str
    most: int
    left: int
    within: timedelta
    seconds: int  # until there is more of it

    @property
    def policy(self) -> str:
        """As the header `RateLimit-Policy` names it."""
        return f'"{self.name}";q={self.most};w={int(self.within.total_seconds())}'

    @property
    def state(self) -> str:
        """As the header `RateLimit` names it."""
        return f'"{self.name}";r={max(0, self.left)};t={self.seconds}'

    @property
    def over(self) -> bool:
        """Whether this request was one too many."""
        return self.left < 0


def request_of(kind: str, whom: str) -> Window | None:
    """Count one request of the API, by the clock's minutes; None while nothing is counted."""
    return cast("Limits", current_app.extensions["limits"]).request_of(kind, whom)


def announce(window: Window) -> None:
    """Let the answer to this request tell of a limit."""
    announced()[window.name] = window


def one_less(name: str) -> None:
    """This request has counted against an announced limit."""
    if window := announced().get(name):
        announce(window._replace(left=window.left - 1))


def announced() -> dict[str, Window]:
    """By name, the limits that the answer to this request tells of."""
    windows: dict[str, Window] = g.setdefault("windows", {})
    return windows


def claim(mark: str, seconds: int) -> bool:
    """Set `mark` for at most `seconds`; False while it is set. Without Redis everybody may."""
    return cast("Limits", current_app.extensions["limits"]).claim(mark, seconds)


def release(mark: str) -> None:
    """Take `mark` away."""
    cast("Limits", current_app.extensions["limits"]).release(mark)


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

    def give_back(self, kind: str, person_id: int) -> None:
        """As if this act had not been counted."""
        if not self._enabled:
            return
        limit = AN_HOUR[kind]
        counter = self._own if time.monotonic() < self._rest_until else self._shared
        with suppress(RedisError):
            counter.storage.incr(limit.key_for(str(person_id)), limit.get_expiry(), amount=-1)

    def request_of(self, kind: str, whom: str) -> Window | None:
        """As the function of this name."""
        if not self._enabled:
            return None
        minute, second = divmod(int(time.time()), 60)
        key, most = f"request/{kind}/{whom}/{minute}", A_MINUTE[kind]
        if time.monotonic() >= self._rest_until:
            try:
                return Window(REQUESTS, most, most - self._shared.storage.incr(key, 61), MINUTE, 60 - second)
            except RedisError:
                self._rest_until = time.monotonic() + REST
        return Window(REQUESTS, most, most - self._own.storage.incr(key, 61), MINUTE, 60 - second)

    def claim(self, mark: str, seconds: int) -> bool:
        """As the function of this name."""
        try:
            return bool(redis().set(f"postways:{mark}", 1, nx=True, ex=seconds))
        except RedisError:
            return True

    def release(self, mark: str) -> None:
        """As the function of this name."""
        with suppress(RedisError):
            redis().delete(f"postways:{mark}")

    @staticmethod
    def _count_by(limiter: FixedWindowRateLimiter, kind: str, person_id: int) -> None:
        if not limiter.hit(AN_HOUR[kind], str(person_id)):
            reset = limiter.get_window_stats(AN_HOUR[kind], str(person_id)).reset_time
            wait = max(1, int(reset - time.time()) + 1)
            announced().clear()  # the answer tells of the limit that refused, not of one that has plenty left
            announce(Window(kind, AN_HOUR[kind].amount, 0, HOUR, wait))
            raise TooMany(ENOUGH, retry_after=wait)
