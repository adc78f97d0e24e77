"""Many at once: the same thing done by threads that start at the same moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from tests.cast import Browser

Result = TypeVar("Result")


def at_once(works: Sequence[Callable[[], Result]]) -> list[Result]:
    """What each of `works` returns; raises what one of them raised."""
    barrier = Barrier(len(works))

    def start(work: Callable[[], Result]) -> Result:
        barrier.wait(timeout=90)
        return work()

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(start, works))


def second_tab(browser: Browser) -> Browser:
    """The same person's cookies in another client, which another thread may use; or in the hands of a thief."""
    tab = Browser(browser.app)
    cookie = browser.client.get_cookie("session")
    if cookie is not None:
        tab.client.set_cookie("session", cookie.value)
    return tab
