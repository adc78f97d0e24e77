"""What the reader sent and received, perhaps with one person or on one day: the lists of the API as pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from flask import g, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from postways import zones
from postways.days import UNREADABLE, day_in
from postways.htmx import asked_by_htmx, fragment, page, pages_loaded
from postways.models import Conversation, Copy
from postways.models.conversation import NOBODY
from postways.models.message import called, span
from postways.paging import Asked, Numbered, cursor_of
from postways.text import cleaned

BOXES = {"sent": "receiver", "received": "sender"}  # each with what the API calls the other person
PAGE_SIZE = 30
LONGEST_NAME = 150
NOTHING: Numbered[Copy] = Numbered((), None, False, False, None)


@dataclass
class Filter:
    """What somebody asks for, as it was typed, and what is wrong with it."""

    box: str
    person: str
    date: str
    wrong: dict[str, str] = field(default_factory=dict)

    @classmethod
    def typed(cls, box: str) -> Filter:
        """As it stands in the address."""
        person, day = (cleaned(request.args.get(name, ""))[:LONGEST_NAME] for name in (BOXES[box], "date"))
        return cls(box, person.removeprefix("@"), day)

    def found(self, cursor: str | None) -> Numbered[Copy]:
        """The messages that are meant; none, and a sentence, where nothing can be meant. Raises BadCursor."""
        since = until = None
        other = called(self.person) if self.person else None
        if self.person and (other is None or not other.active):
            self.wrong["person"] = _(NOBODY)
        try:
            if self.date:
                since, until = span(day_in(self.date), zones.here())
        except ValueError:
            self.wrong["date"] = _(UNREADABLE)
        if self.wrong:
            return NOTHING
        other_id = other.id if other is not None else None
        asked = Asked(size=PAGE_SIZE, cursor=cursor, counting=False)
        return Copy.listed(g.user, asked, self.box == "received", other_id, since, until)

    def address(self, box: str | None = None, **more: Any) -> str:
        """Of these messages, or of the same in the other box."""
        box = box or self.box
        kept: dict[str, Any] = {BOXES[box]: self.person or None, "date": self.date or None, **more}
        return url_for("messages.inbox", box=box, **kept)


def listed(box: str, cursor: str | None) -> Response:
    """One of the two boxes."""
    asked, n = Filter.typed(box), pages_loaded()
    found = asked.found(cursor)
    older = found.next_cursor and asked.address(cursor=found.next_cursor, n=n + 1)
    shown = {"asked": asked, "page": found, "older_url": older, "n": n, "place": place}
    if asked_by_htmx():
        return fragment("messages/_listed.html", 422 if asked.wrong else 200, **shown)
    waiting = Conversation.count_requests(g.user)
    return page(
        "messages/listed.html", 422 if asked.wrong else 200, name=BOXES[box], waiting=waiting, requested=False, **shown
    )


def place(copy: Copy) -> str:
    """Where the message stands in its conversation, as the newest on that page."""
    after = SimpleNamespace(created_at=copy.created_at, message_id=copy.message_id + 1)
    older = cursor_of(after, (Copy.created_at, Copy.message_id))
    other = copy.other
    if other is None or other.deleted_at is not None:
        address = url_for("messages.by_id", conversation_id=copy.conversation_id, older=older)
    else:
        address = url_for("messages.conversation", username=other.username, older=older)
    return f"{address}#message-{copy.message_id}"
