"""Reading outside the session, and connections that were cut while they rested."""

import pytest
from sqlalchemy import select, text

from postways import db as database
from postways.db import db, read_alone
from postways.models import User


def names():
    return [row.username for row in read_alone(select(User.username).where(User.username == "ada"), {})]


def test_what_a_transaction_has_changed_is_read_inside_it(app, ada):
    with app.app_context():
        db.session.get(User, ada.id).username = "grace"
        db.session.flush()

        assert names() == []
        db.session.rollback()
        assert names() == ["ada"]


def test_it_leaves_the_connection_as_it_was(app, ada):
    """Nothing that was written later is committed by itself."""
    with app.app_context():
        assert names() == ["ada"]
        db.session.execute(text("UPDATE users SET username = 'grace'"))
        db.session.rollback()
        db.session.remove()

        assert names() == ["ada"]


@pytest.fixture
def cut(app):
    """Ends every connection to the database, as a restart of it does; only a server can."""
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            pytest.skip("a file has no connections that break")
        engine = db.engine
        engine.dispose()  # what other tests left in the pool rests for longer or shorter

    def end_all():
        with app.app_context(), engine.connect() as connection:
            mine = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database()"
            connection.execute(text(f"{mine} AND pid <> pg_backend_pid()"))
            connection.detach()

    return end_all


def test_a_connection_that_has_rested_is_asked_first(app, ada, cut, monkeypatch):
    app.test_client().get("/api/v1/posts/")
    monkeypatch.setattr(database, "FRESH", 0.0)
    cut()

    assert app.test_client().get("/api/v1/posts/").status_code == 200


def test_who_finds_a_fresh_one_cut_makes_way_for_the_next(app, ada, cut, monkeypatch):
    monkeypatch.setattr(database, "FRESH", 1_000.0)
    app.test_client().get("/api/v1/posts/")
    cut()
    statuses = [app.test_client().get("/api/v1/posts/").status_code for _ in range(3)]

    assert set(statuses[:1]) <= {200, 503}
    assert statuses[1:] == [200, 200]
