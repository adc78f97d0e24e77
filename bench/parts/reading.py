"""Reading pages: the newest posts as visitor and as member, and one post."""

from __future__ import annotations

from collections.abc import Iterator

from bench import limits, pages
from bench.figures import Figure
from bench.load import Load, drive, request
from bench.parts import Bench
from bench.site import Failed, Visitor

CONNECTIONS = 8
REQUESTS = 400  # of each side in each round
ROUNDS = 5


def feed(bench: Bench) -> Iterator[Figure]:
    """`GET /`."""
    for name, reader, goal in _readers(bench, 0.6, 0.45):
        ours, limit = _compared(bench, reader, "/", pages.NEWEST)
        yield Figure("feed", f"home page, {name}", ours.rate, "/s", limit.rate, at_least=goal, note=ours.times)


def post(bench: Bench) -> Iterator[Figure]:
    """`GET /posts/<id>/` of one with several photographs and some twenty comments."""
    ((post_id,),) = bench.site.ask(
        f"SELECT id FROM posts WHERE {pages.PUBLIC} AND (SELECT count(*) FROM photos WHERE post_id = posts.id) > 1 "
        "ORDER BY abs(comment_count - 20), published_at DESC LIMIT 1"
    )
    for name, reader, goal in _readers(bench, 0.5, 0.5):
        ours, limit = _compared(bench, reader, f"/posts/{post_id}/", f"SELECT * FROM posts WHERE id = {post_id}")
        yield Figure("post", f"a post, {name}", ours.rate, "/s", limit.rate, at_least=goal, note=ours.times)


def _readers(bench: Bench, *goals: float) -> list[tuple[str, Visitor, float]]:
    readers = [("visitor", Visitor(bench.site.port)), ("member", bench.site.member(0))]
    return [(*reader, goal) for reader, goal in zip(readers, goals, strict=True)]


def _compared(bench: Bench, reader: Visitor, path: str, posts: str) -> tuple[Load, Load]:
    """The page, and one that is the same bytes from one query (`posts` and what belongs to them) and one template."""
    site, ours, limit = bench.site, Load(), Load()
    sql = pages.query(posts, reader.user_id)
    made = pages.made(reader.page(path), sql, site.ask(sql))
    each = bench.times(REQUESTS // CONNECTIONS)
    lines = [[request("GET", path, reader.headers)] * each] * CONNECTIONS
    with limits.serving(site, {path: made}) as (port, pid):
        drive(Load(), site.port, [site.pid], lines)  # warm
        drive(Load(), port, [pid], lines)
        for _ in range(ROUNDS):
            drive(ours, site.port, site.measured, lines)
            drive(limit, port, [pid, *site.database], lines)
    if ours.refused or limit.refused:
        raise Failed(f"{ours.refused} requests of the product and {limit.refused} of the limit were refused")
    return ours, limit
