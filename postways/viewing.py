"""Who looks at a post: noted in Redis once the answer is out, counted by the scheduler (`sweep.count_views`).

An entry names the day, the post and the viewer, as a key that can't be turned back into a person or an address: it is
made with a salt of the day that nobody writes down but Redis, which forgets it with the day. While Redis is away
nothing is noted and nobody waits.
"""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, cast

from flask import Flask, Response, after_this_request, current_app, g, request
from redis import Redis
from redis.exceptions import RedisError

from postways.db import now, reading
from postways.later import REST
from postways.models import Post
from postways.models.view import KEY_BYTES, Seen, View, end_of

PENDING = "postways:views"
AT_ONCE = 500
MOST_PENDING = 200_000  # entries: whoever sends more in half a minute does not read
_MACHINES = re.compile(
    r"bot|crawl|spider|slurp|archive|preview|embed|fetch|scrap|monitor|headless|lighthouse|"
    r"curl|wget|python|java/|go-http|libwww|httpclient|okhttp|axios|facebookexternal|whatsapp|telegram",
    re.IGNORECASE,
)
warn = logging.getLogger(__name__).warning


def init_app(app: Flask) -> None:
    """Let `app` note who looks."""
    app.extensions["viewing"] = Viewing(cast("Redis", app.extensions["redis"]))


def note(post: Post) -> None:
    """Whoever asks has seen this post, once a day however often; programs that fetch pages have not, nor its author."""
    if not post.published or post.author_id == g.user.id or not _looks():
        return
    viewing, post_id = _viewing(), post.id
    who = _member() if g.user.is_member else f"{request.remote_addr} {request.user_agent.string}"

    @after_this_request
    def once_it_is_out(answer: Response) -> Response:
        answer.call_on_close(lambda: viewing.note(post_id, who, now()))
        return answer


def note_now(post: Post) -> bool:
    """The member who asks has seen this post, as their program says; answers whether that is new today.

    For who is in no transaction. Nobody's own looking counts.
    """
    if post.author_id == g.user.id:
        return False
    viewing, moment = _viewing(), now()
    seen = viewing.seen(post.id, _member(), moment)
    with reading():
        counted = seen is not None and View.stands(seen)
    return not counted and viewing.note(post.id, _member(), moment)


def take_back(post_id: int) -> bool:
    """The member who asks has not seen this post today; False when that is so already."""
    viewing, moment = _viewing(), now()
    seen = viewing.seen(post_id, _member(), moment)
    if seen is None:
        return False
    waited = viewing.forget(seen)
    return View.take_back(seen) or waited


def _viewing() -> Viewing:
    return cast("Viewing", current_app.extensions["viewing"])


def _member() -> str:
    return f"person {g.user.id}"


def _looks() -> bool:
    """Whether somebody wants to see this now: a browser that reads ahead does not, nor does a machine."""
    ahead = " ".join(request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz"))
    if request.method == "HEAD" or "prefetch" in ahead or "prerender" in ahead or "preview" in ahead:
        return False
    agent = request.user_agent.string
    return g.user.is_member or bool(agent) and _MACHINES.search(agent) is None


def waiting() -> Sequence[bytes]:
    """Some entries that are not counted yet; they stay until they are `done`."""
    return cast("list[bytes]", _redis().srandmember(PENDING, AT_ONCE))


def done(entries: Sequence[bytes]) -> None:
    """These are counted, or can't be. An entry that came again meanwhile says the same, so it goes with them."""
    _redis().srem(PENDING, *entries)


def _redis() -> Redis:
    return cast("Redis", current_app.extensions["redis"])


def read(entry: bytes) -> Seen | None:
    """What an entry says; None where it says nothing."""
    try:
        day, post_id, viewer = entry.decode("ascii").split(" ")
        return Seen(date.fromisoformat(day), int(post_id), viewer)
    except ValueError:
        return None


class Viewing:
    """Adds to the set of entries; rests after Redis has failed."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._rest_until = 0.0
        self._salt = (date.min, b"")

    def note(self, post_id: int, who: str, moment: datetime) -> bool:
        """Note that `who` has seen this post now; False when that waits already to be counted."""
        seen = self.seen(post_id, who, moment)
        if seen is None or (self._ask(lambda redis: redis.scard(PENDING)) or 0) >= MOST_PENDING:
            return True
        return bool(self._ask(lambda redis: redis.sadd(PENDING, _entry(seen))) != 0)

    def forget(self, seen: Seen) -> bool:
        """Let it be counted no more; False when it does not wait."""
        return bool(self._ask(lambda redis: redis.srem(PENDING, _entry(seen))))

    def seen(self, post_id: int, who: str, moment: datetime) -> Seen | None:
        """How it is noted that `who` sees this post now; None while Redis is away."""
        salt = self._ask(lambda _: self._salt_of(moment.date()))
        if salt is None:
            return None
        key = hashlib.blake2b(who.encode(errors="replace"), key=salt, digest_size=KEY_BYTES)
        return Seen(moment.date(), post_id, key.hexdigest())

    def _ask(self, question: Callable[[Redis], Any]) -> Any:
        """What Redis answers; None while it is away, or rests because it was."""
        if time.monotonic() < self._rest_until:
            return None
        try:
            return question(self._redis)
        except RedisError as error:
            self._rest_until = time.monotonic() + REST
            warn("Redis is away, views are not counted: %s", type(error).__name__)
            return None

    def _salt_of(self, day: date) -> bytes:
        """The same in every process, until the day is over."""
        if self._salt[0] != day:
            name = f"{PENDING}:salt:{day:%Y-%m-%d}"
            fresh = secrets.token_bytes(32)
            self._redis.set(name, fresh, nx=True, exat=end_of(day))
            self._salt = (day, cast("bytes | None", self._redis.get(name)) or fresh)
        return self._salt[1]


def _entry(seen: Seen) -> str:
    return f"{seen.day:%Y-%m-%d} {seen.post_id} {seen.viewer}"
