"""Passwords: argon2id with OWASP's parameters (19 MiB, two passes, one lane), two at a time."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from postways.threads import hashing

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODY = _hasher.hash("nobody has this password")


def hashed(password: str) -> str:
    """The hash to keep. Raises Busy."""
    return hashing.run(_hasher.hash, _bytes(password))


def matches(kept: str | None, password: str) -> bool:
    """Whether `password` is the one; takes as long for an account that does not exist. Raises Busy."""
    try:
        return hashing.run(_hasher.verify, kept or _NOBODY, _bytes(password)) and kept is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


def outdated(kept: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(kept)


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
