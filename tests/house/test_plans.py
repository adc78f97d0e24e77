"""Lists are read from an index in their order, so that a page costs the same however many posts there are."""

import pytest
from sqlalchemy import event

from postways.db import db


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


@pytest.mark.parametrize("path", ["/", "/popular/", "/popular/?period=week", "/tags/harbour/", "/@zoe/"])
@pytest.mark.parametrize("reader", ["guest", "as_ben"])
def test_no_list_is_sorted_for_one_page_of_it(request, crowd, plans, reader, path):
    browser = request.getfixturevalue(reader)
    plans.clear()

    assert browser.get(path).status_code == 200

    assert plans
    assert not any("TEMP B-TREE" in plan for plan in plans), plans
