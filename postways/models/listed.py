"""The lists in which posts stand, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import (
    ColumnElement,
    Select,
    bindparam,
    false,
    select,
)
from sqlalchemy.orm import (
    aliased,
    contains_eager,
    with_expression,
)

from postways import search
from postways.db import Id, db, now, read_alone
from postways.models.guest import Actor
from postways.models.like import Like
from postways.models.locked import LockedPost
from postways.models.photo import Photo
from postways.models.post_row import PostRow
from postways.models.repost import Repost
from postways.models.save import Save
from postways.models.tag import PostTag, Tag
from postways.models.user import User
from postways.paging import Key, Page
from postways.text import folded

if TYPE_CHECKING:
    from postways.models.post import Post

PAGE_SIZE = 12
GRID_SIZE = 24
MOST_DRAFTS = 50
MOST_LISTED = 500  # posts that one page can show after it has loaded older ones
PERIODS = {"all": None, "month": timedelta(days=30), "week": timedelta(days=7)}


class Glimpse(Protocol):
    """A row of `Post.glimpsed_by`."""

    id: int
    author_id: int
    version: int
    like_count: int
    comment_count: int
    repost_count: int
    published_at: datetime
    audience: str
    liked: bool
    reposted: bool
    saved: bool


class Listed(PostRow):
    """Where a `Post` is found."""

    @classmethod
    def liked_by(cls, actor: Actor) -> ColumnElement[bool]:
        """Whether `actor` likes it."""
        return cls._liked_by(actor.id)

    @classmethod
    def _liked_by(cls, reader: Any) -> ColumnElement[bool]:
        if reader is None:
            return false()
        return select(Like.id).where(Like.post_id == cls.id, Like.user_id == reader).exists()

    @classmethod
    def _reposted_by(cls, reader: Any) -> ColumnElement[bool]:
        if reader is None:
            return false()
        return select(Repost.id).where(Repost.post_id == cls.id, Repost.user_id == reader).exists()

    @classmethod
    def seen_by(cls, actor: Actor) -> Select[Post]:
        """The posts that `actor` may see, each with its author and whether `actor` likes, reposted and keeps it."""
        return cls._with_author(actor).where(cls.visible_to(actor))

    @classmethod
    def listed_to(cls, actor: Actor) -> Select[Any]:
        """The posts that stand in lists for `actor` and open in full, each as in `seen_by`."""
        return cls._with_author(actor).where(cls.listed_for(actor.id), cls.unlocked_for(actor))

    @classmethod
    def known_by(cls, actor: Actor) -> Select[Any]:
        """The posts that `actor` may know of, each as in `seen_by`; for `_grid`, which locks what does not open."""
        return cls._with_author(actor).where(cls.known_to(actor))

    @classmethod
    def _with_author(cls, actor: Actor) -> Select[Any]:
        own = (
            with_expression(cls.liked, cls.liked_by(actor)),
            with_expression(cls.reposted, cls._reposted_by(actor.id)),
            with_expression(cls.saved, Save.holds(actor.id, cls.id)),
        )
        query = select(cls).join(cls.author).options(contains_eager(cls.author), *own)
        return query.execution_options(populate_existing=True)

    @classmethod
    def glimpsed_by(cls, actor: Actor) -> Select[Any]:
        """Of the posts that stand in public lists what tells whether a card that was made before still holds."""
        return _glimpses_of_visitors() if actor.id is None else cls.glimpses(actor.id)

    @classmethod
    def glimpses(cls, reader: Any, *first: ColumnElement[bool]) -> Select[Any]:
        """As `glimpsed_by`, for a reader who is an id, a parameter of the statement, or None for a visitor.

        What is asked `first` spares the rest for posts that it rules out: SQLite asks in this order.
        """
        columns = (
            cls.id,
            cls.author_id,
            cls.version,
            cls.like_count,
            cls.comment_count,
            cls.repost_count,
            cls.published_at,
            cls.audience,
            cls._liked_by(reader).label("liked"),
            cls._reposted_by(reader).label("reposted"),
            Save.holds(reader, cls.id).label("saved"),
        )
        query: Select[Any] = select(*columns)  # type: ignore[assignment]
        return query.where(*first, cls.listed_for(reader))

    @classmethod
    def glimpsed(cls, post_ids: Sequence[int], actor: Actor) -> Sequence[Glimpse]:
        """Those of these posts that stand in public lists for `actor`."""
        return db.session.execute(cls.glimpsed_by(actor).where(cls.id.in_(post_ids))).all()

    @classmethod
    def newest(cls, actor: Actor, cursor: str | None, size: int = PAGE_SIZE) -> Page[Glimpse]:
        """Published posts, newest first. Raises BadCursor."""
        keys = (cls.published_at, cls.id)
        if cursor or size != PAGE_SIZE:
            return Page.of(db.session, cls.glimpsed_by(actor), keys, cursor, size)
        member = actor.id is not None
        rows = read_alone(_first_page(member), {"reader": actor.id} if member else {})
        return Page.cut(rows, keys, size)

    @classmethod
    def popular(cls, actor: Actor, period: str, cursor: str | None) -> Page[Glimpse]:
        """Most liked first, then newest; of all time or of those published in the last `week` or `month`.

        Without what does not open for `actor`, who would learn how often it is liked.
        """
        query = cls.glimpsed_by(actor).where(cls.unlocked_for(actor))
        if within := PERIODS[period]:
            query = query.where(cls.published_at > now() - within)
        return Page.of(db.session, query, (cls.like_count, cls.published_at, cls.id), cursor, PAGE_SIZE)

    @classmethod
    def tagged(cls, tag: str, actor: Actor, cursor: str | None) -> Page[Glimpse]:
        """Published posts that carry `tag`, newest first; an unknown tag has none."""
        # one tag, as a value: joined, Postgres would take it for many and sort all its posts for one page
        known = select(Tag.id).where(Tag.key == folded(tag)).scalar_subquery()
        query = cls.glimpsed_by(actor).join(PostTag, PostTag.post_id == cls.id)
        query = query.where(PostTag.tag_id == known, cls.unlocked_for(actor))
        keys, columns = (cls.published_at, cls.id), (PostTag.published_at, PostTag.post_id)
        return Page.of(db.session, query, keys, cursor, PAGE_SIZE, columns)

    @classmethod
    def explored(cls, actor: Actor, cursor: str | None) -> Page[Post]:
        """Published posts whose first photograph is there to be seen, newest first. Raises BadCursor."""
        first = select(Photo.id).where(Photo.post_id == cls.id, Photo.position == 0, Photo.state == "ready")
        return cls._grid(cls.listed_to(actor).where(first.exists()), (cls.published_at, cls.id), cursor)

    @classmethod
    def found(cls, question: str, actor: Actor, cursor: str | None) -> Page[Post]:
        """Published posts that have all words of `question`, newest first. Raises BadCursor."""
        query, place, by = search.posts.ordered(cls.listed_to(actor), cls.id.expression, question)
        return cls._grid(query, (place,), cursor, (by,))

    @classmethod
    def liked_of(cls, person: User, cursor: str | None) -> Page[Post | LockedPost]:
        """What `person` likes and may still know of, the newest like first. Raises BadCursor."""
        given = aliased(Like)  # beside the one that tells whether the reader likes it
        key = given.id.label("like_id")
        query: Any = cls.known_by(person).where(cls.shown()).add_columns(key).join(given, given.post_id == cls.id)
        page = cls._grid(query.where(given.user_id == person.id), (key,), cursor, (given.id.expression,))
        return cls._lock(page, person)

    @classmethod
    def reposted_of(cls, person: User, actor: Actor, cursor: str | None) -> Page[Post | LockedPost]:
        """What `person` reposted and `actor` may know of, the newest repost first. Raises BadCursor."""
        given = aliased(Repost)  # beside the one that tells whether the reader reposted it
        keys = (given.created_at.label("reposted_at"), given.post_id.label("reposted"))
        query: Any = cls.known_by(actor).where(cls.shown()).add_columns(*keys).join(given, given.post_id == cls.id)
        by = (given.created_at.expression, given.post_id.expression)
        return cls._lock(cls._grid(query.where(given.user_id == person.id), keys, cursor, by), actor)

    @classmethod
    def saved_of(cls, person: User, cursor: str | None) -> Page[Post | LockedPost]:
        """What `person` keeps and may still know of, what was kept last first. Raises BadCursor."""
        key = Save.id.label("save_id")
        query: Any = cls.known_by(person).where(cls.shown()).add_columns(key).join(Save, Save.post_id == cls.id)
        page = cls._grid(query.where(Save.user_id == person.id), (key,), cursor, (Save.id.expression,))
        return cls._lock(page, person)

    @classmethod
    def of_profile(
        cls, person: User, actor: Actor, cursor: str | None
    ) -> tuple[Page[Post | LockedPost], Sequence[Post]]:
        """A page of somebody's published posts, and on the first page of one's own profile the drafts."""
        own = cls.known_by(actor).where(cls.author_id == person.id)
        published = own.where(cls.published_at.is_not(None))
        page: Page[Post] = Page.of(db.session, published, (cls.published_at, cls.id), cursor, GRID_SIZE)
        drafts: Sequence[Post] = ()
        if actor.id == person.id and not cursor:
            unpublished = own.where(cls.published_at.is_(None)).order_by(cls.updated_at.desc(), cls.id.desc())
            drafts = db.session.scalars(unpublished.limit(MOST_DRAFTS)).all()
        cls._load_photos([*page.items, *drafts])
        return cls._lock(page, actor), drafts

    @classmethod
    def _grid(
        cls, query: Select[Any], keys: Sequence[Key], cursor: str | None, by: Sequence[ColumnElement[Any]] | None = None
    ) -> Page[Post]:
        """A page of posts with their photographs; `query` may read what it is ordered by beside them."""
        page: Page[Any] = Page.of(db.session, query, keys, cursor, GRID_SIZE, by)
        posts = [getattr(row, "Post", row) for row in page.items]
        cls._load_photos(posts)
        return Page(posts, page.next_cursor)

    @classmethod
    def _lock(cls, page: Page[Post], actor: Actor) -> Page[Post | LockedPost]:
        """The page with `LockedPost`s in place of what does not open for `actor`."""
        shown = [
            post if actor.can_open(post) else LockedPost.of(post, post.photos[0] if post.photos else None)
            for post in page.items
        ]
        return Page(shown, page.next_cursor)


@lru_cache(maxsize=1)
def _glimpses_of_visitors() -> Select[Any]:
    """Building the statement cost as much as running it, and it is the same for every visitor."""
    return Listed._table().glimpses(None)


@lru_cache(maxsize=2)
def _first_page(member: bool) -> Select[Any]:
    """The home page's statement, made once: for visitors, or for any member, who is named when it runs."""
    posts, reader = Listed._table(), bindparam("reader", type_=Id) if member else None
    query = posts.glimpses(reader).order_by(posts.published_at.desc(), posts.id.desc())
    return query.limit(PAGE_SIZE + 1)
