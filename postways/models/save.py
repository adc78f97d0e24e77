"""That somebody keeps a post to find it again: one per person and post, and nobody else's business."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, ForeignKey, Index, UniqueConstraint, delete, false, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship

from postways.db import Id, Moment, changed, db, now

if TYPE_CHECKING:
    from postways.models.post import Post


class Save(db.Model):  # type: ignore[name-defined]
    """One post that one person keeps. Its verbs are `Post.save` and `Post.unsave`; here is only the row."""

    __tablename__ = "saves"
    __table_args__ = (
        UniqueConstraint("user_id", "post_id"),
        Index("ix_saves_of_post", "post_id"),
        Index("ix_saves_of_user", "user_id", "id"),  # what somebody keeps, the latest first
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)

    post: Mapped[Post] = relationship(lazy="raise_on_sql", viewonly=True)

    @classmethod
    def holds(cls, reader: Any, post: Any) -> ColumnElement[bool]:
        """Whether `reader` keeps `post`, each an id or a column (a visitor is None), as an SQL condition."""
        if reader is None:
            return false()
        return select(_row.c.id).where(_row.c.post_id == post, _row.c.user_id == reader).exists()

    @classmethod
    def of(cls, user_id: int, post_id: int) -> Save | None:
        """That this person keeps this post."""
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
        """Take it away; False when there was none."""
        return changed(delete(cls).where(cls.post_id == post_id, cls.user_id == user_id)) == 1


_row = db.metadata.tables["saves"].alias("other_saves")  # so that a statement that reads saves itself can ask too
