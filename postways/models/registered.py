"""The name and the address of an account, and how they change."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import exists, or_, select
from sqlalchemy.exc import IntegrityError

from postways.db import changed, db, now
from postways.errors import Refused, Taken
from postways.models.audit import Audit
from postways.models.authenticated import Authenticated
from postways.models.credentials import check_email, check_username, looks_like_address
from postways.models.email_change import EmailChange
from postways.models.mail import Mail
from postways.models.username import PastUsername
from postways.text import folded

if TYPE_CHECKING:
    from postways.models.user import User

RENAMED_ONCE_IN = timedelta(days=30)


class Registered(Authenticated):
    """Under which name and address the site knows a `User`."""

    @classmethod
    def refuse_name(cls, username: str) -> None:
        """Raise Refused for a username that somebody has, or gave up lately."""
        key = folded(username)
        if db.session.scalar(select(exists().where(cls.username_key == key))) or PastUsername.still_kept(key):
            raise Refused("That username is taken. Choose another one.", field="username")

    @classmethod
    def refuse_address(cls, email: str) -> None:
        """Raise Refused for an address that an account has."""
        if db.session.scalar(select(exists().where(cls.email_key == folded(email)))):
            raise Refused("An account with that address exists already. Log in instead.", field="email")

    @classmethod
    def _take_name(cls, key: str, before: User | None = None) -> None:
        """The name has just become somebody's: `before`'s, if they gave it up themselves; else it must be free."""
        if PastUsername.still_kept(key, for_whom=before.id if before else None):
            raise Refused("That username is taken. Choose another one.", field="username")
        PastUsername.taken_again(key)

    def days_to_rename(self, moment: datetime) -> int:
        """How many days must pass until the username can be changed again, rounded up; 0 when it can."""
        if self.username_changed_at is None:
            return 0
        return max(0, -(-(self.username_changed_at + RENAMED_ONCE_IN - moment) // timedelta(days=1)))

    def rename(self, username: str, moment: datetime) -> None:
        """Be called `username` from now on, once in 30 days; the old name leads here. Raises Refused by field."""
        if days := self.days_to_rename(moment):
            raise _renamed_lately(days)
        username = unicodedata.normalize("NFKC", username.strip())
        check_username(username, self.email)
        if username == self.username:
            raise Refused("That is your username already.", field="username")
        before, key = self.username_key, folded(username)
        changed_at = type(self).username_changed_at
        row = self._update(or_(changed_at.is_(None), changed_at <= moment - RENAMED_ONCE_IN))
        try:
            with db.session.begin_nested():
                renamed = changed(row.values(username=username, username_key=key, username_changed_at=moment))
        except IntegrityError:
            raise Refused("That username is taken. Choose another one.", field="username") from None
        if renamed != 1:
            raise _renamed_lately(RENAMED_ONCE_IN.days)  # a moment ago, in another browser
        self._take_name(key, self._person)
        if key != before:
            PastUsername.keep(before, self.id)
        self._person.seen_anew()
        Audit.note("username-changed", self._person, self._person)
        db.session.refresh(self)
        self._person.be_found()

    def wants_link(self) -> None:
        """Mail the link that confirms the address, unless it is confirmed."""
        if self.email and self.verified_at is None:
            Mail.send("verify", self._person)

    def verify(self) -> None:
        """The address has answered. Twice is once."""
        first = self._update(type(self).verified_at.is_(None)).values(verified_at=now())
        if changed(first) == 1:
            Audit.note("email-verified", self._person, self._person)

    def ask_for_email(self, email: str) -> None:
        """Mail a link to `email`, which becomes the address once it is used; ends an older request.

        Raises Refused by field.
        """
        email = email.strip()
        check_email(email)
        if folded(email) == self.email_key:
            raise Refused("That is your address already.", field="email")
        if looks_like_address(self.username):
            raise Refused("Your username is an address. Change your username first.", field="email")
        users = type(self)
        if db.session.scalar(select(users.id).where(users.email_key == folded(email))) is not None:
            raise Refused("Another account has that address. Choose another one.", field="email")
        changed(self._update().values(pending_email=email, email_serial=users.email_serial + 1))
        db.session.refresh(self)
        Mail.send("email-change", self._person, address=email, serial=self.email_serial)
        Mail.send("email-change-asked", self._person)

    def take_email(self) -> None:
        """The new address has answered and replaces the old one, which is told.

        Raises Taken when somebody else was faster, Refused when the link was used meanwhile.
        """
        email, before = self.pending_email or "", self.email
        row = self._update(type(self).pending_email == email, type(self).email_serial == self.email_serial)
        values = {"email": email, "email_key": folded(email), "pending_email": None, "verified_at": now()}
        try:
            with db.session.begin_nested():
                taken = changed(row.values(**values))
        except IntegrityError:
            raise Taken("Another account has that address now. Ask for another one.") from None
        if taken != 1:
            raise Refused("This link was used a moment ago.")
        Audit.note("email-changed", self._person, self._person)
        if before:
            change = EmailChange.note(self.id, before)
            Mail.send("email-changed", self._person, address=before, change=change.id)

    def take_back_email(self, change: EmailChange) -> None:
        """Somebody who reads the old address says that `change` was not theirs: all of it may be an intruder's.

        The old address counts again and has answered, everybody is logged out, what was added since to log in with
        is gone, and a link for a new password goes out. Raises Refused, or Taken when the address has another owner.
        """
        change.spend()
        wrong = self.email
        values = {"email": change.before, "email_key": folded(change.before), "verified_at": now()}
        serial = type(self).email_serial + 1
        try:
            with db.session.begin_nested():
                changed(self._update().values(**values, pending_email=None, email_serial=serial))
        except IntegrityError:
            raise Taken("Another account has that address by now, so it can't be put back by this link.") from None
        db.session.refresh(self)
        self._forget_proofs_since(change.at)
        self.log_out_everywhere()
        Audit.note("email-change-undone", self._person, self._person)
        Mail.send("email-back", self._person)
        if wrong:
            Mail.send("email-lost", self._person, address=wrong)

    def _forget_proofs_since(self, moment: datetime) -> None:
        """Passkeys and app codes that were added after `moment` open nothing any more."""
        from postways.models.passkey import Passkey, RecoveryCode

        Passkey.forget_since(self._person, moment)
        if self.totp_secret and Audit.happened("second-factor-added", self._person, moment):
            self.remove_totp()
            RecoveryCode.forget(self._person)


def _renamed_lately(days: int) -> Refused:
    if days == 1:
        return Refused("You can change your username once in 30 days; one day is left.", field="username")
    return Refused("You can change your username once in 30 days; %(days)d days are left.", field="username", days=days)
