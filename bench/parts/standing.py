"""What it takes to stand there: memory of everything, idle, and the time to start again."""

from __future__ import annotations

import time
from collections.abc import Iterator

from bench.figures import Figure, quantile
from bench.parts import Bench
from bench.processes import pss
from bench.site import Site, Visitor

STARTS = 3
SETTLED = 3.0  # seconds


def memory(bench: Bench) -> Iterator[Figure]:
    """Everything that `make run` started, after the bench's other parts; and anew, after one page."""
    after = pss(bench.site.pid) / 2**20
    again = Site(bench.site.folder.with_name("idle"))
    with again.running():
        Visitor(again.port).page("/")
        time.sleep(SETTLED)
        idle = pss(again.pid) / 2**20
    yield Figure("memory", "everything, idle", idle, "MB PSS", at_most=400)
    yield Figure("memory", "everything, after the parts before", after, "MB PSS")


def start(bench: Bench) -> Iterator[Figure]:
    """The second start, from the command to the line that lets people in."""
    site = Site(bench.site.folder.with_name("starting"))
    with site.running():
        pass
    seconds = []
    for _ in range(bench.times(STARTS)):
        with site.running():
            seconds.append(site.start_seconds)
    yield Figure("start", "second start", quantile(seconds, 0.5), "s", at_most=5)
