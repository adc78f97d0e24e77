"""What one person wrote to another, and the copies by which the two keep it, each for themselves.

Who deletes a message deletes a copy; the message goes with the last one. What people do with messages are the verbs of
`Conversation`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    UniqueConstraint,
    delete,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from postways.db import Id, Moment, changed, db, now
from postways.errors import Missing, Refused
from postways.models.block import Block
from postways.models.guest import Actor
from postways.models.photo import Photo
from postways.models.user import User
from postways.paging import Asked, Numbered
from postways.text import blank, cleaned

LONGEST_MESSAGE = 5_000
MOST_PICTURES = 10
SENT_BEFORE = "This form has sent another message before. What you typed now is still here; send it once more."


def called(name: str) -> User | None:
    """Who has this name, or had it and nobody else has it now."""
    for find in (User.named, User.once_named):
        try:
            return find(name.strip())
        except Missing:
            continue
    return None


def span(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From when to before when the day lasts there."""
    return _beginning(day, zone), _beginning(day, zone, after=1)


def _beginning(day: date, zone: ZoneInfo, after: int = 0) -> datetime:
    """When it begins there, or the next one; at the ends of the calendar as near as there is."""
    try:
        return datetime.combine(day + timedelta(days=after), time(), zone).astimezone(UTC)
    except OverflowError:
        return (datetime.max if after or day.year > 1 else datetime.min).replace(tzinfo=UTC)


class Message(db.Model):  # type: ignore[name-defined]
    """One message. Without sender or receiver that account has been deleted."""

    __tablename__ = "messages"
    __table_args__ = (UniqueConstraint("sender_id", "form_key"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    sender_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    receiver_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    text: Mapped[str] = mapped_column(Text)
    picture_count: Mapped[int] = mapped_column(default=0)  # also of those that went with their account
    form_key: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    read_at: Mapped[datetime | None] = mapped_column(Moment)

    sender: Mapped[User | None] = relationship(foreign_keys=[sender_id], lazy="raise_on_sql")
    receiver: Mapped[User | None] = relationship(foreign_keys=[receiver_id], lazy="raise_on_sql")
    photos: Sequence[Photo] = ()  # filled by `with_photos`

    @property
    def pictures_lost(self) -> bool:
        """Whether it came with pictures that went with their account."""
        return self.picture_count > len(self.photos)

    # --- queries

    @classmethod
    def made_with(cls, key: str, sender: User) -> Self | None:
        """The message that `sender` made with the form of this key."""
        return db.session.scalar(select(cls).where(cls.sender_id == sender.id, cls.form_key == key))

    @classmethod
    def in_any_state(cls, message_id: int) -> Self | None:
        """For staff: one that was reported, with its pictures; None once it is gone."""
        message = db.session.get(cls, message_id)
        if message is not None:
            cls.with_photos([message])
        return message

    @classmethod
    def with_photos(cls, messages: Iterable[Message]) -> None:
        """Give each its pictures, in their order, in one statement; none for messages without any."""
        shown = {message.id: message for message in messages if message.picture_count}
        if not shown:
            return
        query = select(Photo).where(Photo.message_id.in_(shown)).order_by(Photo.position, Photo.id)
        found: dict[int | None, list[Photo]] = {}
        for photo in db.session.scalars(query.execution_options(populate_existing=True)):
            found.setdefault(photo.message_id, []).append(photo)
        for message_id, message in shown.items():
            message.photos = found.get(message_id, [])

    # --- verbs

    def once_more(self, receiver: User, words: str, photos: Sequence[Photo]) -> Self:
        """This one, where its form is sent again; by then its pictures are no uploads any more, or came along anew.

        Raises Refused where the form holds another message.
        """
        same = self.receiver_id == receiver.id and self.text == cleaned(words)
        if not same or len(photos) not in (0, self.picture_count):
            raise Refused(SENT_BEFORE, field="key")
        return self

    @classmethod
    def let_go(cls, which: Select[Any]) -> None:
        """Erase those of these messages (a statement of ids) that nobody keeps and no open report speaks of."""
        reports = db.metadata.tables["reports"]
        kept = select(Copy.id).where(Copy.message_id == cls.id).exists()
        reported = select(reports.c.id).where(reports.c.message_id == cls.id, reports.c.state != "closed").exists()
        doomed = select(cls.id).where(cls.id.in_(which), ~kept, ~reported)
        for photo in db.session.scalars(select(Photo).where(Photo.message_id.in_(doomed))).all():
            photo.remove()
        db.session.flush()
        changed(delete(cls).where(cls.id.in_(doomed)))


class Copy(db.Model):  # type: ignore[name-defined]
    """That one of the two keeps a message."""

    __tablename__ = "message_copies"
    __table_args__ = (
        UniqueConstraint("message_id", "person_id"),
        Index("ix_message_copies_of_person", "person_id", "created_at", "message_id"),
        Index("ix_message_copies_of_conversation", "conversation_id", "created_at", "message_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    incoming: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(Moment)  # the message's, so that lists by day are read from an index

    message: Mapped[Message] = relationship(lazy="raise_on_sql")

    @property
    def other(self) -> User | None:
        """With whom it was exchanged; both people of the message must have been read with it."""
        return self.message.sender if self.incoming else self.message.receiver

    # --- queries

    @classmethod
    def seen_by(cls, person: Actor) -> Select[Any]:
        """The copies of `person`, but for those of conversations that a block hides."""
        sides = db.metadata.tables["conversations"]
        mine = select(cls).join(sides, sides.c.id == cls.conversation_id).where(cls.person_id == person.id)
        return mine.where(~Block.parts(person.id, sides.c.other_id))

    @classmethod
    def find(cls, message_id: int, person: Actor) -> Copy:
        """`person`'s own copy of a message, with the message and both people. Raises Missing."""
        query = cls.seen_by(person).where(cls.message_id == message_id)
        copy = db.session.scalar(query.options(*_whole()).execution_options(populate_existing=True))
        if copy is None:
            raise Missing
        Message.with_photos([copy.message])
        return copy

    @classmethod
    def listed(  # noqa: PLR0917 whose, which part, and what of it
        cls,
        person: User,
        asked: Asked,
        incoming: bool | None = None,
        other_id: int | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Numbered[Copy]:
        """The messages of `person`, newest first, each with both people: all, or those one way, with one other, from
        `since` to before `until`. Raises BadCursor or NoSuchPage."""
        query = cls.seen_by(person)
        if incoming is not None:
            query = query.where(cls.incoming.is_(incoming))
        if other_id is not None:
            query = query.where(db.metadata.tables["conversations"].c.other_id == other_id)
        if since is not None:
            query = query.where(cls.created_at >= since)
        if until is not None:
            query = query.where(cls.created_at < until)
        whole = query.options(*_whole()).execution_options(populate_existing=True)
        matching = query.with_only_columns(cls.id)
        page: Numbered[Copy] = Numbered.of(db.session, whole, matching, (cls.created_at, cls.message_id), asked)
        Message.with_photos(copy.message for copy in page.items)
        return page

    @classmethod
    def shows(cls, reader: Actor, message_id: Any) -> ColumnElement[bool]:
        """Whether `reader` may see the pictures of this message (a column): one of the two who keeps it, while no block
        parts them, or staff, if it was reported."""
        mine = cls.seen_by(reader).with_only_columns(cls.id).where(cls.message_id == message_id).exists()
        if not reader.is_staff:
            return mine
        reports = db.metadata.tables["reports"]
        return or_(mine, select(reports.c.id).where(reports.c.message_id == message_id).exists())


def _whole() -> list[Any]:
    with_message = joinedload(Copy.message, innerjoin=True)
    return [with_message.joinedload(Message.sender), with_message.joinedload(Message.receiver)]


def refusals(text: str, *, pictured: bool) -> list[Refused]:
    """What speaks against these words, beside a picture or without one."""
    text = cleaned(text)
    if blank(text) and not pictured:
        return [Refused("Write something first.", field="content")]
    if len(text) > LONGEST_MESSAGE:
        message = "That is %(length)d characters; the most is %(most)d."
        return [Refused(message, field="content", length=len(text), most=LONGEST_MESSAGE)]
    return []


def checked(text: str, photos: Sequence[Photo] = ()) -> str:
    """The words of a message, trimmed. Raises Refused for too many, for none where no picture comes along, and
    for a picture that is known to be broken."""
    for refused in refusals(text, pictured=bool(photos)):
        raise refused
    text = cleaned(text)
    if len(photos) > MOST_PICTURES:
        raise Refused("A message has at most %(most)d pictures.", field="images", most=MOST_PICTURES)
    for number, photo in enumerate(photos, start=1):
        if photo.failed:
            message = "Picture %(number)d could not be prepared. Try it again or remove it, then send."
            raise Refused(message, field="images", number=number)
    return text
