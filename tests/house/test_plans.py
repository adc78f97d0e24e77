"""Lists are read from an index in their order, so that a page costs the same however many posts there are."""

import re
from html import unescape

import pytest
from sqlalchemy import event, text

from postways.db import db
from postways.models import Conversation, Copy, Follow, User, feed
from postways.paging import cursor_of
from tests.cast import make_post, make_user


@pytest.fixture
def plans(app):
    """How the database goes about each statement that reads a page of a list.

    Postgres plans by what is in the tables, which in a test is next to nothing: it is asked what it would do if reading
    all and sorting were out of the question, so that it sorts only where no index has the order.
    """
    with app.app_context():
        engine = db.engine
    seen: list[str] = []
    on_sqlite = engine.dialect.name == "sqlite"

    def note(connection, cursor, statement, parameters, *_):
        if "ORDER BY" not in statement or "LIMIT" not in statement:
            return
        asking = connection.connection.cursor()
        if on_sqlite:
            seen.append("; ".join(step[3] for step in asking.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)))
            return
        for way in ("seqscan", "sort"):  # not LOCAL: what is read alone is read without a transaction
            asking.execute(f"SET enable_{way} = off")
        asking.execute(f"EXPLAIN {statement}", parameters)
        seen.append("; ".join(row[0].strip() for row in asking))
        for way in ("seqscan", "sort"):
            asking.execute(f"SET enable_{way} = on")

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def sorts(plan: str) -> bool:
    """Whether it puts rows in order that no index has in that order; within equal keys Postgres may."""
    return "TEMP B-TREE" in plan or ("Sort Key" in plan and "Incremental Sort" not in plan)


API = [
    "/api/v1/posts/",
    "/api/v1/posts/?ordering=created_at&count=0",
    "/api/v1/posts/?ordering=-likes",
    "/api/v1/likes/?post=1",
    "/api/v1/likes/?user=1",
    "/api/v1/posts/1/comments/",
    "/api/v1/posts/1/comments/?parent=1",
]
PATHS = [
    *API,
    "/",
    "/popular/",
    "/popular/?period=week",
    "/tags/harbour/",
    "/@zoe/",
    "/@zoe/reposts/",
    "/explore/",
    "/search/?q=some",
    "/search/?q=something+e&kind=posts",
    "/search/?q=zoe&kind=people",
    "/search/?q=other&kind=tags",
    "/posts/1/likes/",
    "/posts/1/",
    "/posts/1/?before=5",
    "/posts/1/?comment=1",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("reader", ["guest", "as_ben"])
def test_no_list_is_sorted_for_one_page_of_it(request, crowd, plans, reader, path):
    browser = request.getfixturevalue(reader)
    plans.clear()

    assert browser.get(path).status_code == 200

    assert plans
    assert not any(map(sorts, plans)), plans


OWN = [
    "/@zoe/followers/",
    "/@zoe/following/",
    "/settings/requests/",
    "/api/v1/users/1/followers/",
    "/api/v1/follows/",
    "/api/v1/notifications/",
]


@pytest.mark.parametrize("path", OWN)
def test_a_list_of_ones_own_is_read_from_its_index(app, crowd, plans, as_ben, path):
    assert as_ben.get(path).status_code == 200

    assert plans
    assert not any("TEMP B-TREE" in plan for plan in plans), plans


@pytest.mark.parametrize(("verb", "path"), [("like", "/likes/"), ("save", "/saved/")])
def test_what_somebody_likes_or_keeps_is_read_from_its_index(crowd, plans, as_ben, verb, path):
    as_ben.click(f"/posts/1/{verb}/")
    plans.clear()

    assert "Something else" in as_ben.get(path).text

    assert plans
    assert not any(map(sorts, plans)), plans


@pytest.mark.parametrize(
    "path", ["/explore/", "/search/?q=harbour&kind=posts", "/search/?q=person&kind=people", "/likes/"]
)
def test_the_next_page_starts_where_the_first_one_ended(app, ada, as_ben, plans, path):
    """Not at the beginning, to be skipped."""
    for number in range(31):
        make_user(app, f"person-{number}")
    for number in range(25):
        post = make_post(app, ada, title=f"Harbour {number}", pictures=1, ready=False)
        as_ben.click(f"/posts/{post.id}/like/")
    with app.app_context():
        db.session.execute(text("UPDATE photos SET state = 'ready', made = '[320]', width = 3, height = 2"))
        db.session.commit()
    older = unescape(re.search(r'rel="next" href="([^"]+)"', as_ben.get(path).text).group(1))
    plans.clear()

    assert as_ben.get(older).status_code == 200

    assert not any(map(sorts, plans)), plans
    starts = ("published_at<?", "M1<", "AND id<?", "(ROW(", "place < ", "id < ")
    assert any(start in plan for plan in plans for start in starts), plans


@pytest.mark.parametrize("few", [0, 200])
def test_a_feed_is_read_from_indexes(app, ada, ben, plans, as_ben, monkeypatch, few):
    """Of those who are followed, and no further than a bit: only what was found is put in order."""
    monkeypatch.setattr(feed, "FEW", few)
    with app.app_context():
        Follow.begin(ben, ada)
        db.session.commit()
    post = make_post(app, ada)
    as_ben.click(f"/posts/{post.id}/repost/")
    plans.clear()

    assert as_ben.get("/feed/").status_code == 200

    listing = [plan for plan in plans if "reposts" in plan]
    assert listing
    assert not any(re.search(r"SCAN (?:posts|reposts|follows)", plan) for plan in plans), plans
    names = " ".join(listing)
    assert ("ix_posts_newest" if few == 0 else "ix_posts_by_author") in names, names
    assert ("ix_reposts_newest" if few == 0 else "ix_reposts_of_user") in names, names


def test_words_are_looked_up_in_their_index(app, crowd):
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            question = "SELECT rowid FROM post_index WHERE post_index MATCH '\"some\"*'"
            plan, index = f"EXPLAIN QUERY PLAN {question}", "VIRTUAL TABLE INDEX"
        else:
            db.session.execute(text("SET LOCAL enable_seqscan = off"))
            question = "SELECT place FROM post_words WHERE words @@ cast('some' AS tsquery)"
            plan, index = f"EXPLAIN {question}", "ix_post_words_words"

        assert index in str(db.session.execute(text(plan)).all())


def test_names_that_begin_so_are_read_from_their_index(as_ben, plans):
    plans.clear()

    assert as_ben.get("/people/?q=zo").status_code == 200

    key = "username_key>? AND username_key<?" if any("SEARCH" in plan for plan in plans) else "username_key"
    assert [plan for plan in plans if key in plan], plans
    assert not any("TEMP B-TREE" in plan for plan in plans), plans


def test_many_counts_at_once_are_looked_up_by_id(app, crowd):
    with app.app_context():
        engine = db.engine
    on_sqlite, seen = engine.dialect.name == "sqlite", []

    def note(connection, cursor, statement, parameters, *_):
        if "like_count" in statement:
            asking = connection.connection.cursor()
            if not on_sqlite:
                asking.execute("SET LOCAL enable_seqscan = off")
            asking.execute(f"EXPLAIN {'QUERY PLAN ' if on_sqlite else ''}{statement}", parameters)
            seen.append(" ".join(str(row) for row in asking))

    event.listen(engine, "before_cursor_execute", note)
    assert app.test_client().get("/api/v1/likes/batch/?ids=1,2,3").status_code == 200
    event.remove(engine, "before_cursor_execute", note)

    assert seen
    assert all("PRIMARY KEY (rowid=?)" in plan if on_sqlite else "Seq Scan" not in plan for plan in seen), seen


@pytest.mark.parametrize(
    "path",
    [
        "/messages/",
        "/messages/?box=requests",
        "/messages/?box=sent",
        "/messages/?box=received&sender=ada&date=2026-11-21",
        "/messages/ada/",
        "/messages/ada/?older={place}",
    ],
)
def test_messages_are_read_from_their_index(app, ada, ben, as_ben, plans, path):
    with app.app_context():
        for number in range(32):
            last = Conversation.write(User.named("ben"), User.named("ada"), f"{number}")
        db.session.commit()
        copy = Copy.find(last.id, User.named("ben"))
        place = cursor_of(copy, (Copy.created_at, Copy.message_id))
    plans.clear()

    assert as_ben.get(path.format(place=place)).status_code == 200

    assert plans
    assert not any(map(sorts, plans)), plans
