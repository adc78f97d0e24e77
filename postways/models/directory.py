"""Lists of people: for everybody, for search, under a post, and for staff."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from sqlalchemy import ColumnElement, and_, func, literal, select

from postways import search
from postways.db import Moment, db
from postways.models.user_row import UserRow
from postways.paging import EPOCH, Asked, Numbered, Page
from postways.text import folded

if TYPE_CHECKING:
    from postways.models.guest import Actor
    from postways.models.like import Like
    from postways.models.repost import Repost
    from postways.models.user import User

MOST_OFFERED = 8  # people whose names begin with what somebody is typing
SORTS = ("active", "name", "posts", "given", "received", "joined")
STATES = ("active", "suspended")
ROLL_SIZE = 50
LIST_SIZE = 30
_LAST = "\U0010ffff"  # after every other character


class OnRoll(NamedTuple):
    """A row of `User.roll`."""

    person: User
    given: int
    received: int


class Directory(UserRow):
    """Where each `User` is listed."""

    @classmethod
    def whose_name_begins(cls, beginning: str, actor: Actor) -> Sequence[Self]:
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
    def admins(cls) -> Sequence[Self]:
        """Every admin whose account can be used."""
        here = (cls.role == "admin", cls.suspended_at.is_(None), cls.deleted_at.is_(None))
        return db.session.scalars(select(cls).where(*here).order_by(cls.id)).all()

    @classmethod
    def count(cls) -> int:
        """How many accounts there are."""
        return db.session.scalar(select(func.count()).select_from(cls)) or 0

    @classmethod
    def listed(cls, asked: Asked) -> Numbered[Self]:
        """For staff: everybody but deleted accounts, who was here last first. Raises NoSuchPage."""
        everybody = select(cls.id).where(cls.deleted_at.is_(None))
        place = func.coalesce(cls.last_activity_at, literal(EPOCH, Moment)).label("place")
        whole = everybody.with_only_columns(cls)
        return Numbered.of(db.session, whole, everybody, (place, cls.id), asked, by_cursor=False)

    @classmethod
    def roll(
        cls, cursor: str | None, *, sort: str, rising: bool = False, words: str = "", role: str = "", state: str = ""
    ) -> Page[OnRoll]:
        """For staff: everybody but deleted accounts, each with the likes given and received.

        `sort` is one of SORTS; `words` are looked for in both names. Raises BadCursor.
        """
        place = cls._sorted_by(sort).label("place")
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
        numbers = select(cls.id, *cls._likes().values()).where(cls.id.in_([row.id for row in page.items]))
        found = {user_id: likes for user_id, *likes in db.session.execute(numbers)}
        return Page([OnRoll(row.User, *found[row.id]) for row in page.items if row.id in found], page.next_cursor)

    @classmethod
    def _sorted_by(cls, sort: str) -> ColumnElement[Any]:
        by: dict[str, ColumnElement[Any]] = {
            **cls._likes(),
            "name": cls.username_key.expression,
            "posts": cls.post_count.expression,
            "joined": cls.joined_at.expression,
            "active": func.coalesce(cls.last_activity_at, literal(EPOCH, Moment)),
        }
        return by[sort]

    @classmethod
    def _likes(cls) -> dict[str, ColumnElement[Any]]:
        """How many likes each person gave and received, of posts that are not deleted."""
        from postways.models.like import Like
        from postways.models.post import Post

        alive = Post.deleted_at.is_(None)
        given = select(func.count()).where(Like.user_id == cls.id, Like.post_id == Post.id, alive).correlate(cls)
        received = select(func.coalesce(func.sum(Post.like_count), 0)).where(Post.author_id == cls.id, alive)
        return {"given": given.scalar_subquery(), "received": received.correlate(cls).scalar_subquery()}

    @classmethod
    def found(cls, question: str, actor: Actor, cursor: str | None, size: int = LIST_SIZE) -> Page[Self]:
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
    def who_like(cls, post_id: int, actor: Actor, cursor: str | None) -> Page[Self]:
        """People who like this post, the newest like first. Raises BadCursor."""
        from postways.models.like import Like

        return cls._who(Like, post_id, actor, cursor)

    @classmethod
    def who_reposted(cls, post_id: int, actor: Actor, cursor: str | None) -> Page[Self]:
        """People who reposted this post, the newest repost first. Raises BadCursor."""
        from postways.models.repost import Repost

        return cls._who(Repost, post_id, actor, cursor)

    @classmethod
    def _who(cls, act: type[Like] | type[Repost], post_id: int, actor: Actor, cursor: str | None) -> Page[Self]:
        act_id = act.id.label("act_id")
        query: Any = select(cls, act_id).join(act, act.user_id == cls.id)
        query = query.where(act.post_id == post_id, cls.listed_for(actor))
        page: Page[Any] = Page.of(db.session, query, (act_id,), cursor, LIST_SIZE, (act.id,))
        return Page([row.User for row in page.items], page.next_cursor)

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
