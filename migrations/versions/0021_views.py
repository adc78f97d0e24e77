"""how often a post was seen

Revision ID: 0021
Revises: 0020

"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "views",
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("viewer", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_views_post_id_posts"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post_id", "day", "viewer", name=op.f("pk_views")),
    )
    op.create_index(op.f("ix_views_day"), "views", ["day"])
    op.add_column("posts", sa.Column("view_count", sa.Integer(), server_default=sa.text("0"), nullable=False))


def downgrade():
    with op.batch_alter_table("posts") as batch_op:
        batch_op.drop_column("view_count")
    op.drop_table("views")
