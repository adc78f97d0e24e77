"""What programs hold instead of a password: families of refresh tokens, and opaque tokens. Rows keep hashes only."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, LargeBinary, String, delete, exists, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from postways.db import Id, Moment, changed, db, now
from postways.errors import Missing, Refused, Unauthenticated
from postways.models.audit import Audit
from postways.models.mail import Mail
from postways.models.scopes import narrowed, scopes_in, scopes_of_role, written
from postways.models.user import User
from postways.paging import EPOCH

FAMILY_LASTS = timedelta(days=30)
REFRESH_LASTS = timedelta(days=1)
TWO_TABS = timedelta(seconds=2)  # both may send the same token; nobody stole anything
SEEN_STEP = timedelta(minutes=1)  # last_used_at is kept to the minute
LONGEST_SECRET = 200
LONGEST_TOKEN_NAME = 100
LONGEST_SCOPE = 100
MOST_TOKENS = 100  # personal ones of one person
MOST_SHOWN = 100
WRONG = "This token does not work: it is wrong, used, too old, or was ended. Log in again."


class Family(db.Model):  # type: ignore[name-defined]
    """One log-in of one program: the refresh tokens that follow each other, and the access tokens made with them."""

    __tablename__ = "token_families"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    sid: Mapped[str] = mapped_column(String(32), unique=True)  # no secret: it stands in every access token
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    client_id: Mapped[str | None] = mapped_column(String(64), index=True)  # of an OAuth app; None for a log-in
    scope: Mapped[str] = mapped_column(String(LONGEST_SCOPE))
    device: Mapped[str] = mapped_column(String(200), default="")
    auth_time: Mapped[datetime] = mapped_column(Moment)  # when the person last gave the password for it
    created_at: Mapped[datetime] = mapped_column(Moment)
    last_used_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(Moment, index=True)

    @classmethod
    def begin(
        cls,
        user: User,
        scope: str,
        device: str,
        *,
        client_id: str | None = None,
        auth_time: datetime | None = None,
        lasts: timedelta = REFRESH_LASTS,
    ) -> tuple[Family, str]:
        """A new family and the secret of its first refresh token, which `lasts` so long.

        Raises Unauthenticated when the person changed since `user` was read (another password, suspended, …).
        """
        moment = now()
        _same_still(user, moment, logs_in=client_id is None)
        family = cls(
            sid=secrets.token_urlsafe(16),
            user_id=user.id,
            client_id=client_id,
            scope=written(scopes_in(scope)),
            device=_text(device)[:200],
            auth_time=auth_time or moment,
            created_at=moment,
            last_used_at=moment,
            expires_at=moment + FAMILY_LASTS,
        )
        db.session.add(family)
        db.session.flush()
        return family, RefreshToken.give(family, moment, lasts)

    @classmethod
    def refresh(
        cls, secret: str, lasts: timedelta = REFRESH_LASTS, client_id: str | None = None
    ) -> tuple[User, Family, str]:
        """Use a refresh token up: its person, its family, and the secret of its one successor.

        That of a log-in, or of the OAuth app `client_id`: each works at its own door alone.
        Raises Unauthenticated, after which the door commits too: using an old token ends its whole family.
        """
        moment = now()
        row = db.session.execute(
            select(RefreshToken, cls, User)
            .join(cls, cls.id == RefreshToken.family_id)
            .join(User, User.id == cls.user_id)
            .where(RefreshToken.token_hash == _hash(secret), cls.ended_at.is_(None), cls.expires_at > moment)
            .where(
                User.suspended_at.is_(None), User.deleted_at.is_(None), cls.client_id.is_not_distinct_from(client_id)
            )
        ).first()
        if row is None:
            raise Unauthenticated(WRONG)
        token, family, user = row
        if not token.use(moment):
            family._used_again(token, user, moment)
            raise Unauthenticated(WRONG)
        if token.expires_at <= moment:
            raise Unauthenticated(WRONG)
        changed(update(cls).where(cls.id == family.id).values(last_used_at=moment))
        return user, family, RefreshToken.give(family, moment, lasts)

    def _used_again(self, token: RefreshToken, user: User, moment: datetime) -> None:
        """Two tabs of one person, or a thief: which of both, tell time and the successor."""
        if token.used_a_moment_ago(moment):
            return
        here = update(Family).where(Family.id == self.id, Family.ended_at.is_(None))
        if changed(here.values(ended_at=moment)) == 1:
            Audit.note("token-reuse", None, user, family=self.id)
            Mail.send("token-reuse", user)

    @classmethod
    def person(cls, user_id: int, sid: str, version: int) -> User | None:
        """Who holds an access token of this family, if it still counts: read in one statement, with the owner of the
        app whose it is, who must be here too."""
        moment, clients = now(), db.metadata.tables["oauth_clients"]
        owners = db.metadata.tables["users"].alias("owners")
        found = db.session.execute(
            select(User, cls.scope, cls.auth_time, cls.client_id)
            .join(cls, cls.user_id == User.id)
            .outerjoin(clients, clients.c.client_id == cls.client_id)
            .outerjoin(owners, owners.c.id == clients.c.owner_id)
            .where(owners.c.suspended_at.is_(None), owners.c.deleted_at.is_(None))
            .where(cls.sid == sid, cls.ended_at.is_(None), cls.expires_at > moment)
            .where(User.id == user_id, User.credential_version == version)
            .where(User.suspended_at.is_(None), User.deleted_at.is_(None))
        ).first()
        if found is None:
            return None
        user: User = found[0]
        user.scopes = _left_of(found[1], user, log_in=found[3] is None)
        user.by_token, user.family_sid, user.app_id = True, sid, found[3] or ""
        user.authenticated_at = found[2] if found[3] is None else EPOCH  # an app is not its person
        return user

    def scopes_for(self, user: User) -> frozenset[str]:
        """What its person can do with it, as the role is now."""
        return _left_of(self.scope, user, log_in=self.client_id is None)

    @classmethod
    def going_on(cls, sid: str) -> Family | None:
        """The family that access tokens name so, if it has not ended."""
        return db.session.scalar(select(cls).where(cls.sid == sid, cls.ended_at.is_(None), cls.expires_at > now()))

    @classmethod
    def holding(cls, secret: str) -> tuple[Family, RefreshToken] | None:
        """The family of this refresh token, if it has not ended, and the token, used or not."""
        query = select(cls, RefreshToken).join(RefreshToken, RefreshToken.family_id == cls.id)
        query = query.where(cls.ended_at.is_(None), cls.expires_at > now())
        row = db.session.execute(query.where(RefreshToken.token_hash == _hash(secret))).first()
        return (row[0], row[1]) if row is not None else None

    @classmethod
    def seen(cls, sid: str, user_id: int) -> None:
        """Note, to the minute, that this program and its person were here."""
        moment = now()
        changed(update(cls).where(cls.sid == sid).values(last_used_at=moment))
        User.was_here(user_id, moment)

    @classmethod
    def end(cls, sid: str, user: User) -> bool:
        """End a family of `user`; False when it is none, or has ended."""
        return cls._end(user, cls.sid == sid)

    @classmethod
    def end_of(cls, secret: str) -> User | None:
        """End the family that a refresh token belongs to; returns whose it was, or None when it has ended."""
        query = select(cls.id, User).join(User, User.id == cls.user_id)
        query = query.join(RefreshToken, RefreshToken.family_id == cls.id)
        row = db.session.execute(query.where(RefreshToken.token_hash == _hash(secret))).first()
        return row[1] if row is not None and cls._end(row[1], cls.id == row[0]) else None

    @classmethod
    def end_one(cls, family_id: int, user: User) -> None:
        """End a family of `user`. Raises Missing for what is not theirs, or has ended."""
        if not cls._end(user, cls.id == family_id):
            raise Missing
        Audit.note("token-ended", user, user, family=family_id)

    @classmethod
    def end_by_id(cls, family_id: int, user: User) -> bool:
        """End a family of `user`; False when it is none, or has ended."""
        return cls._end(user, cls.id == family_id)

    def let_go(self) -> None:
        """The program itself ends it; twice is once."""
        user = db.session.get(User, self.user_id)
        if user is not None and self._end(user, Family.id == self.id):
            Audit.note("token-ended", None, user, family=self.id)

    @classmethod
    def end_app(cls, client_id: str, user: User | None = None) -> int:
        """End every family of an OAuth app, or those of one person; returns how many."""
        here = update(cls).where(cls.client_id == client_id, cls.ended_at.is_(None))
        return changed((here if user is None else here.where(cls.user_id == user.id)).values(ended_at=now()))

    @classmethod
    def _end(cls, user: User, which: object) -> bool:
        here = update(cls).where(which, cls.user_id == user.id, cls.ended_at.is_(None))  # type: ignore[arg-type]
        return changed(here.values(ended_at=now())) == 1

    @classmethod
    def of(cls, user: User) -> list[Family]:
        """Where `user` is logged in with a program by password, the latest used first."""
        moment = now()
        alive = exists().where(
            RefreshToken.family_id == cls.id, RefreshToken.used_at.is_(None), RefreshToken.expires_at > moment
        )
        query = select(cls).where(cls.user_id == user.id, cls.ended_at.is_(None), cls.expires_at > moment, alive)
        query = query.where(cls.client_id.is_(None))
        return list(db.session.scalars(query.order_by(cls.last_used_at.desc(), cls.id.desc()).limit(MOST_SHOWN)))

    @classmethod
    def forget_ended(cls) -> int:
        """Delete the families that nothing can be done with, tokens included; returns how many."""
        moment = now()
        lately = moment - timedelta(hours=1)  # longer than the last access token lives
        alive = exists().where(RefreshToken.family_id == cls.id, RefreshToken.expires_at > lately).correlate(cls)
        over = or_(cls.ended_at < moment, cls.expires_at < moment, ~alive)
        return changed(delete(cls).where(over))


class RefreshToken(db.Model):  # type: ignore[name-defined]
    """One of a family. It is used once; the row stays as long as the family, so that a second use is noticed."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (Index("ix_refresh_tokens_family_id_id", "family_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    family_id: Mapped[int] = mapped_column(ForeignKey("token_families.id", ondelete="CASCADE"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)

    @classmethod
    def give(cls, family: Family, moment: datetime, lasts: timedelta) -> str:
        """The next one; returns its secret."""
        secret = f"pwr_{secrets.token_urlsafe(32)}"
        until = min(moment + lasts, family.expires_at)
        db.session.add(cls(family_id=family.id, token_hash=_hash(secret), created_at=moment, expires_at=until))
        db.session.flush()
        return secret

    @property
    def over(self) -> bool:
        """Whether its time is over."""
        return self.expires_at <= now()

    def use(self, moment: datetime) -> bool:
        """Whether this is the first use; however many come at once, one is."""
        first = update(RefreshToken).where(RefreshToken.id == self.id, RefreshToken.used_at.is_(None))
        return changed(first.values(used_at=moment)) == 1

    def used_a_moment_ago(self, moment: datetime) -> bool:
        """Whether it was used within the last two seconds and its successor is still unused."""
        chain = select(RefreshToken.used_at).where(RefreshToken.family_id == self.family_id, RefreshToken.id >= self.id)
        used = db.session.scalars(chain.order_by(RefreshToken.id).limit(2)).all()
        return len(used) == 2 and used[0] is not None and used[1] is None and moment - used[0] < TWO_TABS


class ApiToken(db.Model):  # type: ignore[name-defined]
    """One opaque token: of a log-in, or a personal one that its person made for a script."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    kind: Mapped[str] = mapped_column(String(16))  # login, personal
    name: Mapped[str] = mapped_column(String(LONGEST_TOKEN_NAME), default="")
    scope: Mapped[str] = mapped_column(String(LONGEST_SCOPE))
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime | None] = mapped_column(Moment, index=True)  # None: a personal one without an end
    last_used_at: Mapped[datetime | None] = mapped_column(Moment)  # to the minute

    @classmethod
    def issue(cls, user: User, *, kind: str, scope: str, expires_at: datetime | None, name: str = "") -> str:
        """A new one of the kind `login` or `personal`; returns its secret, which nobody can read again.

        The `name` of a log-in is what the program says of itself.
        Raises Refused by field, or Unauthenticated when the person changed since `user` was read.
        """
        moment = now()
        _same_still(user, moment, logs_in=kind == "login")
        if kind == "personal":
            name = cls._checked(user, name)
        secret = f"pw_{secrets.token_urlsafe(32)}"
        row = cls(
            user_id=user.id,
            token_hash=_hash(secret),
            kind=kind,
            name=_text(name)[:LONGEST_TOKEN_NAME],
            scope=written(scopes_in(scope)),
            created_at=moment,
            expires_at=expires_at,
        )
        db.session.add(row)
        db.session.flush()
        if kind == "personal":
            Audit.note("token-made", user, user, token=row.id, scope=row.scope)
            Mail.send("token-made", user, token_name=name)
        return secret

    @classmethod
    def _checked(cls, user: User, name: str) -> str:
        name = " ".join(_text(name).split())
        if not name:
            raise Refused("Give the token a name, so that you know later what it is for.", field="name")
        if len(name) > LONGEST_TOKEN_NAME:
            raise Refused("A name has at most %(most)d characters.", field="name", most=LONGEST_TOKEN_NAME)
        if len(cls.of(user)) >= MOST_TOKENS:
            raise Refused("You have %(most)d tokens. End one before you make another.", field="name", most=MOST_TOKENS)
        return name

    @classmethod
    def person(cls, secret: str) -> User | None:
        """Who holds this token, if it still counts: read in one statement."""
        found = db.session.execute(
            select(User, cls)
            .join(cls, cls.user_id == User.id)
            .where(cls.token_hash == _hash(secret), or_(cls.expires_at.is_(None), cls.expires_at > now()))
            .where(User.suspended_at.is_(None), User.deleted_at.is_(None))
        ).first()
        if found is None:
            return None
        user: User = found[0]
        token: ApiToken = found[1]
        user.scopes = _left_of(token.scope, user, log_in=token.kind == "login")
        user.by_token, user.api_token_id, user.token_seen_at = True, token.id, token.last_used_at or EPOCH
        user.authenticated_at = token.created_at if token.kind == "login" else EPOCH
        return user

    @classmethod
    def seen(cls, token_id: int) -> None:
        """Note, to the minute, that this token and its person were here."""
        moment = now()
        changed(update(cls).where(cls.id == token_id).values(last_used_at=moment))
        whose = select(cls.user_id).where(cls.id == token_id).scalar_subquery()
        User.was_here(whose, moment)

    @classmethod
    def end(cls, secret: str) -> bool:
        """End this token; False when there is no such token."""
        return changed(delete(cls).where(cls.token_hash == _hash(secret))) == 1

    @classmethod
    def end_all(cls, user: User) -> int:
        """End every opaque token of `user`; returns how many."""
        return changed(delete(cls).where(cls.user_id == user.id))

    @classmethod
    def end_one(cls, token_id: int, user: User) -> None:
        """End a token of `user`. Raises Missing for what is not theirs, or has ended."""
        if changed(delete(cls).where(cls.id == token_id, cls.user_id == user.id)) != 1:
            raise Missing
        Audit.note("token-ended", user, user, token=token_id)

    @classmethod
    def of(cls, user: User) -> list[ApiToken]:
        """The personal tokens of `user`, those that are over too while they are kept; the newest first."""
        query = select(cls).where(cls.user_id == user.id, cls.kind == "personal")
        return list(db.session.scalars(query.order_by(cls.id.desc()).limit(MOST_SHOWN)))

    @classmethod
    def logins(cls, user: User) -> list[ApiToken]:
        """Where `user` is logged in with a program that holds an opaque token, named as it names itself."""
        query = select(cls).where(cls.user_id == user.id, cls.kind == "login", cls.expires_at > now())
        return list(db.session.scalars(query.order_by(cls.id.desc()).limit(MOST_SHOWN)))

    @classmethod
    def forget_ended(cls) -> int:
        """Delete the tokens whose time is over; returns how many."""
        return changed(delete(cls).where(cls.expires_at < now()))

    @property
    def scopes(self) -> frozenset[str]:
        """What it was allowed; the role of its person may leave less of it."""
        return scopes_in(self.scope)

    @property
    def over(self) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= now()


def _same_still(user: User, moment: datetime, *, logs_in: bool) -> None:
    """Note a log-in of the person as they were read.

    Whoever checks a password takes a while; no token may come of a password that was changed in between.
    """
    values = {"last_login_at": moment, "last_activity_at": moment} if logs_in else {"last_activity_at": moment}
    here = (User.id == user.id, User.credential_version == user.credential_version)
    alive = (User.suspended_at.is_(None), User.deleted_at.is_(None))
    if changed(update(User).where(*here, *alive).values(**values)) != 1:
        raise Unauthenticated(WRONG)


def _left_of(scope: str, user: User, *, log_in: bool) -> frozenset[str]:
    """What a token can do: of a log-in all that the role can, also one that came later; else no more than was given."""
    return scopes_of_role(user.role) if log_in else narrowed(scope, user.role)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret[:LONGEST_SECRET].encode("utf-8", "surrogatepass")).digest()


def _text(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\x00", "")
