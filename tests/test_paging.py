"""Lists by key: nothing is skipped or repeated, and a cursor that we did not make is refused."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest

from postways.db import db
from postways.models import Post
from postways.models.guest import Guest
from postways.paging import BadCursor
from tests.cast import make_post


def made_of(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def newest(app, cursor=None, size=3):
    with app.app_context():
        return Post.newest(Guest(), cursor, size)


def walk(app, size=2):
    """The ids of the whole list, page by page."""
    pages, cursor = [], None
    while not pages or cursor:
        page = newest(app, cursor, size)
        pages.append(ids(page))
        cursor = page.next_cursor
    return pages


def ids(page):
    return [post.id for post in page.items]


def test_every_post_stands_on_one_page_in_order(app, ada):
    posts = [make_post(app, ada, days_ago=days) for days in (1, 2, 3, 4)]

    pages = walk(app)

    assert [len(page) for page in pages] == [2, 2, 1]  # zoe's is the newest
    assert sum(pages, [])[1:] == [post.id for post in posts]


def test_posts_of_the_same_moment_are_told_apart(app, ada):
    posts = [make_post(app, ada) for _ in range(5)]
    published(app, datetime(2026, 1, 1, tzinfo=UTC))

    found = sum(walk(app), [])

    assert len(found) == len(set(found)) == 6
    assert set(found) > {post.id for post in posts}


def published(app, moment, *posts):
    """Say that `posts`, or all, were published at `moment`."""
    with app.app_context():
        rows = db.session.query(Post)
        if posts:
            rows = rows.where(Post.id.in_([post.id for post in posts]))
        rows.update({"published_at": moment})
        db.session.commit()


def test_what_is_posted_while_somebody_pages_moves_nothing(app, ada):
    posts = [make_post(app, ada, days_ago=days) for days in (1, 2, 3, 4)]
    first = newest(app)

    make_post(app, ada, title="meanwhile")
    second = newest(app, first.next_cursor)

    assert ids(first)[1:] + ids(second) == [post.id for post in posts]


def test_what_is_deleted_while_somebody_pages_skips_nothing(app, ada):
    posts = [make_post(app, ada, days_ago=days) for days in (1, 2, 3, 4)]
    first = newest(app)

    with app.app_context():
        for post in posts[:2]:
            Post.find(post.id, ada).delete(ada)
        db.session.commit()

    assert ids(newest(app, first.next_cursor)) == [posts[2].id, posts[3].id]


def test_a_cursor_tells_microseconds_apart(app, ada):
    posts = [make_post(app, ada) for _ in range(3)]
    for micro, post in enumerate(posts):
        published(app, datetime(2026, 1, 1, 12, 0, 0, micro, tzinfo=UTC), post)

    assert sum(walk(app, size=1), [])[1:] == [post.id for post in reversed(posts)]


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "!!!!",
        "é",
        "\x00",
        "/" * 5_000,
        made_of({}),
        made_of([]),
        made_of([1]),
        made_of([1, 2, 3]),
        made_of(["a", 1]),
        made_of([1.5, 1]),
        made_of([True, 1]),
        made_of([None, None]),
        made_of([2**62, 1]),
        made_of([-(2**62), 1]),
        made_of([1, 2**63]),
        made_of([1, 10**400]),
        base64.urlsafe_b64encode(b"[" * 100_000).decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
def test_a_cursor_that_we_did_not_make_is_refused(inside, cursor):
    with pytest.raises(BadCursor):
        Post.newest(Guest(), cursor)
