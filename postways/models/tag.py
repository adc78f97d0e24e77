"""What a post is about, in one word."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from postways import search
from postways.db import Id, Moment, db
from postways.text import LONGEST_TAG, LONGEST_TAG_KEY, folded

MOST_TAGS = 30


class Tag(db.Model):  # type: ignore[name-defined]
    """A tag; `key` is what is compared, `name` is how it was first written."""

    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(LONGEST_TAG_KEY), unique=True)
    name: Mapped[str] = mapped_column(String(LONGEST_TAG))

    @classmethod
    def ids_of(cls, names: list[str]) -> list[int]:
        """The ids of the tags with these names; those that don't exist yet are made."""
        if not names:
            return []
        known = cls._known(names)
        for name in names:
            if folded(name) not in known:
                cls._make(name)
        return list(cls._known(names).values())

    @classmethod
    def _known(cls, names: list[str]) -> dict[str, int]:
        keys = [folded(name) for name in names]
        return dict(db.session.execute(select(cls.key, cls.id).where(cls.key.in_(keys))).all())

    @classmethod
    def _make(cls, name: str) -> None:
        try:
            with db.session.begin_nested():
                tag = cls(key=folded(name), name=name)
                db.session.add(tag)
        except IntegrityError:
            return  # somebody else made it a moment ago
        search.tags.write([tag._words])

    @property
    def _words(self) -> search.Document:
        return search.Document(self.id, self.id, self.key)

    @classmethod
    def be_found_anew(cls, after: int) -> int | None:
        """Write what search knows of the next tags after this id; answers the last one's id, None without any."""
        some = db.session.scalars(select(cls).where(cls.id > after).order_by(cls.id).limit(search.AT_ONCE)).all()
        search.tags.write([tag._words for tag in some])
        return some[-1].id if some else None


class PostTag(db.Model):  # type: ignore[name-defined]
    """That a published post carries a tag; holds the time of publication so that a tag's page reads one index."""

    __tablename__ = "post_tags"
    __table_args__ = (Index("ix_post_tags_page", "tag_id", "published_at", "post_id"),)

    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True)
    published_at: Mapped[datetime] = mapped_column(Moment)

    @classmethod
    def replace(cls, post_id: int, names: list[str], published_at: datetime | None) -> None:
        """Let the post carry exactly these tags; none while it is a draft."""
        db.session.execute(delete(cls).where(cls.post_id == post_id))
        if published_at is not None:
            ids = Tag.ids_of(names[:MOST_TAGS])
            db.session.add_all(cls(post_id=post_id, tag_id=tag, published_at=published_at) for tag in ids)
