"""What people and staff did that somebody may have to answer for; written in the act's own transaction."""

from __future__ import annotations

from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import JSON, Index, String, Text, select, update
from sqlalchemy.orm import Mapped, mapped_column

from postways import later
from postways.db import Id, Moment, changed, db, now
from postways.errors import Refused
from postways.paging import Page
from postways.text import blank

if TYPE_CHECKING:
    from postways.models.guest import Actor
    from postways.models.user import User

NOTED_AGAIN_AFTER = timedelta(hours=1)  # staff who reads the same once more
ADDRESSES_KEPT = timedelta(days=90)
PAGE_SIZE = 50
LONGEST_REASON = 1_000
KINDS = (  # in the order in which the filter offers them
    "log-in",
    "log-in-failed",
    "log-out",
    "session-ended",
    "logged-out-by-staff",
    "token-made",
    "token-ended",
    "token-reuse",
    "app-made",
    "app-changed",
    "app-removed",
    "app-allowed",
    "app-ended",
    "sign-up",
    "email-verified",
    "password-changed",
    "password-reset",
    "email-changed",
    "email-change-undone",
    "username-changed",
    "second-factor-added",
    "second-factor-removed",
    "recovery-code-used",
    "export-asked",
    "account-deleted",
    "role-changed",
    "premium-changed",
    "premium-ended",
    "suspended",
    "restored",
    "warned",
    "unpublished",
    "removed",
    "given-back",
    "blocked",
    "unblocked",
    "comment-removed",
    "message-sent",
    "message-refused",
    "message-removed",
    "report-made",
    "report-taken",
    "report-closed",
    "private-read",
    "staff-refused",
)


class Circumstances(NamedTuple):
    """From where something is asked; the door says it, the nouns never look."""

    address: str = ""
    request_id: str = ""


circumstances: ContextVar[Circumstances] = ContextVar("circumstances", default=Circumstances())  # noqa: B039 immutable


def given_reason(text: str, field: str = "reason") -> str:
    """Why staff does something, trimmed. Raises Refused unless it is said."""
    text = text.strip()
    if blank(text):
        raise Refused("Say why; the person concerned and the record are told.", field=field)
    if len(text) > LONGEST_REASON:
        message = "That is %(length)d characters; the most is %(most)d."
        raise Refused(message, field=field, length=len(text), most=LONGEST_REASON)
    return text


class Audit(db.Model):  # type: ignore[name-defined]
    """One entry: who did what to whom, when and from where. No secrets, no mail addresses, no texts of people."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_actor_id_id", "actor_id", "id"),
        Index("ix_audit_target_id_id", "target_id", "id"),
        Index("ix_audit_kind_id", "kind", "id"),
        Index("ix_audit_post_id_id", "post_id", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)
    kind: Mapped[str] = mapped_column(String(40))
    actor_id: Mapped[int | None] = mapped_column(Id)  # no foreign keys: an entry outlives what it speaks of
    target_id: Mapped[int | None] = mapped_column(Id)  # the person concerned
    post_id: Mapped[int | None] = mapped_column(Id)
    reason: Mapped[str] = mapped_column(Text, default="")  # what staff gave as the reason
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # before and after, ids, numbers
    address: Mapped[str] = mapped_column(String(45), default="")
    request_id: Mapped[str] = mapped_column(String(32), default="")

    @classmethod
    def note(
        cls,
        kind: str,
        actor: Actor | None,
        target: User | None = None,
        *,
        post_id: int | None = None,
        reason: str = "",
        **details: Any,
    ) -> None:
        """Write it down in this transaction; the same line goes to the log once that is committed."""
        assert kind in KINDS, kind
        where = circumstances.get()
        entry = cls(
            kind=kind,
            actor_id=actor.id if actor is not None else None,
            target_id=target.id if target is not None else None,
            post_id=post_id,
            reason=reason,
            details=details,
            address=where.address,
            request_id=where.request_id,
        )
        db.session.add(entry)
        later.log(
            kind,
            actor=entry.actor_id,
            target=entry.target_id,
            post=post_id,
            address=where.address,
            request=where.request_id,
            **details,
        )

    @classmethod
    def happened(
        cls, kind: str, actor: User, since: datetime, *, post_id: int | None = None, details: Any = None
    ) -> bool:
        """Whether `actor` has done such a thing since then, to this post or with these details where some are given."""
        done = select(cls.details).where(cls.kind == kind, cls.actor_id == actor.id, cls.at >= since)
        if post_id is not None:
            done = done.where(cls.post_id == post_id)
        if details is None:
            return bool(db.session.scalar(select(done.exists())))
        return details in db.session.scalars(done).all()

    @classmethod
    def page(
        cls,
        cursor: str | None,
        reader: User,
        *,
        person_id: int | None = None,
        post_id: int | None = None,
        kind: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Page[Audit]:
        """Entries, newest first, of a person (who acted or was concerned), a post, a kind, a time. Raises BadCursor.

        Who reported the `reader` stays unknown to the reader, a moderator too.
        """
        told = (cls.kind != "report-made") | cls.target_id.is_(None) | (cls.target_id != reader.id)
        query = select(cls).where(told)
        if post_id is not None:
            query = query.where(cls.post_id == post_id)
        if person_id is not None:
            query = query.where((cls.actor_id == person_id) | (cls.target_id == person_id))
        if kind:
            query = query.where(cls.kind == kind)
        if since:
            query = query.where(cls.at >= since)
        if until:
            query = query.where(cls.at < until)
        return Page.of(db.session, query, (cls.id,), cursor, PAGE_SIZE)

    @classmethod
    def forget_addresses(cls) -> int:
        """Cut the addresses of entries older than 90 days; returns how many."""
        old = (cls.at < now() - ADDRESSES_KEPT) & (cls.address != "")
        return changed(update(cls).where(old).values(address=""))
