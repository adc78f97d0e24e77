"""messages, and what two people write to each other

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Moment = sa.DateTime(timezone=True)


def person(table, column, ondelete):
    return sa.ForeignKeyConstraint([column], ["users.id"], name=op.f(f"fk_{table}_{column}_users"), ondelete=ondelete)


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
    op.create_table(
        "messages",
        sa.Column("id", Id, nullable=False),
        sa.Column("sender_id", Id, nullable=True),
        sa.Column("receiver_id", Id, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("picture_count", sa.Integer(), nullable=False),
        sa.Column("form_key", sa.String(length=64), nullable=True),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("read_at", Moment, nullable=True),
        person("messages", "sender_id", "SET NULL"),
        person("messages", "receiver_id", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("sender_id", "form_key", name=op.f("uq_messages_sender_id_form_key")),
    )
    op.create_index(op.f("ix_messages_receiver_id"), "messages", ["receiver_id"])
    op.create_table(
        "conversations",
        sa.Column("id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("other_id", Id, nullable=True),
        sa.Column("requested", sa.Boolean(), nullable=False),
        sa.Column("last_id", Id, nullable=False),
        sa.Column("unread_count", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        person("conversations", "person_id", "CASCADE"),
        person("conversations", "other_id", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        sa.UniqueConstraint("person_id", "other_id", name=op.f("uq_conversations_person_id_other_id")),
    )
    op.create_index(op.f("ix_conversations_other_id"), "conversations", ["other_id"])
    op.create_index("ix_conversations_of_person", "conversations", ["person_id", "requested", "last_id"])
    unread = sa.text("unread_count > 0")
    op.create_index(
        "ix_conversations_unread", "conversations", ["person_id"], sqlite_where=unread, postgresql_where=unread
    )
    op.create_table(
        "message_copies",
        sa.Column("id", Id, nullable=False),
        sa.Column("message_id", Id, nullable=False),
        sa.Column("conversation_id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("incoming", sa.Boolean(), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_message_copies_message_id_messages"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_message_copies_conversation_id_conversations"),
            ondelete="CASCADE",
        ),
        person("message_copies", "person_id", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_copies")),
        sa.UniqueConstraint("message_id", "person_id", name=op.f("uq_message_copies_message_id_person_id")),
    )
    for whose in ("person", "conversation"):
        op.create_index(f"ix_message_copies_of_{whose}", "message_copies", [f"{whose}_id", "created_at", "message_id"])
    with op.batch_alter_table("photos") as batch_op:
        batch_op.add_column(sa.Column("message_id", Id, nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_photos_message_id_messages"), "messages", ["message_id"], ["id"], ondelete="CASCADE"
        )
        batch_op.create_index(op.f("ix_photos_message_id"), ["message_id"])
    with op.batch_alter_table("reports") as batch_op:
        batch_op.add_column(sa.Column("message_id", Id, nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_reports_message_id_messages"), "messages", ["message_id"], ["id"], ondelete="SET NULL"
        )
        batch_op.create_index(op.f("ix_reports_message_id"), ["message_id"])
        batch_op.drop_index("uq_reports_pending_person")
        pending(batch_op, "person", "state <> 'closed' AND post_id IS NULL AND message_id IS NULL")
        pending(batch_op, "message", "state <> 'closed' AND message_id IS NOT NULL")
    with op.batch_alter_table("users") as batch_op:
        batch_op.add_column(sa.Column("messages_from", sa.String(length=10), nullable=False, server_default="everyone"))


def downgrade():
    with op.batch_alter_table("users") as batch_op:
        batch_op.drop_column("messages_from")
    op.execute("DELETE FROM reports WHERE message_id IS NOT NULL")
    with op.batch_alter_table("reports") as batch_op:
        batch_op.drop_index("uq_reports_pending_message")
        batch_op.drop_index("uq_reports_pending_person")
        pending(batch_op, "person", "state <> 'closed' AND post_id IS NULL")
        batch_op.drop_index(op.f("ix_reports_message_id"))
        batch_op.drop_constraint(op.f("fk_reports_message_id_messages"), type_="foreignkey")
        batch_op.drop_column("message_id")
    op.execute("DELETE FROM photos WHERE message_id IS NOT NULL")
    with op.batch_alter_table("photos") as batch_op:
        batch_op.drop_index(op.f("ix_photos_message_id"))
        batch_op.drop_constraint(op.f("fk_photos_message_id_messages"), type_="foreignkey")
        batch_op.drop_column("message_id")
    op.drop_table("message_copies")
    op.drop_table("conversations")
    op.drop_table("messages")
