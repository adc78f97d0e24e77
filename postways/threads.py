"""Slow calls that would stall every other request of a gevent process go through real threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import gevent
from gevent import monkey
from gevent.threadpool import ThreadPool

from postways.errors import Busy

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

HASHES_AT_ONCE = 2  # each takes 19 MB and a core for 20 ms
MOST_WAITING = 20


def cooperative() -> bool:
    """Whether this process runs on gevent, so that nothing may block it."""
    return bool(monkey.is_module_patched("socket"))


def in_thread(function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
    """What `function` returns or raises; meanwhile other requests go on."""
    if not cooperative():
        return function(*args, **kwargs)
    return _result(gevent.get_hub().threadpool.apply(_outcome, (function, args, kwargs)))


class Hashing:
    """A short queue in front of two threads: a storm of logins must not starve the site of memory or time."""

    def __init__(self) -> None:
        self._waiting = 0
        self._threads: ThreadPool | None = None

    def run(self, function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        """What `function` returns or raises. Raises Busy when too many wait already."""
        if not cooperative():
            return function(*args, **kwargs)
        if self._waiting >= MOST_WAITING + HASHES_AT_ONCE:
            raise Busy
        self._threads = self._threads or ThreadPool(HASHES_AT_ONCE)
        self._waiting += 1
        try:
            return _result(self._threads.apply(_outcome, (function, args, kwargs)))
        finally:
            self._waiting -= 1


hashing = Hashing()


def _outcome(function: Callable[..., Result], args: Any, kwargs: Any) -> tuple[Result | None, Exception | None]:
    """gevent prints what a thread raises, as if it were a fault: an ordinary refusal travels as a value instead."""
    try:
        return function(*args, **kwargs), None
    except Exception as error:
        return None, error


def _result(outcome: tuple[Result | None, Exception | None]) -> Result:
    result, error = outcome
    if error is not None:
        raise error
    return cast("Result", result)
