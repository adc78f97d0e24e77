"""Pages of lists, as the API writes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import request

from postways.api.door import absolute
from postways.api.shapes import MOST_PAGES, MOST_PER_PAGE, Listed, Parts, Shape
from postways.paging import Asked, NoSuchPage, Numbered

Item = TypeVar("Item")


def asked(parts: Parts) -> Asked:
    """The part that a query names. Raises NoSuchPage for a number that no list reaches."""
    if parts.page > MOST_PAGES and not parts.cursor:
        raise NoSuchPage(parts.page)
    return Asked(parts.page, min(parts.page_size, MOST_PER_PAGE), parts.cursor or None, parts.count != "0")


def listed(
    of: type[Shape], page: Numbered[Item], render: Callable[[Sequence[Item]], Sequence[Shape]], parts: Parts
) -> Listed[Any]:
    """`page` as JSON, each item by `render`, with the addresses of the pages around it.

    `next` names both the number and, where the order allows it, the place, which wins and costs the same at any depth.
    """
    return Listed[of](**_around(page, parts), results=list(render(page.items)))  # type: ignore[valid-type]


def listed_plainly(page: Numbered[Any], results: list[dict[str, Any]], parts: Parts) -> dict[str, Any]:
    """The same of items that are JSON already: what is asked for most is not made a shape first."""
    return {**_around(page, parts), "results": results}


def _around(page: Numbered[Any], parts: Parts) -> dict[str, Any]:
    after = {"page": parts.page + 1, "cursor": page.next_cursor} if page.more else None
    before = {"page": parts.page - 1, "cursor": None} if parts.page > 1 else None
    counted: dict[str, Any] = {} if page.count is None else {"count": page.count}
    if page.capped:
        counted["count_capped"] = True
    return {**counted, "next": _address(after), "previous": _address(before)}


def _address(place: dict[str, Any] | None) -> str | None:
    if place is None:
        return None
    kept = [(name, value) for name, value in request.args.items(multi=True) if name not in place]
    return absolute(f"{request.path}?{urlencode([*kept, *((k, v) for k, v in place.items() if v is not None)])}")
