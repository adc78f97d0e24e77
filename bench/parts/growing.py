"""What pages cost on a site with many posts, beside what the same pages cost with ten thousand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from bench.figures import Figure
from bench.load import Load, drive, request
from bench.parts import Bench
from bench.parts.looking import counted
from bench.site import Failed, Visitor

FEW = 10_000  # posts
AT_ONCE = 100_000  # posts that are added in one go
LIKES = 2  # for each post
DEEP = 500  # the page that is measured beside the first, or the last one of a shorter list
REQUESTS = 80  # for each figure
CONNECTIONS = 4
OLDER = re.compile(r'rel="next" href="([^"]+)"')


def growth(bench: Bench) -> Iterator[Figure]:
    """First and deep pages of every list, as a visitor and as a member, at both sizes; the site grows in between."""
    few, many = bench.times(FEW), bench.times(bench.posts)
    _grow(bench, few)
    lists = _lists(bench)
    visitor = Visitor(bench.site.port)
    depths = {name: _full(_deep(visitor, path, DEEP)[1]) for name, path in lists.items()}
    before = _costs(bench, lists, depths)
    _grow(bench, many)
    for name, (cost, statements) in _costs(bench, lists, depths).items():
        limit, least = before[name]
        note = f"{few:,} and {many:,} posts"
        yield Figure("growth", name, cost * 1e3, "ms CPU", limit * 1e3, at_most=1.3, note=note)
        yield Figure("growth", f"{name}: queries", statements, "statements", at_most=least)


def _grow(bench: Bench, posts: int) -> None:
    """Add posts until there are so many."""
    while (missing := posts - _posts(bench)) > 0:
        step = min(missing, AT_ONCE)
        bench.site.fill(f"{max(20, step // 50)},{step},{LIKES * step}")


def _posts(bench: Bench) -> int:
    return int(bench.site.ask("SELECT count(*) FROM posts")[0][0])


def _lists(bench: Bench) -> dict[str, str]:
    """The first page of each list, by name."""
    ((author,),) = bench.site.ask("SELECT username FROM users ORDER BY post_count DESC, id LIMIT 1")
    return {
        "home": "/",
        "popular": "/popular/",
        "tag": "/tags/light/",
        "profile": f"/@{author}/",
        "explore": "/explore/",
        "search, common words": "/search/?q=minute+harb&kind=posts",
        "search, rarer word": "/search/?q=music&kind=posts",
        "search, long word": "/search/?q=blackandwhite&kind=posts",
    }


def _deep(visitor: Visitor, path: str, most: int) -> tuple[str, int]:
    """The address of the page so deep, or of the last one, and its number."""
    for number in range(1, most):
        status, body = visitor.ask("GET", path, headers={"HX-Request": "true"})
        if status != 200:
            raise Failed(f"{path} answered {status}")
        found = OLDER.search(body.decode())
        if found is None:
            return path, number
        path = unescape(found[1])
    return path, most


def _full(last: int) -> int:
    """The last page that is as long as the others."""
    return last if last == DEEP else max(1, last - 1)


def _costs(bench: Bench, lists: dict[str, str], depths: dict[str, int]) -> dict[str, tuple[float, int]]:
    """By name of the figure: seconds of CPU time per request, and statements."""
    visitor, pages = Visitor(bench.site.port), {}
    for name, path in lists.items():
        pages[f"{name}, page 1"] = path
        if depths[name] > 1:
            pages[f"{name}, page {depths[name]}"] = _deep(visitor, path, depths[name])[0]
    return {
        f"{name}, {who}": _cost(bench, reader, path)
        for who, reader in (("visitor", visitor), ("member", bench.site.member(0)))
        for name, path in pages.items()
    }


def _cost(bench: Bench, visitor: Visitor, path: str) -> tuple[float, int]:
    load, each = Load(), bench.times(REQUESTS // CONNECTIONS)
    lines = [[request("GET", path, visitor.headers)] * each] * CONNECTIONS
    drive(Load(), bench.site.port, bench.site.measured, lines[:1])  # warm
    drive(load, bench.site.port, bench.site.measured, lines)
    if load.refused:
        raise Failed(f"{load.refused} requests of {path} were refused")
    return load.cost, counted(bench.site, visitor, path)
