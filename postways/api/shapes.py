"""What every shape of the API is made of: how it is read, refused and written."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, time
from typing import Annotated, Any, ClassVar, Generic, Literal, NoReturn, TypeVar, get_origin

from flask import has_request_context, request
from flask_babel import gettext as _
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from postways.days import day_in
from postways.errors import Invalid, Unsupported

Item = TypeVar("Item")
AnyShape = TypeVar("AnyShape", bound="Shape")
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
LARGEST_ID = 2**63 - 1
MOST_PER_PAGE = 100
SENTENCE = "sentence"  # the type of an error whose message is what the person reads
MOST_PAGES = 1_000_000_000  # no list has more
WHOLE = re.compile(r"-?[0-9]+")


def _in_utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Shape(BaseModel):
    """One JSON object, read or answered. What is not set is left out; what is not known is ignored."""

    model_config = ConfigDict(extra="ignore")
    FILES: ClassVar[dict[str, str]] = {}  # of a multipart body: field, and what it holds
    EDITED: ClassVar[frozenset[str]] = frozenset()  # the fields that change only when somebody edits this


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("NUL")
    return _encodable(text)


def _encodable(text: str) -> str:
    text.encode()  # half of a pair of surrogates is a ValueError
    return text


def _whole(value: object) -> object:
    """Let through a number, or a text that is digits: neither `true` nor `1.0` names anything."""
    if isinstance(value, bool) or (isinstance(value, str) and not WHOLE.fullmatch(value.strip())):
        raise PydanticCustomError("int_type", "a number is wanted")
    return value


def by_form() -> bool:
    """Whether what is read came as a form, which knows texts and files alone."""
    return has_request_context() and request.mimetype in FORMS


def _flag(value: object) -> object:
    """Let through true and false; a form has words for them."""
    if isinstance(value, bool) or (isinstance(value, str) and by_form()):
        return value
    raise PydanticCustomError("bool_type", "true or false is wanted")


def _nothing_if_empty(value: object) -> object:
    return None if value == "" else value


AMoment = Annotated[datetime, AfterValidator(_in_utc)]  # UTC where no zone is said
Words = Annotated[str, AfterValidator(_storable)]  # text that every database can hold
OneOrMore = WithJsonSchema({"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]})
Several = Annotated[list[Words], BeforeValidator(lambda value: [value] if isinstance(value, str) else value), OneOrMore]
Secret = Annotated[str, AfterValidator(_encodable)]  # a password or token: every other character counts
Flag = Annotated[bool, BeforeValidator(_flag)]
Whole = Annotated[int, BeforeValidator(_whole)]
AnId = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=LARGEST_ID)]
AnIdOrNone = Annotated[AnId | None, BeforeValidator(_nothing_if_empty)]  # an empty field of a form names nothing
SomeIds = Annotated[list[AnId], FailFast()]  # one sentence is enough for ten thousand that are none


class Parts(Shape):
    """Which part of a list is wanted."""

    page: Whole = Field(default=1, ge=1, description="Number of the page.", examples=[1])
    page_size: Whole = Field(default=10, ge=1, le=2**31, description="How many on a page; at most 100.", examples=[10])
    cursor: Words | None = Field(default=None, description="Opaque place from `next`; costs the same at any depth.")
    count: Literal["0", "1"] | None = Field(default=None, description="`0` leaves the count out.", examples=["0"])


class Listed(Shape, Generic[Item]):
    """A page of a list."""

    count: int | None = Field(default=None, description="How many there are; exact up to 10,000.", examples=[1])
    count_capped: bool | None = Field(default=None, description="True when there are more than 10,000.")
    next: str | None = Field(description="Address of the next page.", examples=[None])
    previous: str | None = Field(description="Address of the page before.", examples=[None])
    results: list[Item]

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        return f"{params[0].__name__}List"


class Detail(Shape):
    """A sentence."""

    detail: str = Field(examples=["Nothing was changed."])


def query_of(shape: type[AnyShape]) -> AnyShape:
    """What stands behind the question mark. Raises Invalid."""
    return read(shape, {name: values[-1] for name, values in request.args.lists()})


def body_of(shape: type[AnyShape]) -> AnyShape:
    """The body: JSON, a form, or multipart. Raises Invalid or Unsupported."""
    kind = request.mimetype
    sent: object = {}
    if kind in FORMS:
        sent = _form(shape)
    elif kind == "application/json" or kind.endswith("+json"):
        sent = _json()
    elif request.get_data():
        raise Unsupported
    _no_text_for_files(shape, sent)
    return read(shape, sent)


def read(shape: type[AnyShape], sent: object) -> AnyShape:
    """`sent` as a shape. Raises Invalid, by field."""
    try:
        return shape.model_validate(sent)
    except ValidationError as error:
        fields: dict[str, list[str]] = {}
        for detail in error.errors(include_url=False, include_context=True):
            name = str(detail["loc"][0]) if detail["loc"] else "non_field_errors"
            fields.setdefault(name, []).append(_sentence(detail))
        raise Invalid(fields) from None


def _no_text_for_files(shape: type[Shape], sent: object) -> None:
    """Raise Invalid where something stands in the place of a picture; who ignored it would make a post without one."""
    if not isinstance(sent, dict):
        return
    if wrong := [name for name in shape.FILES if name not in shape.model_fields and sent.get(name)]:
        raise Invalid({name: [_("Send the picture as a file in multipart/form-data.")] for name in wrong})


def _form(shape: type[Shape]) -> dict[str, object]:
    sent: dict[str, object] = {}
    for name, values in request.form.lists():
        field = shape.model_fields.get(name)
        several = field is not None and "list" in str(get_origin(field.annotation) or field.annotation)
        sent[name] = values if several else values[-1]
    return sent


def _json() -> object:
    data = request.get_data()
    if not data.strip():
        return {}
    try:
        return json.loads(data, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Invalid({"non_field_errors": [_("This is not JSON that can be read.")]}) from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _sentence(detail: ErrorDetails) -> str:
    kind, limits = detail["type"], detail.get("ctx", {})
    if kind == SENTENCE:
        return detail["msg"]
    if kind == "missing":
        return _("This field is required.")
    if kind.startswith(("int_", "int")):
        return _("Send a whole number.")
    if kind.startswith("bool"):
        return _("Send true or false.")
    if kind in {"value_error", "string_unicode"}:
        return _("This has characters that can't be kept.")
    if kind.startswith("string"):
        return _("Send text.")
    if kind.startswith(("date", "time")):
        return _("Send a day as 2026-11-21, or a moment as 2026-11-21T08:30:00Z.")
    if kind.startswith(("greater", "less")):
        least, most = limits.get("ge"), limits.get("le")
        return _("Send at least %(least)s.", least=least) if most is None else _("Send at most %(most)s.", most=most)
    if kind.startswith(("model", "dict")):
        return _("Send a JSON object.")
    if kind.startswith("list"):
        return _("Send a list.")
    if kind in ("literal_error", "enum"):
        return _("Send one of %(choices)s.", choices=limits.get("expected", ""))
    return _("This can't be read.")


def written_moment(moment: datetime) -> str:
    """A moment in UTC as every answer writes it."""
    return f"{moment.isoformat().removesuffix('+00:00')}Z"


def moment(text: str, *, end: bool = False) -> datetime:
    """A moment in UTC; a day without a time is its first moment, or with `end` its last. Raises ValueError."""
    text = text.strip().replace(" ", "+") if "T" in text else text.strip()
    if len(text) <= 10:
        day = day_in(text)
        return datetime.combine(day, time.max if end else time.min, UTC)
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
