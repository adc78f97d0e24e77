"""What a page shows of a conversation: messages by days, and where there are more of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby

from flask_babel import format_date, to_user_timezone
from flask_babel import gettext as _

from postways.db import now
from postways.models import Conversation, Copy
from postways.models.conversation import MESSAGES, MOST_NEW
from postways.paging import cursor_of


@dataclass
class Day:
    """The messages of one day by the reader's clock."""

    day: date
    copies: list[Copy]

    @property
    def name(self) -> str:
        """How people call it."""
        today = to_user_timezone(now()).date()
        if self.day == today:
            return _("Today")
        if self.day == today - timedelta(days=1):
            return _("Yesterday")
        return format_date(self.day, "EEEE, d MMMM" if self.day.year == today.year else "d MMMM yyyy")


@dataclass
class Letters:
    """A part of a conversation, the oldest first."""

    days: list[Day] = field(default_factory=list)
    older: str | None = None  # the places from which there is more
    newer: str | None = None
    newest: bool = True  # whether nothing comes after them
    reaches_newest: bool = False  # asked for what is newer, and there it ends
    first_id: int = 0
    last_id: int = 0
    seen_id: int = 0  # the last one of the reader's own that the other has read

    @classmethod
    def of(
        cls, side: Conversation | None, older: str | None = None, newer: str | None = None, most: int = MESSAGES
    ) -> Letters:
        """The newest, or those before or after a place. Raises BadCursor."""
        if side is None:
            return cls()
        page = side.page(older, newer, most)
        if not page.items:
            return cls(newest=not older, reaches_newest=bool(newer))
        rising = list(page.items) if newer else list(reversed(page.items))
        ends = [cursor_of(end, (Copy.created_at, Copy.message_id)) for end in (rising[0], rising[-1])]
        own = [copy for copy in rising if not copy.incoming]
        return cls(
            days=_by_day(rising),
            older=ends[0] if newer else page.next_cursor,
            newer=page.next_cursor if newer else (ends[1] if older else None),
            newest=not older and not newer,
            reaches_newest=bool(newer) and page.next_cursor is None,
            first_id=rising[0].message_id,
            last_id=max(copy.message_id for copy in rising),
            seen_id=own[-1].message_id if own and own[-1].message.read_at else 0,
        )

    @classmethod
    def news(cls, side: Conversation | None, since: int) -> Letters:
        """The newest, and with them everything after the message `since`, up to a limit."""
        found = cls.of(side)
        return cls.of(side, most=MOST_NEW) if found.leaves_out(since) else found

    def leaves_out(self, since: int) -> bool:
        """Whether something stands between the message `since` (0: none) and these."""
        return bool(since and self.older and self.first_id > since)


def _by_day(copies: Sequence[Copy]) -> list[Day]:
    days = groupby(copies, key=lambda copy: to_user_timezone(copy.created_at).date())
    return [Day(day, list(some)) for day, some in days]
