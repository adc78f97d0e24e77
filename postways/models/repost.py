"""That somebody brings a post to their followers: one per person and post."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, relationship

from postways.db import db
from postways.models.once import OncePerPost

if TYPE_CHECKING:
    from postways.models.post import Post
    from postways.models.user import User


class Repost(OncePerPost, db.Model):  # type: ignore[name-defined]
    """One repost. Its verbs are `Post.repost` and `Post.unrepost`; here is only the row."""

    __tablename__ = "reposts"
    __table_args__ = (
        UniqueConstraint("user_id", "post_id"),
        Index("ix_reposts_of_post", "post_id", "id"),
        # what somebody reposted, and what anybody did, newest first, as feeds read it
        Index("ix_reposts_of_user", "user_id", "created_at", "post_id"),
        Index("ix_reposts_newest", "created_at", "post_id"),
    )

    post: Mapped[Post] = relationship(lazy="raise_on_sql", viewonly=True)
    user: Mapped[User] = relationship(lazy="raise_on_sql", viewonly=True)
