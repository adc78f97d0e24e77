"""The database: a session per request or job, and transactions that neither lock up nor lose on SQLite or Postgres."""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    Connection,
    CursorResult,
    DateTime,
    Dialect,
    Engine,
    Executable,
    Integer,
    MetaData,
    Select,
    TypeDecorator,
    UpdateBase,
    event,
)
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.orm import DeclarativeBase

from postways.config import Config

LOCK_PATIENCE = 10.0  # seconds that a writer waits for its turn on SQLite before it gives up
FRESH = 1.0  # seconds in which a connection that was used is taken for alive
STATEMENT_PATIENCE = 5_000  # milliseconds that Postgres may spend on one statement


class Base(DeclarativeBase):
    """Names every constraint, so that migrations can speak of them on any database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})

Id = BigInteger().with_variant(Integer, "sqlite")


class Moment(TypeDecorator[datetime]):
    """A time in UTC, aware on every database; SQLite keeps it without its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value

    @property
    def python_type(self) -> type[datetime]:
        return datetime


def now() -> datetime:
    """This moment in UTC, for verbs that are not told one."""
    return datetime.now(UTC)


_reading: ContextVar[bool] = ContextVar("reading", default=False)
_writer = threading.Lock()  # one writing transaction per process; cooperative under gevent


@contextmanager
def reading() -> Iterator[None]:
    """What happens inside only reads, in a transaction that has ended when this returns.

    Everything else in a request that may change something begins IMMEDIATE on SQLite: a transaction that reads first
    and writes later fails there as soon as somebody wrote in between, and nothing slow may happen while one is open.
    """
    token = _reading.set(True)
    try:
        yield
        db.session.commit()
    finally:
        _reading.reset(token)


def read_alone(statement: Executable, parameters: Mapping[str, Any]) -> Sequence[Any]:
    """The rows of one statement that reads columns.

    Where nothing was read before in this request, it needs no transaction to agree with, and no session: that costs
    less than half.
    """
    if db.session.registry.has() and db.session().in_transaction():
        return db.session.execute(statement, parameters).all()
    engine: Engine = current_app.extensions["read_alone"]
    with engine.connect() as connection:
        return connection.execute(statement, parameters).all()


def numbers_alone(statement: Select[Any], parameters: Mapping[str, Any]) -> Sequence[Any]:
    """As `read_alone`, of a statement that was made once, takes numbers and reads numbers.

    Nothing must be turned into the database's types and back, so the driver runs it in the words that were found once.
    """
    if db.session.registry.has() and db.session().in_transaction():
        return db.session.execute(statement, parameters).all()
    engine: Engine = current_app.extensions["read_alone"]
    words, order = _in_words(statement, engine.dialect)
    with engine.connect() as connection:
        given = tuple(parameters[name] for name in order) if order else dict(parameters)
        return connection.exec_driver_sql(words, given).all()


@lru_cache(maxsize=100)
def _in_words(statement: Select[Any], dialect: Dialect) -> tuple[str, Sequence[str]]:
    """The text, and the order of its parameters where they have no names."""
    compiled = statement.compile(dialect=dialect)
    return str(compiled), getattr(compiled, "positiontup", None) or ()


def changed(statement: UpdateBase) -> int:
    """Execute an UPDATE or DELETE; returns how many rows it concerned. Objects in the session don't follow."""
    result = db.session.execute(statement.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", result).rowcount


def read_only(only: bool) -> None:
    """Say for the rest of this request whether its transactions only read."""
    _reading.set(only)


def init_app(app: Flask, config: Config) -> None:
    """Connect `app` to the database that `config` names."""
    # named, because SQLAlchemy would take psycopg 3 for Postgres
    app.config["SQLALCHEMY_DATABASE_URI"] = re.sub("^postgres(ql)?://", "postgresql+psycopg2://", config.database_url)
    pool = _sqlite_pool() if config.on_sqlite else _postgres_pool()
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = pool | {"hide_parameters": True}  # errors are logged, addresses are not
    db.init_app(app)
    with app.app_context():
        if config.on_sqlite:
            _listen_on_sqlite(db.engine, config.sqlite_synchronous)
            alone = db.engine.execution_options(alone=True)
        else:
            _listen_on_postgres(db.engine)
            alone = db.engine.execution_options(isolation_level="AUTOCOMMIT")
        app.extensions["read_alone"] = alone


def _sqlite_pool() -> dict[str, Any]:
    # A connection is a file handle; writers hold one while they wait for their turn, so readers need room beside them.
    return {"pool_size": 16, "max_overflow": 240, "pool_timeout": 5}


def _postgres_pool() -> dict[str, Any]:
    options = f"-c statement_timeout={STATEMENT_PATIENCE} -c lock_timeout=4000 -c timezone=UTC"
    return {
        "pool_size": 10,
        "max_overflow": 10,
        "pool_timeout": 5,
        "connect_args": {"options": options, "connect_timeout": 5},
    }


def _listen_on_postgres(engine: Engine) -> None:
    """Ask a connection whether it is still there, unless it was a moment ago: that costs as much as a statement.

    If all of them broke in that moment the first request that notices fails, and throws the others away.
    """

    @event.listens_for(engine, "checkin")
    def rest(connection: Any, record: Any) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ping(connection: Any, record: Any, fairy: Any) -> None:
        if time.monotonic() - record.info.get("rests_since", 0.0) < FRESH:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            gone = DisconnectionError()
            gone.invalidate_pool = True
            raise gone from error


def _listen_on_sqlite(engine: Engine, synchronous: str) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # we write BEGIN ourselves
        for pragma in (
            "busy_timeout=20",  # waiting here would stall every other greenlet; _begin_immediate waits cooperatively
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "foreign_keys=ON",
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("alone"):
            return
        if _reading.get():
            connection.exec_driver_sql("BEGIN")
        else:
            _begin_immediate(connection)

    for moment in ("checkin", "invalidate", "close"):
        event.listen(engine, moment, _release)


def _begin_immediate(connection: Connection) -> None:
    deadline = time.monotonic() + LOCK_PATIENCE
    # a connection that was not given back after its last transaction still has the turn
    if not connection.info.get("writing") and not _writer.acquire(timeout=LOCK_PATIENCE):
        raise OperationalError("BEGIN IMMEDIATE", None, TimeoutError("the database is busy"))
    try:
        while not _begun(connection, last_try=time.monotonic() > deadline):
            time.sleep(random.uniform(0.002, 0.007))
    except BaseException:
        connection.info.pop("writing", None)
        _writer.release()
        raise
    connection.info["writing"] = True


def _begun(connection: Connection, last_try: bool) -> bool:
    """Whether the write lock of the file is ours; another process may hold it."""
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except OperationalError as error:
        if last_try or "locked" not in str(error.orig):
            raise
        return False
    return True


def _release(connection: Any, record: Any, *_: Any) -> None:
    if record.info.pop("writing", False):
        _writer.release()
