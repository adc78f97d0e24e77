"""Log-in with a password, whichever door somebody comes through: tries count over all of them."""

from __future__ import annotations

from postways.auth import known_device, may_come_in, passwords, shut_out
from postways.auth.answers import check_tries, count_try, whom
from postways.db import db, reading
from postways.errors import Unauthenticated
from postways.models import Attempt, Audit, Passkey, User

WRONG = "Username or password are not right. Check both and try again."


class Suspended(Unauthenticated):
    """The password is right, but the account is suspended: whoever has it is told why."""

    def __init__(self, user: User) -> None:
        super().__init__(WRONG)
        self.user = user


def by_password(name: str, password: str) -> User:
    """Whose name (or address) and password these are.

    Slow, and commits what it counts. Raises TooMany, Busy, Suspended, or Unauthenticated for whatever is wrong.
    """
    with reading():
        user = User.logging_in_as(name)
        against = whom(user.username if user is not None else name, known_device(user))
        check_tries("password", *against)
    known = user if user is not None and (may_come_in(user) or shut_out(user)) else None
    if not passwords.matches(known and known.password_hash, password) or known is None:
        count_try("password", *against)
        Audit.note("log-in-failed", None, user)
        db.session.commit()
        raise Unauthenticated(WRONG)
    if shut_out(known):
        Audit.note("log-in-failed", None, known, suspended=True)
        db.session.commit()
        raise Suspended(known)
    if passwords.outdated(known.password_hash):
        known.password_hash = passwords.hashed(password)
        db.session.commit()
    return known


def has_second_step(user: User) -> bool:
    """Whether the password alone does not let this person in."""
    if user.totp_secret:
        return True
    with reading():
        return Passkey.any_of(user)


def forgive(user: User) -> None:
    """Forget the tries against somebody who is in now."""
    Attempt.forgive("password", whom(user.username, known_device(user))[0])


def forgive_everywhere(user: User) -> None:
    """Forget the tries against somebody who has a new password, by whatever name they were made."""
    Attempt.forgive("password", *(whom(name)[0] for name in (user.username, user.email) if name))
