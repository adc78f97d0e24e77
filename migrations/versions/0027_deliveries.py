"""what the webhook of memberships has received

Revision ID: 0027
Revises: 0026

"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "deliveries",
        sa.Column("id", ID, nullable=False),
        sa.Column("message_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("message_hash", name=op.f("uq_deliveries_message_hash")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_deliveries_sent_at"), "deliveries", ["sent_at"])


def downgrade():
    op.drop_table("deliveries")
