"""What an event stream says: ids and counts, never text of people."""

from __future__ import annotations

from functools import lru_cache

from flask import Flask, render_template
from flask_babel import force_locale

HEARTBEAT = b": still here\n\n"
HELLO = b"retry: 1000\n: hello\n\n"


def message(html: str) -> bytes:
    """Something that htmx puts into the page."""
    return f"data: {html}\n\n".encode()


def named(event: str, data: str) -> bytes:
    """Something that becomes a DOM event of the page."""
    return f"event: {event}\ndata: {data}\n\n".encode()


def batch(entry_id: str, messages: list[bytes]) -> bytes:
    """All that is to be told up to `entry_id`; only the last one names it, or a page cut off before would miss some."""
    if not messages:
        return b""
    return b"".join([*messages[:-1], f"id: {entry_id}\n".encode(), messages[-1]])


def likes(post: int, count: int) -> str:
    """How many like a post now, wherever the page shows it."""
    return f'<hx-partial hx-target="#like-count-{post}" hx-swap="textContent">{count:,}</hx-partial>'


@lru_cache(maxsize=256)
def _pill(app: Flask, count: int) -> str:
    with app.test_request_context("/"), force_locale("en"):
        html = render_template("posts/_pill.html", count=count)
    return " ".join(html.split())


def pill(app: Flask, count: int) -> str:
    """That there are new photographs; the page itself does not move."""
    return f'<hx-partial hx-target="#pill" hx-swap="innerHTML">{_pill(app, count)}</hx-partial>'
