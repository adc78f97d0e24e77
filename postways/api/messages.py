"""What two people write to each other, each from their own side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, ClassVar, cast
from zoneinfo import ZoneInfo

from flask import Response, g
from flask_babel import gettext as _
from pydantic import AfterValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from postways import limits, uploads, zones
from postways.api import bp, pictures
from postways.api.answers import answered
from postways.api.door import done, door
from postways.api.headers import TIME_ZONE
from postways.api.idempotency import renders
from postways.api.lists import asked, listed
from postways.api.shapes import SENTENCE, Flag, Listed, Parts, Several, Shape, SomeIds, Words, by_form
from postways.api.users import Person, person_of
from postways.days import day_in
from postways.db import db, reading
from postways.errors import Invalid, Missing, Refused, Undeliverable
from postways.handlers import sentence
from postways.models import Conversation, Copy, Message, Photo, User
from postways.models.conversation import NOBODY, ONESELF
from postways.models.message import MOST_PICTURES, called, refusals, span

MOST_IDS = 1_000
FULL = Refused("A message has at most %(most)d pictures.", field="images", most=MOST_PICTURES)


class Enclosed(Shape):
    """A picture of a message; its addresses open for the two with the same credential, and for nobody else."""

    url: str | None = Field(
        description="The picture as a JPEG up to 1080 wide; null until it is ready.",
        examples=["https://example.org/media/0f5a/1080.jpg"],
    )
    thumbnail: str | None = Field(
        description="A square of 300 pixels; likewise.", examples=["https://example.org/media/0f5a/square.jpg"]
    )
    width: int = Field(examples=[1080])
    height: int = Field(examples=[720])
    alt: str = Field(examples=["A boat at the quay"])
    status: str = Field(description="`waiting`, `processing`, `ready` or `failed`.", examples=["ready"])


class MessageItem(Shape):
    """A message."""

    id: int = Field(examples=[51])
    sender: str | None = Field(description="Username; null when the account is gone or shut.", examples=["ada"])
    receiver: str | None = Field(description="Username; null when the account is gone or shut.", examples=["ben"])
    content: str = Field(examples=["Shall we meet at six?"])
    created_at: datetime = Field(examples=["2026-11-21T08:30:00Z"])
    read_at: datetime | None = Field(description="When the receiver read it.", examples=[None])
    images: list[Enclosed] = Field(default=[], description="Left out where no picture came along.")


def _not_nothing(text: str, info: ValidationInfo) -> str:
    """Said here where the receiver can't be read either; else `_judged` says it, with what else is wrong."""
    if "receiver" not in info.data and not text.strip() and not _pictured():
        raise PydanticCustomError(SENTENCE, _("Write something first."))
    return text


def _pictured() -> bool:
    return by_form() and bool(uploads.sent(*pictures.FIELDS))


class NewMessage(Shape):
    """To whom, and what."""

    receiver: Words = Field(description="Username.", examples=["ben"])
    FILES: ClassVar[dict[str, str]] = pictures.FIELDS
    content: Annotated[Words, AfterValidator(_not_nothing)] = Field(
        default="",
        validate_default=True,
        description="Up to 5,000 characters; none only with a picture.",
        examples=["Shall we meet at six?"],
    )
    alt: Several = Field(default=[], description=pictures.ALT, examples=[[]])


class OnDay(Parts):
    """Which of them."""

    date: Words | None = Field(default=None, description="A day: `YYYY-MM-DD`.", examples=["2026-11-21"])
    tz: Words | None = Field(
        default=None, description="Where the day is counted; else UTC. `Time-Zone` says it.", examples=["Europe/Berlin"]
    )


class SentFilter(OnDay):
    """Which of those that you sent."""

    receiver: Words | None = Field(default=None, description="Username; an unknown one has none.", examples=["ben"])


class ReceivedFilter(OnDay):
    """Which of those that you received."""

    sender: Words | None = Field(default=None, description="Username; an unknown one has none.", examples=["ada"])


class SeenMessages(Shape):
    """Which are read."""

    ids: SomeIds = Field(default=[], description="Some of yours; what is not is left alone.", examples=[[51, 52]])
    all: Flag = Field(default=False, description="True: everything until now.", examples=[False])


class MessageRequest(Shape):
    """A stranger who has written to you, and whom you have not answered."""

    status: str = Field(description="`requested`, or `accepted` once you have.", examples=["requested"])
    sender: Person
    unread: int = Field(description="How many messages wait.", examples=[1])
    last: MessageItem


class UnreadMessages(Shape):
    """How many are left; requests of strangers, and what muted people write, are not counted."""

    unread: int = Field(examples=[0])


@bp.get("/messages/")
@door({200: Listed[MessageItem]}, tag="messages", scope="read", query=Parts)
def list_messages(query: Parts) -> Listed[MessageItem]:
    """List what you sent and received, newest first."""
    return listed(MessageItem, Copy.listed(_me(), asked(query)), _items, query)


@bp.get("/messages/sent/")
@door({200: Listed[MessageItem]}, tag="messages", scope="read", query=SentFilter)
def list_sent_messages(query: SentFilter) -> Response:
    """List what you sent, newest first; perhaps to one person, or on one day."""
    return _one_way(query, query.receiver, incoming=False)


@bp.get("/messages/received/")
@door({200: Listed[MessageItem]}, tag="messages", scope="read", query=ReceivedFilter)
def list_received_messages(query: ReceivedFilter) -> Response:
    """List what you received, newest first; perhaps from one person, or on one day."""
    return _one_way(query, query.sender, incoming=True)


@bp.post("/messages/")
@door({201: MessageItem}, tag="messages", scope="create", body=NewMessage, files=True, errors=(403,))
def send_message(body: NewMessage) -> Response:
    """Write to somebody, with up to ten pictures as multipart/form-data.

    Whoever blocked you, or takes no messages of yours, answers 403, and nothing is kept.
    """
    limits.count("message", g.user.id)
    receiver = _judged(body)
    try:
        with pictures.came_along(body.alt, FULL) as photos:
            for photo in photos:
                photo.pend(g.user)
            message = Conversation.write(g.user, receiver, body.content, photos)
            return done("message", 201, message_id=message.id)
    except Undeliverable as error:
        db.session.rollback()
        Conversation.note_refused(g.user, error)
        db.session.commit()
        raise


@bp.get("/messages/<int:message_id>/")
@door({200: MessageItem}, tag="messages", scope="read")
def read_message(message_id: int) -> MessageItem:
    """Read one that you sent or received; the sender does not learn of it until you mark it as read."""
    return _item(Copy.find(message_id, g.user))


@bp.delete("/messages/<int:message_id>/")
@door({204: None}, tag="messages", scope="delete")
def delete_message(message_id: int) -> Response:
    """Delete one from your side; the other keeps it."""
    copy = Copy.find(message_id, g.user)
    Conversation.find(copy.conversation_id, g.user).drop(message_id)
    return done("nothing", 204)


@bp.post("/messages/read/")
@door({200: UnreadMessages}, tag="messages", scope="update", body=SeenMessages)
def mark_messages_read(body: SeenMessages) -> Response:
    """Mark some, or all, as read; the same however often it is sent. The senders see that they were.

    Requests are left alone until you accept them.
    """
    if body.all == bool(body.ids):
        raise Invalid({"non_field_errors": ["Send either ids, or all as true."]})
    if len(body.ids) > MOST_IDS:
        raise Invalid({"ids": [f"These are {len(body.ids)} ids; send at most {MOST_IDS} at once."]})
    Conversation.read_some(_me(), None if body.all else body.ids)
    return done("unread-messages", 200)


@bp.get("/messages/requests/")
@door({200: Listed[MessageRequest]}, tag="messages", scope="read", query=Parts)
def list_message_requests(query: Parts) -> Listed[MessageRequest]:
    """List the strangers who have written to you, newest first; they don't learn that you read it."""
    return listed(MessageRequest, Conversation.asking(_me(), asked(query)), _requests, query)


@bp.put("/messages/requests/<username>/")
@door({200: MessageRequest}, tag="messages", scope="update")
def accept_message_request(username: str) -> Response:
    """Hear from somebody from now on; the same however often it is sent."""
    found = _written_by(username)
    if not found.was_asked():
        raise Missing
    found.accept()
    return done("message-request", 200, conversation_id=found.id)


@bp.delete("/messages/requests/<username>/")
@door({204: None}, tag="messages", scope="delete")
def decline_message_request(username: str) -> Response:
    """Delete what a stranger wrote, from your side; they are not told, and may ask again. Block who should not."""
    found = _written_by(username)
    if not found.requested:
        raise Missing
    found.empty()
    return done("nothing", 204)


def _written_by(username: str) -> Conversation:
    """What is kept of this person's messages. Raises Missing."""
    found = Conversation.named(g.user, username)
    if found is None or not found.last_id or found.away:
        raise Missing
    return found


def _me() -> User:
    return cast("User", g.user)


def _one_way(query: OnDay, name: str | None, *, incoming: bool) -> Response:
    zone = _zone(query.tz)
    since, until = _day(query.date, zone)
    other_id = None if name is None else _id_of(name)
    page = Copy.listed(_me(), asked(query), incoming=incoming, other_id=other_id, since=since, until=until)
    answer = answered(listed(MessageItem, page, _items, query), 200)
    answer.headers[TIME_ZONE] = zone.key
    return answer


def _day(text: str | None, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """From when to before when. Raises Invalid for what no calendar has."""
    if text is None:
        return None, None
    try:
        return span(day_in(text), zone)
    except ValueError:
        raise Invalid({"date": [_("Send a day as 2026-11-21.")]}) from None


def _zone(name: str | None) -> ZoneInfo:
    """The time zone of this name. Raises Invalid for what no map has."""
    try:
        return zones.named("UTC" if name is None else name.strip())
    except ValueError:
        raise Invalid({"tz": [_("There is no such time zone; one is named like Europe/Berlin.")]}) from None


def _judged(body: NewMessage) -> User:
    """Whom the body means, whatever stands between the two: that is the verb's to judge, before which everything that
    is wrong with the body is said at once. Raises Invalid."""
    with reading():
        receiver = called(body.receiver)
    fields: dict[str, list[str]] = {}
    if receiver is None or not receiver.active:
        fields["receiver"] = [_(NOBODY)]
    elif receiver.id == g.user.id:
        fields["receiver"] = [_(ONESELF)]
    found = [*pictures.refusals(body.alt, FULL), *refusals(body.content, pictured=_pictured())]
    for refused in found:
        fields.setdefault(refused.field, []).append(sentence(refused))
    if receiver is None or fields:
        raise Invalid(fields)
    return receiver


def _id_of(name: str) -> int:
    """0, the id of nobody, also for those whose name no message shows any more."""
    found = called(name)
    return found.id if found is not None and found.active else 0


# --- as they are written


@renders("message")
def _made(message_id: int) -> MessageItem:
    return _item(Copy.find(message_id, g.user))


@renders("message-request")
def _answered(conversation_id: int) -> MessageRequest:
    return _requests([Conversation.find_with_last(conversation_id, g.user)])[0]


@renders("unread-messages")
def _unread() -> UnreadMessages:
    return UnreadMessages(unread=Conversation.unread_of([g.user.id])[g.user.id])


def _items(copies: Sequence[Copy]) -> list[MessageItem]:
    return [_item(copy) for copy in copies]


def _item(copy: Copy) -> MessageItem:
    return _message(copy.message)


def _message(message: Message) -> MessageItem:
    item = MessageItem(
        id=message.id,
        sender=_name(message.sender),
        receiver=_name(message.receiver),
        content=message.text,
        created_at=message.created_at,
        read_at=message.read_at,
    )
    if message.photos:
        item.images = [_enclosed(photo) for photo in message.photos]
    return item


def _requests(sides: Sequence[Conversation]) -> list[MessageRequest]:
    return [
        MessageRequest(
            status="requested" if side.requested else "accepted",
            sender=person_of(side.other),
            unread=side.unread_count,
            last=_message(side.last),
        )
        for side in sides
        if side.other is not None and side.last is not None
    ]


def _name(person: User | None) -> str | None:
    return person.username if person is not None and person.active else None


def _enclosed(photo: Photo) -> Enclosed:
    return Enclosed(
        url=pictures.image(photo),
        thumbnail=pictures.thumbnail(photo),
        width=photo.width,
        height=photo.height,
        alt=photo.alt,
        status=photo.state,
    )
