"""What two people write to each other, as one of the two sees it: a row for each side.

A row holds what a list of conversations shows, so that the list costs the same however much was written. Who writes
holds both people first (`User.held`), as who blocks does: a block comes before a message or after it, never in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ForeignKey,
    Index,
    ScalarSelect,
    Select,
    UniqueConstraint,
    and_,
    delete,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, contains_eager, foreign, mapped_column, relationship

from postways import later
from postways.db import Id, Moment, changed, db, now
from postways.errors import Forbidden, Missing, Refused, Undeliverable
from postways.models.audit import Audit, given_reason
from postways.models.block import Block
from postways.models.follow import Follow
from postways.models.guest import Actor
from postways.models.mail import Mail
from postways.models.message import Copy, Message, checked
from postways.models.mute import Mute
from postways.models.notification import Notification
from postways.models.permissions import UNVERIFIED
from postways.models.photo import Photo
from postways.models.user import User
from postways.paging import Asked, Numbered, Page
from postways.text import folded

PAGE_SIZE = 30  # conversations
MESSAGES = 30  # on a page of a conversation
MOST_NEW = 200  # that come into an open page at once
NOBODY = "There is nobody with that name, or not any more."
ONESELF = "You can't write to yourself."
_UNREAD = text("unread_count > 0")


class Waiting(NamedTuple):
    """What waits for somebody: messages that they have not read, and strangers who have not heard from them."""

    messages: int
    requests: int


class Conversation(db.Model):  # type: ignore[name-defined]
    """One person's side of it. `requested` while a stranger has written and the person has not said yes to it."""

    __tablename__ = "conversations"
    __table_args__ = (
        UniqueConstraint("person_id", "other_id"),
        Index("ix_conversations_of_person", "person_id", "requested", "last_id"),
        Index("ix_conversations_unread", "person_id", sqlite_where=_UNREAD, postgresql_where=_UNREAD),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    other_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    requested: Mapped[bool] = mapped_column(default=False)
    last_id: Mapped[int] = mapped_column(Id, default=0)  # the newest message that the person keeps; 0: none
    unread_count: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)

    other: Mapped[User | None] = relationship(foreign_keys=[other_id], lazy="raise_on_sql")
    last: Mapped[Message | None] = relationship(
        primaryjoin=lambda: foreign(Conversation.last_id) == Message.id, viewonly=True, lazy="raise_on_sql"
    )

    # --- questions

    @property
    def gone(self) -> bool:
        """Whether the other account has been deleted."""
        return self.other is None or self.other.deleted_at is not None

    @property
    def away(self) -> bool:
        """Whether the other can't be written to for now or for good: suspended, or deleted."""
        return self.other is None or not self.other.active

    # --- queries

    @classmethod
    def seen_by(cls, person: Actor) -> Select[Any]:
        """`person`'s own, each with its `other`, but for those that a block hides."""
        return (
            select(cls)
            .outerjoin(cls.other)
            .where(cls.person_id == person.id, ~Block.parts(cls.person_id, cls.other_id))
            .options(contains_eager(cls.other))
            .execution_options(populate_existing=True)
        )

    @classmethod
    def listed(
        cls, person: User, cursor: str | None, *, requested: bool = False, words: str = ""
    ) -> Page[Conversation]:
        """Those in which something is written, newest first, each with its `last` message; of requests, or of the rest.

        `words` are looked for in both names of the other. Raises BadCursor.
        """
        query = cls.seen_by(person).where(cls.requested.is_(requested), cls.last_id > 0)
        query = query.outerjoin(cls.last).options(contains_eager(cls.last))
        if words:
            named = User.username_key.contains(folded(words.removeprefix("@")), autoescape=True)
            query = query.where(named | func.lower(User.display_name).contains(words.lower(), autoescape=True))
        return Page.of(db.session, query, (cls.last_id,), cursor, PAGE_SIZE)

    @classmethod
    def find(cls, conversation_id: int, person: Actor) -> Conversation:
        """One of `person`'s own. Raises Missing."""
        found = db.session.scalar(cls.seen_by(person).where(cls.id == conversation_id))
        if found is None:
            raise Missing
        return found

    @classmethod
    def with_other(cls, person: Actor, other: User) -> Conversation | None:
        """What `person` has with this one, if anything was ever written and no block hides it."""
        found: Conversation | None = db.session.scalar(cls.seen_by(person).where(cls.other_id == other.id))
        return found

    @classmethod
    def named(cls, person: Actor, username: str) -> Conversation | None:
        """As `with_other`, by the name of the other, who may be suspended."""
        found: Conversation | None = db.session.scalar(
            cls.seen_by(person).where(User.username_key == folded(username), User.deleted_at.is_(None))
        )
        return found

    @classmethod
    def unread(cls, reader: Any, besides: int = 0) -> ScalarSelect[int]:
        """How many messages `reader` (an id or a column) has not read, for a statement about people; in all
        conversations but one.

        Requests, and what comes from muted people, wait in silence.
        """
        mine = (_row.c.person_id == reader, _row.c.unread_count > 0, _row.c.requested.is_(False), _row.c.id != besides)
        heard = (~Block.parts(reader, _row.c.other_id), ~Mute.hides_from(reader, _row.c.other_id))
        return select(func.coalesce(func.sum(_row.c.unread_count), 0)).where(*mine, *heard).scalar_subquery()

    @classmethod
    def unread_of(cls, people: Iterable[int]) -> dict[int, int]:
        """How many messages each of these people has not read."""
        query = select(User.id, cls.unread(User.id)).where(User.id.in_(people))
        return {user_id: int(count) for user_id, count in db.session.execute(query)}

    @classmethod
    def requests(cls, reader: Any) -> ScalarSelect[int]:
        """How many strangers wait for `reader` (an id or a column), for a statement about people; muted ones wait in
        silence."""
        mine = (_row.c.person_id == reader, _row.c.unread_count > 0, _row.c.requested.is_(True))
        heard = (~Block.parts(reader, _row.c.other_id), ~Mute.hides_from(reader, _row.c.other_id))
        return select(func.count()).select_from(_row).where(*mine, *heard).scalar_subquery()

    @classmethod
    def waiting_for(cls, people: Iterable[int]) -> dict[int, Waiting]:
        """What the badge of each of these people says."""
        query = select(User.id, cls.unread(User.id), cls.requests(User.id)).where(User.id.in_(people))
        return {user_id: Waiting(int(unread), requests) for user_id, unread, requests in db.session.execute(query)}

    @classmethod
    def asking(cls, person: User, asked: Asked) -> Numbered[Conversation]:
        """Those that strangers began, newest first, each with its `other` and `last` message and that one's pictures.

        Raises BadCursor or NoSuchPage.
        """
        query = cls.seen_by(person).where(cls.requested.is_(True), cls.last_id > 0)
        matching = query.with_only_columns(cls.id)
        page: Numbered[Conversation] = Numbered.of(db.session, cls._with_last(query), matching, (cls.last_id,), asked)
        Message.with_photos(side.last for side in page.items if side.last is not None)
        return page

    @classmethod
    def find_with_last(cls, conversation_id: int, person: Actor) -> Conversation:
        """As `find`, with the newest message. Raises Missing also where nothing is written."""
        found: Conversation | None = db.session.scalar(
            cls._with_last(cls.seen_by(person).where(cls.id == conversation_id))
        )
        if found is None or found.last is None:
            raise Missing
        Message.with_photos([found.last])
        return found

    @classmethod
    def _with_last(cls, query: Select[Any]) -> Select[Any]:
        """`query` with the newest message and both of its people."""
        last = contains_eager(cls.last)
        return query.join(cls.last).options(last.joinedload(Message.sender), last.joinedload(Message.receiver))

    @classmethod
    def count_requests(cls, person: User) -> int:
        """How many strangers wait for an answer."""
        waiting = cls.seen_by(person).where(cls.requested.is_(True), cls.last_id > 0)
        return db.session.scalar(select(func.count()).select_from(waiting.with_only_columns(cls.id).subquery())) or 0

    def was_asked(self) -> bool:
        """Whether the other has written too: who has only sent has nothing to accept."""
        theirs = select(Copy.id).where(Copy.conversation_id == self.id, Copy.incoming.is_(True))
        return self.requested or db.session.scalar(theirs.limit(1)) is not None

    def unread_besides(self) -> int:
        """How many messages the person has not read in all others, as the badge counts them."""
        return int(db.session.scalar(select(Conversation.unread(self.person_id, besides=self.id))) or 0)

    def length(self) -> int:
        """How many messages the person keeps of it."""
        return db.session.scalar(select(func.count()).where(Copy.conversation_id == self.id)) or 0

    def page(self, older: str | None = None, newer: str | None = None, most: int = MESSAGES) -> Page[Copy]:
        """Messages, newest first: the newest, or those before a place. After a place (`newer`) they rise.

        Raises BadCursor.
        """
        query = select(Copy).join(Copy.message).where(Copy.conversation_id == self.id)
        query = query.options(contains_eager(Copy.message)).execution_options(populate_existing=True)
        keys = (Copy.created_at, Copy.message_id)
        page: Page[Copy] = Page.of(db.session, query, keys, newer or older, most, rising=bool(newer))
        Message.with_photos(copy.message for copy in page.items)
        return page

    # --- verbs

    @classmethod
    def write(  # noqa: PLR0917 who, to whom, what
        cls, actor: Actor, receiver: User, words: str, photos: Sequence[Photo] = (), key: str | None = None
    ) -> Message:
        """Write to somebody; pictures are pending uploads of `actor`. Raises Forbidden, Refused by field, or
        Undeliverable where the receiver does not take it. The same form `key` twice is the same message; with another
        message it is Refused (`key`)."""
        if actor.id is None:
            raise Forbidden
        if key and (before := Message.made_with(key, actor)):
            return before.once_more(receiver, words, photos)
        words = checked(words, photos)
        _may_write(actor, receiver)
        message = Message(
            sender_id=actor.id, receiver_id=receiver.id, text=words, form_key=key or None, picture_count=len(photos)
        )
        message.created_at = now()
        try:
            with db.session.begin_nested():
                db.session.add(message)
        except IntegrityError:
            if key and (before := Message.made_with(key, actor)):
                return before.once_more(receiver, words, photos)  # the same form, sent a moment earlier
            raise Refused(NOBODY, field="receiver") from None
        for position, photo in enumerate(photos):
            photo.message_id, photo.position = message.id, position
        message.photos = list(photos)
        cls._deliver(message, actor, receiver)
        return message

    @classmethod
    def _deliver(cls, message: Message, sender: User, receiver: User) -> None:
        """The one place where a message becomes known."""
        theirs, mine = cls._between(receiver.id, sender.id), cls._between(sender.id, receiver.id)
        follow = Follow.between(receiver, sender)
        known = (theirs is not None and not theirs.requested) or (follow is not None and follow.accepted)
        mine = mine or cls._begin(sender.id, receiver.id)
        theirs = theirs or cls._begin(receiver.id, sender.id)
        mine.requested, mine.last_id = False, message.id
        theirs.requested, theirs.last_id = not known, message.id
        theirs.unread_count = Conversation.unread_count + 1
        for side, incoming in ((mine, False), (theirs, True)):
            copy = Copy(message_id=message.id, conversation_id=side.id, person_id=side.person_id, incoming=incoming)
            copy.created_at = message.created_at
            db.session.add(copy)
        db.session.flush()
        Audit.note("message-sent", sender, receiver, message=message.id)
        Notification.tell("message", receiver.id, sender.id)
        theirs.tell()
        mine.tell()

    @classmethod
    def _between(cls, person_id: int, other_id: int) -> Conversation | None:
        found = select(cls).where(cls.person_id == person_id, cls.other_id == other_id)
        return db.session.scalar(found.execution_options(populate_existing=True))

    @classmethod
    def _begin(cls, person_id: int, other_id: int) -> Conversation:
        side = cls(person_id=person_id, other_id=other_id)
        db.session.add(side)
        db.session.flush()
        return side

    @classmethod
    def note_refused(cls, actor: Actor, refusal: Undeliverable) -> None:
        """Write down that a message was not taken; the words are nowhere. For a transaction of its own."""
        Audit.note("message-refused", actor, db.session.get(User, refusal.receiver_id), why=refusal.why)

    def read(self, until: int) -> int:
        """The person has read what came up to the message of this id; returns how many were new. Requests don't tell
        that they were read."""
        if self.requested:
            return 0
        User.held(self.person_id)
        seen = select(Copy.message_id).where(
            Copy.conversation_id == self.id, Copy.incoming.is_(True), Copy.message_id <= until
        )
        count = changed(update(Message).where(Message.id.in_(seen), Message.read_at.is_(None)).values(read_at=now()))
        if count:
            self._was_read()
        return count

    def _was_read(self) -> None:
        """The one place where it becomes known that something was."""
        self._recount()
        Notification.withdraw("message", self.other_id or 0, person_id=self.person_id)
        self.tell()
        if self.other_id and (theirs := Conversation._between(self.other_id, self.person_id)):
            theirs.tell()

    @classmethod
    def read_some(cls, person: User, ids: Sequence[int] | None = None) -> int:
        """`person` has read these messages, or all; returns how many were new.

        What is not theirs is left alone, and so are requests: a stranger learns nothing before the answer.
        """
        User.held(person.id)
        new = Copy.seen_by(person).join(Copy.message).where(Copy.incoming.is_(True), Message.read_at.is_(None))
        new = new.where(cls.__table__.c.requested.is_(False))
        if ids is not None:
            new = new.where(Copy.message_id.in_(ids))
        concerned = db.session.scalars(new.with_only_columns(Copy.conversation_id).distinct()).all()
        read = update(Message).where(Message.id.in_(new.with_only_columns(Copy.message_id)))
        count = changed(read.values(read_at=now()))
        for conversation_id in concerned:
            cls.find(conversation_id, person)._was_read()
        return count

    def accept(self) -> None:
        """The person wants to hear from this stranger. Twice is once."""
        User.held(self.person_id)
        changed(update(Conversation).where(Conversation.id == self.id).values(requested=False))
        self.requested = False
        self.tell()

    def drop(self, message_id: int) -> None:
        """Delete one message for this person alone. Twice is once."""
        User.held(self.person_id)
        mine = delete(Copy).where(Copy.message_id == message_id, Copy.conversation_id == self.id)
        if changed(mine) == 1:
            Message.let_go(select(Message.id).where(Message.id == message_id))
            self._recount()
            self.tell(gone=message_id)

    @classmethod
    def remove(cls, message_id: int, actor: User, reason: str) -> None:
        """Staff: take a reported message away from both; its author gets the reason by mail. Twice is once.

        Raises Forbidden or Refused.
        """
        message = db.session.get(Message, message_id)
        if message is None:
            return
        sender = User.find(message.sender_id or 0)
        if not actor.can_act_on(sender):
            raise Forbidden
        reason = given_reason(reason)
        kept = select(cls).join(Copy, Copy.conversation_id == cls.id).where(Copy.message_id == message_id)
        sides = db.session.scalars(kept).all()
        for side in sides:
            side.drop(message_id)
        if sides:
            Audit.note("message-removed", actor, sender, reason=reason, message=message_id)
            Mail.send("message-removed", sender, reason=reason)
            Notification.tell("moderation", sender.id, None, detail="message-removed")

    def empty(self) -> None:
        """Delete everything that was written, for this person alone; what comes later begins anew. Twice is once."""
        User.held(self.person_id)
        kept = select(Copy.message_id).where(Copy.conversation_id == self.id)
        other = select(_copy.c.id).where(_copy.c.message_id == Copy.message_id, _copy.c.id != Copy.id).exists()
        alone = db.session.scalars(kept.where(~other)).all()
        changed(delete(Copy).where(Copy.conversation_id == self.id))
        for start in range(0, len(alone), 500):
            Message.let_go(select(Message.id).where(Message.id.in_(alone[start : start + 500])))
        self._recount()
        if self.other_id:
            Notification.withdraw("message", self.other_id, person_id=self.person_id)
        self.tell()

    def _recount(self) -> None:
        """Newest message and unread number as they are."""
        mine = select(Copy.message_id).where(Copy.conversation_id == self.id)
        newest = select(func.coalesce(func.max(Copy.message_id), 0)).where(Copy.conversation_id == self.id)
        unread = mine.join(Message, Message.id == Copy.message_id).where(Copy.incoming.is_(True))
        count = select(func.count()).select_from(unread.where(Message.read_at.is_(None)).subquery())
        values = {"last_id": newest.scalar_subquery(), "unread_count": count.scalar_subquery()}
        changed(update(Conversation).where(Conversation.id == self.id).values(values))

    @classmethod
    def with_wrong_counts(cls) -> Sequence[int]:
        """The ids of those whose newest message or unread number is not the truth."""
        kept = Copy.conversation_id == cls.id
        newest = select(func.coalesce(func.max(Copy.message_id), 0)).where(kept).correlate(cls).scalar_subquery()
        new = select(func.count()).join(Message, Message.id == Copy.message_id).select_from(Copy)
        unread = new.where(kept, Copy.incoming.is_(True), Message.read_at.is_(None)).correlate(cls).scalar_subquery()
        return db.session.scalars(select(cls.id).where(or_(cls.last_id != newest, cls.unread_count != unread))).all()

    @classmethod
    def count_anew(cls, conversation_id: int) -> None:
        """Put these two right."""
        if (side := db.session.get(cls, conversation_id)) is not None:
            User.held(side.person_id)
            side._recount()
            side.tell()

    def tell(self, **more: int) -> None:
        """This person's open pages: something has changed here, and with it perhaps what is unread.

        `gone` is the id of a message that the person does not keep any more.
        """
        later.tell("conversation", person=self.person_id, other=self.other_id or 0, **more)

    @classmethod
    def part(cls, one: int, other: int) -> None:
        """A block came between two people, or went: their open pages count anew."""
        sides = or_(
            and_(cls.person_id == one, cls.other_id == other), and_(cls.person_id == other, cls.other_id == one)
        )
        for side in db.session.scalars(select(cls).where(sides)).all():
            side.tell()

    # --- people who leave

    @classmethod
    def erase_some_of(cls, person_id: int) -> bool:
        """Erase one conversation of a person who has left; False when there is none. What the others keep stays."""
        side = db.session.scalar(select(cls).where(cls.person_id == person_id).limit(1))
        if side is None:
            cls._close_reports_about(person_id)
            return False
        side.empty()
        changed(delete(cls).where(cls.id == side.id))
        return True

    @staticmethod
    def _close_reports_about(person_id: int) -> None:
        """Reports go with the person they are about, and with them what was kept for them alone."""
        reports = db.metadata.tables["reports"]
        about = (reports.c.person_id == person_id, reports.c.message_id.is_not(None))
        kept = db.session.scalars(select(reports.c.message_id).where(*about)).all()
        if kept:
            changed(delete(reports).where(*about))
            Message.let_go(select(Message.id).where(Message.id.in_(kept)))


_row = db.metadata.tables["conversations"].alias("other_conversations")
_copy = db.metadata.tables["message_copies"].alias("other_copies")


def _may_write(actor: User, receiver: User) -> None:
    """Raise unless `receiver` takes messages of `actor`; both are held until the transaction ends."""
    if actor.id == receiver.id:
        raise Refused(ONESELF, field="receiver")
    if actor.must_verify:
        raise Refused(UNVERIFIED)
    people = {person.id: person for person in User.held(actor.id, receiver.id)}
    if actor.id not in people or not people[actor.id].active:
        raise Forbidden  # suspended a moment ago
    if receiver.id not in people or not people[receiver.id].active:
        raise Refused(NOBODY, field="receiver")
    if Block.stands(receiver.id, actor.id):
        raise Undeliverable(receiver.id, "blocked")
    if Block.stands(actor.id, receiver.id):
        message = "You blocked %(name)s. Unblock them first, then you can write to them."
        raise Refused(message, field="receiver", name=receiver.username)
    if not takes_messages_of(people[receiver.id], actor):
        raise Undeliverable(receiver.id, "unwanted")


def takes_messages_of(receiver: User, sender: Actor) -> bool:
    """Whether `receiver` wants to hear from `sender`: whom they wrote to themselves may answer, unless nobody may."""
    if receiver.messages_from == "everyone":
        return True
    if receiver.messages_from == "nobody":
        return False
    follow = Follow.between(receiver, _person(sender))
    if follow is not None and follow.accepted:
        return True
    own = select(Copy.id).join(Conversation, Conversation.id == Copy.conversation_id)
    between = (Conversation.person_id == receiver.id, Conversation.other_id == sender.id, Copy.incoming.is_(False))
    return db.session.scalar(own.where(*between).limit(1)) is not None


def _person(actor: Actor) -> User:
    assert isinstance(actor, User)
    return actor
