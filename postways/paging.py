"""Lists by key: a page costs the same at any depth, and nothing is skipped or repeated while people post."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Generic, TypeAlias, TypeVar

from sqlalchemy import BindParameter, ColumnElement, Label, Select, func, literal, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session, scoped_session

Item = TypeVar("Item")
Key: TypeAlias = InstrumentedAttribute[Any] | Label[Any]
Read: TypeAlias = Callable[[Select[Any], Mapping[str, Any]], Sequence[Any]]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
COUNTED = 10_000  # counting further would cost more than anybody learns from it


class BadCursor(ValueError):
    """A cursor that this site did not make."""


class NoSuchPage(ValueError):
    """A list is shorter than that."""


@dataclass(frozen=True)
class Page(Generic[Item]):
    """Some items of a list, and the cursor of those after them (None at the end)."""

    items: Sequence[Item]
    next_cursor: str | None

    @classmethod
    def of(  # noqa: PLR0917 what, in which order, from where and how much
        cls,
        session: Session | scoped_session[Any],
        query: Select[Any],
        keys: Sequence[Key],
        cursor: str | None,
        size: int,
        columns: Sequence[ColumnElement[Any] | InstrumentedAttribute[Any]] | None = None,
        rising: bool = False,
    ) -> Page[Any]:
        """One page of `query`, falling (or `rising`) by `keys`, the last of which is unique, after `cursor`.

        `columns` are where the same values stand in the index that this list reads, if that is another table's.
        Raises BadCursor.
        """
        by = columns or keys
        if cursor:
            place, last = tuple_(*by), tuple_(*values_of(cursor, keys))
            query = query.where(place > last if rising else place < last)
        order = [column.asc() if rising else column.desc() for column in by]
        ordered = query.order_by(*order).limit(size + 1)
        whole = len(query.column_descriptions) == 1
        rows: Sequence[Any] = session.scalars(ordered).all() if whole else session.execute(ordered).all()
        return cls.cut(rows, keys, size)

    @classmethod
    def cut(cls, rows: Sequence[Any], keys: Sequence[Key], size: int) -> Page[Any]:
        """The page that these rows begin, of which there is one too many if there are more pages."""
        items = rows[:size]
        return cls(items, cursor_of(items[-1], keys) if len(rows) > size else None)


@dataclass(frozen=True)
class Asked:
    """Which part of a numbered list somebody wants."""

    page: int = 1
    size: int = 10
    cursor: str | None = None  # where it begins, if not at the page's number
    counting: bool = True


@dataclass(frozen=True)
class Numbered(Generic[Item]):
    """A page of a list with numbered pages; `count` is exact up to COUNTED and stays there beyond (`capped`)."""

    items: Sequence[Item]
    count: int | None
    capped: bool
    more: bool
    next_cursor: str | None

    @classmethod
    def of(  # noqa: PLR0917 what, in which order, and which part
        cls,
        session: Session | scoped_session[Any],
        query: Select[Any],
        matching: Select[Any],
        keys: Sequence[Key],
        asked: Asked,
        rising: bool = False,
        by_cursor: bool = True,
    ) -> Numbered[Any]:
        """The `asked` part of `query`, in order of `keys`, the last of which is unique.

        `matching` selects one column of the same rows, to count them. Only an order whose values stay can be
        followed `by_cursor`. Raises BadCursor, or NoSuchPage.
        """
        made = Reading.of(query, matching, keys, asked, rising, by_cursor)
        return made.page(lambda statement, parameters: session.execute(statement, parameters).all())


@dataclass(frozen=True)
class Reading:
    """How a part of a numbered list is read, in one statement: it can be made once and run for many."""

    statement: Select[Any]
    counting: Select[Any] | None
    keys: Sequence[Key]
    asked: Asked
    by_cursor: bool
    whole: bool  # each row is one object

    @classmethod
    def of(  # noqa: PLR0917 as `Numbered.of`
        cls,
        query: Select[Any],
        matching: Select[Any],
        keys: Sequence[Key],
        asked: Asked,
        rising: bool = False,
        by_cursor: bool = True,
    ) -> Reading:
        """As `Numbered.of`, for the day when it is run. Raises BadCursor."""
        whole = len(query.column_descriptions) == 1
        rows = query.order_by(*(key.asc() if rising else key.desc() for key in keys)).limit(asked.size + 1)
        if asked.cursor:
            place, last = tuple_(*keys), tuple_(*values_of(asked.cursor, keys))
            rows = rows.where(place > last if rising else place < last)
        elif asked.page > 1:
            rows = rows.offset((asked.page - 1) * asked.size)
        counting = None
        if asked.counting:
            counting = select(func.count()).select_from(matching.limit(COUNTED + 1).subquery())
            rows = rows.add_columns(counting.scalar_subquery().label("counted"))
        return cls(rows, counting, keys, asked, by_cursor, whole)

    def page(self, read: Read, parameters: Mapping[str, Any] = MappingProxyType({})) -> Numbered[Any]:
        """The part, with what the statement leaves open; `read` runs statements. Raises NoSuchPage."""
        rows: Sequence[Any] = read(self.statement, parameters)
        asked, count = self.asked, None
        if not rows and asked.page > 1 and not asked.cursor:
            raise NoSuchPage(asked.page)
        if self.counting is not None:
            count = rows[0].counted if rows else self._count(read, parameters)
        found = [row[0] for row in rows] if self.whole else rows
        more, items = len(found) > asked.size, found[: asked.size]
        place_after = cursor_of(items[-1], self.keys) if more and self.by_cursor else None
        return Numbered(
            items, None if count is None else min(count, COUNTED), (count or 0) > COUNTED, more, place_after
        )

    def _count(self, read: Read, parameters: Mapping[str, Any]) -> int:
        """No row had a place for it."""
        assert self.counting is not None
        return read(self.counting, parameters)[0][0] if self.asked.cursor else 0


def cursor_of(item: object, keys: Sequence[Key]) -> str:
    """The opaque place of `item` in a list ordered by `keys`."""
    values = [getattr(item, key.key) for key in keys]
    plain = [microseconds(value) if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def values_of(cursor: str, keys: Sequence[Key]) -> list[BindParameter[Any]]:
    """What `cursor_of` wrote down, as values for a statement. Raises BadCursor."""
    try:
        plain = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        raise BadCursor(cursor) from None
    if not isinstance(plain, list) or len(plain) != len(keys) or not all(map(_fits, plain, keys)):
        raise BadCursor(cursor)
    return [literal(_typed(value, key), key.type) for value, key in zip(plain, keys, strict=True)]


def _fits(value: object, key: Key) -> bool:
    if key.type.python_type is str:
        return isinstance(value, str) and value.isprintable()
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def _typed(value: int, key: Key) -> object:
    return moment_of(value) if key.type.python_type is datetime else value


def moment_of(value: int) -> datetime:
    """The moment that is so many microseconds after 1970 began. Raises BadCursor for one that no calendar has."""
    try:
        return EPOCH + value * MICROSECOND
    except OverflowError:
        raise BadCursor(str(value)) from None


def microseconds(moment: datetime) -> int:
    """How many of them have passed since 1970 began."""
    return (moment - EPOCH) // MICROSECOND
