"""Somebody who has not logged in; answers the same questions as a `User`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from postways.models.permissions import Permissions

if TYPE_CHECKING:
    from postways.models.user import User


class Guest(Permissions):
    """A visitor: may look at what is public."""

    id: None = None
    is_member: Literal[False] = False
    is_staff = False
    premium = False
    premium_until: None = None
    username = ""
    name = ""
    initial = ""
    time_zone = ""
    # what Flask-Login asks of an anonymous user
    is_authenticated = False
    is_active = False
    is_anonymous = True

    def get_id(self) -> None:
        """A visitor has no session."""


Actor: TypeAlias = "User | Guest"
