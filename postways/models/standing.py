"""How a person stands with the site: role, warning, suspension, and the end of the account."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from postways import later
from postways.db import changed, db, now
from postways.errors import Forbidden, Refused
from postways.models.audit import Audit, given_reason
from postways.models.authenticated import Authenticated
from postways.models.mail import Mail
from postways.models.username import PastUsername
from postways.zones import LAST_YEAR

if TYPE_CHECKING:
    from postways.models.post import Post
    from postways.models.user import User

ROLES = ("member", "moderator", "admin")


class Standing(Authenticated):
    """What staff does with a `User`, and how one leaves."""

    @property
    def standing(self) -> str:
        """Active, or suspended and until when."""
        if self.suspended_at is None:
            return "active"
        return f"suspended until {self.suspended_until:%Y-%m-%d %H:%M} UTC" if self.suspended_until else "suspended"

    def become(self, role: str, actor: User | None = None) -> None:
        """Give this person another role; every session ends, so that none keeps what the former one could.

        The `actor` is nobody on the command line. Raises Forbidden, or Refused for a role that does not exist.
        """
        if actor is not None and not actor.can_change_role(self._person):
            raise Forbidden
        check_role(role)
        if role == self.role:
            return
        before, self.role = self.role, role
        self._end_sessions()
        self._stop_access()
        later.tell("rights", person=self.id)
        Audit.note("role-changed", actor, self._person, before=before, after=role)

    def warn(self, actor: User, reason: str, post: Post | None = None) -> None:
        """Ask this person not to go on with what they did, perhaps in a `post`. Raises Forbidden or Refused."""
        if not actor.can_act_on(self._person):
            raise Forbidden
        reason = given_reason(reason)
        Audit.note("warned", actor, self._person, post_id=post.id if post else None, reason=reason)
        Mail.send("warned", self._person, reason=reason, title=post.title if post else "")

    def suspend(self, actor: User | None, reason: str, until: datetime | None = None) -> None:
        """Shut this person out and hide everything of theirs, until a moment or until they are restored.

        The `actor` is nobody on the command line. Raises Forbidden or Refused.
        """
        if actor is not None and not actor.can_act_on(self._person):
            raise Forbidden
        reason = given_reason(reason)
        if until is not None and until <= now():
            raise Refused("Choose a day that is still to come, or none.", field="until")
        if until is not None and until.year > LAST_YEAR:
            raise Refused("Choose a day up to the year %(last)d, or none.", field="until", last=LAST_YEAR)
        if self.suspended_at is not None and (self.suspended_until, self.suspension_reason) == (until, reason):
            return
        before = self.standing
        self.suspended_at = self.suspended_at or now()
        self.suspended_until, self.suspension_reason = until, reason
        self.vanish()
        Audit.note("suspended", actor, self._person, reason=reason, before=before, after=self.standing)
        Mail.send("account-suspended", self._person, reason=reason, until=until.isoformat() if until else None)

    def restore(self, actor: User | None, reason: str) -> None:
        """Let somebody who was suspended in again, and show everything again. Twice is once.

        The `actor` is nobody on the command line, or when the time is over. Raises Forbidden or Refused.
        """
        if actor is not None and not actor.can_act_on(self._person):
            raise Forbidden
        reason = given_reason(reason)
        if self.suspended_at is None:
            return
        before = self.standing
        self.suspended_at, self.suspended_until, self.suspension_reason = None, None, ""
        self._withhold(self.deleted_at is not None)
        Audit.note("restored", actor, self._person, reason=reason, before=before, after=self.standing)
        Mail.send("account-restored", self._person, reason=reason)

    @classmethod
    def end_suspensions(cls, moment: datetime) -> int:
        """Restore those whose suspension was to end by now; returns how many."""
        here = (cls.suspended_at.is_not(None), cls.deleted_at.is_(None))
        over = select(cls).where(cls.suspended_until <= moment, *here).limit(100)
        people = db.session.scalars(over.with_for_update(skip_locked=True)).all()
        for person in people:
            person.restore(None, "The time is over.")
        return len(people)

    def leave(self, actor: User | None = None) -> None:
        """Delete the account: hidden everywhere now, and erased by `departure` within a day; apps of theirs go now.

        Twice is once. The `actor` is an admin where it is not the person. Raises Forbidden.
        """
        from postways.models.oauth import Client

        actor = actor or self._person
        if not (actor.can_close(self._person) or actor.can_expel(self._person)):
            raise Forbidden
        if self.deleted_at is not None:
            return
        self.deleted_at = now()
        self.email_key = self.pending_email = None  # whoever comes back may use the address at once
        self.vanish()
        Client.erase_of(self.id)
        posts = db.metadata.tables["posts"]
        own = update(posts).where(posts.c.author_id == self.id, posts.c.deleted_at.is_(None))
        changed(own.values(deleted_at=self.deleted_at))  # from staff too, who see what is withheld
        PastUsername.keep(self.username_key, self.id, gone=True)
        Audit.note("account-deleted", actor, self._person)
        Mail.send("account-deleted", self._person)
        later.job("withdraw", self.id)

    def vanish(self) -> None:
        """Be gone from every door at once: logged out, every post withheld, open pages cut off."""
        self._end_sessions()
        self.end_tokens()
        self._withhold(True)
        later.tell("person", person=self.id)

    def _withhold(self, withheld: bool) -> None:
        from postways.models.comment import Comment
        from postways.models.follow import Follow

        db.session.flush()
        Follow.withhold(self._person, withheld)
        posts = db.metadata.tables["posts"]
        own = update(posts).where(posts.c.author_id == self.id)
        changed(own.values(withheld=withheld, version=posts.c.version + 1))
        Comment.withhold_all_of(self.id, withheld)


def check_role(role: str) -> None:
    """Raise Refused unless it is one of ROLES."""
    if role not in ROLES:
        raise Refused("%(role)s is no role; choose member, moderator or admin.", field="role", role=role)
