"""indexes for who likes a post and what somebody likes

Revision ID: 0009
Revises: 0008
Create Date: 2026-11-21 12:20:00

"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("likes", schema=None) as batch_op:
        batch_op.create_index("ix_likes_of_post", ["post_id", "id"], unique=False)
        batch_op.create_index("ix_likes_of_user", ["user_id", "id"], unique=False)
        batch_op.drop_index("ix_likes_post_id")


def downgrade():
    with op.batch_alter_table("likes", schema=None) as batch_op:
        batch_op.create_index("ix_likes_post_id", ["post_id"], unique=False)
        batch_op.drop_index("ix_likes_of_user")
        batch_op.drop_index("ix_likes_of_post")
