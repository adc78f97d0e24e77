"""That somebody keeps a post to find it again: one per person and post, and nobody else's business."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Index, UniqueConstraint, false, select
from sqlalchemy.orm import Mapped, relationship

from postways.db import db
from postways.models.once import OncePerPost

if TYPE_CHECKING:
    from postways.models.post import Post


class Save(OncePerPost, db.Model):  # type: ignore[name-defined]
    """One post that one person keeps. Its verbs are `Post.save` and `Post.unsave`; here is only the row."""

    __tablename__ = "saves"
    __table_args__ = (
        UniqueConstraint("user_id", "post_id"),
        Index("ix_saves_of_post", "post_id"),
        Index("ix_saves_of_user", "user_id", "id"),  # what somebody keeps, the latest first
    )

    post: Mapped[Post] = relationship(lazy="raise_on_sql", viewonly=True)

    @classmethod
    def holds(cls, reader: Any, post: Any) -> ColumnElement[bool]:
        """Whether `reader` keeps `post`, each an id or a column (a visitor is None), as an SQL condition."""
        if reader is None:
            return false()
        return select(_row.c.id).where(_row.c.post_id == post, _row.c.user_id == reader).exists()


_row = db.metadata.tables["saves"].alias("other_saves")  # so that a statement that reads saves itself can ask too
