"""A person with an account."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Index, literal, or_, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, query_expression

from postways import later
from postways.db import changed, db
from postways.errors import Refused
from postways.models.credentials import check_email, check_username
from postways.models.directory import Directory
from postways.models.identified import Identified
from postways.models.membership import Membership
from postways.models.registered import Registered
from postways.models.standing import Standing, check_role
from postways.models.user_row import LONGEST_BIO, LONGEST_NAME
from postways.text import as_name, folded, trimmed
from postways.zones import choice

if TYPE_CHECKING:
    from postways.models.guest import Actor

SUSPENDED, DELETED = text("suspended_at IS NOT NULL"), text("deleted_at IS NOT NULL")
FEED_RANKINGS = ("time", "score")
DIGESTS = ("never", "daily", "weekly")
WRITERS = ("everyone", "following", "nobody")  # who may send messages
ACTIVITY_STEP = timedelta(minutes=1)  # last_activity_at is kept to the minute


class User(Identified, Directory, Registered, Standing, Membership, db.Model):  # type: ignore[name-defined]
    """A member, moderator or admin."""

    __tablename__ = "users"
    __table_args__ = (
        # of those who are away alone: SQLite would take it for "is here" and then sort everybody for a few names
        Index("ix_users_suspended_at", "suspended_at", sqlite_where=SUSPENDED, postgresql_where=SUSPENDED),
        Index("ix_users_deleted_at", "deleted_at", sqlite_where=DELETED, postgresql_where=DELETED),
        Index("ix_users_premium_told_premium_until", "premium_told", "premium_until"),
    )

    # how this person and the one who asks stand to each other: filled by `met` and where `ties_to` is an option
    following: Mapped[str | None] = query_expression()  # the reader follows them: accepted or requested
    followed_by: Mapped[str | None] = query_expression()  # they follow the reader
    blocked: Mapped[bool | None] = query_expression()  # by the reader
    muted: Mapped[bool | None] = query_expression()  # by the reader

    @classmethod
    def sign_up(cls, username: str, email: str | None, password_hash: str, role: str = "member") -> User:
        """Open an account. The password's own rules are `check_password`'s. Raises Refused by field."""
        username, email = unicodedata.normalize("NFKC", username.strip()), (email or "").strip() or None
        check_username(username, email)
        if email:
            check_email(email)
        check_role(role)
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
    def _refuse_taken(cls, user: User) -> None:
        cls.refuse_name(user.username)
        if user.email:
            cls.refuse_address(user.email)

    def posts_seen_by(self, actor: Actor) -> int | None:
        """How many posts `actor` finds here; None where even the number is private. Found by `met`, or oneself."""
        if not actor.can_look_into(self):
            return None
        knows_all = actor.id == self.id or actor.is_staff or self.following == "accepted"
        return self.post_count if knows_all else self.public_post_count

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

    def seen_anew(self) -> None:
        """Name or picture have changed: cards of this person's posts that were made before hold no more."""
        posts = db.metadata.tables["posts"]
        changed(update(posts).where(posts.c.author_id == self.id).values(version=posts.c.version + 1))

    def posted(self, difference: int, audience: str) -> None:
        """Count published posts up or down."""
        public = 0 if audience == "followers" else difference  # of what is for premium members visitors find the title
        counts = {"post_count": User.post_count + difference, "public_post_count": User.public_post_count + public}
        changed(self._update().values(counts))

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

    def reads_times_in(self, zone: str) -> None:
        """Go by the clock of a zone, by its name of today or before; empty: the site's. Raises Refused."""
        try:
            self.time_zone = zone and choice(zone)
        except ValueError:
            raise Refused("Choose a time zone from the list.", field="time_zone") from None

    @classmethod
    def was_here(cls, user_id: Any, moment: datetime) -> None:
        """Note that this person was here, once a minute, however many ask at once."""
        due = or_(cls.last_activity_at.is_(None), cls.last_activity_at <= moment - ACTIVITY_STEP)
        changed(update(cls).where(cls.id == user_id, due).values(last_activity_at=moment))

    def active_since(self, moment: datetime) -> bool:
        """Whether it has been noted within the last minute that this person was here."""
        return self.last_activity_at is not None and moment - self.last_activity_at < ACTIVITY_STEP
