"""The migrations make exactly the tables that the models speak of, and can be taken back."""

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import MetaData, Table, func, inspect, select, text

from postways import create_app
from postways.config import Config
from postways.db import db
from postways.models import Like, Post, User
from postways.search import is_index, matching_posts, people, tags
from tests.servers import empty_database


@pytest.fixture
def fresh(tmp_path, redis_url, worker_id) -> Flask:
    """An application whose database is empty."""
    url = empty_database(tmp_path, f"postways_migrations_{worker_id}")
    config = Config(
        env="development",
        data_dir=tmp_path,
        base_url="http://localhost",
        secret_key=("tests",),
        database_url=url,
        redis_url=redis_url,
        testing=True,
    )
    app = create_app(config.completed())
    yield app
    with app.app_context():
        db.engine.dispose()


def tables() -> set[str]:
    db.session.rollback()
    found = set(inspect(db.engine).get_table_names())
    return {name for name in found if name != "alembic_version" and not is_index(name, "table")}


def test_up_makes_every_table_and_down_leaves_none(fresh):
    with fresh.app_context():
        upgrade()
        assert tables() == set(db.metadata.tables)

        downgrade(revision="base")
        assert tables() == set()

        upgrade()
        assert tables() == set(db.metadata.tables)


def test_the_models_hold_nothing_that_the_migrations_do_not_make(fresh):
    with fresh.app_context():
        upgrade()

    checked = fresh.test_cli_runner().invoke(args=["db", "check"])

    assert checked.exit_code == 0, checked.output


def test_no_database_gives_an_id_twice(fresh):
    """A table that a later migration makes on SQLite needs `sqlite_autoincrement=True`, also when one rebuilds it."""
    with fresh.app_context():
        upgrade()
        if db.engine.dialect.name == "sqlite":
            asked = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%AUTOINCREMENT%'"
            again = set(db.session.execute(text(asked)).scalars())
            assert {
                name for name, table in db.metadata.tables.items() if "id" in table.primary_key.columns
            } & again == set()
        first, second = (User.sign_up(name, None, "x") for name in ("ada", "ben"))
        before = second.id
        db.session.delete(second)
        db.session.flush()
        assert User.sign_up("eva", None, "x").id > before > first.id


def test_rebuilding_a_table_keeps_what_is_in_it_and_what_it_holds_by(fresh):
    with fresh.app_context():
        upgrade(revision="0024")
        author_id = _put("users", username="ada", username_key="ada", password_hash="x")
        post_id = _put("posts", author_id=author_id, title="Harbour at six", like_count=1)
        _put("likes", post_id=post_id, user_id=author_id)
        before = _indexes()

        upgrade(revision="0025")

        assert _indexes() == before
        upgrade()
        db.session.expire_all()
        assert [(found.title, found.like_count) for found in db.session.scalars(select(Post))] == [
            ("Harbour at six", 1)
        ]
        assert db.session.scalar(select(func.count()).select_from(Like)) == 1
        db.session.delete(db.session.get(User, author_id))
        db.session.commit()
        assert db.session.scalar(select(func.count()).select_from(Like)) == 0  # foreign keys still hold


def _put(name: str, **values: object) -> int:
    """A row of a table as it is at this point of its history; the models know only how it ends. Returns its id."""
    known = db.metadata.tables[name].columns
    table = Table(name, MetaData(), autoload_with=db.engine)
    for column in table.columns:
        default = known[column.name].default
        if default is not None and column.name not in values:
            values[column.name] = default.arg(None) if callable(default.arg) else default.arg
    found = db.session.execute(table.insert().values(values)).inserted_primary_key
    db.session.commit()
    return found[0]


def _indexes() -> dict[str, set[str | None]]:
    db.session.rollback()
    looking = inspect(db.engine)
    return {name: {index["name"] for index in looking.get_indexes(name)} for name in looking.get_table_names()}


def test_what_was_there_before_search_is_found_after_its_migration(fresh):
    with fresh.app_context():
        upgrade()
        author = User.sign_up("ada", None, "x")
        Post.share(author, title="Harbour at six #sea")
        Post.share(author, title="Harbour, not yet", published=False)
        db.session.commit()

        downgrade(revision="0002")
        upgrade()

        found = db.session.scalars(select(Post.title).where(matching_posts("harbour"))).all()
        assert found == ["Harbour at six #sea"]
        assert db.session.scalars(people.matching("ada")).all()
        assert db.session.scalars(tags.matching("sea")).all()
