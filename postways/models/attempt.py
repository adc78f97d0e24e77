"""What is counted to slow down guessing: kept in the database, so it holds without Redis and across processes."""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import Index, LargeBinary, String, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from postways.db import Id, Moment, changed, db, now
from postways.errors import TooMany

LIMITS = {  # kind: (most, within)
    "password": (10, timedelta(minutes=5)),
    "sign-up": (20, timedelta(hours=1)),
    "email": (5, timedelta(minutes=5)),
    "reset": (5, timedelta(days=1)),
    "verify": (3, timedelta(hours=6)),
}


class Attempt(db.Model):  # type: ignore[name-defined]
    """One wrong password or one sign-up, against an account or from an address; neither is readable from the row."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_kind_whom_at", "kind", "whom", "at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    whom: Mapped[bytes] = mapped_column(LargeBinary(16))
    at: Mapped[datetime] = mapped_column(Moment, index=True)

    @classmethod
    def check(cls, kind: str, *whom: str) -> tuple[int, int]:
        """Raise TooMany while one of `whom` (an account's key, an address) has used up its tries.

        Returns how many the last one has left, and after how many seconds there are more.
        """
        most, within = LIMITS[kind]
        moment = now()
        keys = [_key(one) for one in whom]
        rows = db.session.execute(
            select(cls.whom, func.count(), func.min(cls.at))
            .where(cls.kind == kind, cls.whom.in_(keys), cls.at > moment - within)
            .group_by(cls.whom)
        )
        left, wait = most, int(within.total_seconds())
        for key, count, oldest in rows:
            again = max(1, int((oldest + within - moment).total_seconds()) + 1)
            if count >= most:
                raise TooMany("Too many tries. Wait %(minutes)d minutes, then try again.", retry_after=again)
            if key == keys[-1]:
                left, wait = most - count, again
        return left, wait

    @classmethod
    def note(cls, kind: str, *whom: str) -> None:
        """Count one try against each of `whom`."""
        moment = now()
        db.session.add_all(cls(kind=kind, whom=_key(one), at=moment) for one in whom)

    @classmethod
    def forgive(cls, kind: str, *whom: str) -> None:
        """Forget the tries against `whom`: the right password came."""
        changed(delete(cls).where(cls.kind == kind, cls.whom.in_([_key(one) for one in whom])))

    @classmethod
    def forget_old(cls) -> int:
        """Delete what no limit looks at any more; returns how many."""
        longest = max(within for _, within in LIMITS.values())
        return changed(delete(cls).where(cls.at < now() - longest))


@lru_cache(maxsize=1_000)
def network(address: str) -> str:
    """Who counts as one address: an IPv4 address, or the /64 that one IPv6 line gets."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6 and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _key(whom: str) -> bytes:
    return hashlib.sha256(whom.encode()).digest()[:16]
