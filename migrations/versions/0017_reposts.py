"""reposts

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "reposts",
        sa.Column("id", Id, nullable=False),
        sa.Column("post_id", Id, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_reposts_post_id_posts"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_reposts_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reposts")),
        sa.UniqueConstraint("user_id", "post_id", name=op.f("uq_reposts_user_id_post_id")),
    )
    op.create_index("ix_reposts_of_post", "reposts", ["post_id", "id"])
    op.create_index("ix_reposts_of_user", "reposts", ["user_id", "created_at", "post_id"])
    op.create_index("ix_reposts_newest", "reposts", ["created_at", "post_id"])
    with op.batch_alter_table("posts") as batch_op:
        batch_op.add_column(sa.Column("repost_count", sa.Integer(), server_default=sa.text("0"), nullable=False))


def downgrade():
    with op.batch_alter_table("posts") as batch_op:
        batch_op.drop_column("repost_count")
    op.drop_table("reposts")
