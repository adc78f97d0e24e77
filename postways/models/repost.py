"""That somebody brings a post to their followers: one per person and post."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, UniqueConstraint, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship

from postways.db import Id, Moment, changed, db, now

if TYPE_CHECKING:
    from postways.models.post import Post
    from postways.models.user import User


class Repost(db.Model):  # type: ignore[name-defined]
    """One repost. Its verbs are `Post.repost` and `Post.unrepost`; here is only the row."""

    __tablename__ = "reposts"
    __table_args__ = (
        UniqueConstraint("user_id", "post_id"),
        Index("ix_reposts_of_post", "post_id", "id"),
        # what somebody reposted, and what anybody did, newest first, as feeds read it
        Index("ix_reposts_of_user", "user_id", "created_at", "post_id"),
        Index("ix_reposts_newest", "created_at", "post_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)

    post: Mapped[Post] = relationship(lazy="raise_on_sql", viewonly=True)
    user: Mapped[User] = relationship(lazy="raise_on_sql", viewonly=True)

    @classmethod
    def of(cls, user_id: int, post_id: int) -> Repost | None:
        """The repost of this post by this person."""
        return db.session.scalar(select(cls).where(cls.user_id == user_id, cls.post_id == post_id))

    @classmethod
    def add(cls, post_id: int, user_id: int) -> bool:
        """Write it down; False when it was there already (a second click, a second tab)."""
        try:
            with db.session.begin_nested():
                db.session.add(cls(post_id=post_id, user_id=user_id))
        except IntegrityError:
            return False
        return True

    @classmethod
    def remove(cls, post_id: int, user_id: int) -> bool:
        """Take it back; False when there was none."""
        return changed(delete(cls).where(cls.post_id == post_id, cls.user_id == user_id)) == 1
