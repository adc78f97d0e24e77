"""Names that people gave up: their old links lead on, and for 30 days nobody else gets them."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from postways.db import Id, Moment, changed, db, now

KEPT_FOR = timedelta(days=30)


class PastUsername(db.Model):  # type: ignore[name-defined]
    """A name that somebody had; without a person it is that of a deleted account."""

    __tablename__ = "past_usernames"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(600), unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    former_id: Mapped[int | None] = mapped_column(Id)  # for the record, which names people by id; outlives the account
    given_up_at: Mapped[datetime] = mapped_column(Moment, default=now)

    @classmethod
    def keep(cls, key: str, user_id: int, *, gone: bool = False) -> None:
        """Remember that `user_id` was called so until now; the name of who is `gone` leads nowhere."""
        changed(delete(cls).where(cls.key == key))
        db.session.add(cls(key=key, user_id=None if gone else user_id, former_id=user_id))

    @classmethod
    def still_kept(cls, key: str, for_whom: int | None = None) -> bool:
        """Whether nobody else than `for_whom` may take this name yet."""
        row = db.session.scalar(select(cls).where(cls.key == key, cls.given_up_at > now() - KEPT_FOR))
        return row is not None and (for_whom is None or row.user_id != for_whom)

    @classmethod
    def leads_to(cls, key: str) -> int | None:
        """Who had this name last, for as long as nobody else has taken it."""
        return db.session.scalar(select(cls.user_id).where(cls.key == key))

    @classmethod
    def was_of(cls, key: str) -> int | None:
        """The id of who had this name last, of a deleted account too."""
        return db.session.scalar(select(cls.former_id).where(cls.key == key))

    @classmethod
    def forget_old(cls) -> int:
        """Delete the names of deleted accounts that anybody may take again; returns how many."""
        return changed(delete(cls).where(cls.user_id.is_(None), cls.given_up_at < now() - KEPT_FOR))

    @classmethod
    def taken_again(cls, key: str) -> None:
        """Somebody has the name now: old links lead to them."""
        changed(delete(cls).where(cls.key == key))
