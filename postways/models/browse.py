"""How programs look through the published posts: by which filters, in which order, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, Text, and_, cast, func, select
from sqlalchemy.orm import aliased

from postways import search
from postways.db import db, read_alone
from postways.models.anybody import filled_in, stand_in
from postways.models.guest import Actor
from postways.models.like import Like
from postways.models.photo import Photo
from postways.models.post import Post
from postways.models.save import Save
from postways.models.tag import PostTag, Tag
from postways.models.user import User
from postways.paging import Asked, BadCursor, Numbered, Page, Reading
from postways.text import folded

LONGEST_EXCERPT = 200
ORDERS = {
    "id": (Post.id,),
    "created_at": (Post.created_at, Post.id),
    "updated_at": (Post.updated_at, Post.id),
    "likes": (Post.like_count, Post.id),
}
CHANGING = ("likes",)  # no place can be kept in an order that moves with every click


class Seen(Protocol):
    """A post in the list; `beginning` is one character longer than LONGEST_EXCERPT if there is more."""

    id: int
    title: str
    beginning: str
    created_at: datetime
    updated_at: datetime
    like_count: int
    author_id: int
    username: str
    audience: str
    cover: str | None  # key of the first photograph once it is ready
    placeholder: str | None  # its blur
    liked: bool


@dataclass(frozen=True)
class Span:
    """From when to when; both ends count."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, moment: Any) -> list[ColumnElement[bool]]:
        """What must be true of a column."""
        since = [moment >= self.since] if self.since is not None else []
        return since + ([moment <= self.until] if self.until is not None else [])


@dataclass(frozen=True)
class Browse:
    """What is looked for."""

    author_id: int | None = None
    author: str | None = None  # a whole username; nobody has the empty one
    author_part: str = ""
    created: tuple[Span, ...] = ()
    updated: tuple[Span, ...] = ()
    tag: str | None = None
    words: str = ""
    order: str = "updated_at"
    rising: bool = False

    def page(self, actor: Actor, asked: Asked) -> Numbered[Seen]:
        """Those of the published posts that `actor` may know of, without what `actor` mutes unless an author is named;
        of those that `actor` can't open (`can_open`) only title and author are to be told.

        Raises BadCursor or NoSuchPage.
        """
        if asked.cursor and self.order in CHANGING:
            raise BadCursor(asked.cursor)
        made_anew = bool(asked.cursor or self.words)
        reading = self.reading(actor, asked) if made_anew else _kept(self, stand_in(actor), asked)
        return reading.page(read_alone, {} if made_anew else filled_in(actor))

    def reading(self, actor: Actor, asked: Asked) -> Reading:
        """How it is read for `actor`."""
        found = self._matching(actor)
        by_cursor = self.order not in CHANGING
        return Reading.of(_with_columns(found, actor), found, ORDERS[self.order], asked, self.rising, by_cursor)

    @classmethod
    def liked_of(cls, person: User, asked: Asked) -> Numbered[Seen]:
        """What `person` likes and may still know of, the newest like first. Raises BadCursor or NoSuchPage."""
        given = aliased(Like)  # beside the one that tells whether the reader likes it
        seen = (given.user_id == person.id, Post.known_to(person), Post.shown())
        found = select(Post.id).join(given, given.post_id == Post.id).where(*seen)
        key = given.id.label("like_id")
        return Numbered.of(db.session, _with_columns(found, person, key), found, (key,), asked)

    @classmethod
    def saved_of(cls, person: User, asked: Asked) -> Numbered[Seen]:
        """What `person` keeps and may still know of, what was kept last first. Raises BadCursor or NoSuchPage."""
        seen = (Save.user_id == person.id, Post.known_to(person), Post.shown())
        found = select(Post.id).join(Save, Save.post_id == Post.id).where(*seen)
        key = Save.id.label("save_id")
        return Numbered.of(db.session, _with_columns(found, person, key), found, (key,), asked)

    @classmethod
    def these(cls, post_ids: Sequence[int], actor: Actor) -> dict[int, Seen]:
        """Those of these posts that `actor` may know of, by id."""
        found = select(Post.id).where(Post.id.in_(post_ids), Post.known_to(actor), Post.shown())
        return {row.id: row for row in db.session.execute(_with_columns(found, actor))} if post_ids else {}

    @classmethod
    def tagged(cls, tag: str, actor: Actor, asked: Asked) -> Numbered[Seen]:
        """What carries `tag`, by the time of publication, newest first. Raises BadCursor or NoSuchPage."""
        known = select(Tag.id).where(Tag.key == folded(tag.removeprefix("#"))).scalar_subquery()
        carried = (PostTag.tag_id == known, Post.listed_for(actor.id), Post.unlocked_for(actor))
        found = select(Post.id).join(PostTag, PostTag.post_id == Post.id).where(*carried)
        keys = (PostTag.published_at, PostTag.post_id)
        return Numbered.of(db.session, _with_columns(found, actor, *keys), found, keys, asked)

    @classmethod
    def found(cls, question: str, actor: Actor, cursor: str | None, size: int) -> Page[Seen]:
        """What has all words of `question`, newest first. Raises BadCursor."""
        open_to = (Post.listed_for(actor.id), Post.unlocked_for(actor))
        listed = _with_columns(select(Post.id).where(*open_to), actor)
        query, place, by = search.posts.ordered(listed, Post.id.expression, question)
        return Page.of(db.session, query, (place,), cursor, size, (by,))

    def _matching(self, actor: Actor) -> Select[Any]:
        named = self.author_id is not None or self.author is not None
        seen = and_(Post.known_to(actor), Post.shown()) if named else Post.listed_for(actor.id)
        if self.tag is not None or self.words or self.order == "likes":  # what would tell more than the title
            seen = and_(seen, Post.unlocked_for(actor))
        return select(Post.id).where(seen, *self._filters())

    def _filters(self) -> list[ColumnElement[bool]]:
        filters: list[ColumnElement[bool]] = []
        if self.author_id is not None:
            filters.append(Post.author_id == self.author_id)
        if self.author is not None:
            filters.append(Post.author_id.in_(select(User.id).where(User.username_key == folded(self.author))))
        if self.author_part:
            named = User.username_key.contains(folded(self.author_part), autoescape=True)
            filters.append(Post.author_id.in_(select(User.id).where(named)))
        if self.tag is not None:
            carried = select(PostTag.post_id).join(Tag, Tag.id == PostTag.tag_id)
            filters.append(Post.id.in_(carried.where(Tag.key == folded(self.tag.removeprefix("#")))))
        if self.words:
            filters.append(search.matching_posts(self.words))
        for column, spans in ((Post.created_at, self.created), (Post.updated_at, self.updated)):
            filters += [condition for span in spans for condition in span.holds(column)]
        return filters


@lru_cache(maxsize=100)
def _kept(browse: Browse, actor: Actor, asked: Asked) -> Reading:
    """Making the statement cost as much as running it, and most programs ask for the same few lists."""
    return browse.reading(actor, asked)


def _with_columns(found: Select[Any], actor: Actor, *more: Any) -> Select[Any]:
    """What lists show of these posts, and `more` by which they are ordered."""
    cover = and_(Photo.post_id == Post.id, Photo.position == 0, cast(Photo.made, Text) != "[]")
    whole = found.join(User, User.id == Post.author_id).outerjoin(Photo, cover)
    return whole.with_only_columns(*_columns(actor), *more)


def _columns(actor: Actor) -> list[Any]:
    return [
        Post.id,
        Post.title,
        func.substr(Post.content, 1, LONGEST_EXCERPT + 1).label("beginning"),
        Post.created_at,
        Post.updated_at,
        Post.like_count,
        Post.author_id,
        User.username,
        Post.audience,
        Photo.key.label("cover"),
        Photo.placeholder,
        Post.liked_by(actor).label("liked"),
    ]
