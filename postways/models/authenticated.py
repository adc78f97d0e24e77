"""What a person logs in with, and by which session or token they ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sqlalchemy import delete, update

from postways import later
from postways.db import changed, db, now
from postways.errors import Forbidden, Refused
from postways.models.audit import Audit, given_reason
from postways.models.mail import Mail
from postways.models.user_row import UserRow
from postways.paging import EPOCH

if TYPE_CHECKING:
    from postways.models.user import User


class Authenticated(UserRow):
    """How a `User` comes in, and is logged out."""

    # what Flask-Login asks of somebody logged in
    is_authenticated = True
    is_active = True
    is_anonymous = False

    unread_count = 0  # notifications, read with the session
    unread_messages = 0  # likewise
    message_requests = 0  # likewise
    session_token = ""  # of the browser that asks
    proved_at = EPOCH  # when this browser's person last gave password or passkey
    family_sid = ""  # of the family whose access token asks
    app_id = ""  # the client_id of the app that asks, where it is one
    api_token_id = 0  # of the opaque token that asks
    credential = ""  # which session or token asks, as its requests are counted
    token_seen_at = EPOCH  # when that was last noted to be used
    authenticated_at = EPOCH  # when the person last gave the password for the token that asks

    def get_id(self) -> str:
        """What the cookie holds: the secret of the session, not of the person."""
        return self.session_token

    def fingerprint(self, purpose: str) -> str:
        """The state of this person on which links of `purpose` depend; once it has changed they are dead."""
        parts: dict[str, tuple[object, ...]] = {
            "verify": (self.email_key, self.verified_at),
            "reset": (self.password_hash, self.email_key, self.last_login_at, self.reset_serial),
            "recovery": (self.password_hash, self.email_key, self.recovery_serial),
            "unsubscribe": (self.email_key,),
            "email": (self.password_hash, self.email_key, self.pending_email, self.email_serial),
        }
        return repr((purpose, self.id, *parts[purpose]))

    def change_password(self, password_hash: str) -> None:
        """Take a new password; every token ends. Raises Refused when it was changed meanwhile."""
        if not self._password_replaced(password_hash):
            message = "The password was changed a moment ago in another browser. Type that one."
            raise Refused(message, field="old_password")
        self.end_tokens()
        Audit.note("password-changed", self._person, self._person)
        Mail.send("password-changed", self._person)

    @classmethod
    def forgot_password(cls, user: User | None, purpose: Literal["reset", "recovery"] = "reset") -> None:
        """Mail a link that sets a new one, and end the older links; for nobody it takes the same steps.

        For `recovery` it is a word to give to a program, and links stay as they are.
        """
        serial = getattr(cls, f"{purpose}_serial")
        changed(update(cls).where(cls.id == (user.id if user else 0)).values({serial: serial + 1}))
        Mail.send(purpose, user)

    def reset_password(self, password_hash: str) -> None:
        """Take the password that was chosen by the link in a mail; every session and token ends.

        Raises Refused when the password was changed meanwhile.
        """
        if not self._password_replaced(password_hash):
            raise Refused("The password was changed a moment ago, so this link does not work any more.")
        self.log_out_everywhere()
        Audit.note("password-reset", self._person, self._person)
        Mail.send("password-changed", self._person)

    def _password_replaced(self, password_hash: str) -> bool:
        """Whether the password was still the one that this transaction has read, and is the new one now."""
        same = self._update(type(self).password_hash == self.password_hash)
        return changed(same.values(password_hash=password_hash, password_changed_at=now())) == 1

    def used_totp_step(self, step: int) -> bool:
        """Note that the code of this time step was used; False when it had been used already."""
        once = self._update(type(self).totp_last_step < step)
        return changed(once.values(totp_last_step=step)) == 1

    def add_totp(self, sealed: str, step: int) -> None:
        """From now on a code of the app is asked for."""
        self.totp_secret, self.totp_last_step = sealed, step

    def remove_totp(self) -> None:
        """No code is asked for any more."""
        self.totp_secret, self.totp_last_step = "", 0

    def log_out_everywhere(self) -> None:
        """End every session and every token, of programs too."""
        self._end_sessions()
        self.end_tokens()
        later.tell("sessions", person=self.id)

    def be_logged_out(self, actor: User, reason: str) -> None:
        """An admin ends every session and token of this person, who is told. Raises Forbidden or Refused."""
        if not actor.can_log_out(self._person):
            raise Forbidden
        reason = given_reason(reason)
        self.log_out_everywhere()
        Audit.note("logged-out-by-staff", actor, self._person, reason=reason)
        Mail.send("logged-out", self._person, reason=reason)

    def end_tokens(self) -> None:
        """No token of any kind opens anything any more; sessions of browsers stay."""
        families, tokens = db.metadata.tables["token_families"], db.metadata.tables["api_tokens"]
        changed(
            update(families).where(families.c.user_id == self.id, families.c.ended_at.is_(None)).values(ended_at=now())
        )
        changed(delete(tokens).where(tokens.c.user_id == self.id))
        self._stop_access()

    def _end_sessions(self) -> None:
        sessions = db.metadata.tables["sessions"]
        changed(delete(sessions).where(sessions.c.user_id == self.id))

    def _stop_access(self) -> None:
        """Access tokens name the version under which they were made; those of an older one are dead."""
        changed(self._update().values(credential_version=type(self).credential_version + 1))
