"""The cast, on a database that is SQLite or, where TEST_DATABASE_URL names a Postgres server, Postgres.

ada posts, ben follows along, mod moderates, guest only looks. Each has a browser: a test client that sends forms as
people do, with the token of the page. Other people's rows are always in the tables.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import text

from postways import create_app, later, live, media, search
from postways.auth import passwords
from postways.config import Config
from postways.db import db
from postways.local import valkey
from postways.models import User
from postways.posts import cards, frames, talk
from tests.api.paths import undriven
from tests.asked import ASKED, Noting
from tests.cast import Browser, make_post, make_user

_emptied = itertools.count(1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On Postgres, what asks no database is left out: it has run with SQLite.

    The demo comes first: it takes minutes, which at the end one process would spend alone.
    """
    items.sort(key=lambda item: item.path.name != "test_demo.py")
    if "TEST_DATABASE_URL" not in os.environ:
        return
    idle = [item for item in items if not _asks_a_database(item)]
    config.hook.pytest_deselected(items=idle)
    items[:] = [item for item in items if item not in set(idle)]


def _asks_a_database(item: pytest.Item) -> bool:
    names = vars(item.module)  # type: ignore[attr-defined]
    return "database_url" in item.fixturenames or "empty_database" in names  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Overrides pytest-flask: a context held open by a fixture would leak `g` from one request to the next."""


@pytest.fixture(autouse=True)
def _asks_what_the_table_says(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that stands in the table of the API's paths has to drive the paths of its lines."""
    ASKED.clear()
    yield
    assert undriven(request.node.nodeid, ASKED) == []


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Valkey of this run."""
    process, url = valkey.start(tmp_path_factory.mktemp("valkey"))
    yield url
    process.kill()
    process.wait()


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> str:
    """An empty database of this worker."""
    server = os.environ.get("TEST_DATABASE_URL")
    if not server:
        return f"sqlite:///{tmp_path_factory.mktemp('database') / 'test.db'}"
    name = f"postways_{worker_id}"
    connection = psycopg2.connect(server)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name}")
    connection.close()
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory, database_url: str, redis_url: str) -> Config:
    """The settings of the tests."""
    return Config(
        env="development",
        data_dir=tmp_path_factory.mktemp("data"),
        base_url="http://localhost",
        secret_key=("tests",),
        database_url=database_url,
        redis_url=redis_url,
        testing=True,
    ).completed()


@pytest.fixture(scope="session")
def made_app(config: Config) -> Flask:
    """The application, its tables made by the migrations."""
    later.PATIENCE = 10  # seconds: a machine that runs many tests at once is not a Redis that is away
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # each test logs somebody in
    passwords._NOBODY = passwords._hasher.hash("nobody has this password")
    app = create_app(config)
    app.test_client_class = Noting
    with app.app_context():
        upgrade()
        db.engine.pool._timeout = 60.0  # seconds: fifty at once on a machine that does other things besides
        _teach_to_empty_tables()
    return app


@pytest.fixture
def app(made_app: Flask) -> Iterator[Flask]:
    """The application with empty tables, an empty Redis and nothing remembered."""
    yield made_app
    with made_app.app_context():
        db.session.rollback()
        _empty_tables()
        storage = made_app.extensions["storage"]
        for key in list(storage.keys()):
            storage.delete(key)
    shutil.rmtree(made_app.extensions["config"].data_dir / "mail", ignore_errors=True)
    made_app.extensions["redis"].flushall()
    made_app.extensions["outbox"].__init__(made_app.extensions["redis"])
    made_app.extensions["viewing"].__init__(made_app.extensions["redis"])
    media.forget()
    cards.forget()
    frames.forget()
    talk.forget()
    live._hubs.clear()


def _empty_tables() -> None:
    for words in search.KINDS:
        words.empty()
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SELECT empty_tables(:whole)"), {"whole": next(_emptied) % 100 == 0})
    else:
        for table in reversed(db.metadata.sorted_tables):
            db.session.execute(table.delete())
        db.session.execute(text("DELETE FROM sqlite_sequence"))
    db.session.commit()


def _teach_to_empty_tables() -> None:
    """TRUNCATE makes new files for every table and index, a hundred times the price of deleting the few rows of a test;
    it is needed now and then all the same, because nothing else takes away what was deleted."""
    if db.engine.dialect.name != "postgresql":
        return
    names = ", ".join(f"'{table.name}'" for table in db.metadata.sorted_tables)
    db.session.execute(
        text(f"""
CREATE OR REPLACE FUNCTION empty_tables(whole boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    names text[] := ARRAY[{names}];
    name text;
BEGIN
    IF whole THEN
        EXECUTE 'TRUNCATE ' || array_to_string(names, ', ');
    ELSE
        SET LOCAL session_replication_role = replica;
        FOREACH name IN ARRAY names LOOP EXECUTE format('DELETE FROM %I', name); END LOOP;
        SET LOCAL session_replication_role = origin;
    END IF;
    PERFORM setval(seqrelid, seqstart, false) FROM pg_sequence WHERE pg_sequence_last_value(seqrelid) IS NOT NULL;
END $$""")
    )
    db.session.commit()


@pytest.fixture
def inside(app: Flask) -> Iterator[None]:
    """An application context, for tests that speak with the models alone; never together with a browser."""
    with app.app_context():
        yield


@pytest.fixture
def crowd(app: Flask) -> User:
    """Somebody else, whose post and likes must never get in the way."""
    other = make_user(app, "zoe")
    make_post(app, other, title="Something else #other", likes=[other])
    return other


@pytest.fixture
def ada(app: Flask, crowd: User) -> User:
    """Posts photographs."""
    return make_user(app, "ada")


@pytest.fixture
def ben(app: Flask, crowd: User) -> User:
    """Reads and likes."""
    return make_user(app, "ben")


@pytest.fixture
def mod(app: Flask, crowd: User) -> User:
    """Moderates."""
    return make_user(app, "mod", role="moderator")


@pytest.fixture
def guest(app: Flask) -> Browser:
    """A visitor's browser."""
    return Browser(app)


@pytest.fixture
def as_ada(app: Flask, ada: User) -> Browser:
    """Ada's browser, logged in."""
    return Browser(app).log_in("ada")


@pytest.fixture
def as_ben(app: Flask, ben: User) -> Browser:
    """Ben's browser, logged in."""
    return Browser(app).log_in("ben")


@pytest.fixture
def as_mod(app: Flask, mod: User) -> Browser:
    """The moderator's browser, logged in."""
    return Browser(app).log_in("mod")


@pytest.fixture(scope="session")
def photos() -> Path:
    """Real photographs of cameras, and files that real programs damaged; they lie beside the project."""
    folder = Path(__file__).parents[2] / "shared" / "photos"
    if not folder.is_dir():
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(f"{folder} is missing")
        pytest.skip("the folder of real photographs is not beside the project")
    return folder
