"""Files that must go: written down in the transaction that lets go of them, so that none is forgotten."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

from postways import later
from postways.db import Id, Moment, db, now


class Erasure(db.Model):  # type: ignore[name-defined]
    """A prefix in the storage whose files are to be erased; the row goes when they are gone."""

    __tablename__ = "erasures"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    prefix: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)

    @classmethod
    def ask(cls, prefix: str) -> None:
        """Erase everything under `prefix` once this transaction has been committed."""
        row = cls(prefix=prefix)
        db.session.add(row)
        db.session.flush()
        later.job("erase", row.id)

    @classmethod
    def waiting(cls, since: datetime) -> list[int]:
        """The ids of those asked for before `since`, oldest first."""
        return list(db.session.scalars(select(cls.id).where(cls.created_at < since).order_by(cls.id).limit(1_000)))
