"""What one person does with one post once: likes it, reposts it, saves it."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from postways.db import Id, Moment, changed, db, now


class OncePerPost:
    """A row for one person and one post; the table's constraint lets there be only one."""

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)

    @classmethod
    def of(cls, user_id: int, post_id: int) -> Self | None:
        """That this person did it with this post."""
        return db.session.scalar(select(cls).where(cls.user_id == user_id, cls.post_id == post_id))

    @classmethod
    def add(cls, post_id: int, user_id: int) -> bool:
        """Write it down; False when it was there already (a second click, a second tab)."""
        try:
            with db.session.begin_nested():
                db.session.add(cls(post_id=post_id, user_id=user_id))  # type: ignore[call-arg]
        except IntegrityError:
            return False
        return True

    @classmethod
    def remove(cls, post_id: int, user_id: int) -> bool:
        """Take it back; False when there was none."""
        return changed(delete(cls).where(cls.post_id == post_id, cls.user_id == user_id)) == 1
