"""Lists by key: a page costs the same at any depth, and nothing is skipped or repeated while people post."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, Label, Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session, scoped_session

Item = TypeVar("Item")
Key: TypeAlias = InstrumentedAttribute[Any] | Label[Any]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class BadCursor(ValueError):
    """A cursor that this site did not make."""


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
        columns: Sequence[InstrumentedAttribute[Any]] | None = None,
        rising: bool = False,
    ) -> Page[Any]:
        """One page of `query`, falling (or `rising`) by `keys`, the last of which is unique, after `cursor`.

        `columns` are where the same values stand in the index that this list reads, if that is another table's.
        Raises BadCursor.
        """
        by = columns or keys
        if cursor:
            place, last = tuple_(*by), tuple_(*_values(cursor, keys))
            query = query.where(place > last if rising else place < last)
        order = [column.asc() if rising else column.desc() for column in by]
        ordered = query.order_by(*order).limit(size + 1)
        whole = len(query.column_descriptions) == 1
        rows: Sequence[Any] = session.scalars(ordered).all() if whole else session.execute(ordered).all()
        more = len(rows) > size
        items = rows[:size]
        return cls(items, cursor_of(items[-1], keys) if more else None)


def cursor_of(item: object, keys: Sequence[Key]) -> str:
    """The opaque place of `item` in a list ordered by `keys`."""
    values = [getattr(item, key.key) for key in keys]
    plain = [_microseconds(value) if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def _values(cursor: str, keys: Sequence[Key]) -> list[ColumnElement[Any]]:
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
    if key.type.python_type is not datetime:
        return value
    try:
        return EPOCH + value * MICROSECOND
    except OverflowError:
        raise BadCursor(str(value)) from None


def _microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND
