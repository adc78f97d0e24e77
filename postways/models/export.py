"""Everything that is here of one person, as a zip."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from postways.db import Id, Moment, db, now


class Export(db.Model):  # type: ignore[name-defined]
    """One export that was asked for; `key` is where the zip lies in the storage once it is ready."""

    __tablename__ = "exports"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(String(16), default="waiting")  # waiting, processing, ready, failed
    key: Mapped[str] = mapped_column(String(100), default="")
    size: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    claimed_at: Mapped[datetime] = mapped_column(Moment, default=now)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    ready_at: Mapped[datetime | None] = mapped_column(Moment)
