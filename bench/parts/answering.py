"""Programs that read: the list of posts, and the counts of ten at once."""

from __future__ import annotations

import json
from collections.abc import Iterator

from bench import answers, pages
from bench.figures import Figure
from bench.load import Load, drive, request
from bench.parts import Bench
from bench.parts.reading import CONNECTIONS, REQUESTS, ROUNDS
from bench.site import Failed, Visitor


def api(bench: Bench) -> Iterator[Figure]:
    """`GET /api/v1/posts/` and `likes/batch/` of ten, beside Flask routes that answer the same JSON from one query."""
    site = bench.site
    ids = ",".join(str(post) for (post,) in site.ask(f"SELECT id FROM ({pages.NEWEST}) p")[:10])
    each = bench.times(REQUESTS // CONNECTIONS)
    with answers.serving(site) as (port, pid):
        for name, path in (("the list of posts", "/api/v1/posts/"), ("ten counts", f"/api/v1/likes/batch/?ids={ids}")):
            _same(Visitor(site.port), Visitor(port), path)
            ours, limit = Load(), Load()
            lines = [[request("GET", path)] * each] * CONNECTIONS
            drive(Load(), site.port, [site.pid], lines)  # warm
            drive(Load(), port, [pid], lines)
            for _ in range(ROUNDS):
                drive(ours, site.port, site.measured, lines)
                drive(limit, port, [pid, *site.database], lines)
            if ours.refused or limit.refused:
                raise Failed(f"{ours.refused} requests of the product and {limit.refused} of the limit were refused")
            yield Figure("api", name, ours.rate, "/s", limit.rate, at_least=0.5, note=ours.times)


def _same(ours: Visitor, limit: Visitor, path: str) -> None:
    wanted, found = (json.loads(visitor.page(path)) for visitor in (ours, limit))
    if wanted != found:
        raise Failed(f"the limit does not answer what the product answers at {path}: {found} instead of {wanted}")
