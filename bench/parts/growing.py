"""What pages cost on a site with many posts, beside what the same pages cost with ten thousand, turn by turn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from bench.figures import Figure
from bench.load import Load, drive, request
from bench.parts import Bench
from bench.parts.looking import counted
from bench.site import Failed, Site, Visitor

FEW = 10_000  # posts
PEOPLE = 6_000  # of whom one follows 5,000
AT_ONCE = 100_000  # posts that are added in one go
LIKES = 2  # for each post
DEEP = 500  # the page that is measured beside the first, or the last one of a shorter list
ROUNDS = 4  # in which the two sites take turns
REQUESTS = 80  # for each figure
CONNECTIONS = 4
OLDER = re.compile(r'rel="next" href="([^"]+)"')
FEED = "feed of who follows 5,000"


def growth(bench: Bench) -> Iterator[Figure]:
    """First and deep pages of every list, as a visitor and as a member, on a small site and on a large one."""
    sizes = bench.times(FEW), bench.times(bench.posts)
    with bench.site.beside("grown").running() as grown:
        sites = bench.site, grown
        for site, posts in zip(sites, sizes, strict=True):
            _grow(bench, site, posts)
        lists = [_lists(site) for site in sites]
        readers = [_readers(site) for site in sites]
        for name in lists[0]:
            walker = readers[0]["follower" if name == FEED else "visitor"]
            deepest = _full(_deep(walker, lists[0][name], DEEP)[1])
            for page in sorted({1, deepest}):
                for who in ["follower"] if name == FEED else ["visitor", "member"]:
                    turns = [
                        (site, people[who], _deep(people[who], paths[name], page)[0])
                        for site, people, paths in zip(sites, readers, lists, strict=True)
                    ]
                    yield from _compared(bench, f"{name}, page {page}, {who}", turns, sizes)


def _compared(
    bench: Bench, name: str, turns: list[tuple[Site, Visitor, str]], sizes: tuple[int, int]
) -> Iterator[Figure]:
    """What the same page costs on either site."""
    limit, cost = _costs(bench, turns)
    note = f"{sizes[0]:,} and {sizes[1]:,} posts"
    yield Figure("growth", name, cost * 1e3, "ms CPU", limit * 1e3, at_most=1.3, note=note)
    least, most = (counted(*turn) for turn in turns)
    yield Figure("growth", f"{name}: queries", most, "statements", at_most=least)


def _grow(bench: Bench, site: Site, posts: int) -> None:
    """Add posts until there are so many, of people of whom one follows 5,000."""
    while (missing := posts - _count(site, "posts")) > 0:
        step, people = min(missing, AT_ONCE), bench.times(PEOPLE)
        site.fill(f"{people if _count(site, 'users') < people else 0},{step},{LIKES * step}")
    site.settle()


def _count(site: Site, table: str) -> int:
    return int(site.ask(f"SELECT count(*) FROM {table}")[0][0])


def _readers(site: Site) -> dict[str, Visitor]:
    """Somebody who has not logged in, a member, and who follows most people."""
    busiest = "SELECT id FROM users ORDER BY following_count DESC, id LIMIT 1"
    place = int(site.ask(f"SELECT count(*) FROM users WHERE id < ({busiest})")[0][0])
    return {"visitor": Visitor(site.port), "member": site.member(0), "follower": site.member(place)}


def _lists(site: Site) -> dict[str, str]:
    """The first page of each list, by name."""
    ((author,),) = site.ask("SELECT username FROM users ORDER BY post_count DESC, id LIMIT 1")
    return {
        "home": "/",
        "popular": "/popular/",
        "tag": "/tags/light/",
        "profile": f"/@{author}/",
        "explore": "/explore/",
        FEED: "/feed/",
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


def _costs(bench: Bench, turns: list[tuple[Site, Visitor, str]]) -> list[float]:
    """Seconds of CPU time per request on each site, which take turns so that a busy machine slows both."""
    loads = [Load() for _ in turns]
    each = bench.times(REQUESTS // CONNECTIONS // ROUNDS)
    for number in range(ROUNDS + 1):
        for load, (site, reader, path) in zip(loads, turns, strict=True):
            lines = [[request("GET", path, reader.headers)] * each] * CONNECTIONS
            drive(load if number else Load(), site.port, site.measured, lines)  # the first one only warms
            if load.refused:
                raise Failed(f"{load.refused} requests of {path} were refused")
    return [load.cost for load in loads]
