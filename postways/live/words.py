"""What an event stream says: ids and counts, never text of people."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from flask import Flask, render_template
from flask_babel import force_locale

from postways.models.counted import Counts

MOST_TOLD = 99
HEARTBEAT = b": still here\n\n"
HELLO = b"retry: 1000\n: hello\n\n"


def message(html: str) -> bytes:
    """Something that htmx puts into the page."""
    return f"data: {html}\n\n".encode()


def named(event: str, data: str) -> bytes:
    """Something that becomes a DOM event of the page."""
    return f"event: {event}\ndata: {data}\n\n".encode()


def anew() -> bytes:
    """That something which the page shows is not for its reader any more; the page asks what. It names no post."""
    return named("anew", "")


def batch(entry_id: str, messages: list[bytes]) -> bytes:
    """All that is to be told up to `entry_id`; only the last one names it, or a page cut off before would miss some."""
    if not messages:
        return b""
    return b"".join([*messages[:-1], f"id: {entry_id}\n".encode(), messages[-1]])


def counts(post: int, found: Counts) -> str:
    """How many like a post now, how much was said and how often it was reposted, wherever the page shows it."""
    places = {"like": found.likes, "comment": found.comments, "repost": found.reposts}
    return "".join(_count(f"{name}-count-{post}", count) for name, count in places.items())


def bell(count: int) -> str:
    """How much the reader has not read."""
    return f'<hx-partial hx-target="#bell" hx-swap="textContent">{min(count, MOST_TOLD) or ""}</hx-partial>'


def unread_messages(app: Flask, count: int, requests: int) -> str:
    """How many messages the reader has not read, and how many strangers wait."""
    number = (
        f'<hx-partial hx-target="#unread-messages" hx-swap="textContent">{min(count, MOST_TOLD) or ""}</hx-partial>'
    )
    dot = _rendered(app, "messages/_waiting.html", requests=requests)
    return f'{number}<hx-partial hx-target="#message-requests" hx-swap="innerHTML">{dot}</hx-partial>'


def message_gone(message_id: int) -> str:
    """That the reader does not keep this message any more, wherever it stands."""
    return f'<hx-partial hx-target="#message-{message_id}" hx-swap="delete"></hx-partial>'


def conversations(others: Iterable[int]) -> list[bytes]:
    """That something is new in what the reader has with these people, and so in the list of all."""
    return [*(named(f"messages-{other}", str(other)) for other in others), named("messages", "")]


def comment_likes(post: int, comment: int, count: int) -> str:
    """How many like a comment under this post now."""
    return _count(f"comment-likes-{comment}", count, f' data-post="{post}"')


def _count(place: str, count: int, more: str = "") -> str:
    return f'<hx-partial hx-target="#{place}" hx-swap="textContent"{more}>{count:,}</hx-partial>'


@lru_cache(maxsize=256)
def _rendered(app: Flask, template: str, **context: int) -> str:
    with app.test_request_context("/"), force_locale("en"):
        html = render_template(template, **context)
    return " ".join(html.split())


def pill(app: Flask, count: int, *, feed: bool = False) -> str:
    """That there are new photographs, or new posts in a feed; the page itself does not move."""
    html = _rendered(app, "posts/_pill.html", count=count, feed=feed)
    return f'<hx-partial hx-target="#pill" hx-swap="innerHTML">{html}</hx-partial>'


def new_comments(app: Flask, post: int, count: int) -> str:
    """That there are new comments; the page itself does not move."""
    html = _rendered(app, "posts/_comment_pill.html", post_id=post, count=count) if count else ""
    return f'<hx-partial hx-target="#comment-pill-{post}" hx-swap="innerHTML">{html}</hx-partial>'


def gone(app: Flask, post: int, comment: int) -> str:
    """That a comment is not to be read any more."""
    place = f'hx-target="#comment-{comment} > .said" hx-swap="outerHTML" data-post="{post}"'
    return f"<hx-partial {place}>{_rendered(app, 'posts/_gone.html')}</hx-partial>"


def edited(app: Flask, post: int, comment: int) -> str:
    """That a comment has other words now: it asks for itself and shows the old ones until then, unless it is a form."""
    place = f'hx-target="#comment-{comment} > article.said" hx-swap="beforeend" data-post="{post}"'
    return f"<hx-partial {place}>{_rendered(app, 'posts/_edited.html', comment_id=comment)}</hx-partial>"
