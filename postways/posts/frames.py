"""The frame around a list, which is the same for every visitor: rendered once, then filled.

Rendering it was a third of what a visitor's page cost. Members get theirs anew: it holds their name and their tokens.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Hashable

from flask import Response, make_response, render_template, request
from flask_babel import get_locale
from markupsafe import escape

from postways import cookies
from postways.models.listed import Glimpse
from postways.paging import Page

MOST_KEPT = 200  # frames of some 8 kB; every tag has one
_SALT = secrets.token_hex(8)  # nobody can write a place into an address
_PLACES = {name: f"place-{name}-{_SALT}" for name in ("cards", "live_url", "older_url")}
_kept: OrderedDict[Hashable, str] = OrderedDict()


def visitors_page(
    template: str, found: Page[Glimpse], n: int, filling: dict[str, str | None], **context: Hashable
) -> Response:
    """The page of a list: its frame, filled with the cards (HTML) and the addresses of this moment."""
    looks = (str(get_locale()), cookies.read("theme"), cookies.read("shortcuts"))
    shape = (bool(found.items), filling["older_url"] is None, min(n, 3), request.args.get("notice"))
    key = (template, request.path, tuple(sorted(context.items())), looks, shape)
    frame = _kept.get(key)
    if frame is None:
        places = {name: _PLACES[name] if value is not None else None for name, value in filling.items()}
        frame = _kept[key] = render_template(template, **context, **places, page=found, n=n)
        if len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    for name, value in filling.items():
        frame = frame.replace(_PLACES[name], str(escape(value or "")))
    return make_response(frame)


def forget() -> None:
    """Render every frame anew."""
    _kept.clear()
