"""Addresses that were replaced: for a week whoever reads the old one can have it back."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, delete
from sqlalchemy.orm import Mapped, mapped_column

from postways.db import Id, Moment, changed, db, now
from postways.errors import Refused

CAN_BE_UNDONE_FOR = timedelta(days=7)


class EmailChange(db.Model):  # type: ignore[name-defined]
    """One change of a person's address; the old one is told, with a link that takes the change back."""

    __tablename__ = "email_changes"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    before: Mapped[str] = mapped_column(String(254))
    at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)

    @property
    def can_be_undone(self) -> bool:
        """Whether the week is not over."""
        return now() - self.at < CAN_BE_UNDONE_FOR

    @property
    def fingerprint(self) -> str:
        """What its link is bound to; ids alone are used again on SQLite."""
        return repr(("undo", self.id, self.user_id, self.before, self.at.isoformat()))

    @classmethod
    def note(cls, user_id: int, before: str) -> EmailChange:
        """Remember the address that was just replaced."""
        change = cls(user_id=user_id, before=before, at=now())
        db.session.add(change)
        db.session.flush()
        return change

    def spend(self) -> None:
        """It is being undone, and with it every later one of the person. Raises Refused when it was already."""
        if changed(delete(EmailChange).where(EmailChange.id == self.id)) != 1:
            raise Refused("This link was used a moment ago.")
        changed(delete(EmailChange).where(EmailChange.user_id == self.user_id, EmailChange.id > self.id))

    @classmethod
    def forget_old(cls) -> int:
        """Delete those that can't be undone any more; returns how many."""
        return changed(delete(cls).where(cls.at < now() - CAN_BE_UNDONE_FOR))
