"""What proves a person beside or instead of the password: passkeys, and recovery codes for when all else is lost."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from postways.db import Id, Moment, db, now

LONGEST_LABEL = 60


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


class RecoveryCode(db.Model):  # type: ignore[name-defined]
    """One of ten codes that each open the second step once; only their hashes are kept."""

    __tablename__ = "recovery_codes"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    used_at: Mapped[datetime | None] = mapped_column(Moment)
