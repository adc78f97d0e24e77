"""Whom somebody might want to follow, and why: worked out beforehand, judged anew whenever it is shown.

Rows with a `reader_id` are for that person: friends of friends first, then who writes of the same things. Those without
are for everybody: who is popular and has shared something lately, so that a newcomer meets people at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.orm import Mapped, aliased, contains_eager, mapped_column, relationship

from postways import later
from postways.db import Id, Moment, changed, db, now
from postways.errors import Forbidden, Refused
from postways.models.follow import Follow
from postways.models.guest import Actor
from postways.models.like import Like
from postways.models.post import Post
from postways.models.tag import PostTag, Tag
from postways.models.user import User
from postways.text import LONGEST_TAG

MOST_SHOWN = 10
MOST_KEPT = 40  # of each kind, so that enough remain when some can't be shown any more
MOST_FRIENDS = 500  # of the latest, whose friends are looked at
TAGS_ALIKE = 3
LATELY = timedelta(days=30)
RECENT = 100  # posts that tell what somebody cares for, and who writes of it
FRESH_FOR = timedelta(hours=1)
FRESH_AFTER_FOLLOWING = timedelta(seconds=30)


class Reason(NamedTuple):
    """Why somebody is suggested: a msgid in the singular and plural, its number, and what its places hold."""

    one: str
    many: str
    number: int
    names: dict[str, str]


class Suggested(NamedTuple):
    """What a row is to say."""

    person_id: int
    kind: str
    via_id: int | None = None
    friends: int = 1
    tag: str = ""


class Suggestion(db.Model):  # type: ignore[name-defined]
    """One person for one reader, or for everybody; `dismissed` when the reader is not interested."""

    __tablename__ = "suggestions"
    __table_args__ = (
        UniqueConstraint("reader_id", "person_id"),
        Index("ix_suggestions_of_reader", "reader_id", "place"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    reader_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    via_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    friends: Mapped[int] = mapped_column(default=1)  # how many of the reader's follow the person
    tag: Mapped[str] = mapped_column(String(LONGEST_TAG), default="")
    place: Mapped[int] = mapped_column(default=0)  # the lower, the sooner
    dismissed: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)

    person: Mapped[User] = relationship(foreign_keys=[person_id], lazy="raise_on_sql")
    via: Mapped[User | None] = relationship(foreign_keys=[via_id], lazy="raise_on_sql")

    @property
    def reason(self) -> Reason:
        """Why; found by `of`."""
        if self.kind == "tag":
            words = "Shares photographs tagged #%(tag)s, as you do"
            return Reason(words, words, 1, {"tag": self.tag})
        if self.kind != "friends":
            return Reason("Popular here", "Popular here", 1, {})
        if self.via is None:
            one, many = "Followed by %(num)d person you follow", "Followed by %(num)d people you follow"
            return Reason(one, many, self.friends, {})
        name = {"name": self.via.name}
        if self.friends == 1:
            return Reason("Followed by %(name)s", "Followed by %(name)s", 1, name)
        one, many = (
            "Followed by %(name)s and %(num)d other you follow",
            "Followed by %(name)s and %(num)d others you follow",
        )
        return Reason(one, many, self.friends - 1, name)

    # --- queries

    @classmethod
    def of(cls, reader: User, most: int = MOST_SHOWN) -> Sequence[Suggestion]:
        """For this reader, best first, each with its `person` and why; as people stand to each other now.

        What is kept is worked out anew after this transaction's commit, if that is due.
        """
        if cls._stale(reader, now()):
            later.job("suggest", reader.id)
        via: Any = aliased(User)
        known = and_(via.id == cls.via_id, via.suspended_at.is_(None), via.deleted_at.is_(None))
        query = (
            select(cls)
            .join(cls.person)
            .outerjoin(via, and_(known, Follow.holds(reader.id, via.id)))
            .where(or_(cls.reader_id == reader.id, cls.reader_id.is_(None)), cls.dismissed.is_(False))
            .where(cls._worth(reader))
            .options(contains_eager(cls.person).options(*User.ties_to(reader)), contains_eager(cls.via.of_type(via)))
            .order_by(cls.reader_id.is_(None), cls.place, cls.id)
            .limit(2 * most)  # somebody may be on both lists
            .execution_options(populate_existing=True)
        )
        found = {row.person_id: row for row in reversed(db.session.scalars(query).all())}
        return sorted(found.values(), key=lambda row: (row.reader_id is None, row.place, row.id))[:most]

    @classmethod
    def _worth(cls, reader: User) -> ColumnElement[bool]:
        """Who can be suggested: in lists for `reader`, open to all, neither followed nor asked nor dismissed."""
        no = aliased(cls)
        dismissed = exists().where(no.reader_id == reader.id, no.person_id == User.id, no.dismissed.is_(True))
        stranger = and_(User.id != reader.id, Follow.state_between(reader.id, User.id).is_(None))
        return and_(User.listed_for(reader), User.private.is_(False), stranger, ~dismissed)

    @classmethod
    def _stale(cls, reader: User, moment: datetime) -> bool:
        """Whether what is kept for `reader` is to be worked out anew: it is old, or they follow somebody since."""
        if reader.suggested_at is None or reader.suggested_at <= moment - FRESH_FOR:
            return True
        if reader.suggested_at > moment - FRESH_AFTER_FOLLOWING:
            return False
        since = exists().where(Follow.follower_id == reader.id, Follow.created_at > reader.suggested_at)
        return bool(db.session.scalar(select(since)))

    @classmethod
    def found_for(cls, reader: User) -> Sequence[Suggested]:
        """Whom the people that `reader` follows follow, then who writes of the same things."""
        friends = cls._friends_of_friends(reader)
        known = {one.person_id for one in friends}
        return [*friends, *(one for one in cls._alike(reader) if one.person_id not in known)]

    @classmethod
    def _friends_of_friends(cls, reader: User) -> list[Suggested]:
        held = (Follow.state == "accepted", Follow.withheld.is_(False))
        mine = select(Follow.followed_id).where(Follow.follower_id == reader.id, *held)
        friends = mine.order_by(Follow.id.desc()).limit(MOST_FRIENDS).subquery()
        theirs = aliased(Follow)
        how_many = func.count()
        query = (
            select(theirs.followed_id, func.min(theirs.follower_id), func.max(theirs.follower_id), how_many)
            .join(friends, friends.c.followed_id == theirs.follower_id)
            .join(User, User.id == theirs.followed_id)
            .where(theirs.state == "accepted", theirs.withheld.is_(False), cls._worth(reader))
            .group_by(theirs.followed_id, User.followers_count)
            .order_by(how_many.desc(), User.followers_count.desc(), theirs.followed_id)
        )
        rows = db.session.execute(query.limit(MOST_KEPT))
        # one of them is named; not the same one everywhere
        return [Suggested(who, "friends", vias[who % 2], count) for who, *vias, count in rows]

    @classmethod
    def _alike(cls, reader: User) -> list[Suggested]:
        """Who carries the tags that are most on what `reader` shared and liked last."""
        own = select(Post.id).where(Post.author_id == reader.id, Post.shown()).order_by(Post.id.desc()).limit(RECENT)
        liked = select(Like.post_id).where(Like.user_id == reader.id).order_by(Like.id.desc()).limit(RECENT)
        cared = union_all(select(own.subquery()), select(liked.subquery())).subquery()
        tags = (
            select(Tag.id, Tag.name)
            .join(PostTag, PostTag.tag_id == Tag.id)
            .join(cared, cared.c[0] == PostTag.post_id)
            .group_by(Tag.id, Tag.name)
            .order_by(func.count().desc(), Tag.id)
        )
        found: dict[int, Suggested] = {}
        for tag_id, name in db.session.execute(tags.limit(TAGS_ALIKE)).all():
            for author_id in cls._who_writes_of(tag_id, reader):
                found.setdefault(author_id, Suggested(author_id, "tag", tag=name))
        return list(found.values())[:MOST_KEPT]

    @classmethod
    def _who_writes_of(cls, tag_id: int, reader: User) -> list[int]:
        newest = (
            select(PostTag.post_id)
            .where(PostTag.tag_id == tag_id)
            .order_by(PostTag.published_at.desc(), PostTag.post_id.desc())
            .limit(RECENT)
            .subquery()
        )
        authors = (
            select(Post.author_id)
            .join(newest, newest.c.post_id == Post.id)
            .join(User, User.id == Post.author_id)
            .where(Post.listed_for(None), cls._worth(reader))
        )
        return [author_id for author_id, _ in Counter(db.session.scalars(authors)).most_common()]

    @classmethod
    def popular(cls, moment: datetime) -> Sequence[Suggested]:
        """Who has most followers and likes among those who shared something for everybody lately; then among all."""
        here = (User.private.is_(False), User.suspended_at.is_(None), User.deleted_at.is_(None))
        lately = (
            select(Post.author_id, func.sum(Post.like_count).label("likes"))
            .where(Post.published_at > moment - LATELY, Post.listed_for(None))
            .group_by(Post.author_id)
            .subquery()
        )
        active = select(User.id).join(lately, lately.c.author_id == User.id).where(*here)
        ids = list(db.session.scalars(active.order_by(_rank(lately.c.likes), User.id).limit(MOST_KEPT)))
        if len(ids) < MOST_KEPT:
            quiet = select(User.id).where(*here, User.public_post_count > 0, User.id.not_in(ids))
            ids += db.session.scalars(quiet.order_by(_rank(), User.id).limit(MOST_KEPT - len(ids)))
        return [Suggested(person_id, "popular") for person_id in ids]

    # --- verbs

    @classmethod
    def replace(cls, reader_id: int | None, found: Sequence[Suggested], moment: datetime) -> None:
        """Keep these for a reader, or for everybody, instead of what was kept; what was dismissed stays dismissed."""
        if reader_id is not None:
            if not User.held(reader_id):
                return  # gone meanwhile
            changed(update(User).where(User.id == reader_id).values(suggested_at=moment))
        whose = cls.reader_id == reader_id if reader_id is not None else cls.reader_id.is_(None)
        changed(delete(cls).where(whose, cls.dismissed.is_(False)))
        here = set(db.session.scalars(select(User.id).where(User.id.in_({one.person_id for one in found}))))
        if reader_id is not None:
            here -= set(db.session.scalars(select(cls.person_id).where(whose)))
        rows = [
            {"reader_id": reader_id, "place": place, "dismissed": False, "created_at": moment, **one._asdict()}
            for place, one in enumerate(found)
            if one.person_id in here
        ]
        if rows:
            db.session.execute(insert(cls), rows)

    @classmethod
    def dismiss(cls, reader: Actor, person: User) -> None:
        """Suggest `person` to `reader` no more; the person does not learn of it. Twice is once."""
        if reader.id is None:
            raise Forbidden
        if reader.id == person.id:
            raise Refused("Nobody suggests yourself to you.")
        User.held(reader.id)
        mine = update(cls).where(cls.reader_id == reader.id, cls.person_id == person.id).values(dismissed=True)
        if not changed(mine):
            db.session.add(cls(reader_id=reader.id, person_id=person.id, kind="popular", dismissed=True))
            db.session.flush()


def _rank(likes: ColumnElement[int] | None = None) -> ColumnElement[int]:
    """A follower weighs as much as three likes of what was shared lately: following is the stronger word."""
    followers = 3 * User.followers_count
    return (followers if likes is None else followers + likes).desc()
