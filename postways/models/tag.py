"""What a post is about, in one word."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from postways import search
from postways.db import Id, Moment, db
from postways.errors import Refused
from postways.paging import Page
from postways.text import LONGEST_TAG, LONGEST_TAG_KEY, folded, tags_in

if TYPE_CHECKING:
    from postways.models.guest import Actor

MOST_TAGS = 30
LIST_SIZE = 60
NEWEST = 200  # posts that tell which tags are in use
MOST_USED = 12
_APART = re.compile(r",|\s+(?=#)")


class Tag(db.Model):  # type: ignore[name-defined]
    """A tag; `key` is what is compared, `name` is how it was first written."""

    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(LONGEST_TAG_KEY), unique=True)
    name: Mapped[str] = mapped_column(String(LONGEST_TAG))

    @classmethod
    def chosen(cls, typed: Sequence[str], field: str = "tags") -> list[str]:
        """The tags that somebody lists, in each of `typed` one or several with commas between them. Raises Refused."""
        words = [word.strip() for some in typed for word in _APART.split(some)]
        found: dict[str, str] = {}
        for word in filter(None, words):
            name = word.removeprefix("#")
            if tags_in(f"#{name}") != [name]:
                message = "“%(tag)s” can't be a tag: one word of letters, digits and _, at most %(most)d of them."
                raise Refused(message, field=field, tag=word[:LONGEST_TAG], most=LONGEST_TAG)
            found.setdefault(folded(name), name)
        if len(found) > MOST_TAGS:
            message = "A post has at most %(most)d tags; these are %(count)d."
            raise Refused(message, field=field, most=MOST_TAGS, count=len(found))
        return list(found.values())

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
    def found(cls, question: str, actor: Actor, cursor: str | None, size: int = LIST_SIZE) -> Page[Tag]:
        """Tags that have all words of `question` and are on a post that `actor` may see, newest first.

        The one that is the question itself comes before all. Raises BadCursor.
        """
        named = cls.key == folded(question.strip().removeprefix("#").encode(errors="ignore").decode())
        used = select(cls).where(cls._on_a_post_for(actor))
        query, place, by = search.tags.ordered(used, cls.id.expression, question)
        page: Page[Any] = Page.of(db.session, query.where(~named), (place,), cursor, size, (by,))
        first = [] if cursor else db.session.scalars(used.where(named)).all()
        return Page([*first, *(row.Tag for row in page.items)], page.next_cursor)

    @classmethod
    def _on_a_post_for(cls, actor: Actor) -> ColumnElement[bool]:
        from postways.models.post import Post

        on = select(PostTag.post_id).join(Post, Post.id == PostTag.post_id)
        return (
            on.where(PostTag.tag_id == cls.id, Post.listed_for(actor.id), Post.unlocked_for(actor))
            .correlate(cls)
            .exists()
        )

    @classmethod
    def in_use(cls, actor: Actor) -> Sequence[str]:
        """The tags that stand on most of the newest posts that `actor` may see."""
        from postways.models.post import Post

        newest = Post.listed_to(actor).with_only_columns(Post.id).order_by(Post.published_at.desc(), Post.id.desc())
        lately = newest.limit(NEWEST).subquery()
        query = select(cls.name).join(PostTag, PostTag.tag_id == cls.id).join(lately, lately.c.id == PostTag.post_id)
        return db.session.scalars(query.group_by(cls.id).order_by(func.count().desc(), cls.id).limit(MOST_USED)).all()

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
