"""Who follows whom: at once, or as a request where the account is private."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, String, UniqueConstraint, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, contains_eager, mapped_column, relationship

from postways import later
from postways.db import Id, Moment, changed, db, now
from postways.errors import Forbidden, Missing, Refused
from postways.models.block import Block
from postways.models.guest import Actor
from postways.models.permissions import UNVERIFIED
from postways.models.telling import told
from postways.models.user import User
from postways.paging import Asked, Numbered, Page

STATES = ("requested", "accepted")
PAGE_SIZE = 30
GONE = "This request is no longer there: it was withdrawn, or answered already."
Somebody: TypeAlias = "int | ColumnElement[int] | Any"  # an id, or a column that holds one


class Follow(db.Model):  # type: ignore[name-defined]
    """That one person follows another, or asks to. `withheld` while one of the two is suspended or has left.

    `users.followers_count` and `following_count` are the accepted ones that are not withheld, changed in the same
    transaction; whoever changes a row holds both people first (`User.held`).
    """

    __tablename__ = "follows"
    __table_args__ = (
        UniqueConstraint("follower_id", "followed_id"),
        Index("ix_follows_of_followed", "followed_id", "state", "withheld", "id"),
        Index("ix_follows_of_follower", "follower_id", "state", "withheld", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    follower_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    followed_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(16), default="accepted")
    withheld: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)

    follower: Mapped[User] = relationship(foreign_keys=[follower_id], lazy="raise_on_sql")
    followed: Mapped[User] = relationship(foreign_keys=[followed_id], lazy="raise_on_sql")

    @property
    def accepted(self) -> bool:
        """Whether the follower sees what only followers see."""
        return self.state == "accepted"

    # --- queries

    @classmethod
    def between(cls, follower: Actor, followed: User) -> Follow | None:
        """How `follower` follows `followed`: accepted or requested, or not at all."""
        if follower.id is None:
            return None
        both = (cls.follower_id == follower.id, cls.followed_id == followed.id)
        return db.session.scalar(select(cls).where(*both).execution_options(populate_existing=True))

    @classmethod
    def holds(cls, follower: Somebody, followed: Somebody) -> ColumnElement[bool]:
        """Whether `follower` has been accepted by `followed`, each an id or a column, as an SQL condition."""
        both = (_row.c.follower_id == follower, _row.c.followed_id == followed)
        return select(_row.c.id).where(*both, _row.c.state == "accepted").exists()

    @classmethod
    def state_between(cls, follower: Somebody, followed: Somebody) -> ColumnElement[str | None]:
        """How `follower` follows `followed`, each an id or a column: a state or NULL, as an SQL expression."""
        both = (_row.c.follower_id == follower, _row.c.followed_id == followed)
        return select(_row.c.state).where(*both).scalar_subquery()

    @classmethod
    def find(cls, follow_id: int, follower: Actor) -> Follow:
        """One of `follower`'s own, requests too. Raises Missing."""
        follow = db.session.scalar(select(cls).where(cls.id == follow_id, cls.follower_id == follower.id))
        if follow is None:
            raise Missing
        return follow

    @classmethod
    def request(cls, request_id: int, followed: User) -> Follow:
        """Somebody's wish to follow `followed`, which may have been accepted meanwhile. Raises Missing."""
        follow = db.session.scalar(select(cls).where(cls.id == request_id, cls.followed_id == followed.id))
        if follow is None:
            raise Missing(GONE)
        return follow

    @classmethod
    def followers(cls, person: User, actor: Actor, cursor: str | None) -> Page[Follow]:
        """Who follows `person`, newest first, each with its `follower`, of those `actor` may see. Raises BadCursor."""
        query = cls._with(User.id == cls.follower_id, actor).options(
            contains_eager(cls.follower).options(*User.ties_to(actor))
        )
        return cls._page(query.where(cls.followed_id == person.id, cls.state == "accepted"), cursor)

    @classmethod
    def following(cls, person: User, actor: Actor, cursor: str | None) -> Page[Follow]:
        """Whom `person` follows, newest first, each with its `followed`, of those `actor` may see. Raises BadCursor."""
        query = cls._with(User.id == cls.followed_id, actor).options(
            contains_eager(cls.followed).options(*User.ties_to(actor))
        )
        return cls._page(query.where(cls.follower_id == person.id, cls.state == "accepted"), cursor)

    @classmethod
    def listed(
        cls, person: User, actor: Actor, asked: Asked, *, of_followers: bool, state: str = "accepted"
    ) -> Numbered[Follow]:
        """As `followers`, or as `following`, with numbered pages. Raises BadCursor or NoSuchPage."""
        mine, other, whom = (
            (cls.followed_id, cls.follower_id, cls.follower)
            if of_followers
            else (cls.follower_id, cls.followed_id, cls.followed)
        )
        query = cls._with(User.id == other, actor).where(mine == person.id, cls.state == state)
        whole = query.options(contains_eager(whom))
        return Numbered.of(db.session, whole, query.with_only_columns(cls.id), (cls.id,), asked)

    @classmethod
    def asking(cls, person: User, asked: Asked) -> Numbered[Follow]:
        """As `requests`, with numbered pages. Raises BadCursor or NoSuchPage."""
        query = cls._with(User.id == cls.follower_id, person)
        query = query.where(cls.followed_id == person.id, cls.state == "requested")
        whole = query.options(contains_eager(cls.follower))
        return Numbered.of(db.session, whole, query.with_only_columns(cls.id), (cls.id,), asked)

    @classmethod
    def requests(cls, person: User, cursor: str | None) -> Page[Follow]:
        """Who asks to follow `person`, newest first, each with its `follower`. Raises BadCursor."""
        query = cls._with(User.id == cls.follower_id, person).options(contains_eager(cls.follower))
        return cls._page(query.where(cls.followed_id == person.id, cls.state == "requested"), cursor)

    @classmethod
    def count_requests(cls, person: User) -> int:
        """How many people wait for an answer of `person`; nobody does where the account is not private."""
        if not person.private:
            return 0
        waiting = (cls.followed_id == person.id, cls.state == "requested", cls.withheld.is_(False))
        return db.session.scalar(select(func.count()).where(*waiting)) or 0

    @classmethod
    def requests_of(cls, person: User, cursor: str | None) -> Page[Follow]:
        """Whom `person` has asked and who has not answered, each with its `followed`. Raises BadCursor."""
        query = cls._with(User.id == cls.followed_id, person).options(contains_eager(cls.followed))
        return cls._page(query.where(cls.follower_id == person.id, cls.state == "requested"), cursor)

    @classmethod
    def _with(cls, other: ColumnElement[bool], actor: Actor) -> Select[Follow]:
        query = select(cls).join(User, other).where(User.visible_to(actor), cls.withheld.is_(False))
        return query.execution_options(populate_existing=True)

    @classmethod
    def _page(cls, query: Select[Follow], cursor: str | None) -> Page[Follow]:
        return Page.of(db.session, query, (cls.id,), cursor, PAGE_SIZE)

    # --- verbs

    @classmethod
    def begin(cls, actor: Actor, person: User) -> Follow:
        """Follow `person`, or ask to where the account is private. Twice is once.

        Raises Forbidden for a visitor, Refused for oneself, Missing for somebody who blocked `actor`.
        """
        follower_id = _follower(actor, person)
        person = next((one for one in User.held(follower_id, person.id) if one.id == person.id), person)
        if not person.active or Block.stands(person.id, follower_id):
            raise Missing
        if Block.stands(follower_id, person.id):
            raise Refused("You blocked %(name)s. Undo that first.", field="followed_user", name=person.name)
        if before := cls.between(actor, person):
            return before
        state = "requested" if person.private else "accepted"
        follow = cls(follower_id=follower_id, followed_id=person.id, state=state, withheld=False)
        try:
            with db.session.begin_nested():
                db.session.add(follow)
        except IntegrityError:
            raise Missing from None  # one of the two has just gone
        if follow.accepted:
            _count(follower_id, person.id, +1)
        told().tell("follow" if follow.accepted else "request", person.id, follower_id)
        return follow

    @classmethod
    def end(cls, actor: Actor, person: User) -> None:
        """Follow `person` no longer, or withdraw the request. Twice is once."""
        if actor.id is None:
            raise Forbidden
        User.held(actor.id, person.id)
        cls.cut(actor.id, person.id)

    @classmethod
    def remove(cls, actor: Actor, follower: User) -> None:
        """Let `follower` follow `actor` no longer, or refuse the request, without telling. Twice is once."""
        if actor.id is None:
            raise Forbidden
        User.held(actor.id, follower.id)
        cls.cut(follower.id, actor.id)

    @classmethod
    def cut(cls, follower_id: int, followed_id: int) -> None:
        """End what `follower` has with `followed`; both are held. What is open at the follower's is asked for anew."""
        both = (cls.follower_id == follower_id, cls.followed_id == followed_id)
        row = db.session.execute(select(cls.state, cls.withheld).where(*both)).first()
        if row is None or changed(delete(cls).where(*both)) != 1:
            return
        for kind in ("follow", "request"):
            told().withdraw(kind, follower_id, person_id=followed_id)
        told().withdraw("accepted", followed_id, person_id=follower_id)
        if row.state == "accepted":
            later.tell("rights", person=follower_id)
            if not row.withheld:
                _count(follower_id, followed_id, -1)

    def accept(self, actor: Actor) -> None:
        """Let the one who asked follow `actor`. Twice is once; Missing when the request was withdrawn meanwhile."""
        if actor.id is None or actor.id != self.followed_id:
            raise Missing(GONE)
        User.held(self.follower_id, self.followed_id)
        asked = update(Follow).where(Follow.id == self.id, Follow.state == "requested").values(state="accepted")
        if changed(asked) == 1:
            db.session.refresh(self)
            if not self.withheld:
                _count(self.follower_id, self.followed_id, +1)
            told().withdraw("request", self.follower_id, person_id=self.followed_id)
            told().tell("accepted", self.follower_id, self.followed_id)
        elif db.session.scalar(select(Follow.id).where(Follow.id == self.id)) is None:
            raise Missing(GONE)

    def refuse(self, actor: Actor) -> None:
        """Don't let the one who asked follow `actor`, without telling. Raises Missing for what is not a request."""
        if actor.id is None or actor.id != self.followed_id or self.accepted:
            raise Missing(GONE)
        User.held(self.follower_id, self.followed_id)
        if changed(delete(Follow).where(Follow.id == self.id, Follow.state == "requested")) == 1:
            told().withdraw("request", self.follower_id, person_id=self.followed_id)

    @classmethod
    def accept_everybody(cls, person: User) -> None:
        """Whoever waits for `person`, whose account has just become public, follows from now on."""
        waiting = select(cls.follower_id).where(cls.followed_id == person.id, cls.state == "requested")
        ids = db.session.scalars(waiting.where(cls.withheld.is_(False))).all()
        User.held(person.id, *ids)
        mine = (cls.followed_id == person.id, cls.state == "requested")
        accepted = db.session.scalars(select(cls.follower_id).where(*mine, cls.withheld.is_(False))).all()
        changed(update(cls).where(*mine).values(state="accepted"))
        _recount(person.id)
        for start in range(0, len(accepted), 500):
            some = User.id.in_(accepted[start : start + 500])
            changed(update(User).where(some).values(following_count=User.following_count + 1))

    @classmethod
    def withhold(cls, person: User, withheld: bool) -> None:
        """`person` is suspended or leaves, or comes back: nobody counts a follow of or by somebody who is not there."""
        concerned = (cls.follower_id == person.id) | (cls.followed_id == person.id)
        others = select(User.id).where(User.suspended_at.is_not(None) | User.deleted_at.is_not(None))
        rows = update(cls).where(concerned, cls.withheld.is_not(withheld))
        if not withheld:  # what is withheld for the other's sake stays so
            rows = rows.where(cls.follower_id.not_in(others), cls.followed_id.not_in(others))
        db.session.flush()
        step = -1 if withheld else +1
        for mine, theirs, count in (
            (cls.follower_id, cls.followed_id, User.followers_count),
            (cls.followed_id, cls.follower_id, User.following_count),
        ):
            who = select(theirs).where(mine == person.id, cls.state == "accepted", cls.withheld.is_not(withheld))
            if not withheld:
                who = who.where(theirs.not_in(others))
            changed(update(User).where(User.id.in_(who)).values({count.key: count + step}))
        changed(rows.values(withheld=withheld))
        _recount(person.id)

    @classmethod
    def with_wrong_count(cls) -> dict[int, tuple[int, int]]:
        """People whose counts are not the truth, with the right numbers of followers and followed."""
        followers, following = _truths()
        wrong = (User.followers_count != followers) | (User.following_count != following)
        rows = db.session.execute(select(User.id, followers, following).where(wrong))
        return {user_id: (more, less) for user_id, more, less in rows}

    @classmethod
    def set_counts(cls, user_id: int) -> None:
        """Put the counts of a person right."""
        User.held(user_id)
        _recount(user_id)


_row = db.metadata.tables["follows"].alias(
    "other_follows"
)  # in subqueries, so that a statement that reads follows itself can ask too


def _follower(actor: Actor, person: User) -> int:
    if actor.id is None:
        raise Forbidden
    if actor.id == person.id:
        raise Refused("You can't follow yourself.", field="followed_user")
    if not actor.can_follow(person):
        raise Refused(UNVERIFIED)
    return actor.id


def _count(follower_id: int, followed_id: int, difference: int) -> None:
    for user_id, count in ((follower_id, User.following_count), (followed_id, User.followers_count)):
        changed(update(User).where(User.id == user_id).values({count.key: count + difference}))


def _truths() -> tuple[ColumnElement[int], ColumnElement[int]]:
    counted = (Follow.state == "accepted", Follow.withheld.is_(False))
    followers = select(func.count()).where(Follow.followed_id == User.id, *counted).correlate(User).scalar_subquery()
    following = select(func.count()).where(Follow.follower_id == User.id, *counted).correlate(User).scalar_subquery()
    return followers, following


def _recount(user_id: int) -> None:
    followers, following = _truths()
    changed(update(User).where(User.id == user_id).values(followers_count=followers, following_count=following))
