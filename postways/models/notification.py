"""What happened that concerns somebody: likes, comments, mentions, reposts, follows, requests, and what staff did.

Events of one kind about the same thing stand together until they are read ("Ada and 4 others liked …"); what comes
later begins anew. Who withdraws an act is withdrawn here too, and whom the reader may not see is not counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    ScalarSelect,
    Select,
    String,
    UniqueConstraint,
    and_,
    delete,
    false,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import (
    Mapped,
    aliased,
    contains_eager,
    foreign,
    joinedload,
    mapped_column,
    query_expression,
    relationship,
    with_expression,
)

from postways import later
from postways.db import Id, Moment, changed, db, now
from postways.models.block import Block
from postways.models.comment import Comment
from postways.models.guest import Actor
from postways.models.mail import Mail
from postways.models.mute import Mute
from postways.models.photo import Photo
from postways.models.post import Post
from postways.models.user import User
from postways.paging import EPOCH, Asked, Numbered, Page
from postways.text import folded

KINDS = (
    "like",
    "comment",
    "reply",
    "mention",
    "repost",
    "comment-like",
    "follow",
    "request",
    "accepted",
    "message",
    "moderation",
)
PAGE_SIZE = 30
NAMED = 3  # people of a group who are named
DIGEST_EVERY = {"daily": timedelta(days=1), "weekly": timedelta(days=7)}
MOST_DIGESTS = 500  # in one go
KEPT = timedelta(days=90)  # what was read
MOST_MENTIONS = 20  # people whom one text tells
UNREAD = text("read_at IS NULL")


class Notification(db.Model):  # type: ignore[name-defined]
    """Events of one kind about one thing, for one person."""

    __tablename__ = "notifications"
    __table_args__ = (
        Index(
            "uq_notifications_unread", "person_id", "about", unique=True, sqlite_where=UNREAD, postgresql_where=UNREAD
        ),
        Index("ix_notifications_of_person", "person_id", "touched_at", "id"),
        Index("ix_notifications_read_at", "read_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    about: Mapped[str] = mapped_column(String(60))  # kind and thing in one word, by which events stand together
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), index=True)
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), index=True)
    detail: Mapped[str] = mapped_column(String(16), default="")  # of moderation: what was done
    touched_at: Mapped[datetime] = mapped_column(Moment, default=now)
    read_at: Mapped[datetime | None] = mapped_column(Moment)

    post: Mapped[Post | None] = relationship(lazy="raise_on_sql")
    comment: Mapped[Comment | None] = relationship(lazy="raise_on_sql")
    picture: Mapped[Photo | None] = relationship(  # the first of the post
        primaryjoin=lambda: and_(foreign(Photo.post_id) == Notification.post_id, Photo.position == 0),
        lazy="raise_on_sql",
        uselist=False,
        viewonly=True,
    )
    opens: Mapped[bool] = query_expression(default_expr=false())  # whether the reader may see the post
    # of those whom the reader may see; filled by `listed`
    actors: Sequence[User] = ()
    count = 0

    @property
    def read(self) -> bool:
        """Whether the person has seen it."""
        return self.read_at is not None

    # --- queries

    @classmethod
    def shown(cls, reader: Any) -> ColumnElement[bool]:
        """Whether a row is to be told to `reader` (an id or a column): somebody whom they may see did something to
        what is still there; or staff did."""
        actor = aliased(User)  # `reader` may be a column of the people
        here = (actor.id == Act.actor_id, actor.suspended_at.is_(None), actor.deleted_at.is_(None))
        kept = and_(~Block.parts(reader, Act.actor_id), ~Mute.hides_from(reader, Act.actor_id))
        somebody = select(Act.id).where(Act.notification_id == cls.id, *here, kept).exists()
        gone = select(Post.id).where(
            Post.id == cls.post_id,
            or_(
                Post.deleted_at.is_not(None),
                Post.withheld.is_(True),
                and_(Post.published_at.is_(None), Post.author_id != reader),
            ),
        )
        unsaid = select(Comment.id).where(
            Comment.id == cls.comment_id, or_(Comment.deleted_at.is_not(None), Comment.withheld.is_(True))
        )
        return or_(cls.kind == "moderation", and_(somebody, ~gone.exists(), ~unsaid.exists()))

    @classmethod
    def unread(cls, reader: Any) -> ScalarSelect[int]:
        """How many rows `reader` (an id or a column) has not read, for a statement about people.

        Messages have a number of their own.
        """
        mine = (cls.person_id == reader, cls.read_at.is_(None), cls.kind != "message", cls.shown(reader))
        return select(func.count(cls.id)).where(*mine).scalar_subquery()

    @classmethod
    def unread_of(cls, people: Iterable[int]) -> dict[int, int]:
        """How many rows each of these people has not read."""
        query = select(User.id, cls.unread(User.id).label("unread")).where(User.id.in_(people))
        return {user_id: count for user_id, count in db.session.execute(query)}

    @classmethod
    def listed(cls, reader: User, cursor: str | None, size: int = PAGE_SIZE) -> Page[Notification]:
        """What concerns `reader`, newest first, each with post, comment and up to NAMED people. Raises BadCursor."""
        page: Page[Notification] = Page.of(db.session, cls._of(reader), (cls.touched_at, cls.id), cursor, size)
        cls._name(page.items, reader)
        return page

    @classmethod
    def numbered(cls, reader: User, asked: Asked) -> Numbered[Notification]:
        """As `listed`, with numbered pages. Raises BadCursor or NoSuchPage."""
        ids = select(cls.id).where(cls.person_id == reader.id, cls.shown(reader.id))
        page: Numbered[Notification] = Numbered.of(db.session, cls._of(reader), ids, (cls.touched_at, cls.id), asked)
        cls._name(page.items, reader)
        return page

    @classmethod
    def _of(cls, reader: User) -> Select[Notification]:
        query = select(cls).where(cls.person_id == reader.id, cls.shown(reader.id))
        told = aliased(Comment)
        query = query.outerjoin(told, told.id == func.coalesce(cls.comment_id, cls._newest_said(reader)))
        comment = contains_eager(cls.comment.of_type(told))
        opens = select(Post.id).where(Post.id == cls.post_id, Post.visible_to(reader)).correlate(cls).exists()
        loaded = query.options(
            joinedload(cls.post), joinedload(cls.picture), comment, with_expression(cls.opens, opens)
        )
        return loaded.execution_options(populate_existing=True)

    @classmethod
    def _newest_said(cls, reader: User) -> ScalarSelect[int]:
        """The id of the newest comment that a row of comments on a post tells of; null for other rows."""
        said, actors = aliased(Comment), select(Act.actor_id).where(Act.notification_id == cls.id)
        theirs = (said.post_id == cls.post_id, said.author_id.in_(actors), said.created_at <= cls.touched_at)
        newest = select(func.max(said.id)).where(cls.kind == "comment", *theirs, Comment.listed_for(reader, said))
        return newest.correlate(cls).scalar_subquery()

    @classmethod
    def _name(cls, rows: Sequence[Notification], reader: User) -> None:
        """Give each row the newest of its people and their number, in one statement."""
        rank = func.row_number().over(partition_by=Act.notification_id, order_by=Act.id.desc()).label("rank")
        number = func.count().over(partition_by=Act.notification_id).label("number")
        seen = (User.visible_to(reader), ~Mute.hides(reader, Act.actor_id))
        ranked = (
            select(Act.notification_id, Act.actor_id, rank, number)
            .join(User, User.id == Act.actor_id)
            .where(Act.notification_id.in_([row.id for row in rows]), *seen)
            .subquery()
        )
        query = select(ranked.c.notification_id, ranked.c.number, User).join(User, User.id == ranked.c.actor_id)
        found: defaultdict[int, list[User]] = defaultdict(list)
        numbers: dict[int, int] = {}
        for row_id, count, user in db.session.execute(query.where(ranked.c.rank <= NAMED).order_by(ranked.c.rank)):
            found[row_id].append(user)
            numbers[row_id] = count
        for row in rows:
            row.actors, row.count = found[row.id], numbers.get(row.id, 0)

    # --- verbs

    @staticmethod
    def wish(reader: User, kinds: Sequence[str], digest: str) -> None:
        """Tell `reader` of these KINDS alone, and in any case of what staff did; sum up by mail at one of DIGESTS.

        Raises Refused.
        """
        reader.wants_to_hear([kind for kind in KINDS if kind not in kinds and kind != "moderation"], digest)

    @classmethod
    def tell(  # noqa: PLR0917 what happened, by whom, to what
        cls,
        kind: str,
        person_id: int | None,
        actor_id: int | None,
        *,
        post_id: int | None = None,
        comment_id: int | None = None,
        detail: str = "",
    ) -> None:
        """Let a person know of it, unless they did it themselves, want not to know, or a block is between the two."""
        if person_id is None or person_id == actor_id or not cls._wanted(kind, person_id, actor_id):
            return
        about = "/".join(str(part) for part in (kind, post_id, comment_id, detail) if part)
        unread = select(cls.id).where(cls.person_id == person_id, cls.about == about, cls.read_at.is_(None))
        row_id = db.session.scalar(unread)
        if row_id is None:
            row = cls(
                person_id=person_id, kind=kind, about=about, post_id=post_id, comment_id=comment_id, detail=detail
            )
            try:
                with db.session.begin_nested():
                    db.session.add(row)
                row_id = row.id
            except IntegrityError:
                row_id = db.session.scalar(unread)  # somebody else's act, a moment earlier
        if actor_id is not None and row_id is not None:
            Act.add(row_id, actor_id)
        changed(update(cls).where(cls.id == row_id).values(touched_at=now()))
        later.tell("bell", person=person_id)

    @classmethod
    def _wanted(cls, kind: str, person_id: int, actor_id: int | None) -> bool:
        here = select(User.quiet_kinds).where(User.id == person_id, User.deleted_at.is_(None))
        if actor_id is not None:
            here = here.where(~Block.parts(person_id, actor_id), ~Mute.hides_from(person_id, actor_id))
        quiet = db.session.scalar(here)
        return quiet is not None and kind not in quiet.split()

    @classmethod
    def withdraw(
        cls, kind: str, actor_id: int, *, post_id: int | None = None, comment_id: int | None = None, person_id: int = 0
    ) -> None:
        """Take back that `actor_id` did it; a row that speaks of nobody else is gone."""
        about = "/".join(str(part) for part in (kind, post_id, comment_id) if part)
        rows = select(cls.id).where(cls.about == about)
        if person_id:
            rows = rows.where(cls.person_id == person_id)
        elif post_id:
            rows = rows.where(cls.post_id == post_id)
        row_ids = db.session.scalars(rows.join(Act).where(Act.actor_id == actor_id)).all()
        if not row_ids:
            return
        people = db.session.scalars(select(cls.person_id).where(cls.id.in_(row_ids))).all()
        changed(delete(Act).where(Act.notification_id.in_(row_ids), Act.actor_id == actor_id))
        empty = ~select(Act.id).where(Act.notification_id == cls.id).exists()
        changed(delete(cls).where(cls.id.in_(row_ids), cls.kind != "moderation", empty))
        for one in set(people):
            later.tell("bell", person=one)

    @classmethod
    def gone(cls, *, comment_id: int) -> None:
        """What rows speak of is not there any more: they are not shown, and open pages count anew."""
        about = (cls.comment_id == comment_id, cls.read_at.is_(None))
        for person_id in db.session.scalars(select(cls.person_id).where(*about).distinct()):
            later.tell("bell", person=person_id)

    @classmethod
    def part(cls, one: int, other: int) -> None:
        """A block came between two people: neither reads of the other."""
        for reader, actor in ((one, other), (other, one)):
            mine = select(cls.id).where(cls.person_id == reader)
            changed(delete(Act).where(Act.actor_id == actor, Act.notification_id.in_(mine)))
            empty = ~select(Act.id).where(Act.notification_id == cls.id).exists()
            changed(delete(cls).where(cls.person_id == reader, cls.kind != "moderation", empty))
            later.tell("bell", person=reader)

    @classmethod
    def mention(
        cls,
        names: Iterable[str],
        actor: Actor,
        post: Post,
        comment_id: int | None = None,
        known: Iterable[int | None] = (),
    ) -> None:
        """Tell the people whose names stand in a text, if they may see the post and do not know of it already."""
        keys = list(dict.fromkeys(folded(name) for name in names))[:MOST_MENTIONS]
        if not keys or actor.id is None:
            return
        others = (User.visible_to(actor), User.id.not_in({one for one in known if one is not None}))
        meant = db.session.scalars(select(User.id).where(User.username_key.in_(keys), *others)).all()
        _, readers = Post.readers_among(post.id, meant)
        for person_id in sorted(post.opened_by(readers)):
            cls.tell("mention", person_id, actor.id, post_id=post.id, comment_id=comment_id)

    @classmethod
    def read_all(cls, reader: User, until: datetime | None = None) -> int:
        """Everything (or what came `until` a moment) is read; returns how many rows were not."""
        unread = update(cls).where(cls.person_id == reader.id, cls.read_at.is_(None))
        if until is not None:
            unread = unread.where(cls.touched_at <= until)
        count = changed(unread.values(read_at=now()))
        if count:
            later.tell("bell", person=reader.id)
        return count

    @classmethod
    def read_some(cls, reader: User, ids: Sequence[int]) -> int:
        """These are read; returns how many were not. What is not `reader`'s is left alone."""
        mine = update(cls).where(cls.person_id == reader.id, cls.id.in_(ids), cls.read_at.is_(None))
        count = changed(mine.values(read_at=now()))
        if count:
            later.tell("bell", person=reader.id)
        return count

    # --- by mail

    @classmethod
    def waiting_for_digest(cls, moment: datetime) -> Sequence[int]:
        """The people to whom a mail may be due that sums up what they have not read."""
        late = [and_(User.digest == digest, _before(moment - pause)) for digest, pause in DIGEST_EVERY.items()]
        here = (User.suspended_at.is_(None), User.deleted_at.is_(None), User.email.is_not(None))
        unread = select(cls.id).where(cls.person_id == User.id, cls.read_at.is_(None)).exists()
        query = select(User.id).where(or_(*late), *here, User.verified_at.is_not(None), unread)
        return db.session.scalars(query.order_by(User.id).limit(MOST_DIGESTS)).all()

    @classmethod
    def digest(cls, person_id: int, moment: datetime) -> bool:
        """Sum up by mail what this person has not read since the last such mail; False when there is nothing."""
        from postways.models.conversation import Conversation

        user = User.find(person_id)
        since = user.digested_at or EPOCH
        fresh = (cls.person_id == person_id, cls.read_at.is_(None), cls.touched_at > since, cls.shown(person_id))
        query = select(cls.kind, func.count()).where(*fresh).group_by(cls.kind)
        kinds = {kind: count for kind, count in db.session.execute(query)}
        if "message" in kinds:  # one row speaks of everybody who wrote
            kinds["message"] = Conversation.unread_of([person_id])[person_id] or kinds["message"]
        same = User.digested_at.is_(None) if user.digested_at is None else User.digested_at == user.digested_at
        mine = update(User).where(User.id == person_id, same)
        if not kinds or changed(mine.values(digested_at=moment)) != 1:
            return False  # or another scheduler was a moment faster
        told = {kind: kinds[kind] for kind in KINDS if kind in kinds}
        Mail.send("digest", user, count=sum(told.values()), kinds=told)
        return True

    @classmethod
    def forget_old(cls) -> int:
        """Delete what was read long ago; returns how much."""
        return changed(delete(cls).where(cls.read_at < now() - KEPT))


def _before(moment: datetime) -> ColumnElement[bool]:
    return or_(User.digested_at.is_(None), User.digested_at <= moment)


class Act(db.Model):  # type: ignore[name-defined]
    """That one person is among those of whom a notification tells."""

    __tablename__ = "notification_actors"
    __table_args__ = (UniqueConstraint("notification_id", "actor_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    notification_id: Mapped[int] = mapped_column(ForeignKey("notifications.id", ondelete="CASCADE"))
    actor_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)

    @classmethod
    def add(cls, notification_id: int, actor_id: int) -> None:
        """Write it down. Twice is once."""
        try:
            with db.session.begin_nested():
                db.session.add(cls(notification_id=notification_id, actor_id=actor_id))
        except IntegrityError:
            return
