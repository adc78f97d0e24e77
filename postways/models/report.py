"""Somebody tells the staff that a post, a comment, a message or a person breaks the rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Select, String, Text, and_, or_, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from postways.db import Id, Moment, db, now
from postways.errors import Forbidden, Missing, Refused
from postways.models.audit import NOTED_AGAIN_AFTER, Audit, given_reason
from postways.models.comment import Comment
from postways.models.conversation import Conversation
from postways.models.mail import Mail
from postways.models.message import Message
from postways.models.post import Post
from postways.models.user import User
from postways.paging import Page
from postways.text import blank

LONGEST_REASON = 1_000
PAGE_SIZE = 30
MOST_BESIDE = 20  # shown on the page of a person or post
STATES = ("open", "taken", "closed")
ACTIONS = ("none", "warned", "unpublished", "removed", "suspended")
FOR_POSTS = ("unpublished", "removed")
_PENDING_POST = text("state <> 'closed' AND comment_id IS NULL")
_PENDING_COMMENT = text("state <> 'closed' AND comment_id IS NOT NULL")
_PENDING_MESSAGE = text("state <> 'closed' AND message_id IS NOT NULL")
_PENDING_PERSON = text("state <> 'closed' AND post_id IS NULL AND message_id IS NULL")


class Report(db.Model):  # type: ignore[name-defined]
    """One report; `open` until a moderator takes it, `closed` with what was done and a note."""

    __tablename__ = "reports"
    __table_args__ = (
        Index("ix_reports_state_id", "state", "id"),
        # while one waits there is no second one of the same person about the same
        Index(
            "uq_reports_pending_post",
            "reporter_id",
            "post_id",
            unique=True,
            sqlite_where=_PENDING_POST,
            postgresql_where=_PENDING_POST,
        ),
        Index(
            "uq_reports_pending_comment",
            "reporter_id",
            "comment_id",
            unique=True,
            sqlite_where=_PENDING_COMMENT,
            postgresql_where=_PENDING_COMMENT,
        ),
        Index(
            "uq_reports_pending_person",
            "reporter_id",
            "person_id",
            unique=True,
            sqlite_where=_PENDING_PERSON,
            postgresql_where=_PENDING_PERSON,
        ),
        Index(
            "uq_reports_pending_message",
            "reporter_id",
            "message_id",
            unique=True,
            sqlite_where=_PENDING_MESSAGE,
            postgresql_where=_PENDING_MESSAGE,
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    reporter_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), index=True)
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), index=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="SET NULL"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16), default="open")  # open, taken, closed
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    action: Mapped[str] = mapped_column(String(16), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)

    reporter: Mapped[User | None] = relationship(foreign_keys=[reporter_id], lazy="raise_on_sql")
    person: Mapped[User | None] = relationship(foreign_keys=[person_id], lazy="raise_on_sql")
    taken_by: Mapped[User | None] = relationship(foreign_keys=[taken_by_id], lazy="raise_on_sql")
    post: Mapped[Post | None] = relationship(lazy="raise_on_sql")
    comment: Mapped[Comment | None] = relationship(lazy="raise_on_sql")
    message: Mapped[Message | None] = relationship(lazy="raise_on_sql")

    @property
    def about_what(self) -> str:
        """In one word, what it is about."""
        if self.comment_id is not None:
            return "comment"
        if self.message_id is not None:
            return "message"
        return "post" if self.post_id is not None else "person"

    # --- queries

    @classmethod
    def seen_by(cls, reader: User) -> Select[Report]:
        """What `reader` may work on: never what is about the reader, who would learn who reported it."""
        others = or_(cls.person_id.is_(None), cls.person_id != reader.id)
        everything = (cls.reporter, cls.person, cls.taken_by, cls.post, cls.comment, cls.message)
        loaded = select(cls).where(others).options(*(joinedload(one) for one in everything))
        return loaded.execution_options(populate_existing=True)

    @classmethod
    def queue(cls, reader: User, state: str, cursor: str | None) -> Page[Report]:
        """Those in one of STATES: what waits longest comes first, what was closed last. Raises BadCursor."""
        query = cls.seen_by(reader).where(cls.state == state)
        return Page.of(db.session, query, (cls.id,), cursor, PAGE_SIZE, rising=state != "closed")

    @classmethod
    def about(cls, reader: User, *, person_id: int | None = None, post_id: int | None = None) -> Sequence[Report]:
        """The newest about a person or a post."""
        which = cls.post_id == post_id if post_id is not None else cls.person_id == person_id
        query = cls.seen_by(reader).where(which).order_by(cls.id.desc()).limit(MOST_BESIDE)
        return db.session.scalars(query).all()

    @classmethod
    def find(cls, report_id: int, reader: User, *, acting: bool = False) -> Report:
        """One that `reader` may work on, locked for who is `acting`. Raises Missing."""
        query = cls.seen_by(reader).where(cls.id == report_id)
        report = db.session.scalar(query.with_for_update(of=cls) if acting else query)
        if report is None:
            raise Missing
        return report

    @classmethod
    def made_by(cls, report_id: int, reporter: User) -> Report:
        """One that `reporter` made, with whom and what it is about. Raises Missing."""
        query = select(cls).where(cls.id == report_id, cls.reporter_id == reporter.id).options(joinedload(cls.person))
        if (report := db.session.scalar(query)) is None:
            raise Missing
        return report

    @classmethod
    def waiting(  # noqa: PLR0913 what it can be about
        cls,
        reporter: User,
        *,
        person: User,
        post: Post | None = None,
        comment: Comment | None = None,
        message: Message | None = None,
    ) -> int:
        """The id of what `reporter` told the staff about this, while it is not closed. Raises Missing."""
        which = (
            (cls.comment_id == comment.id)
            if comment is not None
            else and_(cls.comment_id.is_(None), cls.post_id == post.id)
            if post is not None
            else (cls.message_id == message.id)
            if message is not None
            else and_(cls.post_id.is_(None), cls.message_id.is_(None), cls.person_id == person.id)
        )
        found = db.session.scalar(select(cls.id).where(cls.reporter_id == reporter.id, cls.state != "closed", which))
        if found is None:
            raise Missing
        return found

    @property
    def actions(self) -> list[str]:
        """Those of ACTIONS that fit what it is about."""
        unfit = {"post": (), "comment": ("unpublished",), "message": ("unpublished",), "person": FOR_POSTS}[
            self.about_what
        ]
        return [action for action in ACTIONS if action not in unfit]

    # --- verbs

    @classmethod
    def make(  # noqa: PLR0913 what it can be about
        cls,
        reporter: User,
        reason: str,
        *,
        person: User,
        post: Post | None = None,
        comment: Comment | None = None,
        message: Message | None = None,
    ) -> bool:
        """Tell the staff of a person, or of that person's `post`, `comment` or `message`; while it waits a second one
        is none.

        Answers whether it is new. Raises Forbidden or Refused.
        """
        if not reporter.can_report(person):
            raise Forbidden
        reason = reason.strip()
        if blank(reason):
            raise Refused("Say what is wrong, so that the staff knows what to look for.", field="reason")
        if len(reason) > LONGEST_REASON:
            words = "That is %(length)d characters; the most is %(most)d."
            raise Refused(words, field="reason", length=len(reason), most=LONGEST_REASON)
        post_id = comment.post_id if comment else post.id if post else None
        report = cls(reporter_id=reporter.id, person_id=person.id, post_id=post_id, reason=reason)
        report.comment_id = comment.id if comment else None
        report.message_id = message.id if message else None
        try:
            with db.session.begin_nested():
                db.session.add(report)
        except IntegrityError:
            return False  # a second click, or again while the first one waits
        Audit.note("report-made", reporter, person, post_id=post_id, report=report.id)
        return True

    def looked_into(self, actor: User) -> bool:
        """Write down that staff reads the message that it is about, once an hour; whether that was done."""
        message = self.message
        if message is None or actor.id in (message.sender_id, message.receiver_id):
            return False
        which = {"report": self.id, "message": message.id}
        if Audit.happened("private-read", actor, now() - NOTED_AGAIN_AFTER, details=which):
            return False
        Audit.note("private-read", actor, self.person, report=self.id, message=message.id)
        return True

    def take(self, actor: User) -> None:
        """Say that `actor` works on it. Twice is once. Raises Refused when somebody else was faster."""
        if self.state == "taken" and self.taken_by_id == actor.id:
            return
        if self.state != "open":
            raise Refused("Somebody else has taken or closed this report.")
        self.state, self.taken_by_id = "taken", actor.id
        Audit.note("report-taken", actor, self.person, post_id=self.post_id, report=self.id)

    def close(self, actor: User, action: str, note: str, until: datetime | None = None) -> None:
        """Do what `action` says, note why, and tell the reporter the outcome. Raises Forbidden or Refused."""
        note = given_reason(note, field="note")
        if action not in ACTIONS:
            raise Refused("Choose what is to be done.", field="action")
        if self.state == "closed":
            raise Refused("Somebody closed this report already.")
        if action != "none":
            self._act(actor, action, note, until)
        before, self.state, self.action, self.note, self.closed_at = self.state, "closed", action, note, now()
        Audit.note(
            "report-closed",
            actor,
            self.person,
            post_id=self.post_id,
            reason=note,
            report=self.id,
            before=before,
            after=action,
        )
        if self.message_id is not None:
            db.session.flush()
            Message.let_go(select(Message.id).where(Message.id == self.message_id))  # perhaps it was kept for this
        if self.reporter is not None:
            Mail.send("report-closed", self.reporter, action=action, about=self.about_what)

    def _act(self, actor: User, action: str, note: str, until: datetime | None) -> None:
        person = User.in_any_state(self.person_id or 0, acting=True)
        post = Post.in_any_state(self.post_id, acting=True) if self.post_id else None
        if action == "warned":
            person.warn(actor, note, post)
        elif action == "suspended":
            person.suspend(actor, note, until)
        elif self.comment_id is not None:
            self._act_on_comment(actor, action, note)
        elif self.message_id is not None:
            self._remove_message(actor, action, note)
        elif post is None:
            raise Refused("This report is about a person, not about a post. Choose something else.", field="action")
        elif action == "unpublished":
            post.unpublish(actor, note)
        else:
            post.remove(actor, note)

    def _act_on_comment(self, actor: User, action: str, note: str) -> None:
        if action != "removed":
            raise Refused("A comment can't be unpublished, only removed. Choose something else.", field="action")
        Comment.in_any_state(self.comment_id or 0).remove(actor, note)

    def _remove_message(self, actor: User, action: str, note: str) -> None:
        if action != "removed":
            raise Refused("A message can't be unpublished, only removed. Choose something else.", field="action")
        Conversation.remove(self.message_id or 0, actor, note)
