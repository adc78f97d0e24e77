"""Where the other nouns find notifications, which speak of all of them and therefore come after them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from postways.models.notification import Notification


def told() -> type[Notification]:
    """The noun that tells people what concerns them."""
    from postways.models.notification import Notification

    return Notification
