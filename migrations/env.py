"""Runs migrations with the application's own engine and settings."""

from alembic import context
from flask import current_app
from sqlalchemy import JSON

from postways.db import Moment, db
from postways.search import is_index

config = context.config
STATEMENT_PATIENCE = "5min"  # backfills may take longer than a page's statements


def compare_default(migration, inspected, declared, from_database, from_models, rendered):  # noqa: PLR0917 as Alembic calls it
    """None lets Alembic compare; Postgres can't say whether two JSON values are equal, so their words are compared."""
    if migration.dialect.name != "postgresql" or not isinstance(declared.type, JSON):
        return None
    return (from_database or "").partition("::")[0] != (rendered or "").partition("::")[0]


def render_item(kind, item, autogen_context):
    """Write plain types into migrations: they must not change when the models do."""
    if kind == "type" and isinstance(item, Moment):
        return "sa.DateTime(timezone=True)"
    return False


def run_migrations():
    """Apply what is asked, in one transaction where the database can."""
    with db.engine.connect() as connection:
        _mind_foreign_keys(connection, False)
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET statement_timeout = '{STATEMENT_PATIENCE}'")
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_item=render_item,
            include_name=lambda name, kind, parents: not is_index(name, kind),
            render_as_batch=True,
            compare_type=True,
            compare_server_default=compare_default,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
        _mind_foreign_keys(connection, True)


def _mind_foreign_keys(connection, mind):
    """On SQLite a table that is rebuilt would take the rows that refer to it along."""
    if connection.dialect.name == "sqlite":
        connection.connection.driver_connection.execute(f"PRAGMA foreign_keys={'ON' if mind else 'OFF'}")


assert current_app, "migrations run through `flask --app wsgi db …`"
run_migrations()
