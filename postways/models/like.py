"""That somebody likes a post: one per person and post."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Index, Select, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, contains_eager, relationship

from postways.db import db
from postways.errors import Missing
from postways.models.once import OncePerPost
from postways.paging import Asked, Numbered

if TYPE_CHECKING:
    from postways.models.guest import Actor
    from postways.models.post import Post
    from postways.models.user import User


class Like(OncePerPost, db.Model):  # type: ignore[name-defined]
    """One like. Its verbs are `Post.like` and `Post.unlike`; here is only the row."""

    __tablename__ = "likes"
    __table_args__ = (
        UniqueConstraint("user_id", "post_id"),
        Index("ix_likes_of_post", "post_id", "id"),  # who likes it, and what somebody likes, newest first
        Index("ix_likes_of_user", "user_id", "id"),
    )

    post: Mapped[Post] = relationship(lazy="raise_on_sql", viewonly=True)
    user: Mapped[User] = relationship(lazy="raise_on_sql", viewonly=True)

    @classmethod
    def seen_by(cls, actor: Actor) -> Select[Any]:
        """The likes that `actor` may know of, by their ids: of posts that can be seen, by people who can be."""
        from postways.models.post import Post
        from postways.models.user import User

        people = (User.visible_to(actor), User.suspended_at.is_(None))
        return (
            select(cls.id)
            .join(Post, Post.id == cls.post_id)
            .join(User, User.id == cls.user_id)
            .where(Post.visible_to(actor), Post.published_at.is_not(None), Post.withheld.is_(False), *people)
        )

    @classmethod
    def listed(
        cls, actor: Actor, asked: Asked, *, user_id: int | None = None, post_id: int | None = None
    ) -> Numbered[Like]:
        """Those of a person or on a post that `actor` may know of, newest first, with both. Raises BadCursor."""
        matching = cls.seen_by(actor)
        if user_id is not None:
            matching = matching.where(cls.user_id == user_id)
        if post_id is not None:
            matching = matching.where(cls.post_id == post_id)
        whole = matching.with_only_columns(cls).options(contains_eager(cls.post), contains_eager(cls.user))
        return Numbered.of(db.session, whole, matching, (cls.id,), asked)

    @classmethod
    def find(cls, like_id: int, actor: Actor) -> Like:
        """One that `actor` may know of, with post and person. Raises Missing."""
        query = cls.seen_by(actor).where(cls.id == like_id).with_only_columns(cls)
        like = db.session.scalar(query.options(contains_eager(cls.post), contains_eager(cls.user)))
        if like is None:
            raise Missing
        return like

    @classmethod
    def known_to(cls, actor: Actor, user_id: int, post_id: int) -> bool:
        """Whether `actor` may know that this person likes this post."""
        here = cls.seen_by(actor).where(cls.user_id == user_id, cls.post_id == post_id)
        return db.session.scalar(here) is not None

    @classmethod
    def total(cls) -> int:
        """How many likes the public posts have."""
        from postways.models.guest import Guest

        query = cls.seen_by(Guest())
        return db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
