"""addresses taken back, and who had a name before

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "email_changes",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("before", sa.String(length=254), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_email_changes_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_changes")),
    )
    op.create_index(op.f("ix_email_changes_at"), "email_changes", ["at"])
    op.create_index(op.f("ix_email_changes_user_id"), "email_changes", ["user_id"])
    with op.batch_alter_table("past_usernames") as batch:
        batch.add_column(sa.Column("former_id", ID, nullable=True))
    op.execute("UPDATE past_usernames SET former_id = user_id")
    op.execute("UPDATE audit SET kind = 'given-back' WHERE kind = 'restored' AND post_id IS NOT NULL")


def downgrade():
    op.execute("UPDATE audit SET kind = 'restored' WHERE kind = 'given-back'")
    with op.batch_alter_table("past_usernames") as batch:
        batch.drop_column("former_id")
    op.drop_table("email_changes")
