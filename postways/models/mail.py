"""A mail that is to go out: a row until it has gone, so that none is lost while the mail server is away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ForeignKey, Index, String, and_, delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from postways import later
from postways.db import Id, Moment, changed, db, now

if TYPE_CHECKING:
    from postways.models.user import User

LEASE = timedelta(minutes=2)  # a worker that has not finished a mail after so long has died
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=30)
GIVEN_UP_AFTER = timedelta(days=3)
KEPT = timedelta(days=7)  # rows of mails that have gone


class Mail(db.Model):  # type: ignore[name-defined]
    """One mail of one kind (`templates/mail/<kind>`) to one person; words and links are made when it is sent."""

    __tablename__ = "mails"
    __table_args__ = (Index("ix_mails_state_due_at", "state", "due_at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    address: Mapped[str] = mapped_column(String(254), default="")  # where it is not the person's present one
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # ids, numbers, reasons; never a secret
    state: Mapped[str] = mapped_column(String(16), default="waiting")  # waiting, sending, sent, failed
    tries: Mapped[int] = mapped_column(default=0)
    marker: Mapped[str | None] = mapped_column(String(60), unique=True)  # of what is sent once, whoever asks
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    due_at: Mapped[datetime] = mapped_column(Moment, default=now)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)

    @classmethod
    def send(cls, kind: str, user: User | None, *, address: str = "", **data: Any) -> None:
        """Send it once this transaction has been committed."""
        mail = cls(kind=kind, user_id=user.id if user else None, address=address, data=data)
        db.session.add(mail)
        db.session.flush()
        later.job("send_mail", mail.id)

    @classmethod
    def send_once(cls, marker: str, kind: str, users: Sequence[User], **data: Any) -> bool:
        """Send it to all of them, unless that was done under the same marker already; False when it was."""
        if not users or db.session.scalar(select(cls.id).where(cls.marker == marker)) is not None:
            return False
        try:
            with db.session.begin_nested():
                db.session.add(cls(kind="marker", state="sent", sent_at=now(), marker=marker))
        except IntegrityError:
            return False  # another scheduler was a moment faster
        for user in users:
            cls.send(kind, user, **data)
        return True

    @classmethod
    def due(cls, moment: datetime) -> list[int]:
        """The ids of mails that nobody is sending although it is time."""
        late = and_(cls.state == "waiting", cls.due_at < moment - timedelta(seconds=5))
        abandoned = and_(cls.state == "sending", cls.due_at < moment - LEASE)
        return list(db.session.scalars(select(cls.id).where(or_(late, abandoned)).order_by(cls.id).limit(1_000)))

    @classmethod
    def forget_old(cls) -> int:
        """Delete what has gone, and what was given up, some days ago; returns how many."""
        moment = now()
        gone = and_(cls.state == "sent", cls.sent_at < moment - KEPT)
        given_up = and_(cls.state == "failed", cls.created_at < moment - GIVEN_UP_AFTER - KEPT)
        return changed(delete(cls).where(or_(gone, given_up)))

    def claim(self, moment: datetime) -> bool:
        """Whether this worker is the one to send it now."""
        free = or_(
            and_(Mail.state == "waiting", Mail.due_at <= moment),
            and_(Mail.state == "sending", Mail.due_at < moment - LEASE),
        )
        claim = update(Mail).where(Mail.id == self.id, free)
        return changed(claim.values(state="sending", due_at=moment, tries=Mail.tries + 1)) == 1

    def sent(self) -> None:
        """It has gone."""
        changed(update(Mail).where(Mail.id == self.id).values(state="sent", sent_at=now()))

    def put_off(self, moment: datetime) -> None:
        """The mail server did not take it: later again, each time after a longer pause, for three days."""
        over = moment - self.created_at > GIVEN_UP_AFTER
        pause = min(FIRST_PAUSE * 2 ** min(self.tries, 10), LONGEST_PAUSE)
        values = {"state": "failed"} if over else {"state": "waiting", "due_at": moment + pause}
        changed(update(Mail).where(Mail.id == self.id).values(**values))
