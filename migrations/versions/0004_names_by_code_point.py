"""names by code point

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade():
    _collate("C")


def downgrade():
    _collate("default")


def _collate(collation):
    """SQLite compares so already."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("users", "username_key", type_=sa.String(600, collation=collation), existing_nullable=False)
