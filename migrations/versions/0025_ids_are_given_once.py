"""ids are given once

SQLite gives the highest id again after its row was deleted, so an old address, a retried DELETE or the answer to a
request that was withdrawn met somebody else's row. Postgres never does.

Revision ID: 0025
Revises: 0024
Create Date: 2026-11-21 16:50:00

"""

import re

from alembic import op

# revision identifiers, used by Alembic.
revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

KEY = re.compile(r",\s*(?:CONSTRAINT \w+ )?PRIMARY KEY \(id\)")
COLUMN = re.compile(r"\bid INTEGER NOT NULL\b")
NAME = re.compile(r'^CREATE TABLE\s+"?\w+"?')


def upgrade():
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    schema = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE%'"
    for name, sql in connection.exec_driver_sql(schema).all():
        if KEY.search(sql):
            _rebuild(connection, name, sql)


def _rebuild(connection, name, sql):
    """As sqlite.org/lang_altertable.html describes it; foreign keys are off, and refer to tables by name."""
    parts = "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL"
    besides = connection.exec_driver_sql(parts, (name,)).scalars().all()
    new, columns = COLUMN.subn("id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT", KEY.sub("", sql, count=1), count=1)
    assert columns == 1, sql
    connection.exec_driver_sql(NAME.sub(f'CREATE TABLE "new_{name}"', new, count=1))
    connection.exec_driver_sql(f'INSERT INTO "new_{name}" SELECT * FROM "{name}"')
    connection.exec_driver_sql(f'DROP TABLE "{name}"')
    connection.exec_driver_sql(f'ALTER TABLE "new_{name}" RENAME TO "{name}"')
    for part in besides:
        connection.exec_driver_sql(part)


def downgrade():
    """Ids that are never given again harm nobody."""
