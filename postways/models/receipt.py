"""That a request with an `Idempotency-Key` was carried out, and the answer: written in the effect's own transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from postways.db import Id, Moment, changed, db, now

KEPT = timedelta(hours=24)


class Receipt(db.Model):  # type: ignore[name-defined]
    """What was answered the first time. No secret stands in it: doors that give some know no keys."""

    __tablename__ = "receipts"
    __table_args__ = (UniqueConstraint("user_id", "key_hash"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32))  # of method, path and the key
    body_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    status: Mapped[int]
    body: Mapped[str] = mapped_column(Text)  # to the byte, sealed with the site's secret key
    tag: Mapped[str | None] = mapped_column(String(64))  # the version that the answer named
    created_at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)

    @classmethod
    def find(cls, user_id: int, key_hash: bytes) -> Receipt | None:
        """What `user_id` was answered under this key, if that was within the last 24 hours."""
        here = (cls.user_id == user_id, cls.key_hash == key_hash, cls.created_at > now() - KEPT)
        return db.session.scalar(select(cls).where(*here))

    @classmethod
    def write(  # noqa: PLR0917 the columns
        cls, user_id: int, key_hash: bytes, body_hash: bytes, status: int, body: str, tag: str | None
    ) -> None:
        """Keep it in this transaction. Raises IntegrityError when the same request ends at the same moment."""
        changed(delete(cls).where(cls.user_id == user_id, cls.key_hash == key_hash, cls.created_at <= now() - KEPT))
        db.session.add(cls(user_id=user_id, key_hash=key_hash, body_hash=body_hash, status=status, body=body, tag=tag))
        db.session.flush()

    @classmethod
    def forget_old(cls) -> int:
        """Delete those that nobody is answered by any more; returns how many."""
        return changed(delete(cls).where(cls.created_at <= now() - KEPT))
