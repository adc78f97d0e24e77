"""follows, blocks, mutes, private accounts, and audiences of posts

Revision ID: 0005
Revises: 0004
Create Date: 2026-11-21 12:00:00

"""

import sqlalchemy as sa
from alembic import op

from postways.text import words_of

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COUNTS = ("public_post_count", "followers_count", "following_count")


def upgrade():
    with op.batch_alter_table("users") as users:
        for name in COUNTS:
            users.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
        users.add_column(sa.Column("private", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("posts") as posts:
        posts.add_column(sa.Column("audience", sa.String(16), nullable=False, server_default="public"))
        posts.add_column(sa.Column("closed", sa.Boolean(), nullable=False, server_default=sa.false()))
        posts.add_column(sa.Column("words", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.execute("UPDATE users SET public_post_count = post_count")
    _find_words()

    op.create_table(
        "follows",
        sa.Column("id", Id, nullable=False),
        sa.Column("follower_id", Id, nullable=False),
        sa.Column("followed_id", Id, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("withheld", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _person("follows", "follower_id"),
        _person("follows", "followed_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follows")),
        sa.UniqueConstraint("follower_id", "followed_id", name=op.f("uq_follows_follower_id_followed_id")),
    )
    op.create_index("ix_follows_of_followed", "follows", ["followed_id", "state", "withheld", "id"])
    op.create_index("ix_follows_of_follower", "follows", ["follower_id", "state", "withheld", "id"])

    op.create_table(
        "blocks",
        sa.Column("id", Id, nullable=False),
        sa.Column("blocker_id", Id, nullable=False),
        sa.Column("blocked_id", Id, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _person("blocks", "blocker_id"),
        _person("blocks", "blocked_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocks")),
        sa.UniqueConstraint("blocker_id", "blocked_id", name=op.f("uq_blocks_blocker_id_blocked_id")),
    )
    op.create_index(op.f("ix_blocks_blocked_id"), "blocks", ["blocked_id"])

    op.create_table(
        "mutes",
        sa.Column("id", Id, nullable=False),
        sa.Column("muter_id", Id, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("person_id", Id, nullable=True),
        sa.Column("key", sa.String(900), nullable=False),
        sa.Column("word", sa.String(100), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _person("mutes", "muter_id"),
        _person("mutes", "person_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mutes")),
        sa.UniqueConstraint("muter_id", "key", name=op.f("uq_mutes_muter_id_key")),
    )
    op.create_index("ix_mutes_muter_id_person_id", "mutes", ["muter_id", "person_id"])
    op.create_index(op.f("ix_mutes_person_id"), "mutes", ["person_id"])
    op.create_index(op.f("ix_mutes_until"), "mutes", ["until"])


def downgrade():
    for name in ("mutes", "blocks", "follows"):
        op.drop_table(name)
    with op.batch_alter_table("posts") as posts:
        for name in ("words", "closed", "audience"):
            posts.drop_column(name)
    with op.batch_alter_table("users") as users:
        for name in ("private", *COUNTS):
            users.drop_column(name)


def _person(table, column):
    name = op.f(f"fk_{table}_{column}_users")
    return sa.ForeignKeyConstraint([column], ["users.id"], name=name, ondelete="CASCADE")


def _find_words():
    """Of the posts that are here already, a thousand at a time."""
    posts = sa.table("posts", *(sa.column(name) for name in ("id", "title", "content", "words")))
    connection, last = op.get_bind(), 0
    while rows := connection.execute(
        sa.select(posts.c.id, posts.c.title, posts.c.content).where(posts.c.id > last).order_by(posts.c.id).limit(1000)
    ).all():
        found = sa.update(posts).where(posts.c.id == sa.bindparam("which")).values(words=sa.bindparam("found"))
        connection.execute(found, [{"which": row.id, "found": words_of(f"{row.title} {row.content}")} for row in rows])
        last = rows[-1].id
