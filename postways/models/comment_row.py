"""The columns of a comment, and who reads it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, ForeignKey, String, Text, and_, false, or_, select, union_all
from sqlalchemy.orm import Mapped, mapped_column

from postways.db import Id, Moment, db, now
from postways.models.block import Block
from postways.models.comment_like import CommentLike
from postways.models.guest import Actor
from postways.models.mute import Mute
from postways.models.post import Post
from postways.models.user import User

CHANGES_FOR = timedelta(minutes=15)


class CommentRow:
    """What everything that becomes of a comment is made of; see `Comment`."""

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    body: Mapped[str] = mapped_column(Text)
    form_key: Mapped[str | None] = mapped_column(String(64))
    like_count: Mapped[int] = mapped_column(default=0)
    reply_count: Mapped[int] = mapped_column(default=0)  # of those that can be seen
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    edited_at: Mapped[datetime | None] = mapped_column(Moment)
    deleted_at: Mapped[datetime | None] = mapped_column(Moment)
    withheld: Mapped[bool] = mapped_column(default=False)  # its author is suspended or has left

    if TYPE_CHECKING:  # what can't stand in a class that has no table
        post: Mapped[Post]
        author: Mapped[User | None]
        liked: Mapped[bool]
        seen: Mapped[bool]

    @property
    def updated_at(self) -> datetime:
        """When its words were written."""
        return self.edited_at or self.created_at

    @property
    def deleted(self) -> bool:
        """Whether somebody deleted it, or its author has left."""
        return self.deleted_at is not None or self.author is None or self.author.deleted_at is not None

    def can_change_at(self, moment: datetime) -> bool:
        """Whether its author may still change its words."""
        return moment - self.created_at < CHANGES_FOR

    def _opens_for(self, person_id: int | None) -> bool:
        """Whether this person, who spoke here once, may know what others do here now."""
        return person_id is not None and bool(self.post.opened_by({person_id}))

    @classmethod
    def visible_to(cls, actor: Actor, which: Any = None) -> ColumnElement[bool]:
        """The one rule of which comments of a post `actor` may read, of those who may see the post.

        `which` is an alias, where a statement looks at comments twice.
        """
        which = which or cls
        if actor.id is None or actor.can_see_unpublished():
            return cls._shown(which)
        return and_(cls._shown(which), ~Block.parts(actor.id, which.author_id))

    @classmethod
    def listed_for(cls, actor: Any, which: Any = None) -> ColumnElement[bool]:
        """Which of them a page lists: none of whom `actor` mutes; staff reads lists as members do."""
        which = which or cls
        if actor.id is None:
            return cls._shown(which)
        hidden = or_(Block.parts(actor.id, which.author_id), Mute.hides(actor, which.author_id))
        return and_(cls._shown(which), ~hidden)

    @staticmethod
    def _shown(which: Any) -> ColumnElement[bool]:
        return and_(which.deleted_at.is_(None), which.withheld.is_(False))

    @classmethod
    def liked_by(cls, actor: Any) -> ColumnElement[bool]:
        """Whether `actor` likes it."""
        if actor.id is None:
            return false()
        return select(CommentLike.id).where(CommentLike.comment_id == cls.id, CommentLike.user_id == actor.id).exists()

    @classmethod
    def unheard_by(cls, actor: Actor) -> frozenset[int]:
        """The people of whose comments an open page of `actor` is not told."""
        if actor.id is None:
            return frozenset()
        muted = select(Mute.person_id).where(Mute.muter_id == actor.id, Mute.person_id.is_not(None), Mute.counts())
        blocked = select(Block.blocked_id).where(Block.blocker_id == actor.id)
        blocking = select(Block.blocker_id).where(Block.blocked_id == actor.id)
        return frozenset(db.session.scalars(union_all(muted, blocked, blocking)))
