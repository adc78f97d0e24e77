"""comments

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Moment = sa.DateTime(timezone=True)


def pending(batch_op, kind, where):
    """One report of the same person about the same `kind` of thing at a time."""
    batch_op.create_index(
        f"uq_reports_pending_{kind}",
        ["reporter_id", f"{kind}_id"],
        unique=True,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )


def upgrade():
    with op.batch_alter_table("posts") as batch_op:
        batch_op.add_column(sa.Column("comment_count", sa.Integer(), server_default=sa.text("0"), nullable=False))
        batch_op.add_column(sa.Column("comments_open", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.create_table(
        "comments",
        sa.Column("id", Id, nullable=False),
        sa.Column("post_id", Id, nullable=False),
        sa.Column("author_id", Id, nullable=True),
        sa.Column("parent_id", Id, nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("form_key", sa.String(length=64), nullable=True),
        sa.Column("like_count", sa.Integer(), nullable=False),
        sa.Column("reply_count", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("edited_at", Moment, nullable=True),
        sa.Column("deleted_at", Moment, nullable=True),
        sa.Column("withheld", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["users.id"], name=op.f("fk_comments_author_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["comments.id"], name=op.f("fk_comments_parent_id_comments"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_comments_post_id_posts"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
        sa.UniqueConstraint("author_id", "form_key", name=op.f("uq_comments_author_id_form_key")),
    )
    top, gone = sa.text("parent_id IS NULL"), sa.text("deleted_at IS NOT NULL")
    op.create_index("ix_comments_of_post", "comments", ["post_id", "id"])
    op.create_index("ix_comments_threads", "comments", ["post_id", "id"], sqlite_where=top, postgresql_where=top)
    op.create_index("ix_comments_replies", "comments", ["parent_id", "id"])
    op.create_index("ix_comments_deleted_at", "comments", ["deleted_at"], sqlite_where=gone, postgresql_where=gone)
    op.create_table(
        "comment_likes",
        sa.Column("id", Id, nullable=False),
        sa.Column("comment_id", Id, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_comment_likes_comment_id_comments"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_comment_likes_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_likes")),
        sa.UniqueConstraint("user_id", "comment_id", name=op.f("uq_comment_likes_user_id_comment_id")),
    )
    op.create_index(op.f("ix_comment_likes_comment_id"), "comment_likes", ["comment_id"])
    with op.batch_alter_table("reports") as batch_op:
        batch_op.add_column(sa.Column("comment_id", Id, nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_reports_comment_id_comments"), "comments", ["comment_id"], ["id"], ondelete="CASCADE"
        )
        batch_op.create_index(op.f("ix_reports_comment_id"), ["comment_id"])
        batch_op.drop_index("uq_reports_pending_post")
        pending(batch_op, "post", "state <> 'closed' AND comment_id IS NULL")
        pending(batch_op, "comment", "state <> 'closed' AND comment_id IS NOT NULL")


def downgrade():
    op.execute("DELETE FROM reports WHERE comment_id IS NOT NULL")
    with op.batch_alter_table("reports") as batch_op:
        batch_op.drop_index("uq_reports_pending_comment")
        batch_op.drop_index("uq_reports_pending_post")
        pending(batch_op, "post", "state <> 'closed'")
        batch_op.drop_index(op.f("ix_reports_comment_id"))
        batch_op.drop_constraint(op.f("fk_reports_comment_id_comments"), type_="foreignkey")
        batch_op.drop_column("comment_id")
    op.drop_table("comment_likes")
    op.drop_table("comments")
    with op.batch_alter_table("posts") as batch_op:
        batch_op.drop_column("comments_open")
        batch_op.drop_column("comment_count")
