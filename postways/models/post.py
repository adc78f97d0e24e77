"""A post: words and up to ten photographs, shared by one person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import (
    Mapped,
    aliased,
    attributes,
    contains_eager,
    defaultload,
    joinedload,
    mapped_column,
    query_expression,
    relationship,
    selectinload,
    with_expression,
)

from postways import blocklist, later, search
from postways.db import Id, Moment, changed, db, now, numbers_alone, read_alone
from postways.errors import Forbidden, Missing, PremiumOnly, Refused, Taken, Unpublished
from postways.framing import Framing
from postways.models.anybody import filled_in, stand_in
from postways.models.audit import Audit, given_reason
from postways.models.block import Block
from postways.models.follow import Follow
from postways.models.guest import Actor, Guest
from postways.models.like import Like
from postways.models.locked import LockedPost
from postways.models.mail import Mail
from postways.models.mute import Mute
from postways.models.photo import LONGEST_ALT, Photo
from postways.models.repost import Repost
from postways.models.save import Save
from postways.models.tag import PostTag, Tag
from postways.models.telling import told
from postways.models.user import UNVERIFIED, User
from postways.paging import Key, Page
from postways.text import folded, names_in, tags_in, trimmed, words_of

LONGEST_TITLE = 100
LONGEST_CONTENT = 10_000
LONGEST_CREDIT = 200
LONGEST_WARNING = 200
MOST_PHOTOS = 10
NOTED_AGAIN_AFTER = timedelta(hours=1)  # staff who reads the same once more
CHANGED_MEANWHILE = (
    "This post was changed in another window after you opened this page. What you typed is still here and not saved: "
    "look at what is saved now, then save once more to put yours in its place."
)
PAGE_SIZE = 12
GRID_SIZE = 24
MOST_DRAFTS = 50
MOST_LISTED = 500  # posts that one page can show after it has loaded older ones
IN_TRASH_FOR = timedelta(days=30)
WAITS = text("publish_at IS NOT NULL")
MOST_AHEAD = timedelta(days=366)  # that a draft may wait for its time
IN_TRASH = text("deleted_at IS NOT NULL")
TAKEN_BACK = "The staff took this post back, so it can't be published. The mail to you says why."
ON_LIST = text("published_at IS NOT NULL AND deleted_at IS NULL")
ORDERS = ("updated_at", "created_at", "like_count")
STAFF_SIZE = 30
SORTS = ("created", "changed", "likes")
PREMIUM = "premium"
AUDIENCES = ("public", "followers", PREMIUM)
WHO_SEES = "Choose who is to see this."
STATES = ("published", "draft", "unpublished", "withheld", "removed", "deleted")
PERIODS = {"all": None, "month": timedelta(days=30), "week": timedelta(days=7)}
LICENCES = {  # code: (msgid of the name, address of the text)
    "all-rights-reserved": ("All rights reserved", None),
    "CC-BY-4.0": ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"),
    "CC-BY-SA-4.0": ("CC BY-SA 4.0", "https://creativecommons.org/licenses/by-sa/4.0/"),
    "CC-BY-SA-3.0": ("CC BY-SA 3.0", "https://creativecommons.org/licenses/by-sa/3.0/"),
    "CC-BY-NC-4.0": ("CC BY-NC 4.0", "https://creativecommons.org/licenses/by-nc/4.0/"),
    "CC-BY-ND-4.0": ("CC BY-ND 4.0", "https://creativecommons.org/licenses/by-nd/4.0/"),
    "CC0-1.0": ("CC0 1.0, public domain", "https://creativecommons.org/publicdomain/zero/1.0/"),
}


class Glimpse(Protocol):
    """A row of `Post.glimpsed_by`."""

    id: int
    author_id: int
    version: int
    like_count: int
    comment_count: int
    repost_count: int
    published_at: datetime
    audience: str
    liked: bool
    reposted: bool
    saved: bool


class Tally(NamedTuple):
    """How many posts somebody has, and how often they were liked."""

    posts: int
    likes: int


class Counts(NamedTuple):
    """How much a post was answered."""

    likes: int
    comments: int
    reposts: int


class Post(db.Model):  # type: ignore[name-defined]
    """What one person shares at once. A draft has no `published_at`; a deleted post waits in the trash for 30 days."""

    __tablename__ = "posts"
    __table_args__ = (
        UniqueConstraint("author_id", "form_key"),
        Index("ix_posts_newest", "published_at", "id"),
        Index("ix_posts_by_author", "author_id", "published_at", "id"),
        Index("ix_posts_popular", "like_count", "published_at", "id"),
        # of what is published alone: how programs may order the list
        *(Index(f"ix_posts_by_{name}", name, "id", sqlite_where=ON_LIST, postgresql_where=ON_LIST) for name in ORDERS),
        # of the trash alone: SQLite would take it for "not deleted" and then sort all posts for one page
        Index("ix_posts_publish_at", "publish_at", sqlite_where=WAITS, postgresql_where=WAITS),
        Index("ix_posts_deleted_at", "deleted_at", sqlite_where=IN_TRASH, postgresql_where=IN_TRASH),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(LONGEST_TITLE))
    content: Mapped[str] = mapped_column(Text, default="")
    licence: Mapped[str] = mapped_column(String(32), default="all-rights-reserved")
    credit: Mapped[str] = mapped_column(String(LONGEST_CREDIT), default="")
    # covers the pictures
    warning: Mapped[str] = mapped_column(String(LONGEST_WARNING), default="", server_default=text("''"))
    audience: Mapped[str] = mapped_column(String(16), default="public", server_default="public")
    # nothing of it is for everybody, because it or its author is for followers alone: one look tells what visitors find
    closed: Mapped[bool] = mapped_column(default=False, server_default=false())
    # what mutes look through
    words: Mapped[str] = mapped_column(Text, default="", server_default=text("''"), deferred=True)
    # tags that are not in its words; `tags` has all of them
    given_tags: Mapped[list[str]] = mapped_column(JSON, default=list, server_default=text("'[]'"))
    form_key: Mapped[str | None] = mapped_column(String(64))
    like_count: Mapped[int] = mapped_column(default=0)
    comment_count: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # replies too
    repost_count: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    save_count: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # told to its author alone
    view_count: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # so is this; counted by `View`
    comments_open: Mapped[bool] = mapped_column(default=True, server_default=true())
    version: Mapped[int] = mapped_column(default=0)  # of what a card shows of it, likes aside
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    updated_at: Mapped[datetime] = mapped_column(Moment, default=now)
    published_at: Mapped[datetime | None] = mapped_column(Moment)
    publish_at: Mapped[datetime | None] = mapped_column(Moment)  # when a draft is published by itself
    edited_at: Mapped[datetime | None] = mapped_column(Moment)
    deleted_at: Mapped[datetime | None] = mapped_column(Moment)
    withheld: Mapped[bool] = mapped_column(default=False)  # its author is suspended or has left
    held_at: Mapped[datetime | None] = mapped_column(Moment)  # unpublished by staff: its author can't publish it
    published_before: Mapped[datetime | None] = mapped_column(Moment)  # since when it had been, until staff held it
    removed: Mapped[bool] = mapped_column(default=False)  # to the trash by staff: only they bring it back

    author: Mapped[User] = relationship(lazy="raise_on_sql")
    photos: Mapped[list[Photo]] = relationship(
        back_populates="post", order_by="Photo.position", lazy="raise_on_sql", passive_deletes=True
    )
    liked: Mapped[bool] = query_expression(default_expr=false())  # by the reader
    reposted: Mapped[bool] = query_expression(default_expr=false())
    saved: Mapped[bool] = query_expression(default_expr=false())

    locked = False  # there are `LockedPost`s beside posts in some lists

    # --- questions

    @property
    def published(self) -> bool:
        """Whether others can see it."""
        return self.published_at is not None and self.deleted_at is None and not self.withheld

    @property
    def public(self) -> bool:
        """Whether everybody can see all of it."""
        return self.published and not self.closed and self.audience != PREMIUM

    @property
    def state(self) -> str:
        """In one word, which of STATES it is in."""
        if self.deleted_at is not None:
            return "removed" if self.removed else "deleted"
        if self.held_at is not None:
            return "unpublished"
        if self.withheld:
            return "withheld"
        return "draft" if self.published_at is None else "published"

    @property
    def licence_name(self) -> str:
        """The msgid of the licence's name."""
        return LICENCES[self.licence][0]

    @property
    def licence_url(self) -> str | None:
        """Where the licence's text is, if it has one."""
        return LICENCES[self.licence][1]

    # --- queries

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """The one rule of who sees which post, media and live included.

        Drafts are their author's; what is closed is for followers, and some of it for premium members; a block parts
        both; staff sees all but the trash.
        """
        return and_(cls.known_to(actor), cls.unlocked_for(actor))

    @classmethod
    def known_to(cls, actor: Actor) -> ColumnElement[bool]:
        """As `visible_to`, with the posts of which `actor` sees only what `LockedPost` holds."""
        if actor.can_see_unpublished():
            return cls.deleted_at.is_(None)
        others = and_(cls.shown(), cls._open_for(actor))
        mine = cls.author_id == actor.id if actor.id is not None else false()
        return and_(cls.deleted_at.is_(None), or_(others, mine))

    @classmethod
    def unlocked_for(cls, actor: Actor) -> ColumnElement[bool]:
        """Of the posts that `actor` may know of those that open in full: `Permissions.can_open` as a condition."""
        if actor.can_open_premium():
            return true()
        open_to_all = cls.audience != literal_column(f"'{PREMIUM}'")  # written out, for statements made once
        return open_to_all if actor.id is None else or_(open_to_all, cls.author_id == actor.id)

    @classmethod
    def only_unpublished_for(cls, actor: Actor) -> ColumnElement[bool]:
        """Whether `actor` would see it if it were published: programs are told so, pages never."""
        draft = and_(cls.published_at.is_(None), cls.withheld.is_(False), cls.deleted_at.is_(None))
        return and_(draft, cls._open_for(actor), cls.unlocked_for(actor))

    @classmethod
    def listed_for(cls, reader: Any) -> ColumnElement[bool]:
        """Which posts stand in lists for everybody when `reader` (an id, a column, or None for a visitor) looks.

        Those that the reader may know of, without what the reader mutes; staff reads lists as members do. Of what is
        for premium members others see a `LockedPost`; what finds posts by what is in them asks `unlocked_for` too.
        """
        listed = and_(cls.deleted_at.is_(None), cls.shown())
        if reader is None:
            return and_(listed, cls.closed.is_(False))
        hidden = or_(Block.parts(reader, cls.author_id), Mute.hides_from(reader, cls.author_id, cls.words))
        return and_(listed, or_(cls.author_id == reader, and_(cls._open_to(reader), ~hidden)))

    @classmethod
    def shown(cls) -> ColumnElement[bool]:
        """Whether it is published, and its author is here; who sees it is another question."""
        return and_(cls.published_at.is_not(None), cls.withheld.is_(False))

    @classmethod
    def _open_to(cls, reader: Any) -> ColumnElement[bool]:
        return or_(cls.closed.is_(False), Follow.holds(reader, cls.author_id))

    @classmethod
    def _open_for(cls, actor: Actor) -> ColumnElement[bool]:
        if actor.id is None:
            return cls.closed.is_(False)
        return and_(cls._open_to(actor.id), ~Block.parts(actor.id, cls.author_id))

    @classmethod
    def liked_by(cls, actor: Actor) -> ColumnElement[bool]:
        """Whether `actor` likes it."""
        return cls._liked_by(actor.id)

    @classmethod
    def _liked_by(cls, reader: Any) -> ColumnElement[bool]:
        if reader is None:
            return false()
        return select(Like.id).where(Like.post_id == cls.id, Like.user_id == reader).exists()

    @classmethod
    def _reposted_by(cls, reader: Any) -> ColumnElement[bool]:
        if reader is None:
            return false()
        return select(Repost.id).where(Repost.post_id == cls.id, Repost.user_id == reader).exists()

    @classmethod
    def seen_by(cls, actor: Actor) -> Select[Post]:
        """The posts that `actor` may see, each with its author and whether `actor` likes, reposted and keeps it."""
        return cls._with_author(actor).where(cls.visible_to(actor))

    @classmethod
    def listed_to(cls, actor: Actor) -> Select[Any]:
        """The posts that stand in lists for `actor` and open in full, each as in `seen_by`."""
        return cls._with_author(actor).where(cls.listed_for(actor.id), cls.unlocked_for(actor))

    @classmethod
    def known_by(cls, actor: Actor) -> Select[Any]:
        """The posts that `actor` may know of, each as in `seen_by`; for `_grid`, which locks what does not open."""
        return cls._with_author(actor).where(cls.known_to(actor))

    @classmethod
    def _with_author(cls, actor: Actor) -> Select[Post]:
        own = (
            with_expression(cls.liked, cls.liked_by(actor)),
            with_expression(cls.reposted, cls._reposted_by(actor.id)),
            with_expression(cls.saved, Save.holds(actor.id, cls.id)),
        )
        query = select(cls).join(cls.author).options(contains_eager(cls.author), *own)
        return query.execution_options(populate_existing=True)

    @classmethod
    def glimpsed_by(cls, actor: Actor) -> Select[Any]:
        """Of the posts that stand in public lists what tells whether a card that was made before still holds."""
        return _glimpses_of_visitors() if actor.id is None else cls.glimpses(actor.id)

    @classmethod
    def glimpses(cls, reader: Any, *first: ColumnElement[bool]) -> Select[Any]:
        """As `glimpsed_by`, for a reader who is an id, a parameter of the statement, or None for a visitor.

        What is asked `first` spares the rest for posts that it rules out: SQLite asks in this order.
        """
        columns = (
            cls.id,
            cls.author_id,
            cls.version,
            cls.like_count,
            cls.comment_count,
            cls.repost_count,
            cls.published_at,
            cls.audience,
            cls._liked_by(reader).label("liked"),
            cls._reposted_by(reader).label("reposted"),
            Save.holds(reader, cls.id).label("saved"),
        )
        query: Select[Any] = select(*columns)  # type: ignore[assignment]
        return query.where(*first, cls.listed_for(reader))

    @classmethod
    def whole(cls, post_ids: Sequence[int], actor: Actor) -> dict[int, Post]:
        """Those of `post_ids` that `actor` may see, with author and photographs, by id, in one statement."""
        if not post_ids:
            return {}
        query = cls.seen_by(actor).where(cls.id.in_(post_ids)).options(joinedload(cls.photos))
        return {post.id: post for post in db.session.scalars(query).unique()}

    @classmethod
    def locked_for(cls, post_ids: Sequence[int], actor: Actor) -> dict[int, LockedPost]:
        """Those of `post_ids` that `actor` may know of and not open, by id, in one statement."""
        if not post_ids or actor.can_open_premium():
            return {}
        first = and_(Photo.post_id == cls.id, Photo.position == 0)
        query = select(cls, Photo).join(cls.author).outerjoin(Photo, first).options(contains_eager(cls.author))
        query = query.where(cls.id.in_(post_ids), cls.known_to(actor), ~cls.unlocked_for(actor))
        rows = db.session.execute(query.execution_options(populate_existing=True))
        return {post.id: LockedPost.of(post, photo) for post, photo in rows}

    @classmethod
    def find(cls, post_id: int, actor: Actor, *, photos: bool = True) -> Post:
        """The post, if `actor` may see it. Raises Missing, or PremiumOnly for one of which `actor` may know.

        Unless nobody will look at them its photographs come along, and how its author and `actor` stand to each other.
        """
        query = cls.seen_by(actor).where(cls.id == post_id)
        whole = (selectinload(cls.photos), defaultload(cls.author).options(*User.ties_to(actor)))
        post = db.session.scalar(query.options(*whole) if photos else query)
        if post is None:
            if locked := cls.locked_for([post_id], actor):
                raise PremiumOnly(locked[post_id])
            raise Missing
        return post

    @classmethod
    def find_or_tell(cls, post_id: int, actor: Actor) -> Post:
        """As `find`, but raises Unpublished where nothing but that keeps it from `actor`."""
        try:
            return cls.find(post_id, actor)
        except Missing:
            if db.session.scalar(select(cls.id).where(cls.id == post_id, cls.only_unpublished_for(actor))) is None:
                raise
            raise Unpublished from None

    @classmethod
    def own(cls, post_id: int, actor: Actor) -> Post:
        """The post, if `actor` may change it. Raises Missing, or Forbidden when it can be seen but not changed."""
        return cls.find(post_id, actor).for_change_by(actor)

    def for_change_by(self, actor: Actor) -> Post:
        """This post, if `actor` may change it. Raises Forbidden."""
        self._may_change(actor)
        return self

    @classmethod
    def newest(cls, actor: Actor, cursor: str | None, size: int = PAGE_SIZE) -> Page[Glimpse]:
        """Published posts, newest first. Raises BadCursor."""
        keys = (cls.published_at, cls.id)
        if cursor or size != PAGE_SIZE:
            return Page.of(db.session, cls.glimpsed_by(actor), keys, cursor, size)
        member = actor.id is not None
        rows = read_alone(_first_page(member), {"reader": actor.id} if member else {})
        return Page.cut(rows, keys, size)

    @classmethod
    def popular(cls, actor: Actor, period: str, cursor: str | None) -> Page[Glimpse]:
        """Most liked first, then newest; of all time or of those published in the last `week` or `month`."""
        query = cls.glimpsed_by(actor)
        if within := PERIODS[period]:
            query = query.where(cls.published_at > now() - within)
        return Page.of(db.session, query, (cls.like_count, cls.published_at, cls.id), cursor, PAGE_SIZE)

    @classmethod
    def tagged(cls, tag: str, actor: Actor, cursor: str | None) -> Page[Glimpse]:
        """Published posts that carry `tag`, newest first; an unknown tag has none."""
        # one tag, as a value: joined, Postgres would take it for many and sort all its posts for one page
        known = select(Tag.id).where(Tag.key == folded(tag)).scalar_subquery()
        query = cls.glimpsed_by(actor).join(PostTag, PostTag.post_id == cls.id)
        query = query.where(PostTag.tag_id == known, cls.unlocked_for(actor))
        keys, columns = (cls.published_at, cls.id), (PostTag.published_at, PostTag.post_id)
        return Page.of(db.session, query, keys, cursor, PAGE_SIZE, columns)

    @classmethod
    def explored(cls, actor: Actor, cursor: str | None) -> Page[Post]:
        """Published posts whose first photograph is there to be seen, newest first. Raises BadCursor."""
        first = select(Photo.id).where(Photo.post_id == cls.id, Photo.position == 0, Photo.state == "ready")
        return cls._grid(cls.listed_to(actor).where(first.exists()), (cls.published_at, cls.id), cursor)

    @classmethod
    def found(cls, question: str, actor: Actor, cursor: str | None) -> Page[Post]:
        """Published posts that have all words of `question`, newest first. Raises BadCursor."""
        query, place, by = search.posts.ordered(cls.listed_to(actor), cls.id.expression, question)
        return cls._grid(query, (place,), cursor, (by,))

    @classmethod
    def liked_of(cls, person: User, cursor: str | None) -> Page[Post | LockedPost]:
        """What `person` likes and may still know of, the newest like first. Raises BadCursor."""
        given = aliased(Like)  # beside the one that tells whether the reader likes it
        key = given.id.label("like_id")
        query: Any = cls.known_by(person).where(cls.shown()).add_columns(key).join(given, given.post_id == cls.id)
        page = cls._grid(query.where(given.user_id == person.id), (key,), cursor, (given.id.expression,))
        return cls._lock(page, person)

    @classmethod
    def reposted_of(cls, person: User, actor: Actor, cursor: str | None) -> Page[Post | LockedPost]:
        """What `person` reposted and `actor` may know of, the newest repost first. Raises BadCursor."""
        given = aliased(Repost)  # beside the one that tells whether the reader reposted it
        keys = (given.created_at.label("reposted_at"), given.post_id.label("reposted"))
        query: Any = cls.known_by(actor).where(cls.shown()).add_columns(*keys).join(given, given.post_id == cls.id)
        by = (given.created_at.expression, given.post_id.expression)
        return cls._lock(cls._grid(query.where(given.user_id == person.id), keys, cursor, by), actor)

    @classmethod
    def saved_of(cls, person: User, cursor: str | None) -> Page[Post | LockedPost]:
        """What `person` keeps and may still know of, what was kept last first. Raises BadCursor."""
        key = Save.id.label("save_id")
        query: Any = cls.known_by(person).where(cls.shown()).add_columns(key).join(Save, Save.post_id == cls.id)
        page = cls._grid(query.where(Save.user_id == person.id), (key,), cursor, (Save.id.expression,))
        return cls._lock(page, person)

    @classmethod
    def _grid(
        cls, query: Select[Any], keys: Sequence[Key], cursor: str | None, by: Sequence[ColumnElement[Any]] | None = None
    ) -> Page[Post]:
        """A page of posts with their photographs; `query` may read what it is ordered by beside them."""
        page: Page[Any] = Page.of(db.session, query, keys, cursor, GRID_SIZE, by)
        posts = [getattr(row, "Post", row) for row in page.items]
        cls._load_photos(posts)
        return Page(posts, page.next_cursor)

    @classmethod
    def _lock(cls, page: Page[Post], actor: Actor) -> Page[Post | LockedPost]:
        """The page with `LockedPost`s in place of what does not open for `actor`."""
        shown = [
            post if actor.can_open(post) else LockedPost.of(post, post.photos[0] if post.photos else None)
            for post in page.items
        ]
        return Page(shown, page.next_cursor)

    @classmethod
    def of_profile(
        cls, person: User, actor: Actor, cursor: str | None
    ) -> tuple[Page[Post | LockedPost], Sequence[Post]]:
        """A page of somebody's published posts, and on the first page of one's own profile the drafts."""
        own = cls.known_by(actor).where(cls.author_id == person.id)
        published = own.where(cls.published_at.is_not(None))
        page: Page[Post] = Page.of(db.session, published, (cls.published_at, cls.id), cursor, GRID_SIZE)
        drafts: Sequence[Post] = ()
        if actor.id == person.id and not cursor:
            unpublished = own.where(cls.published_at.is_(None)).order_by(cls.updated_at.desc(), cls.id.desc())
            drafts = db.session.scalars(unpublished.limit(MOST_DRAFTS)).all()
        cls._load_photos([*page.items, *drafts])
        return cls._lock(page, actor), drafts

    @classmethod
    def in_state(cls, state: str) -> ColumnElement[bool]:
        """Which posts are in one of STATES: `Post.state` as a condition."""
        kept, free = cls.deleted_at.is_(None), cls.held_at.is_(None)
        return {
            "published": and_(kept, free, cls.withheld.is_(False), cls.published_at.is_not(None)),
            "draft": and_(kept, free, cls.withheld.is_(False), cls.published_at.is_(None)),
            "unpublished": and_(kept, cls.held_at.is_not(None)),
            "withheld": and_(kept, free, cls.withheld.is_(True)),
            "removed": and_(cls.deleted_at.is_not(None), cls.removed.is_(True)),
            "deleted": and_(cls.deleted_at.is_not(None), cls.removed.is_(False)),
        }[state]

    @classmethod
    def every(
        cls, cursor: str | None, *, sort: str, rising: bool = False, state: str = "", author: str = "", words: str = ""
    ) -> Page[Post]:
        """For staff: posts in every state, but of deleted accounts; `sort` is one of SORTS. Raises BadCursor."""
        query = cls._of_accounts()
        if state:
            query = query.where(cls.in_state(state))
        if author:
            query = query.where(User.username_key == folded(author))
        if words:
            wanted = words.lower()
            query = query.where(
                func.lower(cls.title).contains(wanted, autoescape=True)
                | func.lower(cls.content).contains(wanted, autoescape=True)
            )
        keys = {"created": (cls.id,), "changed": (cls.updated_at, cls.id), "likes": (cls.like_count, cls.id)}
        page: Page[Post] = Page.of(db.session, query, keys[sort], cursor, STAFF_SIZE, rising=rising)
        cls._load_photos(page.items)
        return page

    @classmethod
    def in_any_state(cls, post_id: int, *, acting: bool = False) -> Post:
        """For staff: a post, trashed too, locked for who is `acting`. Raises Missing."""
        query = cls._of_accounts().where(cls.id == post_id).options(selectinload(cls.photos))
        post = db.session.scalar(query.with_for_update(of=cls) if acting else query)
        if post is None:
            raise Missing
        return post

    @classmethod
    def _of_accounts(cls) -> Select[Post]:
        query = select(cls).join(cls.author).where(User.deleted_at.is_(None)).options(contains_eager(cls.author))
        return query.execution_options(populate_existing=True)

    @classmethod
    def _load_photos(cls, posts: Sequence[Post]) -> None:
        """Read the photographs of two lists in one statement."""
        found: dict[int, list[Photo]] = {post.id: [] for post in posts}
        if found:
            rows = select(Photo).where(Photo.post_id.in_(found)).order_by(Photo.post_id, Photo.position)
            for photo in db.session.scalars(rows):
                found[photo.post_id or 0].append(photo)
        for post in posts:
            attributes.set_committed_value(post, "photos", found[post.id])

    @classmethod
    def highest_id(cls) -> int:
        """The highest id of all posts, 0 if there are none."""
        return db.session.scalar(select(func.max(cls.id))) or 0

    @classmethod
    def public_between(cls, first: int, last: int) -> list[tuple[int, datetime]]:
        """The ids from `first` to `last` of posts that everybody may see, each with its last change."""
        changed_at = func.coalesce(cls.edited_at, cls.published_at, type_=Moment())
        query = select(cls.id, changed_at).where(cls.id.between(first, last), cls.visible_to(Guest()))
        return [(post_id, moment) for post_id, moment in db.session.execute(query.order_by(cls.id))]

    @classmethod
    def count_newer(cls, moment: datetime, actor: Actor) -> int:
        """How many photographs were published after `moment` by others; a post without any counts as one."""
        pictures = select(func.count()).where(Photo.post_id == cls.id).correlate(cls).scalar_subquery()
        at_least_one = case((pictures > 1, pictures), else_=1)
        query = select(func.coalesce(func.sum(at_least_one), 0))
        query = query.where(cls.listed_for(actor.id), cls.published_at > moment)
        if actor.id is not None:
            query = query.where(cls.author_id != actor.id)
        return db.session.scalar(query) or 0

    @classmethod
    def authors_of(cls, post_ids: Sequence[int], actor: Actor) -> dict[int, int]:
        """Of these posts those that `actor` may see, each with its author's id."""
        query = select(cls.id, cls.author_id).where(cls.id.in_(post_ids), cls.visible_to(actor))
        return dict(db.session.execute(query).all())

    @classmethod
    def readers_among(cls, post_id: int, people: Sequence[int]) -> tuple[bool, set[int]]:
        """Whether visitors find this post in lists, and which of these people do."""
        which = cls.id == post_id
        found = select(User.id).join(cls, which).where(User.id.in_(people), cls.listed_for(User.id))
        open_to_all = select(cls.id).where(which, cls.listed_for(None))
        return db.session.scalar(open_to_all) is not None, set(db.session.scalars(found)) if people else set()

    def opened_by(self, people: set[int]) -> set[int]:
        """Those of these people, who all may know of it, for whom it opens."""
        if self.audience != PREMIUM:
            return people
        return {one.id for one in db.session.scalars(select(User).where(User.id.in_(people))) if one.can_open(self)}

    @classmethod
    def tallies(cls, author_ids: Sequence[int], actor: Actor) -> dict[int, Tally]:
        """Of these people, how many posts `actor` may see and how often those were liked."""
        sums = (func.count(), func.coalesce(func.sum(cls.like_count), 0))
        query = select(cls.author_id, *sums).where(cls.author_id.in_(author_ids), cls.visible_to(actor))
        found = {author_id: Tally(*counts) for author_id, *counts in db.session.execute(query.group_by(cls.author_id))}
        return {author_id: found.get(author_id, Tally(0, 0)) for author_id in author_ids}

    @classmethod
    def counts(cls, post_ids: Sequence[int]) -> dict[int, Counts]:
        """Likes, comments and reposts of these posts as they stand now."""
        query = select(cls.id, cls.like_count, cls.comment_count, cls.repost_count).where(cls.id.in_(post_ids))
        return {post_id: Counts(*counts) for post_id, *counts in db.session.execute(query)}

    @classmethod
    def like_counts_for(cls, post_ids: Sequence[int], actor: Actor) -> Sequence[tuple[int, int, bool]]:
        """Id, likes and whether `actor` likes it, of those of these posts that `actor` may see."""
        if not post_ids:
            return ()
        asked = {f"id_{place}": post_id for place, post_id in enumerate(post_ids)}
        rows = numbers_alone(_like_counts(stand_in(actor), len(asked)), asked | filled_in(actor))
        return [(post_id, count, bool(liked)) for post_id, count, liked in rows]

    @classmethod
    def photo_seen_by(cls, actor: Actor, *, key: str = "", photo_id: int = 0) -> Photo | None:
        """A photograph by key or id, if `actor` may see its post, uploaded it or was sent it; its post comes along.

        Somebody's picture of themselves is everybody's to see.
        """
        from postways.models.message import Copy

        avatar = select(User.id).where(User.id == Photo.owner_id, User.avatar_key == Photo.key)
        shown = avatar.where(User.suspended_at.is_(None), User.deleted_at.is_(None)).exists()
        own = Photo.owner_id == actor.id if actor.id is not None else false()
        sent = false() if actor.id is None else Copy.shows(actor, Photo.message_id, Photo.owner_id)
        alone = and_(Photo.post_id.is_(None), or_(own, shown, sent))
        which = Photo.key == key if key else Photo.id == photo_id
        return db.session.scalar(
            select(Photo)
            .outerjoin(Photo.post)
            .where(which, or_(alone, and_(cls.id.is_not(None), cls.visible_to(actor))))
            .options(contains_eager(Photo.post))
            .execution_options(populate_existing=True)
        )

    @classmethod
    def trash_of(cls, person: User, cursor: str | None) -> Page[Post]:
        """What this person or staff deleted of the person's posts, latest first, with photographs. Raises BadCursor."""
        query = select(cls).where(cls.author_id == person.id, cls.deleted_at.is_not(None))
        page: Page[Post] = Page.of(db.session, query, (cls.deleted_at, cls.id), cursor, GRID_SIZE)
        cls._load_photos(page.items)
        return page

    @classmethod
    def in_trash_of(cls, post_id: int, person: User) -> Post:
        """One of the posts that this person deleted, held until the transaction ends. Raises Missing."""
        query = select(cls).where(cls.id == post_id, cls.author_id == person.id)
        deleted = query.where(cls.deleted_at.is_not(None), cls.removed.is_(False)).with_for_update()
        post = db.session.scalar(deleted.execution_options(populate_existing=True))
        if post is None:
            raise Missing
        cls._load_photos([post])
        return post

    @classmethod
    def in_trash_since(cls, moment: datetime) -> Sequence[Post]:
        """Deleted posts whose 30 days are over, with their photographs."""
        old = select(cls).where(cls.deleted_at < moment - IN_TRASH_FOR).options(selectinload(cls.photos)).limit(100)
        return db.session.scalars(old).all()

    @classmethod
    def with_wrong_count(cls) -> dict[int, int]:
        """Posts whose count of likes is not the number of likes, with the right number."""
        truth = select(func.count()).where(Like.post_id == cls.id).correlate(cls).scalar_subquery()
        return dict(db.session.execute(select(cls.id, truth).where(cls.like_count != truth)).all())

    @classmethod
    def with_wrong_repost_count(cls) -> dict[int, int]:
        """Posts whose count of reposts is not the number of reposts, with the right number."""
        truth = select(func.count()).where(Repost.post_id == cls.id).correlate(cls).scalar_subquery()
        return dict(db.session.execute(select(cls.id, truth).where(cls.repost_count != truth)).all())

    @classmethod
    def with_wrong_save_count(cls) -> dict[int, int]:
        """Posts whose count of saves is not the number of saves, with the right number."""
        truth = select(func.count()).where(Save.post_id == cls.id).correlate(cls).scalar_subquery()
        return dict(db.session.execute(select(cls.id, truth).where(cls.save_count != truth)).all())

    # --- verbs

    @classmethod
    def set_save_count(cls, post_id: int, saves: int) -> None:
        """Put a count of saves right."""
        changed(update(cls).where(cls.id == post_id).values(save_count=saves))

    @classmethod
    def set_count(cls, post_id: int, likes: int) -> None:
        """Put a count of likes right."""
        changed(update(cls).where(cls.id == post_id).values(like_count=likes))
        later.tell("post", post=post_id)

    @classmethod
    def set_comment_count(cls, post_id: int, comments: int) -> None:
        """Put a count of comments right."""
        changed(update(cls).where(cls.id == post_id).values(comment_count=comments))
        later.tell("post", post=post_id)

    @classmethod
    def set_repost_count(cls, post_id: int, reposts: int) -> None:
        """Put a count of reposts right."""
        changed(update(cls).where(cls.id == post_id).values(repost_count=reposts))
        later.tell("post", post=post_id)

    @classmethod
    def share(
        cls,
        author: User,
        *,
        title: str,
        content: str = "",
        photos: Sequence[Photo] = (),
        licence: str = "all-rights-reserved",
        credit: str = "",
        warning: str = "",
        audience: str = "public",
        tags: Sequence[str] = (),
        published: bool = True,
        key: str | None = None,
    ) -> Post:
        """Make a post of words and pending uploads of `author`, with `tags` that its words don't hold. Raises Refused.

        The same form `key` twice is the same post.
        """
        if key and (before := cls.made_with(key, author)):
            return before
        held = User.held(author.id)
        if not held or not held[0].active:
            raise Forbidden  # suspended while the photographs were on their way
        post = cls(author_id=author.id, form_key=key, title="", photos=[], audience="public", published_at=None)
        post._address(audience, held[0])
        post._write(title, content, licence, credit, warning, tags)
        try:
            with db.session.begin_nested():
                db.session.add(post)
        except IntegrityError:
            if key and (before := cls.made_with(key, author)):
                return before  # the same form, sent a moment earlier
            raise
        post.arrange(photos, author)
        if published:
            post.publish(author)
        return post

    @classmethod
    def made_with(cls, key: str, author: User) -> Post | None:
        """The post that `author` made with the form of this key."""
        return db.session.scalar(select(cls).where(cls.author_id == author.id, cls.form_key == key))

    def edit(
        self,
        actor: Actor,
        *,
        title: str,
        content: str,
        photos: Sequence[Photo],
        licence: str,
        credit: str,
        warning: str = "",
        audience: str | None = None,
        tags: Sequence[str] | None = None,
    ) -> None:
        """Change words and photographs, and what is said of audience and tags; likes stay, and readers see "edited".

        Raises Forbidden or Refused.
        """
        self._may_change(actor)
        self._wait_for_others()
        named = set(self.names)
        self._address(audience or self.audience, self._author())
        self._write(title, content, licence, credit, warning, self.given_tags if tags is None else tags)
        self.arrange(photos, actor)
        self.updated_at = now()
        self.version = Post.version + 1
        if self.published:
            self.edited_at = self.updated_at
            PostTag.replace(self.id, self.tags, self.published_at)
            self.be_found()
            told().mention([name for name in self.names if name not in named], actor, self)

    def _address(self, audience: str, author: User) -> None:
        """Let it be for this audience; its `author` is held, who could go private meanwhile."""
        if audience not in AUDIENCES and audience != self.audience:
            raise Refused(WHO_SEES, field="audience")
        before, closed = self.audience, self.closed
        self.audience, self.closed = audience, author.private or audience == "followers"
        if self.published and before != audience:
            for step, which in ((-1, before), (+1, audience)):
                author.posted(step, which)
        if self.id and audience != "public" and (before != audience or self.closed != closed):
            later.tell("closed", person=self.author_id, post=self.id)

    @property
    def stamp(self) -> str:
        """Another one after each change of words or photographs."""
        return self.updated_at.isoformat()

    def still_as(self, seen: str, words: dict[str, Any], photos: Sequence[Photo], *, described: bool) -> None:
        """Raise Taken when somebody has saved something else since its `stamp` was `seen`.

        The same `words` and `photos` once more, from a second click perhaps, are nothing else unless pictures are
        `described` anew, too.
        """
        self._wait_for_others()
        if seen == self.stamp:
            return
        wanted = {name: words[name] for name in words if name != "tags"}
        if "tags" in words:
            wanted["given_tags"] = Tag.chosen(words["tags"])
        db.session.refresh(self, list(wanted))
        same = all(getattr(self, name) == value for name, value in wanted.items())
        if described or not same or [photo.id for photo in photos] != [photo.id for photo in self.photos]:
            raise Taken(CHANGED_MEANWHILE)

    @classmethod
    def judge(cls, title: str, content: str, tags: Sequence[str], audience: str, before: Post | None = None) -> None:
        """Raise Refused where these words would be refused, of which `before` has some already.

        For who wants to know before anything slow is done.
        """
        if audience not in AUDIENCES and (before is None or audience != before.audience):
            raise Refused(WHO_SEES, field="audience")
        cls(title="")._write(title, content, "all-rights-reserved", "", "", tags)

    def _write(  # noqa: PLR0917 everything that is typed
        self, title: str, content: str, licence: str, credit: str, warning: str, tags: Sequence[str]
    ) -> None:
        typed = (title, content, credit, warning)
        title, content, credit, warning = (trimmed(words) for words in typed)
        if not title:
            raise Refused("Give the post a title.", field="title")
        for field, words, most in (
            ("title", title, LONGEST_TITLE),
            ("content", content, LONGEST_CONTENT),
            ("credit", credit, LONGEST_CREDIT),
            ("warning", warning, LONGEST_WARNING),
        ):
            if len(words) > most:
                message = "That is %(length)d characters; the most is %(most)d."
                raise Refused(message, field=field, length=len(words), most=most)
        if licence not in LICENCES:
            raise Refused("Choose one of the licences.", field="licence")
        blocklist.refuse(title, "title")
        blocklist.refuse(content, "content")
        blocklist.refuse(warning, "warning")
        given = Tag.chosen(tags)
        blocklist.refuse(" ".join(given), "tags")
        self.title, self.content, self.licence = title, content, licence
        self.credit, self.warning, self.given_tags = credit, " ".join(warning.split()), given
        # who may read no more than the title must not learn by a mute what else is in it
        told = (title,) if self.audience == PREMIUM else (title, content, *(f"#{tag}" for tag in given))
        self.words = words_of(" ".join(told))

    def frame(self, photo: Photo, framing: Framing, actor: Actor) -> None:
        """Show one of its photographs turned, cut and centred so; readers see "edited". Twice is once.

        Raises Forbidden, Missing or Refused.
        """
        self._may_change(actor)
        before = photo.framings
        photo.frame(framing, actor)
        if photo.framings == before:
            return
        self.updated_at = now()
        self.version = Post.version + 1
        if self.published:
            self.edited_at = self.updated_at

    def arrange(self, photos: Sequence[Photo], actor: Actor) -> None:
        """Let the post hold exactly these photographs in this order; those that are no longer among them are erased."""
        if len(photos) > MOST_PHOTOS:
            message = "A post has at most %(most)d photographs; these are %(count)d."
            raise Refused(message, field="images", most=MOST_PHOTOS, count=len(photos))
        kept = {photo.id for photo in photos}
        for photo in self.photos:
            if photo.id not in kept:
                photo.remove()
        for position, photo in enumerate(photos):
            if photo.owner_id != actor.id or photo.post_id not in (None, self.id):
                raise Missing
            if len(photo.alt) > LONGEST_ALT:
                message = "The description of a picture has at most %(most)d characters."
                raise Refused(message, field=f"alt-{photo.id}", most=LONGEST_ALT)
            photo.position, photo.post_id = position, self.id
        attributes.set_committed_value(self, "photos", list(photos))

    def publish(self, actor: Actor) -> None:
        """Show it to everybody, on top of the lists. Twice is once."""
        self._may_change(actor)
        self._wait_for_others()
        if self.published_at is not None:
            return
        if self.held_at is not None:
            raise Refused(TAKEN_BACK)
        if not actor.can_publish(self):
            raise Refused(UNVERIFIED)
        self.published_at = self.updated_at = now()
        self.publish_at = None
        db.session.flush()
        PostTag.replace(self.id, self.tags, self.published_at)
        self.be_found()
        self._author().posted(+1, self.audience)
        later.tell("published", post=self.id, person=self.author_id, photos=max(1, len(self.photos)))
        told().mention(self.names, actor, self)

    def schedule(self, moment: datetime | None, actor: Actor) -> None:
        """Let a draft be published by itself at this moment, or not at all. Raises Forbidden or Refused by field."""
        self._may_change(actor)
        self._wait_for_others()
        if self.published_at is not None or moment == self.publish_at:
            return
        if moment is not None:
            self._refuse_moment(moment, actor)
        self.publish_at = moment

    def _refuse_moment(self, moment: datetime, actor: Actor) -> None:
        if moment <= now():
            raise Refused("Choose a time that is still to come, or none.", field="publish_at")
        if moment > now() + MOST_AHEAD:
            raise Refused("Choose a time within a year.", field="publish_at")
        if self.held_at is not None:
            raise Refused(TAKEN_BACK)
        if not actor.can_publish(self):
            raise Refused(UNVERIFIED)

    @classmethod
    def due(cls, moment: datetime) -> Sequence[int]:
        """The ids of drafts whose time has come, of people who are here."""
        here = (cls.deleted_at.is_(None), cls.held_at.is_(None), cls.withheld.is_(False), cls.published_at.is_(None))
        query = select(cls.id).where(cls.publish_at <= moment, *here).order_by(cls.publish_at)
        return db.session.scalars(query.limit(100)).all()

    @classmethod
    def publish_due(cls, post_id: int, moment: datetime) -> None:
        """Publish it, if its time has come and nothing else has happened to it meanwhile."""
        post = db.session.get(cls, post_id, options=[selectinload(cls.photos)], populate_existing=True)
        if post is None:
            return
        post._wait_for_others()
        waits = post.publish_at is not None and post.publish_at <= moment
        if waits and post.deleted_at is None and post.held_at is None and not post.withheld:
            post.publish(post._author())

    def withdraw(self, actor: Actor) -> None:
        """Make it a draft again: nobody but its author and staff sees it, likes stay with it. Twice is once."""
        self._may_change(actor)
        self._wait_for_others()
        if self.published_at is None or self.deleted_at is not None:
            return
        self._author().posted(-1, self.audience)
        self.published_at, self.updated_at = None, now()
        self._gone_from_lists()

    def delete(self, actor: Actor) -> None:
        """Move it to the trash: it is gone from every door at once. Twice is once."""
        if not actor.can_delete(self):
            raise Forbidden
        self._wait_for_others()
        if self.deleted_at is not None:
            return  # in another tab, a moment earlier
        self.deleted_at = now()
        db.session.flush()
        if self.published_at is not None:
            self._author().posted(-1, self.audience)
        later.tell("hidden", post=self.id)

    def days_in_trash(self, moment: datetime) -> int:
        """How many days are left to bring it back, begun ones included."""
        left = (self.deleted_at or moment) + IN_TRASH_FOR - moment
        return max(0, -(-left // timedelta(days=1)))

    def restore(self, actor: Actor) -> None:
        """Bring it back from the trash as it was. Raises Forbidden for what staff removed."""
        if not self.can_come_back or not actor.can_delete(self):
            raise Forbidden
        self._wait_for_others()
        if self.deleted_at is None:
            return
        self.deleted_at = None
        if self.publish_at is not None and self.publish_at <= now():
            self.publish_at = None  # its time went by in the trash: nobody wants it published by surprise
        self.version = Post.version + 1
        db.session.flush()
        if self.published_at is not None:
            self._author().posted(+1, self.audience)

    @property
    def can_come_back(self) -> bool:
        """Whether it lies in the trash and its author may bring it back."""
        return self.deleted_at is not None and not self.removed

    def unpublish(self, actor: Actor, reason: str) -> None:
        """Staff: hide it; its author may change it, but not publish it until it is given back. Twice is once."""
        reason = self._judged(actor, reason)
        if self.held_at is None and self.deleted_at is None:
            before = self.state
            self._hold()
            self._tell_author("unpublished", "post-unpublished", actor, reason, before)

    def remove(self, actor: Actor, reason: str) -> None:
        """Staff: move it to the trash, from where only staff brings it back. Twice is once."""
        reason = self._judged(actor, reason)
        if self.deleted_at is None:
            before = self.state
            if self.held_at is None:
                self._hold()
            self.deleted_at, self.removed = now(), True
            self._tell_author("removed", "post-removed", actor, reason, before)

    def looked_into(self, actor: User) -> bool:
        """Write down that staff reads what they could not read as a member, once an hour; whether that was done."""
        if not actor.is_staff or self.author_id == actor.id:
            return False
        alike = exists().where(Post.id == self.id, Post.deleted_at.is_(None), Post.shown(), Post._open_to(actor.id))
        if db.session.scalar(select(alike)):
            return False
        if Audit.happened("private-read", actor, now() - NOTED_AGAIN_AFTER, post_id=self.id):
            return False
        Audit.note("private-read", actor, self.author, post_id=self.id)
        return True

    def give_back(self, actor: Actor, reason: str) -> None:
        """Staff: let it be as it was before it was unpublished or removed. Twice is once."""
        reason = self._judged(actor, reason)
        if self.deleted_at is not None and not self.removed:
            raise Refused("Its author deleted this post; only its author can bring it back.")
        if self.held_at is None:
            return
        before = self.state
        self.published_at, self.published_before = self.published_before, None
        self.held_at, self.deleted_at, self.removed = None, None, False
        self.version = Post.version + 1
        db.session.flush()
        if self.published_at is not None:
            PostTag.replace(self.id, self.tags, self.published_at)
            self.be_found()
            self.author.posted(+1, self.audience)
        self._tell_author("given-back", "post-restored", actor, reason, before)

    def _judged(self, actor: Actor, reason: str) -> str:
        if not actor.can_moderate(self):
            raise Forbidden
        self._wait_for_others()
        return given_reason(reason)

    def _wait_for_others(self) -> None:
        """Whoever changes its state at the same moment goes first, or its author's; then look again."""
        User.held(self.author_id)
        state = [
            "updated_at",
            "published_at",
            "published_before",
            "publish_at",
            "deleted_at",
            "held_at",
            "removed",
            "withheld",
            "audience",
            "closed",
        ]
        db.session.refresh(self, state, with_for_update=True)

    def _hold(self) -> None:
        if self.published_at is not None:
            self.author.posted(-1, self.audience)
        self.held_at, self.published_before, self.published_at = now(), self.published_at, None
        self.publish_at = None
        self._gone_from_lists()

    def _gone_from_lists(self) -> None:
        self.version = Post.version + 1
        db.session.flush()
        PostTag.replace(self.id, [], None)
        search.posts.forget([self.id])
        later.tell("hidden", post=self.id)

    def _tell_author(self, kind: str, mail: str, actor: Actor, reason: str, before: str) -> None:
        db.session.flush()
        Audit.note(kind, actor, self.author, post_id=self.id, reason=reason, before=before, after=self.state)
        Mail.send(mail, self.author, title=self.title, post_id=self.id, reason=reason)
        told().tell("moderation", self.author_id, None, post_id=self.id, detail=kind)

    def be_found(self) -> None:
        """Let search find it by its words, tags and photographs' descriptions, at the time of its publication."""
        db.session.flush()
        search.posts.write([self.document(self.id, self.published_at, self.title, self.content, self._besides)])

    @property
    def _besides(self) -> list[str]:
        return [*self.given_tags, *(photo.alt for photo in self.photos)]

    @staticmethod
    def document(
        post_id: int, published_at: datetime | None, title: str, content: str, besides: Sequence[str]
    ) -> search.Document:
        """What search knows of a published post."""
        place = search.place_of(published_at or now(), post_id)
        return search.Document(post_id, place, "\n".join((title, content, *besides)))

    @classmethod
    def be_found_anew(cls, after: int) -> int | None:
        """Write what search knows of the next posts after this id; answers the last one's id, None without any."""
        query = select(cls).where(cls.id > after).order_by(cls.id).limit(search.AT_ONCE)
        some = db.session.scalars(query.options(selectinload(cls.photos))).all()
        search.posts.forget([post.id for post in some])
        search.posts.write(
            [
                cls.document(post.id, post.published_at, post.title, post.content, post._besides)
                for post in some
                if post.published_at is not None
            ]
        )
        return some[-1].id if some else None

    def purge(self) -> None:
        """Erase row and files for good."""
        for photo in self.photos:
            photo.remove()
        search.posts.forget([self.id])
        db.session.flush()
        db.session.delete(self)

    def like(self, actor: Actor) -> None:
        """Count `actor` once among the people who like this post. Raises Refused for a draft."""
        user_id = self._liker(actor)
        if Like.add(self.id, user_id):
            self._likes_changed(+1)
            told().tell("like", self.author_id, user_id, post_id=self.id)

    def unlike(self, actor: Actor) -> None:
        """Count `actor` no longer among them."""
        user_id = self._liker(actor)
        if Like.remove(self.id, user_id):
            self._likes_changed(-1)
            told().withdraw("like", user_id, post_id=self.id)

    def repost(self, actor: Actor) -> None:
        """Bring it to the people who follow `actor`. Twice is once.

        Raises Forbidden for a visitor, Refused for what not everybody may see: a repost would carry it further.
        """
        if not self.public:
            raise Refused("Only what everybody may see can be reposted.")
        user_id = self._reposter(actor)
        if Repost.add(self.id, user_id):
            self._reposts_changed(+1)
            later.tell("reposted", post=self.id, person=user_id)
            told().tell("repost", self.author_id, user_id, post_id=self.id)

    def unrepost(self, actor: Actor) -> None:
        """Bring it to nobody any longer, whoever may see it now. Twice is once."""
        user_id = self._reposter(actor)
        if Repost.remove(self.id, user_id):
            self._reposts_changed(-1)
            told().withdraw("repost", user_id, post_id=self.id)

    def _reposter(self, actor: Actor) -> int:
        if actor.id is None:
            raise Forbidden
        if actor.must_verify:
            raise Refused(UNVERIFIED)
        return actor.id

    def _reposts_changed(self, difference: int) -> None:
        changed(update(Post).where(Post.id == self.id).values(repost_count=Post.repost_count + difference))
        later.tell("post", post=self.id)

    def save(self, actor: Actor) -> None:
        """Keep it among what `actor` wants to find again; nobody is told. Twice is once. Raises Refused for a draft."""
        if not self.published:
            raise Refused("A draft can't be saved; publish it first.")
        if actor.id is None:
            raise Forbidden
        if not actor.can_save(self):
            raise Refused(UNVERIFIED)
        if Save.add(self.id, actor.id):
            self._saves_changed(+1)

    def unsave(self, actor: Actor) -> None:
        """Keep it no longer. Twice is once."""
        if actor.id is None:
            raise Forbidden
        if Save.remove(self.id, actor.id):
            self._saves_changed(-1)

    def _saves_changed(self, difference: int) -> None:
        changed(update(Post).where(Post.id == self.id).values(save_count=Post.save_count + difference))

    def close_comments(self, actor: Actor) -> None:
        """Take no more comments; those that are there stay. Twice is once."""
        self._may_change(actor)
        self.comments_open = False

    def open_comments(self, actor: Actor) -> None:
        """Take comments again. Twice is once."""
        self._may_change(actor)
        self.comments_open = True

    def toggle_like(self, actor: Actor) -> Like | None:
        """Like it, or if `actor` likes it no longer; answers the like that was made. One at a time."""
        db.session.refresh(self, ["published_at", "deleted_at", "withheld"], with_for_update={"key_share": True})
        user_id = self._liker(actor)
        if Like.of(user_id, self.id) is not None:
            self.unlike(actor)
            return None
        self.like(actor)
        return Like.of(user_id, self.id)

    def _liker(self, actor: Actor) -> int:
        if not self.published:
            raise Refused("A draft can't be liked; publish it first.")
        if actor.id is None:
            raise Forbidden
        if not actor.can_like(self):
            raise Refused(UNVERIFIED)
        return actor.id

    def _likes_changed(self, difference: int) -> None:
        changed(update(Post).where(Post.id == self.id).values(like_count=Post.like_count + difference))
        later.tell("post", post=self.id)

    @property
    def names(self) -> list[str]:
        """The @names in title and text."""
        return names_in(f"{self.title}\n{self.content}")

    @property
    def tags(self) -> list[str]:
        """Those that were given to it, and the #tags in title and text."""
        return tags_in("\n".join((*(f"#{tag}" for tag in self.given_tags), self.title, self.content)))

    def _may_change(self, actor: Actor) -> None:
        if not actor.can_edit(self):
            raise Forbidden

    def _author(self) -> User:
        return User.find(self.author_id)


@lru_cache(maxsize=1)
def _glimpses_of_visitors() -> Select[Any]:
    """Building the statement cost as much as running it, and it is the same for every visitor."""
    return Post.glimpses(None)


@lru_cache(maxsize=2)
def _first_page(member: bool) -> Select[Any]:
    """The home page's statement, made once: for visitors, or for any member, who is named when it runs."""
    reader = bindparam("reader", type_=Id) if member else None
    query = Post.glimpses(reader).order_by(Post.published_at.desc(), Post.id.desc())
    return query.limit(PAGE_SIZE + 1)


@lru_cache(maxsize=50)
def _like_counts(actor: Actor, number: int) -> Select[Any]:
    """The statement of `Post.like_counts_for`; one that took any number of ids would be written anew each time."""
    columns = (Post.id, Post.like_count, Post.liked_by(actor).label("liked"))
    asked = Post.id.in_([bindparam(f"id_{place}", type_=Id) for place in range(number)])
    return select(*columns).where(asked, Post.visible_to(actor)).order_by(Post.id)  # type: ignore[return-value]
