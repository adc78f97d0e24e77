"""What proves a person beside or instead of the password: passkeys, and recovery codes for when all else is lost."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, LargeBinary, String, delete, exists, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from postways.db import Id, Moment, changed, db, now
from postways.errors import Missing, Refused
from postways.models.audit import Audit
from postways.models.mail import Mail

if TYPE_CHECKING:
    from postways.models.user import User

LONGEST_LABEL = 60
MOST_PASSKEYS = 10
CODES = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that are mistaken for each other


class Passkey(db.Model):  # type: ignore[name-defined]
    """A WebAuthn credential of one person."""

    __tablename__ = "passkeys"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(default=0)
    label: Mapped[str] = mapped_column(String(LONGEST_LABEL), default="")
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    last_used_at: Mapped[datetime | None] = mapped_column(Moment)

    @classmethod
    def of(cls, user: User) -> Sequence[Passkey]:
        """Those of `user`, oldest first."""
        return db.session.scalars(select(cls).where(cls.user_id == user.id).order_by(cls.id)).all()

    @classmethod
    def any_of(cls, user: User) -> bool:
        """Whether `user` has one."""
        return bool(db.session.scalar(select(exists().where(cls.user_id == user.id))))

    @classmethod
    def add(cls, user: User, credential_id: bytes, public_key: bytes, sign_count: int, label: str) -> None:
        """Keep a new one. Raises Refused for the eleventh, and for one that is known already."""
        if (db.session.scalar(select(func.count()).where(cls.user_id == user.id)) or 0) >= MOST_PASSKEYS:
            raise Refused("You have %(most)d passkeys already. Remove one first.", most=MOST_PASSKEYS)
        label = label.strip()[:LONGEST_LABEL]
        row = cls(
            user_id=user.id, credential_id=credential_id, public_key=public_key, sign_count=sign_count, label=label
        )
        try:
            with db.session.begin_nested():
                db.session.add(row)
        except IntegrityError:
            raise Refused("This passkey is known already.") from None

    @classmethod
    def with_id(cls, credential_id: bytes) -> Passkey:
        """The one with this id, whoever it belongs to. Raises Missing."""
        found = db.session.scalar(select(cls).where(cls.credential_id == credential_id))
        if found is None:
            raise Missing
        return found

    def used(self, sign_count: int) -> None:
        """Note that it has just opened the door."""
        changed(update(Passkey).where(Passkey.id == self.id).values(sign_count=sign_count, last_used_at=now()))

    @classmethod
    def forget_since(cls, user: User, moment: datetime) -> None:
        """Forget those of `user` that were made after `moment`."""
        changed(delete(cls).where(cls.user_id == user.id, cls.created_at >= moment))

    @classmethod
    def remove(cls, passkey_id: int, user: User) -> None:
        """Forget one of `user`'s. Raises Missing."""
        if not changed(delete(cls).where(cls.id == passkey_id, cls.user_id == user.id)):
            raise Missing


class RecoveryCode(db.Model):  # type: ignore[name-defined]
    """One of ten codes that each open the second step once; only their hashes are kept."""

    __tablename__ = "recovery_codes"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    used_at: Mapped[datetime | None] = mapped_column(Moment)

    @classmethod
    def renew(cls, user: User) -> list[str]:
        """Ten new codes, to be shown once; the older ones are worth nothing any more."""
        changed(delete(cls).where(cls.user_id == user.id))
        codes = ["-".join(_letters(5) for _ in range(2)) for _ in range(CODES)]
        db.session.add_all(cls(user_id=user.id, code_hash=_hash(code)) for code in codes)
        return codes

    @classmethod
    def use(cls, user: User, code: str) -> bool:
        """Whether `code` is one of those left; then it is used up, and its owner is told."""
        mine = update(cls).where(cls.user_id == user.id, cls.code_hash == _hash(code), cls.used_at.is_(None))
        if not changed(mine.values(used_at=now())):
            return False
        Audit.note("recovery-code-used", user, user)
        Mail.send("recovery-code-used", user, left=cls.left(user))
        return True

    @classmethod
    def left(cls, user: User) -> int:
        """How many have not been used."""
        return db.session.scalar(select(func.count()).where(cls.user_id == user.id, cls.used_at.is_(None))) or 0

    @classmethod
    def forget(cls, user: User) -> None:
        """Take them all away."""
        changed(delete(cls).where(cls.user_id == user.id))


def _letters(count: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(count))


def _hash(code: str) -> bytes:
    plain = "".join(c for c in code.lower() if c.isalnum())
    return hashlib.sha256(plain.encode()).digest()
