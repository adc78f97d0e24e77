"""A membership: somebody is a premium member until a moment, is told a week before, and is told when it is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, String, select, text, union_all
from sqlalchemy.orm import Mapped, mapped_column

from postways import later
from postways.db import Moment, db, now
from postways.errors import Forbidden, Missing, Refused
from postways.models.audit import Audit
from postways.models.mail import Mail
from postways.models.user_row import UserRow

if TYPE_CHECKING:
    from postways.models.user import User

LONGEST = timedelta(days=36_525)  # a hundred years
TOLD_BEFORE = timedelta(days=7)
AT_ONCE = 100  # people in one transaction
DAY = 10  # characters of a day in ISO 8601
NO_MOMENT = "That is no moment. Write a day as 2027-01-31, or a moment as 2027-01-31T18:00:00Z."
TOO_FAR = "Choose a moment within the next 100 years."
OVER = {  # by door, because each says in its own way that it shall end
    "page": "That day is over. Choose one that is still to come, or end the membership now by the button.",
    "command": "That moment is over. Give one that is still to come, or none, which ends the membership now.",
    "webhook": "That moment is over. Send one that is still to come, or null, which ends the membership now.",
}
NOBODY = "There is nobody with that name, id or confirmed address."
SHUT_OUT = "This account is suspended. Restore it first, then grant the membership."


class Membership(UserRow):
    """What a `User` has of it."""

    premium_until: Mapped[datetime | None] = mapped_column(Moment)  # the membership runs, or ran, until then
    # how much of the end they have been told: nothing, soon, ended
    premium_told: Mapped[str] = mapped_column(String(8), default="", server_default=text("''"))
    premium_said_at: Mapped[datetime | None] = mapped_column(Moment)  # when the newest word about it was spoken

    @property
    def premium(self) -> bool:  # type: ignore[override]
        """Whether this person's membership runs at this moment."""
        return self.premium_until is not None and self.premium_until > now()

    def become_premium(
        self, until: datetime | None, actor: User | None = None, *, door: str, said_at: datetime | None = None
    ) -> None:
        """Be a premium member until a moment, to the second, or from now on no more where there is none. Twice is once.

        The `actor` is nobody on the command line and in a webhook; `door` is through which of them it came, `said_at`
        when that was said. Raises Forbidden, or Refused for an account or a moment for which this can't be.
        """
        if actor is not None and not actor.can_grant_premium(self._person):
            raise Forbidden
        moment = now()
        if until is not None:
            until = self._possible(until, moment, door)
        self.premium_said_at = said_at or moment
        before = self.premium_until if self.premium else None
        if until == before:
            return
        self.premium_until = until
        self.premium_told = "" if until is None or until - moment > TOLD_BEFORE else "soon"
        later.tell("rights", person=self._person.id)
        Audit.note("premium-changed", actor, self._person, door=door, before=_written(before), after=_written(until))
        if until is None:
            Mail.send("premium-ended", self._person, until=_written(moment), early=True)
        else:
            Mail.send("premium-granted", self._person, until=_written(until), before=_written(before))

    def _possible(self, until: datetime, moment: datetime, door: str) -> datetime:
        try:
            until = until.astimezone(UTC).replace(microsecond=0)
        except OverflowError:  # at the end of all years, in a zone that is already beyond it
            raise Refused(TOO_FAR, field="premium_until") from None
        if until > moment + LONGEST:
            raise Refused(TOO_FAR, field="premium_until")
        if until <= moment:
            raise Refused(OVER[door], field="premium_until")
        if self._person.suspended_at is not None:
            raise Refused(SHUT_OUT, field="user")
        return until

    @classmethod
    def buyer(cls, *, user: str | int | None, email: str | None) -> User:
        """Whom a payment provider means: an id, a username of now or before, or a confirmed address; locked.

        An address that nobody has confirmed may be that of somebody else, who has paid. Raises Refused.
        """
        from postways.models.user import User

        if (user is None) == (email is None):
            raise Refused("Send either user or email.", field="user")
        try:
            found = User.in_any_state(
                User.known_as(str(user)) if email is None else User.confirmed_as(email), acting=True
            )
        except Missing:
            raise Refused(NOBODY, field="user" if email is None else "email") from None
        return found

    def heard_later(self, said_at: datetime) -> bool:
        """Whether something newer than what was said then has been heard about this membership."""
        return self.premium_said_at is not None and said_at < self.premium_said_at

    @classmethod
    def with_news(cls, moment: datetime) -> bool:
        """Whether a membership is over, or ends within a week, of somebody who was not told."""
        return bool(db.session.scalar(select(union_all(_over(moment), _soon(moment)).exists())))

    @classmethod
    def tell_of_ends(cls, moment: datetime) -> int:
        """Tell, once, those whose membership is over, and those for whom it ends within a week; returns how many."""
        over = _held(_over(moment))
        for person in over:
            person._end_by_time()
        soon = _held(_soon(moment))
        for person in soon:
            person.premium_told = "soon"
            Mail.send("premium-ends", person, until=_written(person.premium_until))
        return len(over) + len(soon)

    def _end_by_time(self) -> None:
        """It was over at that moment at every door; this writes it down, and tells the person and the open pages."""
        self.premium_told = "ended"
        later.tell("rights", person=self._person.id)
        Audit.note("premium-ended", None, self._person, until=_written(self.premium_until))
        if self._person.active:
            Mail.send("premium-ended", self._person, until=_written(self.premium_until), early=False)


def moment_in(words: str, field: str = "premium_until") -> datetime:
    """The moment that a program or command means; a day means its last second, in UTC. Raises Refused."""
    words = words.strip()
    try:
        if len(words) <= DAY:
            return last_second(date.fromisoformat(words), UTC)
        found = datetime.fromisoformat(words)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused(NO_MOMENT, field=field) from None


def last_second(day: date, zone: tzinfo) -> datetime:
    """When a day ends there."""
    return datetime.combine(day, time(23, 59, 59), zone)


def _over(moment: datetime) -> Select[Any]:
    from postways.models.user import User

    untold = (User.premium_told.in_(("", "soon")), User.premium_until <= moment)
    return select(User.id).where(*untold, User.deleted_at.is_(None))


def _soon(moment: datetime) -> Select[Any]:
    from postways.models.user import User

    ends = (User.premium_until > moment, User.premium_until <= moment + TOLD_BEFORE)
    return select(User.id).where(User.premium_told == "", *ends, User.deleted_at.is_(None), User.suspended_at.is_(None))


def _held(some: Select[Any]) -> Sequence[User]:
    """The first of these people, locked, without those whom another scheduler tells at this moment."""
    from postways.models.user import User

    held = some.with_only_columns(User).order_by(User.id).limit(AT_ONCE).with_for_update(skip_locked=True)
    return db.session.scalars(held.execution_options(populate_existing=True)).all()


def _written(moment: datetime | None) -> str | None:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else None
