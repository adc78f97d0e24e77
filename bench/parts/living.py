"""Open pages: how soon the last one shows a like, what each of them costs, and what they cost everybody else."""

from __future__ import annotations

import gc
import random
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from redis import Redis

from bench import fanout
from bench.figures import Figure, quantile
from bench.load import Load, drive, request
from bench.parts import Bench
from bench.parts.reading import CONNECTIONS
from bench.processes import cpu_seconds, pss
from bench.site import FORM, Failed, Site, Visitor, answers, free_port, started, until
from bench.streams import Audience

LIKES = 50
ROUNDS = 3
GREETING = b": hello"


def live(bench: Bench) -> Iterator[Figure]:
    """A thousand open pages."""
    yield from _shown(bench, "live", bench.times(1_000), 0.25)


def live10k(bench: Bench) -> Iterator[Figure]:
    """Ten thousand."""
    yield from _shown(bench, "live10k", bench.times(10_000), 2.0)


def pages(bench: Bench) -> Iterator[Figure]:
    """`GET /` while a thousand pages are open and idle, and while none is."""
    site = bench.site
    reader = Visitor(site.port)
    count = bench.times(1_000)
    lines = [[request("GET", "/", reader.headers)] * bench.times(50)] * CONNECTIONS
    busy, alone = Load(), Load()
    drive(Load(), site.port, [site.pid], lines)  # warm
    for _ in range(ROUNDS):
        drive(alone, site.port, [site.pid], lines)
        with _audience(site.port, count, _opening(reader)):
            drive(busy, site.port, [site.pid], lines)
    name = f"home page, visitor, {count:,} pages open"
    yield Figure("pages", name, busy.rate, "/s", alone.rate, at_least=0.9, note=busy.times)


def _shown(bench: Bench, part: str, count: int, patience: float) -> Iterator[Figure]:
    site, likes = bench.site, bench.times(LIKES)
    member, reader = site.member(0), Visitor(site.port)
    liking = Liking(member, reader)
    before = pss(site.web)
    with _audience(site.port, count, _opening(reader)) as audience, _limit(site) as port:
        each = (pss(site.web) - before) / count / 1024
        listening = Redis.from_url(_redis_url(site))
        with _audience(port, count, b"GET / HTTP/1.1\r\n\r\n") as limited:
            ours, limit, cpu = [], [], 0.0
            liking.once(audience)
            for number in range(likes):
                began = cpu_seconds(site.pid)
                ours.append(liking.once(audience))
                cpu += cpu_seconds(site.pid) - began
                message = f"id: {number}-0\ndata: {'x' * 80}\n\n"
                tell = {"message": message}
                limit.append(limited.hears(message.encode(), lambda: listening.xadd(fanout.STREAM, tell)))  # noqa: B023 called at once
                time.sleep(random.uniform(0, 0.1))  # so that no rhythm of the product's is met
        gone = count - audience.quiet()
    name = f"{count:,} pages, like to last page"
    yield Figure(part, f"{name}, median", quantile(ours, 0.5) * 1e3, "ms")
    yield Figure(part, f"{name}, p99", quantile(ours, 0.99) * 1e3, "ms", at_most=patience * 1e3)
    yield Figure(part, f"{name}, limit's median", quantile(limit, 0.5) * 1e3, "ms")
    yield Figure(part, f"{name}, limit's p99", quantile(limit, 0.99) * 1e3, "ms")
    yield Figure(part, "memory of an open page", each, "kB", at_most=25)
    yield Figure(part, "CPU of a delivery, the like included", cpu / likes / count * 1e6, "µs", at_most=40)
    yield Figure(part, "pages that were cut off", gone, "", at_most=0)


class Liking:
    """One who likes and unlikes the newest post, and the words by which a page shows it."""

    def __init__(self, member: Visitor, reader: Visitor) -> None:
        self.member = member
        html = reader.page("/")
        found = re.search(r'id="like-count-(\d+)">([\d,]+)<', html)
        if found is None:
            raise Failed("the home page shows no likes")
        self.post, self.count = int(found[1]), int(found[2].replace(",", ""))
        self.form = urlencode({"csrf_token": member.token()}).encode()
        self.likes = f"/posts/{self.post}/unlike/".encode() in member.page("/").encode()

    def once(self, audience: Audience) -> float:
        """Like, or if it is liked unlike; seconds until the last page of `audience` knows."""
        verb, self.count = ("unlike", self.count - 1) if self.likes else ("like", self.count + 1)
        self.likes = not self.likes
        path, headers = f"/posts/{self.post}/{verb}/", {**FORM, "HX-Request": "true"}
        words = f'#like-count-{self.post}" hx-swap="textContent">{self.count:,}<'.encode()
        return audience.hears(words, lambda: self.member.ask("POST", path, self.form, headers))


def _opening(reader: Visitor) -> bytes:
    return request("GET", reader.stream("/"), {"Accept": "text/event-stream"})


@contextmanager
def _audience(port: int, count: int, opening: bytes) -> Iterator[Audience]:
    audience = Audience(port, count, opening, GREETING)
    gc.freeze()  # a collection of ours would be counted as the server's time
    try:
        yield audience
    finally:
        audience.close()
        gc.unfreeze()


@contextmanager
def _limit(site: Site) -> Iterator[int]:
    port, log = free_port(), site.folder.with_name("fanout.log")
    command = [sys.executable, "-m", "bench.fanout", str(port), _redis_url(site)]
    with started(command, site.environ, log) as process:
        until(lambda: answers(port), process, log)
        yield port


def _redis_url(site: Site) -> str:
    return f"unix://{site.folder / 'valkey.sock'}"
