"""A membership: somebody is a premium member until a moment."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, text
from sqlalchemy.orm import Mapped, mapped_column

from postways.db import Moment, now


class Membership:
    """What a `User` has of it."""

    premium_until: Mapped[datetime | None] = mapped_column(Moment)  # the membership runs, or ran, until then
    # how much of the end they have been told: nothing, soon, ended
    premium_told: Mapped[str] = mapped_column(String(8), default="", server_default=text("''"))
    premium_said_at: Mapped[datetime | None] = mapped_column(Moment)  # when the newest word about it was spoken

    @property
    def premium(self) -> bool:
        """Whether this person's membership runs at this moment."""
        return self.premium_until is not None and self.premium_until > now()
