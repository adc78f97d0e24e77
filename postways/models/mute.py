"""What somebody doesn't want to come across: a person, a word, a tag; quietly, and perhaps only for a time."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, UniqueConstraint, bindparam, delete, false, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, contains_eager, joinedload, mapped_column, relationship

from postways import later
from postways.db import Id, Moment, changed, db, now
from postways.errors import Forbidden, Missing, Refused
from postways.models.guest import Actor
from postways.models.user import User
from postways.paging import Asked, Numbered
from postways.text import words_of
from postways.zones import LAST_YEAR

LONGEST_WORD = 100
LONGEST_KEY = 900  # a folded word can be longer, and letters without spaces between them stand apart
MOST_WORDS = 200
KINDS = ("person", "word", "tag")


class Mute(db.Model):  # type: ignore[name-defined]
    """One person, word or tag that somebody mutes, until a moment or for good.

    `key` is what `posts.words` is searched for, words and tags alike; a person's holds a sign that no words hold.
    """

    __tablename__ = "mutes"
    __table_args__ = (
        UniqueConstraint("muter_id", "key"),
        Index("ix_mutes_muter_id_person_id", "muter_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    muter_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    key: Mapped[str] = mapped_column(String(LONGEST_KEY))
    word: Mapped[str] = mapped_column(String(LONGEST_WORD), default="")  # as it was typed
    until: Mapped[datetime | None] = mapped_column(Moment, index=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)

    person: Mapped[User | None] = relationship(foreign_keys=[person_id], lazy="raise_on_sql")

    # --- queries

    @classmethod
    def hides(cls, actor: Actor, author: Any, words: Any = None) -> ColumnElement[bool]:
        """Whether `actor` mutes who wrote something, or one of its words, as an SQL condition for lists.

        `author` is a column of people's ids; `words` one that was filled by `text.words_of`, such as `Post.words`.
        `~Mute.hides(g.user, Comment.author_id)` leaves out what muted people wrote.
        """
        return false() if actor.id is None else cls.hides_from(actor.id, author, words)

    @classmethod
    def hides_from(cls, reader: Any, author: Any, words: Any = None) -> ColumnElement[bool]:
        """As `hides`, for a `reader` who is an id or a column."""
        moment = bindparam(
            None, callable_=now, type_=Moment(), unique=True
        )  # a statement may be made once and run often
        mine = select(_row.c.id).correlate_except(_row)  # the reader may be a column of a statement further out
        mine = mine.where(_row.c.muter_id == reader, or_(_row.c.until.is_(None), _row.c.until > moment))
        person = mine.where(_row.c.person_id == author).exists()
        if words is None:
            return person
        word = mine.where(_row.c.person_id.is_(None), words.contains(_row.c.key))
        return or_(person, word.exists())

    @classmethod
    def counts(cls) -> ColumnElement[bool]:
        """Whether its time is not over."""
        return or_(cls.until.is_(None), cls.until > now())

    @classmethod
    def people_of(cls, actor: User) -> Sequence[Mute]:
        """Muted people, newest first, each with its `person`."""
        query = select(cls).join(cls.person).where(cls.muter_id == actor.id, User.visible_to(actor), cls.counts())
        return db.session.scalars(query.options(joinedload(cls.person)).order_by(cls.id.desc())).all()

    @classmethod
    def words_of(cls, actor: User) -> Sequence[Mute]:
        """Muted words and tags, newest first."""
        query = select(cls).where(cls.muter_id == actor.id, cls.person_id.is_(None), cls.counts())
        return db.session.scalars(query.order_by(cls.id.desc())).all()

    @classmethod
    def listed(cls, actor: User, asked: Asked) -> Numbered[Mute]:
        """Everything that `actor` mutes, newest first, each with its `person` if it is one."""
        here = (cls.muter_id == actor.id, cls.counts(), or_(cls.person_id.is_(None), User.visible_to(actor)))
        query = select(cls).outerjoin(cls.person).where(*here)
        whole = query.options(contains_eager(cls.person))
        return Numbered.of(db.session, whole, query.with_only_columns(cls.id), (cls.id,), asked)

    @classmethod
    def find(cls, mute_id: int, actor: User) -> Mute:
        """One of `actor`'s own, with its `person`. Raises Missing."""
        query = select(cls).where(cls.id == mute_id, cls.muter_id == actor.id).options(joinedload(cls.person))
        if (mute := db.session.scalar(query)) is None:
            raise Missing
        return mute

    # --- verbs

    @classmethod
    def begin(cls, actor: Actor, person: User, until: datetime | None = None) -> int:
        """Keep `person` out of `actor`'s lists; the person does not learn of it. Again changes its end.

        Raises Forbidden for a visitor, Refused for oneself or a past end.
        """
        if actor.id == person.id:
            raise Refused("You can't mute yourself.", field="muted")
        return cls._put(actor, "person", f"@{person.id}", until, person_id=person.id)

    @classmethod
    def begin_word(cls, actor: Actor, word: str, until: datetime | None = None) -> int:
        """Keep posts with this word, or these words together, or with this #tag out of `actor`'s lists.

        Again changes its end. Raises Forbidden or Refused by field.
        """
        word = " ".join(word.replace("\x00", "").split())
        if len(word) > LONGEST_WORD:
            message = "That is %(length)d characters; the most is %(most)d."
            raise Refused(message, field="word", length=len(word), most=LONGEST_WORD)
        kind = "tag" if word.startswith("#") else "word"
        key = words_of(word)
        if not key.strip(" #") or len(key) > LONGEST_KEY:
            raise Refused("Type a word, some words that stand together, or a #tag.", field="word")
        if actor.id is not None and len(cls.words_of(actor)) >= MOST_WORDS:
            raise Refused("You mute %(most)d words already; let go of one first.", field="word", most=MOST_WORDS)
        return cls._put(actor, kind, key, until, word=word)

    @classmethod
    def _put(cls, actor: Actor, kind: str, key: str, until: datetime | None, **what: Any) -> int:
        if actor.id is None:
            raise Forbidden
        if until is not None and until <= now():
            raise Refused("Choose a day that is still to come, or none.", field="until")
        if until is not None and until.year > LAST_YEAR:
            raise Refused("Choose a day up to the year %(last)d, or none.", field="until", last=LAST_YEAR)
        mine = select(cls).where(cls.muter_id == actor.id, cls.key == key).with_for_update()
        again = db.session.scalar(mine)
        if again is not None:
            again.until = until
            return again.id
        mute = cls(muter_id=actor.id, kind=kind, key=key, until=until, **what)
        try:
            with db.session.begin_nested():
                db.session.add(mute)
        except IntegrityError:
            if (again := db.session.scalar(mine)) is None:
                raise Missing from None  # the person has just gone
            return again.id  # a second click
        later.tell("rights", person=actor.id)
        return mute.id

    @classmethod
    def end(cls, actor: Actor, person: User) -> None:
        """Show `person` again. Twice is once."""
        if actor.id is None:
            raise Forbidden
        changed(delete(cls).where(cls.muter_id == actor.id, cls.person_id == person.id))

    @classmethod
    def end_named(cls, actor: User, name: str) -> None:
        """Show the person of this name, or posts with this word or #tag, again. Raises Missing for others."""
        with suppress(Missing):
            person = User.met(actor, username=name)
            if changed(delete(cls).where(cls.muter_id == actor.id, cls.person_id == person.id)) == 1:
                return
        word = (cls.muter_id == actor.id, cls.person_id.is_(None), cls.key == words_of(" ".join(name.split())))
        if changed(delete(cls).where(*word)) != 1:
            raise Missing

    @classmethod
    def end_word(cls, actor: Actor, mute_id: int) -> None:
        """Show posts with that word again. Raises Missing for what is not `actor`'s."""
        if changed(delete(cls).where(cls.id == mute_id, cls.muter_id == actor.id, cls.person_id.is_(None))) != 1:
            raise Missing

    @classmethod
    def forget_ended(cls) -> int:
        """Let go of those whose time is over; returns how many."""
        return changed(delete(cls).where(cls.until < now()))


_row = db.metadata.tables["mutes"].alias(
    "other_mutes"
)  # in subqueries, so that a statement that reads mutes itself can ask too
