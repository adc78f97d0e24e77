"""indexes of those who are away alone

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None
COLUMNS = ("suspended_at", "deleted_at")


def upgrade():
    for name in COLUMNS:
        op.drop_index(f"ix_users_{name}", table_name="users")
        away = sa.text(f"{name} IS NOT NULL")
        op.create_index(f"ix_users_{name}", "users", [name], sqlite_where=away, postgresql_where=away)


def downgrade():
    for name in COLUMNS:
        op.drop_index(f"ix_users_{name}", table_name="users")
        op.create_index(f"ix_users_{name}", "users", [name])
