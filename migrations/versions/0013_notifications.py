"""notifications, and how much of them people want

Revision ID: 0013
Revises: 0012

"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade():
    op.create_table(
        "notifications",
        sa.Column("id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("about", sa.String(length=60), nullable=False),
        sa.Column("post_id", ID, nullable=True),
        sa.Column("comment_id", ID, nullable=True),
        sa.Column("detail", sa.String(length=16), nullable=False),
        sa.Column("touched_at", MOMENT, nullable=False),
        sa.Column("read_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_notifications_comment_id_comments"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["users.id"], name=op.f("fk_notifications_person_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_notifications_post_id_posts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
    )
    unread = sa.text("read_at IS NULL")
    op.create_index(
        "uq_notifications_unread",
        "notifications",
        ["person_id", "about"],
        unique=True,
        sqlite_where=unread,
        postgresql_where=unread,
    )
    op.create_index("ix_notifications_of_person", "notifications", ["person_id", "touched_at", "id"])
    for column in ("read_at", "post_id", "comment_id"):
        op.create_index(op.f(f"ix_notifications_{column}"), "notifications", [column])
    op.create_table(
        "notification_actors",
        sa.Column("id", ID, nullable=False),
        sa.Column("notification_id", ID, nullable=False),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["users.id"], name=op.f("fk_notification_actors_actor_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notifications.id"],
            name=op.f("fk_notification_actors_notification_id_notifications"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_actors")),
        sa.UniqueConstraint(
            "notification_id", "actor_id", name=op.f("uq_notification_actors_notification_id_actor_id")
        ),
    )
    op.create_index(op.f("ix_notification_actors_actor_id"), "notification_actors", ["actor_id"])
    with op.batch_alter_table("users") as batch_op:
        batch_op.add_column(
            sa.Column("quiet_kinds", sa.String(length=120), nullable=False, server_default=sa.text("''"))
        )
        batch_op.add_column(sa.Column("digest", sa.String(length=8), nullable=False, server_default="never"))
        batch_op.add_column(sa.Column("digested_at", MOMENT, nullable=True))


def downgrade():
    with op.batch_alter_table("users") as batch_op:
        batch_op.drop_column("digested_at")
        batch_op.drop_column("digest")
        batch_op.drop_column("quiet_kinds")
    op.drop_table("notification_actors")
    op.drop_table("notifications")
