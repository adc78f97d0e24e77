"""tags beside a post's words, and how programs order the list of posts

Revision ID: 0014
Revises: 0013

"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ON_LIST = sa.text("published_at IS NOT NULL AND deleted_at IS NULL")
ORDERS = ("updated_at", "created_at", "like_count")


def upgrade():
    with op.batch_alter_table("posts") as posts:
        posts.add_column(sa.Column("given_tags", sa.JSON(), nullable=False, server_default=sa.text("'[]'")))
    for name in ORDERS:
        index = f"ix_posts_by_{name}"
        op.create_index(index, "posts", [name, "id"], sqlite_where=ON_LIST, postgresql_where=ON_LIST)


def downgrade():
    for name in ORDERS:
        op.drop_index(f"ix_posts_by_{name}", "posts")
    with op.batch_alter_table("posts") as posts:
        posts.drop_column("given_tags")
