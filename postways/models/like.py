"""That somebody likes a post: one per person and post."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint, delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from postways.db import Id, Moment, changed, db, now


class Like(db.Model):  # type: ignore[name-defined]
    """One like. Its verbs are `Post.like` and `Post.unlike`; here is only the row."""

    __tablename__ = "likes"
    __table_args__ = (UniqueConstraint("user_id", "post_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)

    @classmethod
    def add(cls, post_id: int, user_id: int) -> bool:
        """Write the like down; False when it was there already (a second click, a second tab)."""
        try:
            with db.session.begin_nested():
                db.session.add(cls(post_id=post_id, user_id=user_id))
        except IntegrityError:
            return False
        return True

    @classmethod
    def remove(cls, post_id: int, user_id: int) -> bool:
        """Take the like away; False when there was none."""
        return changed(delete(cls).where(cls.post_id == post_id, cls.user_id == user_id)) == 1
