"""The columns of a person, who knows of them, and in which state the account is."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal, cast

from sqlalchemy import ColumnElement, String, Text, Update, and_, false, or_, text, true, update
from sqlalchemy.orm import Mapped, mapped_column, with_expression

from postways.db import Id, Moment, now
from postways.models.credentials import LONGEST_EMAIL, LONGEST_KEY, LONGEST_USERNAME
from postways.models.permissions import Permissions
from postways.zones import LONGEST_ZONE

if TYPE_CHECKING:
    from sqlalchemy.orm.strategy_options import _AbstractLoad

    from postways.models.guest import Actor
    from postways.models.user import User

LONGEST_NAME = 100
LONGEST_BIO = 1_000
# names are in one order on every database, and those that begin alike stand together in the index
_BY_CODE_POINT = String(LONGEST_KEY).with_variant(String(LONGEST_KEY, collation="C"), "postgresql")


class UserRow(Permissions):
    """What everything that a person can do is made of; see `User`."""

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    username: Mapped[str] = mapped_column(String(LONGEST_USERNAME))
    username_key: Mapped[str] = mapped_column(_BY_CODE_POINT, unique=True)
    email: Mapped[str | None] = mapped_column(String(LONGEST_EMAIL))
    email_key: Mapped[str | None] = mapped_column(String(LONGEST_KEY), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(16), default="member")
    display_name: Mapped[str] = mapped_column(String(LONGEST_NAME), default="")
    bio: Mapped[str] = mapped_column(Text, default="")
    demo: Mapped[bool] = mapped_column(default=False)
    post_count: Mapped[int] = mapped_column(default=0)  # published ones
    public_post_count: Mapped[int] = mapped_column(default=0, server_default="0")  # those for everybody among them
    followers_count: Mapped[int] = mapped_column(default=0, server_default="0")
    following_count: Mapped[int] = mapped_column(default=0, server_default="0")
    messages_from: Mapped[str] = mapped_column(String(10), default="everyone", server_default="everyone")  # of WRITERS
    private: Mapped[bool] = mapped_column(default=False, server_default=false())  # only accepted followers see posts
    joined_at: Mapped[datetime] = mapped_column(Moment, default=now)
    last_login_at: Mapped[datetime | None] = mapped_column(Moment)
    last_activity_at: Mapped[datetime | None] = mapped_column(Moment)
    verified_at: Mapped[datetime | None] = mapped_column(Moment)  # the address answers to this person
    pending_email: Mapped[str | None] = mapped_column(String(LONGEST_EMAIL))  # not theirs until its link is used
    email_serial: Mapped[int] = mapped_column(default=0)  # a newer link ends the older ones
    reset_serial: Mapped[int] = mapped_column(default=0)
    recovery_serial: Mapped[int] = mapped_column(default=0, server_default="0")
    credential_version: Mapped[int] = mapped_column(default=0, server_default="0")  # of those who may still come in
    username_changed_at: Mapped[datetime | None] = mapped_column(Moment)
    password_changed_at: Mapped[datetime | None] = mapped_column(Moment)
    suspended_at: Mapped[datetime | None] = mapped_column(Moment)
    suspended_until: Mapped[datetime | None] = mapped_column(Moment)  # None while suspended: without an end
    suspension_reason: Mapped[str] = mapped_column(Text, default="")
    deleted_at: Mapped[datetime | None] = mapped_column(Moment)  # hidden at once, purged by a job
    shows_camera: Mapped[bool] = mapped_column(default=True)
    # kinds of notifications that are not told
    quiet_kinds: Mapped[str] = mapped_column(String(120), default="", server_default=text("''"))
    # how often a mail sums up what is unread
    digest: Mapped[str] = mapped_column(String(8), default="never", server_default="never")
    digested_at: Mapped[datetime | None] = mapped_column(Moment)
    feed_ranking: Mapped[str] = mapped_column(String(8), default="time", server_default=text("'time'"))
    suggested_at: Mapped[datetime | None] = mapped_column(Moment)  # when it was worked out whom they may want to follow
    covers_warned: Mapped[bool] = mapped_column(default=True, server_default=true())  # pictures with a warning
    # whose clock they read by; empty: the site's
    time_zone: Mapped[str] = mapped_column(String(LONGEST_ZONE), default="", server_default=text("''"))
    avatar_key: Mapped[str] = mapped_column(String(32), default="")  # of the photograph that is the avatar, once ready
    totp_secret: Mapped[str] = mapped_column(String(200), default="")  # sealed with the site's secret key
    totp_last_step: Mapped[int] = mapped_column(Id, default=0)  # a code works once

    is_member: Literal[True] = True

    if TYPE_CHECKING:  # what can't stand in a class that has no table
        following: Mapped[str | None]
        followed_by: Mapped[str | None]
        blocked: Mapped[bool | None]
        muted: Mapped[bool | None]

    @property
    def _person(self) -> User:
        return cast("User", self)

    def _update(self, *conditions: ColumnElement[bool]) -> Update:
        """Change the row as it is by now, where it still fulfils these."""
        return update(type(self)).where(type(self).id == self.id, *conditions)

    @property
    def on_staff(self) -> bool:
        """Whether this is a moderator or an admin, by whatever token they ask; what they may do says `is_staff`."""
        return self.role in ("moderator", "admin")

    @property
    def is_staff(self) -> bool:  # type: ignore[override]
        """Whether a moderator or an admin acts and sees as one: by a token that lacks `moderate` they are a member."""
        return self.on_staff and (not self.by_token or "moderate" in self.scopes)

    @property
    def is_admin(self) -> bool:  # type: ignore[override]
        """Whether an admin acts as one: by a token that lacks `admin` they are less."""
        return self.role == "admin" and (not self.by_token or "admin" in self.scopes)

    @property
    def name(self) -> str:
        """What others read: the display name, or the username."""
        return self.display_name or self.username

    @property
    def initial(self) -> str:
        """The first letter of the name, for a person without a picture."""
        return self.name[:1].upper()

    @property
    def active(self) -> bool:
        """Whether this account can be used: neither suspended nor deleted."""
        return self.suspended_at is None and self.deleted_at is None

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Whom `actor` may know of, as an SQL condition: no deleted account, for staff alone a suspended one, nobody
        where one blocked the other. A private account is among them; what it shares is `Post.visible_to`'s."""
        from postways.models.block import Block

        here: ColumnElement[bool] = cls.deleted_at.is_(None)
        if not actor.is_staff:
            here = and_(here, cls.suspended_at.is_(None))
        return here if actor.id is None else and_(here, ~Block.parts(actor.id, cls.id))

    @classmethod
    def listed_for(cls, actor: Actor) -> ColumnElement[bool]:
        """Who stands in lists for everybody when `actor` looks: whom `actor` may know of and doesn't mute.

        Private accounts are listed for their followers alone; who knows the name still finds them, to ask.
        """
        from postways.models.follow import Follow
        from postways.models.mute import Mute

        known: ColumnElement[bool] = cls.private.is_(False)
        if actor.id is not None:
            known = or_(known, cls.id == actor.id, Follow.holds(actor.id, cls.id))
        return and_(cls.visible_to(actor), cls.suspended_at.is_(None), known, ~Mute.hides(actor, cls.id))

    @classmethod
    def ties_to(cls, actor: Actor) -> list[_AbstractLoad]:
        """Options of a statement that reads people: how each and `actor` stand to each other comes along."""
        from postways.models.block import Block
        from postways.models.follow import Follow
        from postways.models.mute import Mute

        if actor.id is None:
            return []
        return [
            with_expression(cls.following, Follow.state_between(actor.id, cls.id)),
            with_expression(cls.followed_by, Follow.state_between(cls.id, actor.id)),
            with_expression(cls.blocked, Block.by(actor.id, cls.id)),
            with_expression(cls.muted, Mute.hides_from(actor.id, cls.id)),
        ]
