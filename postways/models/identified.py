"""Which person somebody means: by id, by name, by address."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn, Self

from sqlalchemy import select

from postways.db import db
from postways.errors import Missing
from postways.models.user_row import UserRow
from postways.models.username import PastUsername
from postways.text import folded

if TYPE_CHECKING:
    from postways.models.guest import Actor

LONGEST_ID = 18  # digits that a database can hold


class Identified(UserRow):
    """How one `User` is found."""

    @classmethod
    def find(cls, user_id: int) -> Self:
        """The person with this id. Raises Missing."""
        user = db.session.get(cls, user_id)
        if user is None or user.deleted_at is not None:
            raise Missing
        return user

    @classmethod
    def held(cls, *ids: int) -> Sequence[Self]:
        """These people as they are now, locked in one order until the transaction ends. Who changes what is between
        people does this first, so that nobody blocks, follows or goes private in between."""
        query = select(cls).where(cls.id.in_(ids)).order_by(cls.id).with_for_update(key_share=True)
        return db.session.scalars(query.execution_options(populate_existing=True)).all()

    @classmethod
    def by_id(cls, ids: set[int | None]) -> dict[int, Self]:
        """Those of `ids` who are still here; deleted accounts are not."""
        here = select(cls).where(cls.id.in_(ids - {None}), cls.deleted_at.is_(None))
        return {user.id: user for user in db.session.scalars(here)}

    @classmethod
    def in_any_state(cls, user_id: int, *, acting: bool = False) -> Self:
        """For staff: a person, suspended too but not deleted, locked for who is `acting`. Raises Missing."""
        user = db.session.get(cls, user_id, with_for_update=True if acting else None, populate_existing=True)
        if user is None or user.deleted_at is not None:
            raise Missing
        return user

    @classmethod
    def named(cls, username: str) -> Self:
        """The person with this username, in any case and Unicode form. Raises Missing."""
        user = db.session.scalar(select(cls).where(cls.username_key == folded(username), cls.deleted_at.is_(None)))
        if user is None:
            raise Missing
        return user

    @classmethod
    def once_named(cls, username: str) -> Self:
        """Who gave up this username, while nobody else has it. Raises Missing."""
        user = db.session.get(cls, PastUsername.leads_to(folded(username)) or 0)
        if user is None or not user.active:
            raise Missing
        return user

    @classmethod
    def id_of(cls, username: str) -> int | None:
        """For the record: the id of who has this name, or had it last, in whatever state the account is."""
        key = folded(username)
        return db.session.scalar(select(cls.id).where(cls.username_key == key)) or PastUsername.was_of(key)

    @classmethod
    def met(cls, actor: Actor, *, username: str = "", user_id: int = 0) -> Self:
        """The person with this name or id, and how the two stand to each other, in one statement.

        Raises Missing for whom `actor` may not know of; who was blocked by `actor` is still to be found, to undo it.
        """
        from postways.models.block import Block

        query = select(cls).where(cls.username_key == folded(username) if username else cls.id == user_id)
        query = query.where(cls.deleted_at.is_(None))
        if not actor.is_staff:
            query = query.where(cls.suspended_at.is_(None))
        if actor.id is not None and not actor.is_staff:
            query = query.where(~Block.by(cls.id, actor.id))
        user = db.session.scalar(query.options(*cls.ties_to(actor)).execution_options(populate_existing=True))
        if user is None:
            raise Missing
        return user

    @classmethod
    def meant(cls, word: str, actor: Actor) -> Self:
        """Whom an address means by `word`: an id or a username, past ones too. Raises Missing, as `met` does."""
        if word.isascii() and word.isdigit() and len(word) <= LONGEST_ID:
            with suppress(Missing):
                return cls.met(actor, user_id=int(word))
        try:
            return cls.met(actor, username=word)
        except Missing:
            return cls.met(actor, user_id=cls.once_named(word).id)

    @classmethod
    def known_as(cls, word: str) -> int:
        """The id of whom a program means by an id or a username, of now or before. Raises Missing."""
        word = word.strip()
        if word.isascii() and word.isdigit() and len(word) <= LONGEST_ID:
            return int(word)
        return cls.id_of(word) or _nobody()

    @classmethod
    def logging_in_as(cls, name: str) -> Self | None:
        """Whom somebody means who types `name`: what looks like an address is tried as an email first."""
        key = folded(name.strip())
        if not key:
            return None
        by = [cls.email_key, cls.username_key] if "@" in key else [cls.username_key]
        for column in by:
            user = db.session.scalar(select(cls).where(column == key))
            if user is not None:
                return user
        return None

    @classmethod
    def with_email(cls, email: str) -> Self | None:
        """Whose address this is, unless the account can't be used."""
        here = (cls.email_key == folded(email.strip()), cls.suspended_at.is_(None), cls.deleted_at.is_(None))
        return db.session.scalar(select(cls).where(*here))

    @classmethod
    def confirmed_as(cls, email: str) -> int:
        """The id of who has shown that this address is theirs. Raises Missing."""
        here = (cls.email_key == folded(email.strip()), cls.verified_at.is_not(None))
        return db.session.scalar(select(cls.id).where(*here)) or _nobody()


def _nobody() -> NoReturn:
    raise Missing
