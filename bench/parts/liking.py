"""Likes: sixteen people on sixteen posts, and all of them on one."""

from __future__ import annotations

import json
from collections.abc import Iterator

from bench import pages
from bench.figures import Figure
from bench.load import Load, drive, request
from bench.parts import Bench
from bench.processes import cpu_seconds
from bench.site import Site, Visitor, program

PEOPLE = 16
PAIRS = 12  # of like and unlike, of each person in each round
TRANSACTIONS = 1_000  # of the limit in each round
ROUNDS = 4


def like(bench: Bench) -> Iterator[Figure]:
    """`PUT` and `DELETE …/like/` of the API, with a browser's session and its form token."""
    site = bench.site
    people = [site.member(place) for place in range(PEOPLE)]
    posts = [post for (post,) in site.ask(f"SELECT id FROM ({pages.NEWEST}) p")]
    posts += [post for (post,) in site.ask(f"SELECT id FROM posts WHERE {pages.PUBLIC} ORDER BY id LIMIT {PEOPLE}")]
    posts = posts[:PEOPLE]
    spread, hot, limit = Load(), Load(), Load()
    pairs = bench.times(PAIRS)
    on_many = [_line(person, post, pairs) for person, post in zip(people, posts, strict=True)]
    on_one = [_line(person, posts[0], pairs) for person in people]
    for lines in (on_many, on_one):
        drive(Load(), site.port, site.measured, lines)  # warm
    for _ in range(ROUNDS):
        drive(spread, site.port, site.measured, on_many)
        drive(hot, site.port, site.measured, on_one)
        _transact(limit, site, people[0].user_id, posts[0], bench.times(TRANSACTIONS))
    yield Figure("like", "16 people, 16 posts", spread.rate, "/s", limit.rate, at_least=0.25, note=spread.times)
    yield Figure("like", "16 people, one post", hot.rate, "/s", limit.rate, at_least=0.25, note=hot.times)
    yield Figure("like", "cost on one post, to that on 16", hot.cost * 1e3, "ms", spread.cost * 1e3, at_most=1.5)
    yield Figure("like", "lost, or answered with an error", _lost(site, people, posts, spread, hot), "", at_most=0)


def _line(person: Visitor, post: int, pairs: int) -> list[bytes]:
    token = person.token()
    headers = {**person.headers, "X-CSRFToken": token}  # now with the cookie that belongs to the token
    return [request(method, f"/api/v1/posts/{post}/like/", headers) for method in ("DELETE", "PUT")] * pairs


def _transact(limit: Load, site: Site, user_id: int | None, post: int, count: int) -> None:
    """The bare transaction on the same database, in a process of its own; the database's own work counts too."""
    before = cpu_seconds(*site.database)
    numbers = (str(user_id), str(post), str(count))
    told = json.loads(program("bench.transaction", str(site.folder), *numbers, site.database_url))
    limit.cpu += told["cpu"] + cpu_seconds(*site.database) - before
    limit.latencies += told["latencies"]


def _lost(site: Site, people: list[Visitor], posts: list[int], *loads: Load) -> int:
    """Every round ended with a like of each person on each post concerned: is it there, and does the counter say so?"""
    concerned = ",".join(map(str, posts))
    wrong = site.ask(
        f"SELECT id FROM posts p WHERE id IN ({concerned}) "
        "AND like_count <> (SELECT count(*) FROM likes WHERE post_id = p.id)"
    )
    wanted = {(person.user_id, post) for person, post in zip(people, posts, strict=True)}
    wanted |= {(person.user_id, posts[0]) for person in people}
    there = set(site.ask(f"SELECT user_id, post_id FROM likes WHERE post_id IN ({concerned})"))
    return len(wrong) + len(wanted - there) + sum(load.refused for load in loads)
