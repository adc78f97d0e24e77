"""The cast, on a database that is SQLite or, where TEST_DATABASE_URL names a Postgres server, Postgres.

ada posts, ben follows along, mod moderates, guest only looks. Each has a browser: a test client that sends forms as
people do, with the token of the page. Other people's rows are always in the tables.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask_migrate import upgrade

from postways import create_app, later
from postways.auth import passwords
from postways.config import Config
from postways.db import db
from postways.local import valkey
from postways.models import User
from tests.api.paths import undriven
from tests.asked import ASKED, Noting
from tests.cast import Browser, make_post, make_user
from tests.emptied import emptied_after, teach_to_empty_tables


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
        teach_to_empty_tables()
    return app


@pytest.fixture
def app(made_app: Flask) -> Iterator[Flask]:
    """The application with empty tables, an empty Redis and nothing remembered."""
    with emptied_after(made_app):
        yield made_app


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
