"""Apps that act for people (OAuth2): the registered app, what somebody allowed it, and the code that proves it once."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, UniqueConstraint, and_, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from postways.db import Id, Moment, changed, db, now
from postways.errors import Forbidden, Missing, Refused, Unauthenticated
from postways.lookalikes import named_like_us
from postways.models import redirects
from postways.models.audit import Audit
from postways.models.mail import Mail
from postways.models.redirects import LONGEST_REDIRECT
from postways.models.scopes import narrowed, scopes_in, written
from postways.models.token import FAMILY_LASTS, LONGEST_SCOPE, REFRESH_LASTS, Family
from postways.models.user import User
from postways.paging import Page
from postways.text import as_name, visible

if TYPE_CHECKING:
    from postways.models.guest import Actor

CODE_LASTS = timedelta(seconds=60)
LONGEST_APP_NAME = 60
LONGEST_SECRET = 200
MOST_CLIENTS = 20  # of one member
MOST_SHOWN = 200
PAGE_SIZE = 50
NO_CODE = "This code does not work: it is wrong, used, too old, or was ended."


class Client(db.Model):  # type: ignore[name-defined]
    """One app that can ask people for leave. A public one keeps no secret; that of another is kept as its hash."""

    __tablename__ = "oauth_clients"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64), unique=True)
    secret_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    name: Mapped[str] = mapped_column(String(LONGEST_APP_NAME))
    redirect_uris: Mapped[list[str]] = mapped_column(JSON)
    scope: Mapped[str] = mapped_column(String(LONGEST_SCOPE))  # the most it can ask for
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)

    owner: Mapped[User | None] = relationship(lazy="raise_on_sql", viewonly=True)

    @classmethod
    def make(
        cls,
        name: str,
        redirect_uris: Sequence[str],
        *,
        scope: str,
        confidential: bool,
        owner: User | None,
        actor: Actor | None = None,
    ) -> tuple[Client, str]:
        """A new app of `owner`, or of the site, and its secret (empty for a public one), which nobody can read again.

        The `actor` is nobody on the command line. Raises Refused by field, or Forbidden.
        """
        if actor is not None and not (actor.id == (owner and owner.id) or actor.is_admin):
            raise Forbidden
        scopes = scopes_in(scope)
        if owner is not None:
            scopes = narrowed(scope, owner.role)
            _refuse_more(owner)
        if not scopes:
            raise Refused("Choose at least one.", field="scope")
        secret = _secret() if confidential else ""
        client = cls(
            client_id=secrets.token_hex(16),
            secret_hash=_hash(secret) if secret else None,
            name=_checked_name(name) if owner is None else _of_somebody(name),
            redirect_uris=redirects.checked(redirect_uris),
            scope=written(scopes),
            owner_id=owner.id if owner is not None else None,
        )
        db.session.add(client)
        db.session.flush()
        Audit.note("app-made", actor, owner, client=client.id, scope=client.scope, public=client.public)
        return client, secret

    def change(self, name: str, redirect_uris: Sequence[str], actor: User) -> None:
        """Call it otherwise, let it take people back elsewhere. Raises Refused by field."""
        if name != self.name:
            self.name = _checked_name(name) if self.owner_id is None else _of_somebody(name)
        self.redirect_uris = redirects.checked(redirect_uris)
        Audit.note("app-changed", actor, self.owner, client=self.id)

    def renew_secret(self, actor: User) -> str:
        """A new secret, which nobody can read again; the former one stops working. Raises Refused for a public app."""
        if self.public:
            raise Refused("A public app has no secret.")
        secret = _secret()
        self.secret_hash = _hash(secret)
        Audit.note("app-changed", actor, self.owner, client=self.id, secret=True)
        return secret

    def remove(self, actor: User | None) -> None:
        """It can't come in any more, for anybody."""
        Family.end_app(self.client_id)
        changed(delete(Client).where(Client.id == self.id))
        Audit.note("app-removed", actor, self.owner, client=self.id)

    @classmethod
    def find(cls, row_id: int, actor: User) -> Client:
        """One that `actor` looks after, with its owner. Raises Missing."""
        query = select(cls).where(cls.id == row_id).options(joinedload(cls.owner))
        client = db.session.scalar(query if actor.is_admin else query.where(cls.owner_id == actor.id))
        if client is None:
            raise Missing
        return client

    @classmethod
    def named(cls, client_id: str) -> Client:
        """The one that the command line means. Raises Missing."""
        client = db.session.scalar(select(cls).where(cls.client_id == client_id).options(joinedload(cls.owner)))
        if client is None:
            raise Missing("There is no app with that id.")
        return client

    @classmethod
    def working(cls, client_id: str) -> Client | None:
        """The app that calls itself so, with its owner; none while the owner is suspended or deleted."""
        theirs = and_(User.suspended_at.is_(None), User.deleted_at.is_(None))
        query = select(cls).outerjoin(User, User.id == cls.owner_id).where(cls.client_id == client_id)
        query = query.where(or_(cls.owner_id.is_(None), theirs))
        return db.session.scalar(query.options(joinedload(cls.owner)))

    @classmethod
    def of(cls, owner: User) -> Sequence[Client]:
        """What `owner` has registered, the newest first."""
        query = select(cls).where(cls.owner_id == owner.id).order_by(cls.id.desc())
        return db.session.scalars(query.limit(MOST_SHOWN)).all()

    @classmethod
    def all(cls) -> Sequence[Client]:
        """Every app, the newest first, with its owner."""
        return db.session.scalars(select(cls).options(joinedload(cls.owner)).order_by(cls.id.desc())).all()

    @classmethod
    def page(cls, cursor: str | None) -> Page[Client]:
        """Some of them. Raises BadCursor."""
        return Page.of(db.session, select(cls).options(joinedload(cls.owner)), (cls.id,), cursor, PAGE_SIZE)

    @classmethod
    def erase_of(cls, user_id: int) -> bool:
        """Remove what somebody who has left had registered; False when there was nothing."""
        clients = db.session.scalars(select(cls).where(cls.owner_id == user_id)).all()
        for client in clients:
            Family.end_app(client.client_id)
        return changed(delete(cls).where(cls.owner_id == user_id)) > 0

    @property
    def rests(self) -> bool:
        """Whether it can do nothing because its owner, who must have come along, is suspended or gone."""
        return self.owner is not None and not self.owner.active

    @property
    def public(self) -> bool:
        """Whether it can't keep a secret, as an app on somebody's phone can't."""
        return self.secret_hash is None

    @property
    def scopes(self) -> frozenset[str]:
        """The most it can ask for."""
        return scopes_in(self.scope)

    @property
    def users(self) -> int:
        """How many people allow it something."""
        return db.session.scalar(select(func.count()).where(Allowance.client_row == self.id)) or 0

    def has_secret(self, secret: str) -> bool:
        """Whether `secret` is its secret."""
        return self.secret_hash is not None and hmac.compare_digest(self.secret_hash, _hash(secret))


class Allowance(db.Model):  # type: ignore[name-defined]
    """What one person lets one app do."""

    __tablename__ = "oauth_allowances"
    __table_args__ = (UniqueConstraint("user_id", "client_row"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    client_row: Mapped[int] = mapped_column(ForeignKey("oauth_clients.id", ondelete="CASCADE"), index=True)
    scope: Mapped[str] = mapped_column(String(LONGEST_SCOPE))
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    last_used_at: Mapped[datetime | None] = mapped_column(Moment)  # when it last got a token

    client: Mapped[Client] = relationship(lazy="raise_on_sql", viewonly=True)

    @classmethod
    def give(cls, client: Client, user: User, scopes: frozenset[str]) -> None:
        """Let `client` do that too; the person gets a mail when it could not before."""
        row = cls._find(client.id, user.id)
        if row is None:
            try:
                with db.session.begin_nested():
                    row = cls(user_id=user.id, client_row=client.id, scope=written(scopes))
                    db.session.add(row)
            except IntegrityError:  # a second tab was a moment faster
                row = cls._find(client.id, user.id)
                assert row is not None
            else:
                cls._tell(client, user, scopes)
                return
        before = scopes_in(row.scope)
        if not scopes <= before:
            row.scope = written(scopes | before)
            cls._tell(client, user, scopes)

    @classmethod
    def _find(cls, client_row: int, user_id: int) -> Allowance | None:
        return db.session.scalar(select(cls).where(cls.client_row == client_row, cls.user_id == user_id))

    @staticmethod
    def _tell(client: Client, user: User, scopes: frozenset[str]) -> None:
        Audit.note("app-allowed", user, user, client=client.id, scope=written(scopes))
        Mail.send("app-allowed", user, app=client.name, scopes=sorted(scopes))

    @classmethod
    def used(cls, client_row: int, user_id: int, moment: datetime) -> None:
        """The app got a token."""
        here = update(cls).where(cls.client_row == client_row, cls.user_id == user_id)
        changed(here.values(last_used_at=moment))

    @classmethod
    def of(cls, user: User) -> Sequence[Allowance]:
        """What `user` has allowed, with the apps and who made them, the newest first."""
        query = select(cls).where(cls.user_id == user.id).order_by(cls.id.desc())
        return db.session.scalars(
            query.options(joinedload(cls.client).joinedload(Client.owner)).limit(MOST_SHOWN)
        ).all()

    @classmethod
    def end_one(cls, row_id: int, user: User) -> None:
        """The app can't come in for `user` any more. Raises Missing for what is not theirs, or has ended."""
        query = select(cls).where(cls.id == row_id, cls.user_id == user.id).options(joinedload(cls.client))
        row = db.session.scalar(query)
        if row is None or changed(delete(cls).where(cls.id == row_id)) != 1:
            raise Missing
        Family.end_app(row.client.client_id, user)
        changed(delete(Code).where(Code.user_id == user.id, Code.client_row == row.client_row))
        Audit.note("app-ended", user, user, client=row.client_row)

    @property
    def scopes(self) -> frozenset[str]:
        """What was allowed; the role of the person may leave less of it."""
        return scopes_in(self.scope)


class Code(db.Model):  # type: ignore[name-defined]
    """What an app gets by way of the person's browser, to be changed for tokens once and within a minute.

    The row stays as long as what it was changed for, so that a second use is noticed.
    """

    __tablename__ = "oauth_codes"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    client_row: Mapped[int] = mapped_column(ForeignKey("oauth_clients.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    family_id: Mapped[int | None] = mapped_column(ForeignKey("token_families.id", ondelete="SET NULL"), index=True)
    redirect_uri: Mapped[str] = mapped_column(String(LONGEST_REDIRECT))  # empty where the app named none
    scope: Mapped[str] = mapped_column(String(LONGEST_SCOPE))
    challenge: Mapped[str] = mapped_column(String(128))  # S256; empty where the app sent none
    auth_time: Mapped[datetime] = mapped_column(Moment)  # when the person last proved who it is
    credential_version: Mapped[int] = mapped_column()  # of the person; what ends tokens ends codes too
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    used_at: Mapped[datetime | None] = mapped_column(Moment)

    @classmethod
    def give(
        cls,
        client: Client,
        user: User,
        *,
        scopes: frozenset[str],
        redirect_uri: str,
        challenge: str,
        auth_time: datetime,
    ) -> str:
        """Let `client` act for `user`; returns the secret that the browser takes along."""
        Allowance.give(client, user, scopes)
        secret = f"pwo_{secrets.token_urlsafe(32)}"
        row = cls(
            code_hash=_hash(secret),
            client_row=client.id,
            user_id=user.id,
            redirect_uri=redirect_uri,
            scope=written(scopes),
            challenge=challenge,
            auth_time=auth_time,
            credential_version=user.credential_version,
            expires_at=now() + CODE_LASTS,
        )
        db.session.add(row)
        db.session.flush()
        return secret

    @classmethod
    def found(cls, secret: str) -> Code | None:
        """That code, whosever it is and whether it still works or not."""
        return db.session.scalar(select(cls).where(cls.code_hash == _hash(secret)))

    def redeem(self, client: Client, lasts: timedelta = REFRESH_LASTS) -> tuple[User, Family, str]:
        """Change it for its person, a new family, and the secret of the first refresh token.

        Raises Unauthenticated, after which the door commits too: a second use ends what the first one gave.
        """
        moment = now()
        if self.expires_at <= moment and self.used_at is None:
            raise Unauthenticated(NO_CODE)
        first = update(Code).where(Code.id == self.id, Code.used_at.is_(None))
        if changed(first.values(used_at=moment)) != 1:
            self.used_again()
            raise Unauthenticated(NO_CODE)
        user = self._person()
        if user is None or not narrowed(self.scope, user.role):
            raise Unauthenticated(NO_CODE)
        family, secret = Family.begin(
            user, self.scope, client.name, client_id=client.client_id, auth_time=self.auth_time, lasts=lasts
        )
        changed(update(Code).where(Code.id == self.id).values(family_id=family.id))
        Allowance.used(client.id, user.id, moment)
        return user, family, secret

    def _person(self) -> User | None:
        here = (User.id == self.user_id, User.credential_version == self.credential_version)
        alive = (User.suspended_at.is_(None), User.deleted_at.is_(None))
        return db.session.scalar(select(User).where(*here, *alive))

    def used_again(self) -> None:
        """Somebody has copied it: what it was changed for ends, and the person is told."""
        family_id = db.session.scalar(select(Code.family_id).where(Code.id == self.id))
        if family_id is None:
            return
        user = db.session.get(User, self.user_id)
        if user is not None and Family.end_by_id(family_id, user):
            Audit.note("token-reuse", None, user, family=family_id)
            Mail.send("token-reuse", user)

    @classmethod
    def forget_old(cls) -> int:
        """Delete those with which nothing can be done any more; returns how many."""
        moment = now()
        over = cls.expires_at < moment - timedelta(hours=1)
        return changed(delete(cls).where(over, cls.family_id.is_(None) | (cls.expires_at < moment - FAMILY_LASTS)))


def _refuse_more(owner: User) -> None:
    count = db.session.scalar(select(func.count()).where(Client.owner_id == owner.id)) or 0
    if count >= MOST_CLIENTS:
        message = "%(most)d apps are registered. Remove one before you register another."
        raise Refused(message, field="name", most=MOST_CLIENTS)


def _checked_name(name: str) -> str:
    name = " ".join(visible(as_name(name.encode("utf-8", "replace").decode())).split())
    if not name:
        raise Refused("Give the app a name; people read it before they allow it anything.", field="name")
    if len(name) > LONGEST_APP_NAME:
        raise Refused("A name has at most %(most)d characters.", field="name", most=LONGEST_APP_NAME)
    return name


def _of_somebody(name: str) -> str:
    """As `_checked_name`; and nobody's app is called as if it were made by this site."""
    name = _checked_name(name)
    if named_like_us(name):
        message = "The name of this site can't be in the name of an app: people would take it for ours. Choose another."
        raise Refused(message, field="name")
    return name


def _secret() -> str:
    return f"pws_{secrets.token_urlsafe(32)}"


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret[:LONGEST_SECRET].encode("utf-8", "surrogatepass")).digest()
