"""people are premium members until a moment

Revision ID: 0026
Revises: 0025

"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade():
    op.add_column("users", sa.Column("premium_until", MOMENT, nullable=True))
    op.add_column("users", sa.Column("premium_told", sa.String(length=8), nullable=False, server_default=sa.text("''")))
    op.add_column("users", sa.Column("premium_said_at", MOMENT, nullable=True))
    op.create_index("ix_users_premium_told_premium_until", "users", ["premium_told", "premium_until"])


def downgrade():
    op.drop_index("ix_users_premium_told_premium_until", "users")
    for column in ("premium_said_at", "premium_told", "premium_until"):
        op.drop_column("users", column)  # not in a batch, which would forget that ids are given once
