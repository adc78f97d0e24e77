"""words by which posts, people and tags are found

Revision ID: 0003
Revises: 0002
Create Date: 2026-11-21 11:58:00

"""

from datetime import UTC
from itertools import count

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from postways.search import FTS5, place_of, words_in

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KINDS = (("post", "posts"), ("person", "users"), ("tag", "tags"))
AT_ONCE = 1_000


def upgrade():
    identity = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    for name, subjects in KINDS:
        op.create_table(
            f"{name}_words",
            sa.Column("place", identity, autoincrement=False, nullable=False),
            sa.Column("subject_id", identity, nullable=False),
            sa.Column("words", sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql"), nullable=False),
            sa.ForeignKeyConstraint(
                ["subject_id"],
                [f"{subjects}.id"],
                name=op.f(f"fk_{name}_words_subject_id_{subjects}"),
                ondelete="CASCADE",
            ),
            sa.PrimaryKeyConstraint("place", name=op.f(f"pk_{name}_words")),
            sa.UniqueConstraint("subject_id", name=op.f(f"uq_{name}_words_subject_id")),
        )
        backfill(name)
        if op.get_bind().dialect.name == "sqlite":
            op.execute(FTS5.format(name))
            op.execute(f"INSERT INTO {name}_index({name}_index) VALUES ('rebuild')")
        else:
            op.create_index(f"ix_{name}_words_words", f"{name}_words", ["words"], postgresql_using="gin")


def backfill(name):
    """Write down the words of what is there already."""
    rows = {"post": posts, "person": people, "tag": tags}[name]
    words = ":words" if op.get_bind().dialect.name == "sqlite" else "array_to_tsvector(string_to_array(:words, ' '))"
    insert = sa.text(f"INSERT INTO {name}_words (place, subject_id, words) VALUES (:place, :subject, {words})")
    last, taken = 0, set()
    while some := rows(last):
        documents = []
        for subject, wanted, text in some:
            place = next(free for free in count(wanted) if free not in taken)
            taken.add(place)
            documents.append({"place": place, "subject": subject, "words": " ".join(sorted(set(words_in(text))))})
        op.get_bind().execute(insert, documents)
        last = some[-1][0]


def posts(last):
    """The next published posts after this id: id, place, text."""
    post = sa.table("posts", *map(sa.column, ("id", "title", "content")), sa.column("published_at", MOMENT))
    photo = sa.table("photos", *map(sa.column, ("post_id", "alt")))
    published = sa.select(post).where(post.c.id > last, post.c.published_at.is_not(None))
    some = op.get_bind().execute(published.order_by(post.c.id).limit(AT_ONCE)).all()
    alts = {}
    wanted = sa.select(photo).where(photo.c.post_id.in_([row.id for row in some]))
    for post_id, alt in op.get_bind().execute(wanted):
        alts.setdefault(post_id, []).append(alt)
    return [
        (row.id, place_of(utc(row.published_at), row.id), "\n".join((row.title, row.content, *alts.get(row.id, ()))))
        for row in some
    ]


def people(last):
    """The next people after this id."""
    user = sa.table("users", *map(sa.column, ("id", "username", "display_name", "bio")))
    query = sa.select(user).where(user.c.id > last).order_by(user.c.id).limit(AT_ONCE)
    return [(row.id, row.id, "\n".join(row[1:])) for row in op.get_bind().execute(query)]


def tags(last):
    """The next tags after this id."""
    tag = sa.table("tags", sa.column("id"), sa.column("key"))
    query = sa.select(tag).where(tag.c.id > last).order_by(tag.c.id).limit(AT_ONCE)
    return [(row.id, row.id, row.key) for row in op.get_bind().execute(query)]


def utc(moment):
    """SQLite keeps times without their zone."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def downgrade():
    for name, _ in KINDS:
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"DROP TABLE {name}_index")
        op.drop_table(f"{name}_words")
