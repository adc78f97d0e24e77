"""A person with an account."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NoReturn

from sqlalchemy import (
    ColumnElement,
    Index,
    String,
    Text,
    and_,
    delete,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, query_expression, with_expression

from postways import later, search
from postways.db import Id, Moment, changed, db, now
from postways.errors import Forbidden, Missing, Refused, Taken
from postways.models.audit import Audit, given_reason
from postways.models.credentials import (
    LONGEST_EMAIL,
    LONGEST_KEY,
    LONGEST_USERNAME,
    check_email,
    check_username,
    looks_like_address,
)
from postways.models.email_change import EmailChange
from postways.models.mail import Mail
from postways.models.membership import Membership
from postways.models.permissions import Permissions
from postways.models.username import PastUsername
from postways.paging import EPOCH, Asked, Numbered, Page
from postways.text import as_name, folded, trimmed

if TYPE_CHECKING:
    from sqlalchemy.orm.strategy_options import _AbstractLoad

    from postways.models.guest import Actor
    from postways.models.like import Like
    from postways.models.post import Post
    from postways.models.repost import Repost

LONGEST_NAME = 100
LONGEST_BIO = 1_000
LONGEST_ID = 18  # digits that a database can hold
RENAMED_ONCE_IN = timedelta(days=30)
ROLES = ("member", "moderator", "admin")
SUSPENDED, DELETED = text("suspended_at IS NOT NULL"), text("deleted_at IS NOT NULL")
MOST_OFFERED = 8  # people whose names begin with what somebody is typing
SORTS = ("active", "name", "posts", "given", "received", "joined")
STATES = ("active", "suspended")
FEED_RANKINGS = ("time", "score")
DIGESTS = ("never", "daily", "weekly")
WRITERS = ("everyone", "following", "nobody")  # who may send messages
ROLL_SIZE = 50
LIST_SIZE = 30
UNVERIFIED = "Confirm your address first: open the link in the mail to you. Your profile can send it again."
ACTIVITY_STEP = timedelta(minutes=1)  # last_activity_at is kept to the minute
_LAST = "\U0010ffff"  # after every other character
# names are in one order on every database, and those that begin alike stand together in the index
_BY_CODE_POINT = String(LONGEST_KEY).with_variant(String(LONGEST_KEY, collation="C"), "postgresql")


class OnRoll(NamedTuple):
    """A row of `User.roll`."""

    person: User
    given: int
    received: int


class User(Permissions, Membership, db.Model):  # type: ignore[name-defined]
    """A member, moderator or admin."""

    __tablename__ = "users"
    __table_args__ = (
        # of those who are away alone: SQLite would take it for "is here" and then sort everybody for a few names
        Index("ix_users_suspended_at", "suspended_at", sqlite_where=SUSPENDED, postgresql_where=SUSPENDED),
        Index("ix_users_deleted_at", "deleted_at", sqlite_where=DELETED, postgresql_where=DELETED),
        Index("ix_users_premium_told_premium_until", "premium_told", "premium_until"),
    )

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
    avatar_key: Mapped[str] = mapped_column(String(32), default="")  # of the photograph that is the avatar, once ready
    totp_secret: Mapped[str] = mapped_column(String(200), default="")  # sealed with the site's secret key
    totp_last_step: Mapped[int] = mapped_column(Id, default=0)  # a code works once

    # how this person and the one who asks stand to each other: filled by `met` and where `ties_to` is an option
    following: Mapped[str | None] = query_expression()  # the reader follows them: accepted or requested
    followed_by: Mapped[str | None] = query_expression()  # they follow the reader
    blocked: Mapped[bool | None] = query_expression()  # by the reader
    muted: Mapped[bool | None] = query_expression()  # by the reader

    # what Flask-Login asks of somebody logged in
    is_authenticated = True
    is_active = True
    is_anonymous = False
    is_member: Literal[True] = True
    unread_count = 0  # notifications, read with the session
    unread_messages = 0  # likewise
    message_requests = 0  # likewise
    session_token = ""  # of the browser that asks
    proved_at = EPOCH  # when this browser's person last gave password or passkey
    family_sid = ""  # of the family whose access token asks
    app_id = ""  # the client_id of the app that asks, where it is one
    api_token_id = 0  # of the opaque token that asks
    credential = ""  # which session or token asks, as its requests are counted
    token_seen_at = EPOCH  # when that was last noted to be used
    authenticated_at = EPOCH  # when the person last gave the password for the token that asks

    def get_id(self) -> str:
        """What the cookie holds: the secret of the session, not of the person."""
        return self.session_token

    @property
    def is_staff(self) -> bool:  # type: ignore[override]
        """Whether this is a moderator or an admin."""
        return self.role in ("moderator", "admin")

    @property
    def is_admin(self) -> bool:  # type: ignore[override]
        """Whether this is an admin."""
        return self.role == "admin"

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

    def posts_seen_by(self, actor: Actor) -> int | None:
        """How many posts `actor` finds here; None where even the number is private. Found by `met`, or oneself."""
        if not actor.can_look_into(self):
            return None
        knows_all = actor.id == self.id or actor.is_staff or self.following == "accepted"
        return self.post_count if knows_all else self.public_post_count

    def fingerprint(self, purpose: str) -> str:
        """The state of this person on which links of `purpose` depend; once it has changed they are dead."""
        parts: dict[str, tuple[object, ...]] = {
            "verify": (self.email_key, self.verified_at),
            "reset": (self.password_hash, self.email_key, self.last_login_at, self.reset_serial),
            "recovery": (self.password_hash, self.email_key, self.recovery_serial),
            "unsubscribe": (self.email_key,),
            "email": (self.password_hash, self.email_key, self.pending_email, self.email_serial),
        }
        return repr((purpose, self.id, *parts[purpose]))

    @classmethod
    def sign_up(cls, username: str, email: str | None, password_hash: str, role: str = "member") -> User:
        """Open an account. The password's own rules are `check_password`'s. Raises Refused by field."""
        username, email = unicodedata.normalize("NFKC", username.strip()), (email or "").strip() or None
        check_username(username, email)
        if email:
            check_email(email)
        if role not in ROLES:
            raise Refused("%(role)s is no role; choose member, moderator or admin.", field="role", role=role)
        user = cls(
            username=username,
            username_key=folded(username),
            email=email,
            email_key=folded(email) if email else None,
            password_hash=password_hash,
            role=role,
        )
        cls._refuse_taken(user)
        try:
            with db.session.begin_nested():
                db.session.add(user)
        except IntegrityError:
            cls._refuse_taken(user)  # somebody was a moment faster
            raise
        cls._take_name(user.username_key)
        user.be_found()
        return user

    @classmethod
    def _take_name(cls, key: str, before: User | None = None) -> None:
        """The name has just become somebody's: `before`'s, if they gave it up themselves; else it must be free."""
        if PastUsername.still_kept(key, for_whom=before.id if before else None):
            raise Refused("That username is taken. Choose another one.", field="username")
        PastUsername.taken_again(key)

    @classmethod
    def _refuse_taken(cls, user: User) -> None:
        cls.refuse_name(user.username)
        if user.email:
            cls.refuse_address(user.email)

    @classmethod
    def refuse_name(cls, username: str) -> None:
        """Raise Refused for a username that somebody has, or gave up lately."""
        key = folded(username)
        if db.session.scalar(select(exists().where(cls.username_key == key))) or PastUsername.still_kept(key):
            raise Refused("That username is taken. Choose another one.", field="username")

    @classmethod
    def refuse_address(cls, email: str) -> None:
        """Raise Refused for an address that an account has."""
        if db.session.scalar(select(exists().where(cls.email_key == folded(email)))):
            raise Refused("An account with that address exists already. Log in instead.", field="email")

    @classmethod
    def named(cls, username: str) -> User:
        """The person with this username, in any case and Unicode form. Raises Missing."""
        user = db.session.scalar(select(cls).where(cls.username_key == folded(username), cls.deleted_at.is_(None)))
        if user is None:
            raise Missing
        return user

    @classmethod
    def met(cls, actor: Actor, *, username: str = "", user_id: int = 0) -> User:
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
    def id_of(cls, username: str) -> int | None:
        """For the record: the id of who has this name, or had it last, in whatever state the account is."""
        key = folded(username)
        return db.session.scalar(select(cls.id).where(cls.username_key == key)) or PastUsername.was_of(key)

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

    @classmethod
    def once_named(cls, username: str) -> User:
        """Who gave up this username, while nobody else has it. Raises Missing."""
        user = db.session.get(cls, PastUsername.leads_to(folded(username)) or 0)
        if user is None or not user.active:
            raise Missing
        return user

    @classmethod
    def whose_name_begins(cls, beginning: str, actor: Actor) -> Sequence[User]:
        """The first few others whose username begins so, of those in lists for `actor`; nobody for no beginning."""
        key = folded(beginning)
        if not key:
            return ()
        here = (cls.listed_for(actor), cls.id != (actor.id or 0))
        named = select(cls).where(cls.username_key >= key, cls.username_key < key + _LAST, *here)
        return db.session.scalars(named.order_by(cls.username_key).limit(MOST_OFFERED)).all()

    @classmethod
    def highest_id(cls) -> int:
        """The highest id of all people, 0 if there are none."""
        return db.session.scalar(select(func.max(cls.id))) or 0

    @classmethod
    def public_between(cls, first: int, last: int) -> Sequence[str]:
        """The usernames of those with ids from `first` to `last` who have shared something and are not private."""
        here = (cls.suspended_at.is_(None), cls.deleted_at.is_(None), cls.private.is_(False), cls.public_post_count > 0)
        return db.session.scalars(select(cls.username).where(cls.id.between(first, last), *here).order_by(cls.id)).all()

    @classmethod
    def find(cls, user_id: int) -> User:
        """The person with this id. Raises Missing."""
        user = db.session.get(cls, user_id)
        if user is None or user.deleted_at is not None:
            raise Missing
        return user

    @classmethod
    def logging_in_as(cls, name: str) -> User | None:
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
    def with_email(cls, email: str) -> User | None:
        """Whose address this is, unless the account can't be used."""
        here = (cls.email_key == folded(email.strip()), cls.suspended_at.is_(None), cls.deleted_at.is_(None))
        return db.session.scalar(select(cls).where(*here))

    @classmethod
    def confirmed_as(cls, email: str) -> int:
        """The id of who has shown that this address is theirs. Raises Missing."""
        here = (cls.email_key == folded(email.strip()), cls.verified_at.is_not(None))
        return db.session.scalar(select(cls.id).where(*here)) or _nobody()

    @classmethod
    def known_as(cls, word: str) -> int:
        """The id of whom a program means by an id or a username, of now or before. Raises Missing."""
        word = word.strip()
        if word.isascii() and word.isdigit() and len(word) <= LONGEST_ID:
            return int(word)
        return cls.id_of(word) or _nobody()

    @classmethod
    def forgot_password(cls, user: User | None, purpose: Literal["reset", "recovery"] = "reset") -> None:
        """Mail a link that sets a new one, and end the older links; for nobody it takes the same steps.

        For `recovery` it is a word to give to a program, and links stay as they are.
        """
        serial = getattr(cls, f"{purpose}_serial")
        changed(update(cls).where(cls.id == (user.id if user else 0)).values({serial: serial + 1}))
        Mail.send(purpose, user)

    @classmethod
    def admins(cls) -> Sequence[User]:
        """Every admin whose account can be used."""
        here = (cls.role == "admin", cls.suspended_at.is_(None), cls.deleted_at.is_(None))
        return db.session.scalars(select(cls).where(*here).order_by(cls.id)).all()

    @classmethod
    def count(cls) -> int:
        """How many accounts there are."""
        return db.session.scalar(select(func.count()).select_from(cls)) or 0

    @classmethod
    def in_any_state(cls, user_id: int, *, acting: bool = False) -> User:
        """For staff: a person, suspended too but not deleted, locked for who is `acting`. Raises Missing."""
        user = db.session.get(cls, user_id, with_for_update=True if acting else None, populate_existing=True)
        if user is None or user.deleted_at is not None:
            raise Missing
        return user

    @classmethod
    def held(cls, *ids: int) -> Sequence[User]:
        """These people as they are now, locked in one order until the transaction ends. Who changes what is between
        people does this first, so that nobody blocks, follows or goes private in between."""
        query = select(cls).where(cls.id.in_(ids)).order_by(cls.id).with_for_update(key_share=True)
        return db.session.scalars(query.execution_options(populate_existing=True)).all()

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
    def meant(cls, word: str, actor: Actor) -> User:
        """Whom an address means by `word`: an id or a username, past ones too. Raises Missing, as `met` does."""
        if word.isascii() and word.isdigit() and len(word) <= LONGEST_ID:
            with suppress(Missing):
                return cls.met(actor, user_id=int(word))
        try:
            return cls.met(actor, username=word)
        except Missing:
            return cls.met(actor, user_id=cls.once_named(word).id)

    @classmethod
    def listed(cls, asked: Asked) -> Numbered[User]:
        """For staff: everybody but deleted accounts, who was here last first. Raises NoSuchPage."""
        everybody = select(cls.id).where(cls.deleted_at.is_(None))
        place = func.coalesce(cls.last_activity_at, literal(EPOCH, Moment)).label("place")
        whole = everybody.with_only_columns(cls)
        return Numbered.of(db.session, whole, everybody, (place, cls.id), asked, by_cursor=False)

    @classmethod
    def by_id(cls, ids: set[int | None]) -> dict[int, User]:
        """Those of `ids` who are still here; deleted accounts are not."""
        here = select(cls).where(cls.id.in_(ids - {None}), cls.deleted_at.is_(None))
        return {user.id: user for user in db.session.scalars(here)}

    @classmethod
    def roll(
        cls, cursor: str | None, *, sort: str, rising: bool = False, words: str = "", role: str = "", state: str = ""
    ) -> Page[OnRoll]:
        """For staff: everybody but deleted accounts, each with the likes given and received.

        `sort` is one of SORTS; `words` are looked for in both names. Raises BadCursor.
        """
        from postways.models.like import Like
        from postways.models.post import Post

        alive = Post.deleted_at.is_(None)
        given = select(func.count()).where(Like.user_id == cls.id, Like.post_id == Post.id, alive).correlate(cls)
        received = select(func.coalesce(func.sum(Post.like_count), 0)).where(Post.author_id == cls.id, alive)
        counts = {"given": given.scalar_subquery(), "received": received.correlate(cls).scalar_subquery()}
        by: dict[str, ColumnElement[Any]] = {
            **counts,
            "name": cls.username_key.expression,
            "posts": cls.post_count.expression,
            "joined": cls.joined_at.expression,
            "active": func.coalesce(cls.last_activity_at, literal(EPOCH, Moment)),
        }
        place = by[sort].label("place")
        query = select(cls, cls.id, place).where(cls.deleted_at.is_(None))
        if words:
            named = cls.username_key.contains(folded(words), autoescape=True)
            query = query.where(named | func.lower(cls.display_name).contains(words.lower(), autoescape=True))
        if role:
            query = query.where(cls.role == role)
        if state:
            query = query.where(cls.suspended_at.is_not(None) if state == "suspended" else cls.suspended_at.is_(None))
        page = Page.of(db.session, query, (place, cls.id), cursor, ROLL_SIZE, rising=rising)
        # apart, or SQLite would count for everybody before it cuts off
        numbers = select(cls.id, counts["given"], counts["received"]).where(cls.id.in_([row.id for row in page.items]))
        found = {user_id: likes for user_id, *likes in db.session.execute(numbers)}
        return Page([OnRoll(row.User, *found[row.id]) for row in page.items if row.id in found], page.next_cursor)

    @classmethod
    def found(cls, question: str, actor: Actor, cursor: str | None, size: int = LIST_SIZE) -> Page[User]:
        """People who have all words of `question` in names or bio, newest first; whose username it is, before all.

        Raises BadCursor.
        """
        named = cls.username_key == folded(question.strip().removeprefix("@").encode(errors="ignore").decode())
        query, place, by = search.people.ordered(select(cls).where(cls.listed_for(actor)), cls.id.expression, question)
        page: Page[Any] = Page.of(db.session, query.where(~named), (place,), cursor, size, (by,))
        first = [] if cursor else db.session.scalars(select(cls).where(named, cls._named_for(actor))).all()
        return Page([*first, *(row.User for row in page.items)], page.next_cursor)

    @classmethod
    def _named_for(cls, actor: Actor) -> ColumnElement[bool]:
        """Whom `actor` finds who types the whole name: private accounts too, so that a member can ask to follow."""
        from postways.models.mute import Mute

        if actor.id is None:
            return cls.listed_for(actor)
        return and_(cls.visible_to(actor), cls.suspended_at.is_(None), ~Mute.hides(actor, cls.id))

    @classmethod
    def who_like(cls, post_id: int, actor: Actor, cursor: str | None) -> Page[User]:
        """People who like this post, the newest like first. Raises BadCursor."""
        from postways.models.like import Like

        return cls._who(Like, post_id, actor, cursor)

    @classmethod
    def who_reposted(cls, post_id: int, actor: Actor, cursor: str | None) -> Page[User]:
        """People who reposted this post, the newest repost first. Raises BadCursor."""
        from postways.models.repost import Repost

        return cls._who(Repost, post_id, actor, cursor)

    @classmethod
    def _who(cls, act: type[Like] | type[Repost], post_id: int, actor: Actor, cursor: str | None) -> Page[User]:
        act_id = act.id.label("act_id")
        query: Any = select(cls, act_id).join(act, act.user_id == cls.id)
        query = query.where(act.post_id == post_id, cls.listed_for(actor))
        page: Page[Any] = Page.of(db.session, query, (act_id,), cursor, LIST_SIZE, (act.id,))
        return Page([row.User for row in page.items], page.next_cursor)

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

    def used_totp_step(self, step: int) -> bool:
        """Note that the code of this time step was used; False when it had been used already."""
        once = update(User).where(User.id == self.id, User.totp_last_step < step)
        return changed(once.values(totp_last_step=step)) == 1

    def add_totp(self, sealed: str, step: int) -> None:
        """From now on a code of the app is asked for."""
        self.totp_secret, self.totp_last_step = sealed, step

    def remove_totp(self) -> None:
        """No code is asked for any more."""
        self.totp_secret, self.totp_last_step = "", 0

    def become(self, role: str, actor: User | None = None) -> None:
        """Give this person another role; every session ends, so that none keeps what the former one could.

        The `actor` is nobody on the command line. Raises Forbidden, or Refused for a role that does not exist.
        """
        if actor is not None and not actor.can_change_role(self):
            raise Forbidden
        if role not in ROLES:
            raise Refused("%(role)s is no role; choose member, moderator or admin.", field="role", role=role)
        if role == self.role:
            return
        before, self.role = self.role, role
        self._end_sessions()
        self._stop_access()
        later.tell("rights", person=self.id)
        Audit.note("role-changed", actor, self, before=before, after=role)

    @property
    def standing(self) -> str:
        """Active, or suspended and until when."""
        if self.suspended_at is None:
            return "active"
        return f"suspended until {self.suspended_until:%Y-%m-%d %H:%M} UTC" if self.suspended_until else "suspended"

    def suspend(self, actor: User | None, reason: str, until: datetime | None = None) -> None:
        """Shut this person out and hide everything of theirs, until a moment or until they are restored.

        The `actor` is nobody on the command line. Raises Forbidden or Refused.
        """
        if actor is not None and not actor.can_act_on(self):
            raise Forbidden
        reason = given_reason(reason)
        if until is not None and until <= now():
            raise Refused("Choose a day that is still to come, or none.", field="until")
        if self.suspended_at is not None and (self.suspended_until, self.suspension_reason) == (until, reason):
            return
        before = self.standing
        self.suspended_at = self.suspended_at or now()
        self.suspended_until, self.suspension_reason = until, reason
        self.vanish()
        Audit.note("suspended", actor, self, reason=reason, before=before, after=self.standing)
        Mail.send("account-suspended", self, reason=reason, until=until.isoformat() if until else None)

    def restore(self, actor: User | None, reason: str) -> None:
        """Let somebody who was suspended in again, and show everything again. Twice is once.

        The `actor` is nobody on the command line, or when the time is over. Raises Forbidden or Refused.
        """
        if actor is not None and not actor.can_act_on(self):
            raise Forbidden
        reason = given_reason(reason)
        if self.suspended_at is None:
            return
        before = self.standing
        self.suspended_at, self.suspended_until, self.suspension_reason = None, None, ""
        self._withhold(self.deleted_at is not None)
        Audit.note("restored", actor, self, reason=reason, before=before, after=self.standing)
        Mail.send("account-restored", self, reason=reason)

    def warn(self, actor: User, reason: str, post: Post | None = None) -> None:
        """Ask this person not to go on with what they did, perhaps in a `post`. Raises Forbidden or Refused."""
        if not actor.can_act_on(self):
            raise Forbidden
        reason = given_reason(reason)
        Audit.note("warned", actor, self, post_id=post.id if post else None, reason=reason)
        Mail.send("warned", self, reason=reason, title=post.title if post else "")

    def vanish(self) -> None:
        """Be gone from every door at once: logged out, every post withheld, open pages cut off."""
        self._end_sessions()
        self.end_tokens()
        self._withhold(True)
        later.tell("person", person=self.id)

    def leave(self, actor: User | None = None) -> None:
        """Delete the account: hidden everywhere now, erased by `departure` within a day. Twice is once.

        The `actor` is an admin where it is not the person. Raises Forbidden.
        """
        actor = actor or self
        if not (actor.can_close(self) or actor.can_expel(self)):
            raise Forbidden
        if self.deleted_at is not None:
            return
        self.deleted_at = now()
        self.email_key = self.pending_email = None  # whoever comes back may use the address at once
        self.vanish()
        posts = db.metadata.tables["posts"]
        own = update(posts).where(posts.c.author_id == self.id, posts.c.deleted_at.is_(None))
        changed(own.values(deleted_at=self.deleted_at))  # from staff too, who see what is withheld
        PastUsername.keep(self.username_key, self.id, gone=True)
        Audit.note("account-deleted", actor, self)
        Mail.send("account-deleted", self)
        later.job("withdraw", self.id)

    def _withhold(self, withheld: bool) -> None:
        from postways.models.comment import Comment
        from postways.models.follow import Follow

        db.session.flush()
        Follow.withhold(self, withheld)
        posts = db.metadata.tables["posts"]
        own = update(posts).where(posts.c.author_id == self.id)
        changed(own.values(withheld=withheld, version=posts.c.version + 1))
        Comment.withhold_all_of(self.id, withheld)

    def log_out_everywhere(self) -> None:
        """End every session and every token, of programs too."""
        self._end_sessions()
        self.end_tokens()
        later.tell("sessions", person=self.id)

    def be_logged_out(self, actor: User, reason: str) -> None:
        """An admin ends every session and token of this person, who is told. Raises Forbidden or Refused."""
        if not actor.can_log_out(self):
            raise Forbidden
        reason = given_reason(reason)
        self.log_out_everywhere()
        Audit.note("logged-out-by-staff", actor, self, reason=reason)
        Mail.send("logged-out", self, reason=reason)

    def end_tokens(self) -> None:
        """No token of any kind opens anything any more; sessions of browsers stay."""
        families, tokens = db.metadata.tables["token_families"], db.metadata.tables["api_tokens"]
        changed(
            update(families).where(families.c.user_id == self.id, families.c.ended_at.is_(None)).values(ended_at=now())
        )
        changed(delete(tokens).where(tokens.c.user_id == self.id))
        self._stop_access()

    def _end_sessions(self) -> None:
        sessions = db.metadata.tables["sessions"]
        changed(delete(sessions).where(sessions.c.user_id == self.id))

    def _stop_access(self) -> None:
        """Access tokens name the version under which they were made; those of an older one are dead."""
        changed(update(User).where(User.id == self.id).values(credential_version=User.credential_version + 1))

    @classmethod
    def end_suspensions(cls, moment: datetime) -> int:
        """Restore those whose suspension was to end by now; returns how many."""
        here = (cls.suspended_at.is_not(None), cls.deleted_at.is_(None))
        over = select(cls).where(cls.suspended_until <= moment, *here).limit(100)
        people = db.session.scalars(over.with_for_update(skip_locked=True)).all()
        for person in people:
            person.restore(None, "The time is over.")
        return len(people)

    def change_password(self, password_hash: str) -> None:
        """Take a new password; every token ends. Raises Refused when it was changed meanwhile."""
        same = update(User).where(User.id == self.id, User.password_hash == self.password_hash)
        if changed(same.values(password_hash=password_hash, password_changed_at=now())) != 1:
            message = "The password was changed a moment ago in another browser. Type that one."
            raise Refused(message, field="old_password")
        self.end_tokens()
        Audit.note("password-changed", self, self)
        Mail.send("password-changed", self)

    def days_to_rename(self, moment: datetime) -> int:
        """How many days must pass until the username can be changed again, rounded up; 0 when it can."""
        if self.username_changed_at is None:
            return 0
        return max(0, -(-(self.username_changed_at + RENAMED_ONCE_IN - moment) // timedelta(days=1)))

    def rename(self, username: str, moment: datetime) -> None:
        """Be called `username` from now on, once in 30 days; the old name leads here. Raises Refused by field."""
        if days := self.days_to_rename(moment):
            raise _renamed_lately(days)
        username = unicodedata.normalize("NFKC", username.strip())
        check_username(username, self.email)
        if username == self.username:
            raise Refused("That is your username already.", field="username")
        before, key = self.username_key, folded(username)
        free = or_(User.username_changed_at.is_(None), User.username_changed_at <= moment - RENAMED_ONCE_IN)
        row = update(User).where(User.id == self.id, free)
        try:
            with db.session.begin_nested():
                renamed = changed(row.values(username=username, username_key=key, username_changed_at=moment))
        except IntegrityError:
            raise Refused("That username is taken. Choose another one.", field="username") from None
        if renamed != 1:
            raise _renamed_lately(RENAMED_ONCE_IN.days)  # a moment ago, in another browser
        self._take_name(key, self)
        if key != before:
            PastUsername.keep(before, self.id)
        self.seen_anew()
        Audit.note("username-changed", self, self)
        db.session.refresh(self)
        self.be_found()

    def ask_for_email(self, email: str) -> None:
        """Mail a link to `email`, which becomes the address once it is used; ends an older request.

        Raises Refused by field.
        """
        email = email.strip()
        check_email(email)
        if folded(email) == self.email_key:
            raise Refused("That is your address already.", field="email")
        if looks_like_address(self.username):
            raise Refused("Your username is an address. Change your username first.", field="email")
        if db.session.scalar(select(User.id).where(User.email_key == folded(email))) is not None:
            raise Refused("Another account has that address. Choose another one.", field="email")
        changed(update(User).where(User.id == self.id).values(pending_email=email, email_serial=User.email_serial + 1))
        db.session.refresh(self)
        Mail.send("email-change", self, address=email, serial=self.email_serial)
        Mail.send("email-change-asked", self)

    def take_email(self) -> None:
        """The new address has answered and replaces the old one, which is told.

        Raises Taken when somebody else was faster, Refused when the link was used meanwhile.
        """
        email, before = self.pending_email or "", self.email
        asked = (User.pending_email == email, User.email_serial == self.email_serial)
        row = update(User).where(User.id == self.id, *asked)
        values = {"email": email, "email_key": folded(email), "pending_email": None, "verified_at": now()}
        try:
            with db.session.begin_nested():
                taken = changed(row.values(**values))
        except IntegrityError:
            raise Taken("Another account has that address now. Ask for another one.") from None
        if taken != 1:
            raise Refused("This link was used a moment ago.")
        Audit.note("email-changed", self, self)
        if before:
            change = EmailChange.note(self.id, before)
            Mail.send("email-changed", self, address=before, change=change.id)

    def take_back_email(self, change: EmailChange) -> None:
        """Somebody who reads the old address says that `change` was not theirs: all of it may be an intruder's.

        The old address counts again and has answered, everybody is logged out, what was added since to log in with
        is gone, and a link for a new password goes out. Raises Refused, or Taken when the address has another owner.
        """
        change.spend()
        wrong = self.email
        values = {"email": change.before, "email_key": folded(change.before), "verified_at": now()}
        row = update(User).where(User.id == self.id)
        try:
            with db.session.begin_nested():
                changed(row.values(**values, pending_email=None, email_serial=User.email_serial + 1))
        except IntegrityError:
            raise Taken("Another account has that address by now, so it can't be put back by this link.") from None
        db.session.refresh(self)
        self._forget_proofs_since(change.at)
        self.log_out_everywhere()
        Audit.note("email-change-undone", self, self)
        Mail.send("email-back", self)
        if wrong:
            Mail.send("email-lost", self, address=wrong)

    def _forget_proofs_since(self, moment: datetime) -> None:
        """Passkeys and app codes that were added after `moment` open nothing any more."""
        from postways.models.passkey import Passkey, RecoveryCode

        Passkey.forget_since(self, moment)
        if self.totp_secret and Audit.happened("second-factor-added", self, moment):
            self.remove_totp()
            RecoveryCode.forget(self)

    def introduce(self, display_name: str, bio: str) -> None:
        """Say who this is. Raises Refused for what is too long."""
        display_name, bio = as_name(display_name), trimmed(bio)
        for field, words, most in (("display_name", display_name, LONGEST_NAME), ("bio", bio, LONGEST_BIO)):
            if len(words) > most:
                message = "That is %(length)d characters; the most is %(most)d."
                raise Refused(message, field=field, length=len(words), most=most)
        if display_name != self.display_name:
            self.seen_anew()
        self.display_name, self.bio = display_name, bio
        self.be_found()

    def be_found(self) -> None:
        """Let search find this person by both names and by what they say of themselves."""
        db.session.flush()
        search.people.write([self._words])

    @property
    def _words(self) -> search.Document:
        return search.Document(self.id, self.id, "\n".join((self.username, self.display_name, self.bio)))

    @classmethod
    def be_found_anew(cls, after: int) -> int | None:
        """Write what search knows of the next people after this id; answers the last one's id, None without any."""
        some = db.session.scalars(select(cls).where(cls.id > after).order_by(cls.id).limit(search.AT_ONCE)).all()
        search.people.write([user._words for user in some])
        return some[-1].id if some else None

    def rank_feed(self, ranking: str) -> None:
        """Read the feed in this one of FEED_RANKINGS from now on. Raises Refused."""
        if ranking not in FEED_RANKINGS:
            raise Refused("Choose an order: by time or ranked.", field="ranking")
        self.feed_ranking = ranking

    def wants_to_hear(self, quiet: Sequence[str], digest: str) -> None:
        """Be told of all kinds of notifications but the `quiet` ones, and by mail at one of DIGESTS. Raises Refused."""
        if digest not in DIGESTS:
            raise Refused("Choose how often a mail comes.", field="digest")
        self.quiet_kinds, self.digest = " ".join(quiet), digest

    def wants_no_digest(self) -> None:
        """No mails that sum up what is new."""
        self.digest = "never"

    def wants_messages_from(self, whom: str) -> None:
        """Take messages of one of WRITERS. Raises Refused."""
        if whom not in WRITERS:
            raise Refused("Choose who may write to you.", field="messages_from")
        self.messages_from = whom

    def seen_anew(self) -> None:
        """Name or picture have changed: cards of this person's posts that were made before hold no more."""
        posts = db.metadata.tables["posts"]
        changed(update(posts).where(posts.c.author_id == self.id).values(version=posts.c.version + 1))

    def wants_link(self) -> None:
        """Mail the link that confirms the address, unless it is confirmed."""
        if self.email and self.verified_at is None:
            Mail.send("verify", self)

    def verify(self) -> None:
        """The address has answered. Twice is once."""
        first = update(User).where(User.id == self.id, User.verified_at.is_(None)).values(verified_at=now())
        if changed(first) == 1:
            Audit.note("email-verified", self, self)

    def reset_password(self, password_hash: str) -> None:
        """Take the password that was chosen by the link in a mail; every session and token ends.

        Raises Refused when the password was changed meanwhile.
        """
        same = update(User).where(User.id == self.id, User.password_hash == self.password_hash)
        if changed(same.values(password_hash=password_hash, password_changed_at=now())) != 1:
            raise Refused("The password was changed a moment ago, so this link does not work any more.")
        self.log_out_everywhere()
        Audit.note("password-reset", self, self)
        Mail.send("password-changed", self)

    def posted(self, difference: int, audience: str) -> None:
        """Count published posts up or down."""
        public = 0 if audience == "followers" else difference  # of what is for premium members visitors find the title
        counts = {"post_count": User.post_count + difference, "public_post_count": User.public_post_count + public}
        changed(update(User).where(User.id == self.id).values(counts))

    def keep_private(self, private: bool) -> None:
        """Let only accepted followers see what this person shares, or everybody again; then whoever waits for an
        answer follows. Twice is once."""
        from postways.models.follow import Follow

        User.held(self.id)
        if self.private == private:
            return
        self.private = private
        db.session.flush()
        posts = db.metadata.tables["posts"]
        own = update(posts).where(posts.c.author_id == self.id)
        changed(own.values(closed=or_(literal(private), posts.c.audience == "followers")))
        if private:
            later.tell("closed", person=self.id, post=0)
        else:
            Follow.accept_everybody(self)
            db.session.refresh(self)

    @classmethod
    def was_here(cls, user_id: Any, moment: datetime) -> None:
        """Note that this person was here, once a minute, however many ask at once."""
        due = or_(cls.last_activity_at.is_(None), cls.last_activity_at <= moment - ACTIVITY_STEP)
        changed(update(cls).where(cls.id == user_id, due).values(last_activity_at=moment))

    def active_since(self, moment: datetime) -> bool:
        """Whether it has been noted within the last minute that this person was here."""
        return self.last_activity_at is not None and moment - self.last_activity_at < ACTIVITY_STEP


def _nobody() -> NoReturn:
    raise Missing


def _renamed_lately(days: int) -> Refused:
    if days == 1:
        return Refused("You can change your username once in 30 days; one day is left.", field="username")
    return Refused("You can change your username once in 30 days; %(days)d days are left.", field="username", days=days)
