"""lists of longer beginnings of words

Revision ID: 0015
Revises: 0014
Create Date: 2026-11-21 13:30:00

"""

from alembic import op

from postways.search import FTS5

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade():
    """FTS5 keeps lists of the lengths that it was made with."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for name in ("post", "person", "tag"):
        op.execute(f"DROP TABLE {name}_index")
        op.execute(FTS5.format(name))
        op.execute(f"INSERT INTO {name}_index({name}_index) VALUES ('rebuild')")


def downgrade():
    """What is there answers the same."""
