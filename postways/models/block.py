"""Somebody wants nothing to do with somebody else; what that means at every door stands in docs/blocks-and-mutes.md."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, UniqueConstraint, delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, contains_eager, mapped_column, relationship

from postways import later
from postways.db import Id, Moment, changed, db, now
from postways.errors import Forbidden, Missing, Refused
from postways.models.audit import Audit
from postways.models.guest import Actor
from postways.models.telling import told
from postways.models.user import User
from postways.paging import Asked, Numbered, Page

PAGE_SIZE = 30


class Block(db.Model):  # type: ignore[name-defined]
    """One row for who blocked whom. Its effect goes both ways: ask `exists_between`, or in SQL `parts`."""

    __tablename__ = "blocks"
    __table_args__ = (UniqueConstraint("blocker_id", "blocked_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    blocker_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    blocked_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)

    blocked: Mapped[User] = relationship(foreign_keys=[blocked_id], lazy="raise_on_sql")

    # --- queries

    @classmethod
    def stands(cls, blocker_id: int, blocked_id: int) -> bool:
        """Whether the one blocked the other."""
        both = (cls.blocker_id == blocker_id, cls.blocked_id == blocked_id)
        return db.session.scalar(select(cls.id).where(*both)) is not None

    @classmethod
    def exists_between(cls, one: Actor, other: Actor) -> bool:
        """Whether one of the two blocked the other."""
        if one.id is None or other.id is None:
            return False
        return cls.stands(one.id, other.id) or cls.stands(other.id, one.id)

    @classmethod
    def parts(cls, one: Any, other: Any) -> ColumnElement[bool]:
        """Whether one of the two blocked the other, each an id or a column, as an SQL condition.

        `~Block.parts(actor.id, Comment.author_id)` leaves out what a block hides.
        """
        return or_(cls.by(one, other), cls.by(other, one))

    @classmethod
    def by(cls, blocker: Any, blocked: Any) -> ColumnElement[bool]:
        """Whether the one blocked the other, each an id or a column, as an SQL condition."""
        return select(_row.c.id).where(_row.c.blocker_id == blocker, _row.c.blocked_id == blocked).exists()

    @classmethod
    def of(cls, person: User, cursor: str | None) -> Page[Block]:
        """Whom `person` blocked, newest first, each with its `blocked`; who has left is not among them."""
        query = select(cls).join(cls.blocked).where(cls.blocker_id == person.id, User.deleted_at.is_(None))
        return Page.of(db.session, query.options(contains_eager(cls.blocked)), (cls.id,), cursor, PAGE_SIZE)

    @classmethod
    def listed(cls, person: User, asked: Asked) -> Numbered[Block]:
        """As `of`, with numbered pages. Raises BadCursor or NoSuchPage."""
        query = select(cls).join(cls.blocked).where(cls.blocker_id == person.id, User.deleted_at.is_(None))
        whole = query.options(contains_eager(cls.blocked))
        return Numbered.of(db.session, whole, query.with_only_columns(cls.id), (cls.id,), asked)

    @classmethod
    def one(cls, person: User, blocked_id: int) -> Block:
        """`person`'s block of somebody, with its `blocked`. Raises Missing."""
        query = select(cls).join(cls.blocked).where(cls.blocker_id == person.id, cls.blocked_id == blocked_id)
        if (block := db.session.scalar(query.options(contains_eager(cls.blocked)))) is None:
            raise Missing
        return block

    # --- verbs

    @classmethod
    def begin(cls, actor: Actor, person: User) -> None:
        """Part `actor` and `person`: follows and requests end both ways, each is hidden from the other. Twice is once.

        Raises Forbidden for a visitor, Refused for oneself.
        """
        from postways.models.follow import Follow

        if actor.id is None:
            raise Forbidden
        if actor.id == person.id:
            raise Refused("You can't block yourself.", field="blocked")
        User.held(actor.id, person.id)
        if cls.stands(actor.id, person.id):
            return
        try:
            with db.session.begin_nested():
                db.session.add(cls(blocker_id=actor.id, blocked_id=person.id))
        except IntegrityError:
            raise Missing from None  # one of the two has just gone
        Follow.cut(actor.id, person.id)
        Follow.cut(person.id, actor.id)
        told().part(actor.id, person.id)
        cls._note("blocked", actor, person)

    @classmethod
    def end(cls, actor: Actor, person: User) -> None:
        """Undo `actor`'s block of `person`; what it ended stays ended. Twice is once."""
        if actor.id is None:
            raise Forbidden
        if changed(delete(cls).where(cls.blocker_id == actor.id, cls.blocked_id == person.id)) == 1:
            cls._note("unblocked", actor, person)

    @staticmethod
    def _note(kind: str, actor: Actor, person: User) -> None:
        from postways.models.conversation import Conversation

        Audit.note(kind, actor, person)
        Conversation.part(actor.id or 0, person.id)
        for one in (actor.id, person.id):
            later.tell("rights", person=one or 0)  # what is open at either's is asked for anew


_row = db.metadata.tables["blocks"].alias(
    "other_blocks"
)  # in subqueries, so that a statement that reads blocks itself can ask too
