"""Everything that is here of one person, as a zip."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, and_, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from postways import later
from postways.db import Id, Moment, changed, db, now
from postways.errors import Missing, Refused
from postways.models.audit import Audit
from postways.models.erasure import Erasure
from postways.models.mail import Mail
from postways.models.user import User

LEASE = timedelta(minutes=2)  # a worker that has not been heard of for so long has died
MOST_TRIES = 3
KEPT_FOR = timedelta(hours=24)


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

    @property
    def under_way(self) -> bool:
        """Whether it is still to come."""
        return self.state in ("waiting", "processing")

    @property
    def ready(self) -> bool:
        """Whether it can be downloaded."""
        return self.state == "ready" and self.ready_at is not None and now() - self.ready_at < KEPT_FOR

    @property
    def ends_at(self) -> datetime:
        """Until when it can be downloaded."""
        return (self.ready_at or self.created_at) + KEPT_FOR

    @classmethod
    def latest(cls, user: User) -> Export | None:
        """The one that was asked for last."""
        query = select(cls).where(cls.user_id == user.id).order_by(cls.id.desc()).limit(1)
        return db.session.scalar(query.execution_options(populate_existing=True))

    @classmethod
    def find(cls, export_id: int, user: User) -> Export:
        """One that `user` may download now. Raises Missing."""
        row = db.session.scalar(select(cls).where(cls.id == export_id, cls.user_id == user.id))
        if row is None or not row.ready:
            raise Missing
        return row

    @classmethod
    def ask(cls, user: User) -> None:
        """Have one made; an older one goes. Raises Refused while one is under way."""
        db.session.execute(select(User.id).where(User.id == user.id).with_for_update())  # one at a time
        before = cls.latest(user)
        if before is not None and before.under_way:
            raise Refused("Your export is being made already. A mail tells you when it is there.")
        if before is not None:
            before.remove()
        row = cls(user_id=user.id, key=f"exports/{secrets.token_hex(16)}/export.zip")
        db.session.add(row)
        db.session.flush()
        Audit.note("export-asked", user, user)
        later.job("make_export", row.id)

    @classmethod
    def waiting_for_work(cls, moment: datetime) -> list[int]:
        """The ids of those that nobody works on."""
        forgotten = and_(cls.state == "waiting", cls.claimed_at < moment - timedelta(seconds=5))
        abandoned = and_(cls.state == "processing", cls.claimed_at < moment - LEASE)
        return list(db.session.scalars(select(cls.id).where(or_(forgotten, abandoned)).order_by(cls.id).limit(100)))

    @classmethod
    def over(cls, moment: datetime) -> list[Export]:
        """Those whose 24 hours have passed."""
        old = or_(cls.ready_at < moment - KEPT_FOR, and_(cls.state == "failed", cls.claimed_at < moment - KEPT_FOR))
        return list(db.session.scalars(select(cls).where(old).limit(100)))

    def claim(self, moment: datetime) -> bool:
        """Whether this worker is the one to make it now; counts the try. Gives up after the third."""
        free = or_(Export.state == "waiting", and_(Export.state == "processing", Export.claimed_at < moment - LEASE))
        row = update(Export).where(Export.id == self.id, free)
        if self.tries >= MOST_TRIES:
            changed(row.values(state="failed"))
            return False
        return changed(row.values(state="processing", claimed_at=moment, tries=Export.tries + 1)) == 1

    def still_at_it(self) -> None:
        """Tell the sweeper that the worker lives."""
        changed(update(Export).where(Export.id == self.id).values(claimed_at=now()))

    def made(self, size: int) -> bool:
        """It lies in the storage, and its owner is told; False when nobody wants it any more."""
        row = update(Export).where(Export.id == self.id, Export.state == "processing")
        if changed(row.values(state="ready", size=size, ready_at=now())) != 1:
            return db.session.scalar(select(Export.state).where(Export.id == self.id)) == "ready"
        Mail.send("export-ready", db.session.get(User, self.user_id))
        return True

    def remove(self) -> None:
        """Let go of row and file."""
        Erasure.ask(self.key.rpartition("/")[0])
        db.session.delete(self)
        db.session.flush()
