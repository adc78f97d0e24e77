"""The columns of a post, who sees it, and in which state it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    String,
    Text,
    and_,
    false,
    literal_column,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.orm import (
    Mapped,
    attributes,
    mapped_column,
)

from postways.db import Id, Moment, db, now
from postways.models.block import Block
from postways.models.follow import Follow
from postways.models.guest import Actor
from postways.models.mute import Mute
from postways.models.photo import Photo
from postways.models.user import User

if TYPE_CHECKING:
    from postways.models.post import Post

LONGEST_TITLE = 100
LONGEST_CREDIT = 200
LONGEST_WARNING = 200
PREMIUM = "premium"


class PostRow:
    """What everything that a post can do is made of; see `Post`."""

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(LONGEST_TITLE))
    content: Mapped[str] = mapped_column(Text, default="")
    licence: Mapped[str] = mapped_column(String(32), default="all-rights-reserved")
    credit: Mapped[str] = mapped_column(String(LONGEST_CREDIT), default="")
    # covers the pictures
    warning: Mapped[str] = mapped_column(String(LONGEST_WARNING), default="", server_default=text("''"))
    audience: Mapped[str] = mapped_column(String(16), default="public", server_default="public")
    # nothing of it is for everybody, because it or its author is for followers alone: one look tells what visitors find
    closed: Mapped[bool] = mapped_column(default=False, server_default=false())
    # what mutes look through
    words: Mapped[str] = mapped_column(Text, default="", server_default=text("''"), deferred=True)
    # tags that are not in its words; `tags` has all of them
    given_tags: Mapped[list[str]] = mapped_column(JSON, default=list, server_default=text("'[]'"))
    form_key: Mapped[str | None] = mapped_column(String(64))
    like_count: Mapped[int] = mapped_column(default=0)
    comment_count: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # replies too
    repost_count: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    save_count: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # told to its author alone
    view_count: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # so is this; counted by `View`
    comments_open: Mapped[bool] = mapped_column(default=True, server_default=true())
    version: Mapped[int] = mapped_column(default=0)  # of what a card shows of it, likes aside
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    updated_at: Mapped[datetime] = mapped_column(Moment, default=now)
    published_at: Mapped[datetime | None] = mapped_column(Moment)
    publish_at: Mapped[datetime | None] = mapped_column(Moment)  # when a draft is published by itself
    edited_at: Mapped[datetime | None] = mapped_column(Moment)
    deleted_at: Mapped[datetime | None] = mapped_column(Moment)
    withheld: Mapped[bool] = mapped_column(default=False)  # its author is suspended or has left
    held_at: Mapped[datetime | None] = mapped_column(Moment)  # unpublished by staff: its author can't publish it
    published_before: Mapped[datetime | None] = mapped_column(Moment)  # since when it had been, until staff held it
    removed: Mapped[bool] = mapped_column(default=False)  # to the trash by staff: only they bring it back

    if TYPE_CHECKING:  # what can't stand in a class that has no table
        author: Mapped[User]
        photos: Mapped[list[Photo]]
        liked: Mapped[bool]
        reposted: Mapped[bool]
        saved: Mapped[bool]

    @property
    def _post(self) -> Post:
        return cast("Post", self)

    @staticmethod
    def _table() -> type[Post]:
        from postways.models.post import Post

        return Post

    @property
    def published(self) -> bool:
        """Whether others can see it."""
        return self.published_at is not None and self.deleted_at is None and not self.withheld

    @property
    def public(self) -> bool:
        """Whether everybody can see all of it."""
        return self.published and not self.closed and self.audience != PREMIUM

    @property
    def state(self) -> str:
        """In one word, which of `moderated.STATES` it is in."""
        if self.deleted_at is not None:
            return "removed" if self.removed else "deleted"
        if self.held_at is not None:
            return "unpublished"
        if self.withheld:
            return "withheld"
        return "draft" if self.published_at is None else "published"

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """The one rule of who sees which post, media and live included.

        Drafts are their author's; what is closed is for followers, and some of it for premium members; a block parts
        both; staff sees all but the trash.
        """
        return and_(cls.known_to(actor), cls.unlocked_for(actor))

    @classmethod
    def known_to(cls, actor: Actor) -> ColumnElement[bool]:
        """As `visible_to`, with the posts of which `actor` sees only what `LockedPost` holds."""
        if actor.can_see_unpublished():
            return cls.deleted_at.is_(None)
        others = and_(cls.shown(), cls._open_for(actor))
        mine = cls.author_id == actor.id if actor.id is not None else false()
        return and_(cls.deleted_at.is_(None), or_(others, mine))

    @classmethod
    def unlocked_for(cls, actor: Actor) -> ColumnElement[bool]:
        """Of the posts that `actor` may know of those that open in full: `Permissions.can_open` as a condition."""
        if actor.can_open_premium():
            return true()
        open_to_all = cls.audience != literal_column(f"'{PREMIUM}'")  # written out, for statements made once
        return open_to_all if actor.id is None else or_(open_to_all, cls.author_id == actor.id)

    @classmethod
    def only_unpublished_for(cls, actor: Actor) -> ColumnElement[bool]:
        """Whether `actor` would see it if it were published: programs are told so, pages never."""
        draft = and_(cls.published_at.is_(None), cls.withheld.is_(False), cls.deleted_at.is_(None))
        return and_(draft, cls._open_for(actor), cls.unlocked_for(actor))

    @classmethod
    def listed_for(cls, reader: Any) -> ColumnElement[bool]:
        """Which posts stand in lists for everybody when `reader` (an id, a column, or None for a visitor) looks.

        Those that the reader may know of, without what the reader mutes; staff reads lists as members do. Of what is
        for premium members others see a `LockedPost`; what finds posts by what is in them asks `unlocked_for` too.
        """
        listed = and_(cls.deleted_at.is_(None), cls.shown())
        if reader is None:
            return and_(listed, cls.closed.is_(False))
        hidden = or_(Block.parts(reader, cls.author_id), Mute.hides_from(reader, cls.author_id, cls.words))
        return and_(listed, or_(cls.author_id == reader, and_(cls._open_to(reader), ~hidden)))

    @classmethod
    def shown(cls) -> ColumnElement[bool]:
        """Whether it is published, and its author is here; who sees it is another question."""
        return and_(cls.published_at.is_not(None), cls.withheld.is_(False))

    @classmethod
    def _open_to(cls, reader: Any) -> ColumnElement[bool]:
        return or_(cls.closed.is_(False), Follow.holds(reader, cls.author_id))

    @classmethod
    def _open_for(cls, actor: Actor) -> ColumnElement[bool]:
        if actor.id is None:
            return cls.closed.is_(False)
        return and_(cls._open_to(actor.id), ~Block.parts(actor.id, cls.author_id))

    @classmethod
    def _load_photos(cls, posts: Sequence[Post]) -> None:
        """Read the photographs of two lists in one statement."""
        found: dict[int, list[Photo]] = {post.id: [] for post in posts}
        if found:
            rows = select(Photo).where(Photo.post_id.in_(found)).order_by(Photo.post_id, Photo.position)
            for photo in db.session.scalars(rows):
                found[photo.post_id or 0].append(photo)
        for post in posts:
            attributes.set_committed_value(post, "photos", found[post.id])

    def _author(self) -> User:
        return User.find(self.author_id)
