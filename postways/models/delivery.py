"""What a payment provider has sent to the webhook, so that nothing of it counts twice."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import LargeBinary, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from postways.db import Id, Moment, changed, db, now
from postways.errors import Taken

TOLERANCE = timedelta(minutes=5)  # how old, and how far ahead, the timestamp of a message may be
KEPT = timedelta(days=4)  # senders try for three days; nobody sends the very same once the tolerance is over
AGAIN = "This message was received before, so nothing was changed."
OTHER = "Another message was received under this id. Give every message an id of its own."


class Delivery(db.Model):  # type: ignore[name-defined]
    """One message that was carried out. Of id and body stand here hashes alone."""

    __tablename__ = "deliveries"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 as SQLAlchemy wants it

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    message_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    body_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    sent_at: Mapped[datetime] = mapped_column(Moment, index=True)  # the newest timestamp that it came with

    @classmethod
    def take(cls, message_id: str, body: bytes, sent_at: datetime) -> bool:
        """Note in this transaction that the message is carried out; False for one that was, sent again by its sender.

        Who sends again says so with a newer timestamp, signed anew. Raises Taken for the very same, or another body.
        """
        key, content = _hash(message_id.encode()), _hash(body)
        found = cls._of(key)
        if found is None:
            try:
                with db.session.begin_nested():
                    db.session.add(cls(message_hash=key, body_hash=content, sent_at=sent_at))
            except IntegrityError:
                found = cls._of(key)  # the same, a moment earlier
            else:
                return True
        if found is None or found.body_hash != content:
            raise Taken(OTHER)
        later = update(cls).where(cls.id == found.id, cls.sent_at < sent_at).values(sent_at=sent_at)
        if changed(later) != 1:
            raise Taken(AGAIN)
        return False

    @classmethod
    def _of(cls, key: bytes) -> Delivery | None:
        query = select(cls).where(cls.message_hash == key)
        return db.session.scalar(query.execution_options(populate_existing=True))

    @classmethod
    def forget_old(cls) -> int:
        """Delete what nobody sends again any more; returns how many."""
        return changed(delete(cls).where(cls.sent_at < now() - KEPT))


def _hash(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
