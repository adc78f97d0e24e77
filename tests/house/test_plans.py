"""Lists are read from an index in their order, so that a page costs the same however many posts there are."""

import re
from html import unescape

import pytest
from sqlalchemy import event, text

from postways.db import db
from tests.cast import make_post, make_user


@pytest.fixture
def plans(app):
    """How SQLite goes about each statement that reads a page of a list."""
    with app.app_context():
        engine = db.engine
    if engine.dialect.name != "sqlite":
        pytest.skip("Postgres plans by what is in the tables, and in a test that is nothing")
    seen: list[str] = []

    def note(connection, cursor, statement, parameters, *_):
        if "ORDER BY" in statement and "LIMIT" in statement:
            asked = connection.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            seen.append("; ".join(step[3] for step in asked))

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


PATHS = [
    "/",
    "/popular/",
    "/popular/?period=week",
    "/tags/harbour/",
    "/@zoe/",
    "/explore/",
    "/search/?q=some",
    "/search/?q=something+e&kind=posts",
    "/search/?q=zoe&kind=people",
    "/search/?q=other&kind=tags",
    "/posts/1/likes/",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("reader", ["guest", "as_ben"])
def test_no_list_is_sorted_for_one_page_of_it(request, crowd, plans, reader, path):
    browser = request.getfixturevalue(reader)
    plans.clear()

    assert browser.get(path).status_code == 200

    assert plans
    assert not any("TEMP B-TREE" in plan for plan in plans), plans


def test_what_somebody_likes_is_read_from_its_index(crowd, plans, as_ben):
    as_ben.click("/posts/1/like/")
    plans.clear()

    assert "Something else" in as_ben.get("/likes/").text

    assert plans
    assert not any("TEMP B-TREE" in plan for plan in plans), plans


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

    assert not any("TEMP B-TREE" in plan for plan in plans), plans
    assert any(start in plan for plan in plans for start in ("published_at<?", "M1<", "AND id<?")), plans
