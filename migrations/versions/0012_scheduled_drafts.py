"""scheduled drafts

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None
WAITS = sa.text("publish_at IS NOT NULL")


def upgrade():
    with op.batch_alter_table("posts") as batch_op:
        batch_op.add_column(sa.Column("publish_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            "ix_posts_publish_at", ["publish_at"], unique=False, sqlite_where=WAITS, postgresql_where=WAITS
        )


def downgrade():
    with op.batch_alter_table("posts") as batch_op:
        batch_op.drop_index("ix_posts_publish_at")
        batch_op.drop_column("publish_at")
