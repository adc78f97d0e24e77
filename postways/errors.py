"""What can go wrong by the rules of the house, as plain exceptions; `handlers.py` turns them into answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from postways.models.locked import LockedPost


class Missing(Exception):
    """Not there, or not to be known of: both are 404. It may say a translatable sentence."""


class Forbidden(Exception):
    """Known of, but not allowed."""


class Unscoped(Forbidden):
    """The person may, and the token that asks lacks a `scope` for it."""

    def __init__(self, scope: str) -> None:
        super().__init__(scope)
        self.scope = scope


class Unpublished(Forbidden):
    """Known of, but its author has not published it."""


class PremiumOnly(Forbidden):
    """Known of, but open for premium members alone; `post` is what others see of it."""

    def __init__(self, post: LockedPost) -> None:
        super().__init__("Only premium members can open this post.")
        self.post = post


class Undeliverable(Forbidden):
    """Somebody does not take this person's messages; `why` is for the record alone."""

    def __init__(self, receiver_id: int, why: str) -> None:
        super().__init__("This message can't be delivered.")
        self.receiver_id = receiver_id
        self.why = why


class Refused(Exception):
    """A rule said no.

    `message` is a translatable sentence with %(name)s places for `values`; `field` says where it belongs.
    """

    def __init__(self, message: str, field: str = "", **values: object) -> None:
        super().__init__(message % values if values else message)
        self.message = message
        self.field = field
        self.values = values


class Taken(Refused):
    """Somebody else was faster."""


class TooMany(Exception):
    """A limit was reached; another try makes sense after `retry_after` seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after


class Unauthenticated(Exception):
    """What was shown as a proof of who asks is missing, wrong or over."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Busy(Exception):
    """The machine can't take this now; nothing was changed."""


class Invalid(Exception):
    """What was sent can't be read: by field the sentences that say why, as they are shown."""

    def __init__(self, fields: dict[str, list[str]]) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields


class Unsupported(Exception):
    """The body is of a kind that this door does not read."""


class Stale(Exception):
    """It was changed since the version that the asking person names."""


class Underway(Exception):
    """The same request is being carried out at this moment."""
