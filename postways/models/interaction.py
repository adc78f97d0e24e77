"""What somebody does with a post, by one name: likes it, saves it, reposts it, sees it.

There is no table of interactions: each kind has one, and the id says which, as docs/decisions tell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from heapq import merge
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Select, func, literal, select, tuple_, union_all

from postways.db import db
from postways.errors import Missing
from postways.models.feed import END, LATEST
from postways.models.like import Like
from postways.models.post import Post
from postways.models.repost import Repost
from postways.models.save import Save
from postways.paging import COUNTED, Asked, Key, NoSuchPage, Numbered, cursor_of, values_of

if TYPE_CHECKING:
    from postways.models.user import User

ROWS: dict[str, Any] = {"like": Like, "save": Save, "repost": Repost}
ORDERS: dict[str, tuple[Any, ...]] = {  # in which each stands in its index, and what comes before all
    "like": ((Like.id, END),),
    "save": ((Save.id, END),),
    "repost": ((Repost.created_at, LATEST), (Repost.post_id, END)),
}
KINDS = ("view", *ROWS)  # an id is a number times as many, plus the place in here


class Interaction(NamedTuple):
    """What one person did with one post; one of each kind."""

    kind: str
    number: int  # of its row; of a view, which leaves none of its own, the post's
    post_id: int
    title: str
    created_at: datetime

    @property
    def id(self) -> int:
        """By which programs name it."""
        return self.number * len(KINDS) + KINDS.index(self.kind)

    @property
    def place(self) -> tuple[Any, ...]:
        """Where it stands among those of its kind, as ORDERS has it."""
        return (self.created_at, self.post_id) if self.kind == "repost" else (self.number,)

    @staticmethod
    def meant(interaction_id: int) -> tuple[str, int]:
        """The kind and the number that an id stands for."""
        number, place = divmod(interaction_id, len(KINDS))
        return KINDS[place], number

    # --- queries

    @classmethod
    def listed(
        cls, person: User, asked: Asked, kinds: Collection[str] = KINDS, post_id: int | None = None
    ) -> Numbered[Interaction]:
        """What `person` did with posts of which they may still know, the latest first; views are nobody's to look up.

        Each kind is read from its own index as far as is wanted, then they are merged. Raises BadCursor or NoSuchPage.
        """
        chosen = [kind for kind in ROWS if kind in kinds]
        if not chosen:
            return Numbered([], 0 if asked.counting else None, False, False, None)
        before = 0 if asked.cursor else asked.size * (asked.page - 1)
        places = _read(asked.cursor, chosen)
        done = [cls._done(kind, person).where(*_on(post_id)) for kind in chosen]
        wanted = [
            query.where(tuple_(*_columns(kind)) < tuple_(*places[kind], types=[one.type for one in _columns(kind)]))
            .order_by(*(column.desc() for column in _columns(kind)))
            .limit(before + asked.size + 1)
            for query, kind in zip(done, chosen, strict=True)
        ]
        found = cls._merged(wanted)
        if before and len(found) <= before:
            raise NoSuchPage(asked.page)
        read = found[: before + asked.size]
        more = len(found) > len(read)
        for one in read:
            places[one.kind] = one.place
        count = cls._count(done) if asked.counting else None
        capped = (count or 0) > COUNTED
        return Numbered(read[before:], count and min(count, COUNTED), capped, more, _cursor(places) if more else None)

    @classmethod
    def of(cls, person: User, kind: str, post_id: int) -> Interaction | None:
        """What of this kind `person` did with this post, if it can still be seen."""
        row = db.session.execute(cls._done(kind, person).where(Post.id == post_id)).first()
        return cls(*row) if row is not None else None

    @classmethod
    def find(cls, interaction_id: int, person: User) -> Interaction:
        """One of `person`'s own but views, if the post can still be seen. Raises Missing."""
        kind, number = cls.meant(interaction_id)
        if kind not in ROWS:
            raise Missing
        row = db.session.execute(cls._done(kind, person).where(ROWS[kind].id == number)).first()
        if row is None:
            raise Missing
        return cls(*row)

    @staticmethod
    def _done(kind: str, person: User) -> Select[Any]:
        rows = ROWS[kind]
        columns = (literal(kind).label("kind"), rows.id.label("number"), Post.id, Post.title, rows.created_at)
        query: Select[Any] = select(*columns)
        seen = (rows.user_id == person.id, Post.known_to(person), Post.shown())
        return query.join(Post, Post.id == rows.post_id).where(*seen)

    @classmethod
    def _merged(cls, queries: Sequence[Select[Any]]) -> list[Interaction]:
        """Each in its own order, which a cursor relies on, and between them by time."""
        every = db.session.execute(union_all(*(query.subquery().select() for query in queries))).all()
        kinds: dict[str, list[Interaction]] = {}
        for one in sorted((cls(*row) for row in every), key=lambda one: (one.kind, one.place), reverse=True):
            kinds.setdefault(one.kind, []).append(one)
        return list(merge(*kinds.values(), key=lambda one: one.created_at, reverse=True))

    @staticmethod
    def _count(queries: Sequence[Select[Any]]) -> int:
        each = [select(func.count()).select_from(query.limit(COUNTED + 1).subquery()) for query in queries]
        return sum(db.session.scalars(union_all(*each)))

    # --- verbs

    @classmethod
    def begin(cls, person: User, kind: str, post: Post) -> bool:
        """Like, save or repost; answers whether it is new. Raises what the verb raises."""
        before = ROWS[kind].of(person.id, post.id)
        {"like": post.like, "save": post.save, "repost": post.repost}[kind](person)
        return before is None

    def end(self, person: User, post: Post) -> None:
        """Take it back."""
        {"like": post.unlike, "save": post.unsave, "repost": post.unrepost}[self.kind](person)


def _on(post_id: int | None) -> list[Any]:
    return [] if post_id is None else [Post.id == post_id]


def _columns(kind: str) -> list[Any]:
    return [column for column, _ in ORDERS[kind]]


def _keys(kinds: Iterable[str]) -> list[Key]:
    return [column.label(f"{kind}_{column.key}") for kind in kinds for column in _columns(kind)]


def _read(cursor: str | None, kinds: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """The place of each kind after which the page begins. Raises BadCursor."""
    if not cursor:
        return {kind: tuple(end for _, end in ORDERS[kind]) for kind in kinds}
    values = iter(values_of(cursor, _keys(kinds)))
    return {kind: tuple(next(values).value for _ in ORDERS[kind]) for kind in kinds}


def _cursor(places: dict[str, tuple[Any, ...]]) -> str:
    keys = _keys(places)
    values = (value for place in places.values() for value in place)
    return cursor_of(SimpleNamespace(**dict(zip((key.key for key in keys), values, strict=True))), keys)
