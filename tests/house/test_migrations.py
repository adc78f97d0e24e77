"""The migrations make exactly the tables that the models speak of, and can be taken back."""

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, select

from postways import create_app
from postways.config import Config
from postways.db import db
from postways.models import Post, User
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
