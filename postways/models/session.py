"""A browser that is logged in: a row that the server can end."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ForeignKey, LargeBinary, String, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from postways import later
from postways.db import Id, Moment, changed, db, now
from postways.errors import Missing
from postways.models.conversation import Conversation
from postways.models.notification import Notification
from postways.models.user import User

MOST_SHOWN = 100


class Session(db.Model):  # type: ignore[name-defined]
    """One login of one browser. The cookie holds a random id; the row holds only its hash."""

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    last_seen_at: Mapped[datetime] = mapped_column(Moment, index=True)
    proved_at: Mapped[datetime] = mapped_column(Moment)  # when the person last gave password or passkey
    device: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(45), default="")

    @classmethod
    def begin(cls, user: User, device: str, address: str) -> str:
        """Log `user` in; returns the secret for the cookie."""
        token = secrets.token_urlsafe(32)
        moment = now()
        user.last_login_at = user.last_activity_at = moment
        row = cls(
            user_id=user.id,
            token_hash=_hash(token),
            created_at=moment,
            last_seen_at=moment,
            proved_at=moment,
            device=device[:200],
            address=address[:45],
        )
        db.session.add(row)
        return token

    @classmethod
    def person(cls, token: str, idle: timedelta, whole: timedelta) -> User | None:
        """Who holds `token`, if it still counts, when they last proved it, and what is unread: in one statement."""
        found = db.session.execute(
            select(
                User,
                cls.proved_at,
                Notification.unread(User.id),
                Conversation.unread(User.id),
                Conversation.requests(User.id),
            )
            .join(cls, cls.user_id == User.id)
            .where(cls.token_hash == _hash(token), *cls._counts(idle, whole))
            .where(User.suspended_at.is_(None), User.deleted_at.is_(None))
        ).first()
        if found is None:
            return None
        user: User = found[0]
        user.proved_at, user.unread_count, user.unread_messages = found[1], found[2], int(found[3])
        user.message_requests = found[4]
        return user

    @classmethod
    def _counts(cls, idle: timedelta, whole: timedelta) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        moment = now()
        return cls.last_seen_at > moment - idle, cls.created_at > moment - whole

    @classmethod
    def of(cls, user: User, idle: timedelta, whole: timedelta) -> list[Session]:
        """Where `user` is logged in, the latest seen first."""
        query = select(cls).where(cls.user_id == user.id, *cls._counts(idle, whole))
        return list(db.session.scalars(query.order_by(cls.last_seen_at.desc(), cls.id.desc()).limit(MOST_SHOWN)))

    def held_by(self, user: User) -> bool:
        """Whether this is the browser in which `user` asks."""
        return self.token_hash == _hash(user.session_token)

    @classmethod
    def renew(cls, token: str) -> str:
        """The person has proved again who it is: the session goes on under another secret, which is returned."""
        new = secrets.token_urlsafe(32)
        changed(update(cls).where(cls.token_hash == _hash(token)).values(token_hash=_hash(new), proved_at=now()))
        return new

    @classmethod
    def end(cls, token: str) -> None:
        """Log this browser out."""
        changed(delete(cls).where(cls.token_hash == _hash(token)))

    @classmethod
    def end_all(cls, user: User) -> None:
        """Log this person out everywhere, open streams included."""
        changed(delete(cls).where(cls.user_id == user.id))
        later.tell("sessions", person=user.id)

    @classmethod
    def end_one(cls, session_id: int, user: User) -> None:
        """Log one of `user`'s browsers out. Raises Missing for what is not theirs, or has ended."""
        if changed(delete(cls).where(cls.id == session_id, cls.user_id == user.id)) != 1:
            raise Missing
        later.tell("sessions", person=user.id)

    @classmethod
    def end_others(cls, user: User) -> int:
        """Log this person out everywhere but in the browser that asks; returns in how many."""
        others = changed(delete(cls).where(cls.user_id == user.id, cls.token_hash != _hash(user.session_token)))
        later.tell("sessions", person=user.id)
        return others

    @classmethod
    def seen(cls, token: str, user_id: int) -> None:
        """Note, to the minute, that this browser and this person were here."""
        moment = now()
        changed(update(cls).where(cls.token_hash == _hash(token)).values(last_seen_at=moment))
        User.was_here(user_id, moment)

    @classmethod
    def forget_ended(cls, idle: timedelta, whole: timedelta) -> int:
        """Delete the rows of sessions that no longer count; returns how many."""
        moment = now()
        ended = (cls.last_seen_at < moment - idle) | (cls.created_at < moment - whole)
        return changed(delete(cls).where(ended))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
