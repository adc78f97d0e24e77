"""That a post was seen: once per person, or anonymous visitor, and day. What stays is a number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import Date, ForeignKey, Index, String, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from postways.db import Id, changed, db
from postways.models.post import Post

KEY_BYTES = 12
NOTED_FOR = timedelta(
    hours=1
)  # after its day a view is still counted: the scheduler was away, or it was nearly midnight
KEPT_FOR = timedelta(hours=2)  # after the day, so that nothing that can still be counted is counted twice


class Seen(NamedTuple):
    """That somebody has seen a post."""

    day: date
    post_id: int
    viewer: str  # a key that means nothing once its day is over


class View(db.Model):  # type: ignore[name-defined]
    """Whose view of a post has been counted on this day; goes two hours after the day has ended."""

    __tablename__ = "views"
    __table_args__ = (Index("ix_views_day", "day"),)

    post_id: Mapped[int] = mapped_column(Id, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    viewer: Mapped[str] = mapped_column(String(2 * KEY_BYTES), primary_key=True)

    @classmethod
    def count(cls, seen: Sequence[Seen], moment: datetime) -> int:
        """Count those that are new; returns how many. The same once more, or by somebody else at once, adds nothing."""
        wanted = sorted({one for one in seen if _in_time(one, moment)})
        here = set(db.session.scalars(select(Post.id).where(Post.id.in_({one.post_id for one in wanted}))))
        rows = [one._asdict() for one in wanted if one.post_id in here]
        if not rows:
            return 0
        insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
        new = insert(cls).values(rows).on_conflict_do_nothing().returning(cls.post_id)
        added = Counter(db.session.scalars(new))
        for post_id, count in sorted(added.items()):
            changed(update(Post).where(Post.id == post_id).values(view_count=Post.view_count + count))
        return added.total()

    @classmethod
    def stands(cls, seen: Seen) -> bool:
        """Whether this has been counted."""
        return db.session.get(cls, (seen.post_id, seen.day, seen.viewer)) is not None

    @classmethod
    def take_back(cls, seen: Seen) -> bool:
        """Count it no longer; False when it was not."""
        this = (cls.post_id == seen.post_id, cls.day == seen.day, cls.viewer == seen.viewer)
        if changed(delete(cls).where(*this)) != 1:
            return False
        changed(update(Post).where(Post.id == seen.post_id).values(view_count=Post.view_count - 1))
        return True

    @classmethod
    def forget_past(cls, moment: datetime) -> int:
        """Let go of whose view it was, once nothing of that day can be counted any more; returns how many rows."""
        return changed(delete(cls).where(cls.day < (moment - KEPT_FOR).date()))


def end_of(day: date) -> datetime:
    """When this day is over, in UTC."""
    return datetime.combine(day, time(), UTC) + timedelta(days=1)


def _in_time(seen: Seen, moment: datetime) -> bool:
    return moment < end_of(seen.day) + NOTED_FOR
