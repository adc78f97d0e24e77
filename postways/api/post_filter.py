"""Which posts a list is to hold, and in which order, as a program says it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from postways.api.shapes import AnId, Parts, Words, moment
from postways.models.browse import ORDERS, Browse, Span

SHORT = {"created": "created_at", "updated": "updated_at"}  # forms of the orders' names
ADVICE = "Ids are whole numbers, times as in 2026-11-21T08:30:00Z, a day alone is the whole day in UTC."


def _since(text: object) -> datetime | None:
    return _moment(text, end=False)


def _until(text: object) -> datetime | None:
    return _moment(text, end=True)


def _moment(text: object, *, end: bool) -> datetime | None:
    if text is None:
        return None
    try:
        return moment(str(text), end=end)
    except (ValueError, OverflowError):
        raise PydanticCustomError("date_unreadable", "a day or a moment is wanted") from None


def _range(text: object) -> Span | None:
    if text is None:
        return None
    ends = str(text).split(",")
    if len(ends) != 2:  # noqa: PLR2004 from and to
        raise PydanticCustomError("date_range", "two days with a comma between them are wanted")
    since, until = _since(ends[0]), _until(ends[1])
    if since is None or until is None:
        raise PydanticCustomError("date_range", "two days with a comma between them are wanted")
    return Span(since, until)


def _order(text: str) -> str:
    """The order's name in the noun's words, with `-` before it for falling; ties by id may be said too."""
    first, *ties = [word.strip() for word in text.split(",")]
    rising, name = not first.startswith("-"), first.removeprefix("-")
    name = SHORT.get(name, name)
    if name not in ORDERS or ties not in ([], ["id" if rising else "-id"]):
        raise PydanticCustomError("literal_error", "unknown", {"expected": ", ".join(("created", "updated", *ORDERS))})
    return name if rising else f"-{name}"


Text = WithJsonSchema({"type": ["string", "null"]})
Since = Annotated[datetime | None, BeforeValidator(_since), Text]
Until = Annotated[datetime | None, BeforeValidator(_until), Text]
Range = Annotated[Span | None, BeforeValidator(_range), Text]


class PostFilter(Parts):
    """Which posts, and in which order."""

    author: AnId | None = Field(default=None, description="Id of a person.", examples=[3])
    author__username: Words | None = Field(default=None, description="A whole username.", examples=["ada"])
    author__username__icontains: Words = Field(default="", description="A part of usernames.", examples=["ad"])
    created_at__gte: Since = Field(default=None, description=ADVICE, examples=["2026-11-01"])
    created_at__lte: Until = Field(default=None, description=ADVICE, examples=["2026-11-30"])
    created_at__date__range: Range = Field(default=None, description="Two days.", examples=["2026-11-01,2026-11-30"])
    updated_at__gte: Since = Field(default=None, description=ADVICE, examples=["2026-11-01"])
    updated_at__lte: Until = Field(default=None, description=ADVICE, examples=["2026-11-30"])
    created__gte: Since = Field(default=None, description="The same as `created_at__gte`.")
    created__lte: Until = Field(default=None, description="The same as `created_at__lte`.")
    created__date__range: Range = Field(default=None, description="The same as `created_at__date__range`.")
    updated__gte: Since = Field(default=None, description="The same as `updated_at__gte`.")
    updated__lte: Until = Field(default=None, description="The same as `updated_at__lte`.")
    tag: Words | None = Field(default=None, description="A tag, with or without #.", examples=["harbour"])
    search: Words = Field(default="", description="Words in title, text and tags.", examples=["boats fog"])
    ordering: Annotated[Words, AfterValidator(_order)] = Field(
        default="-updated_at",
        description="`id`, `created_at`, `updated_at` or `likes`; with `-` before it falling.",
        examples=["-created_at"],
    )

    def browse(self) -> Browse:
        """As the noun takes it."""
        created = (Span(self.created_at__gte, self.created_at__lte), Span(self.created__gte, self.created__lte))
        updated = (Span(self.updated_at__gte, self.updated_at__lte), Span(self.updated__gte, self.updated__lte))
        ranges = (self.created_at__date__range, self.created__date__range)
        return Browse(
            author_id=self.author,
            author=self.author__username and self.author__username.strip(),
            author_part=self.author__username__icontains.strip(),
            created=(*created, *(span for span in ranges if span is not None)),
            updated=updated,
            tag=self.tag and self.tag.strip(),
            words=self.search.strip(),
            order=self.ordering.removeprefix("-"),
            rising=not self.ordering.startswith("-"),
        )
