"""Whoever will read, for a statement that is made once and run for many: making one costs as much as running it."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, bindparam

from postways.db import Id
from postways.models.guest import Actor


class Anybody(NamedTuple):
    """Answers what statements ask of a reader."""

    id: ColumnElement[int] | None
    staff: bool
    premium: bool = False

    def can_see_unpublished(self) -> bool:
        """As people answer it."""
        return self.staff

    def can_open_premium(self) -> bool:
        """As people answer it."""
        return self.premium or self.staff


VISITOR = Anybody(None, staff=False)
MEMBER = Anybody(bindparam("reader", type_=Id), staff=False)
PREMIUM_MEMBER = Anybody(MEMBER.id, staff=False, premium=True)
STAFF = Anybody(MEMBER.id, staff=True)


def stand_in(actor: Actor) -> Actor:
    """In whose place a statement is made that holds for `actor` too; equal for all whom it holds for."""
    if actor.id is None:
        return cast("Actor", VISITOR)
    if actor.can_see_unpublished():
        return cast("Actor", STAFF)
    return cast("Actor", PREMIUM_MEMBER if actor.premium else MEMBER)


def filled_in(actor: Actor) -> dict[str, Any]:
    """What such a statement leaves open, when it is run for `actor`."""
    return {} if actor.id is None else {"reader": actor.id}
