"""A post: words and up to ten photographs, shared by one person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    Index,
    Select,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    false,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import (
    Mapped,
    attributes,
    contains_eager,
    defaultload,
    joinedload,
    query_expression,
    relationship,
    selectinload,
)

from postways import blocklist, later, search
from postways.db import Id, Moment, db, now, numbers_alone
from postways.errors import Forbidden, Missing, PremiumOnly, Refused, Taken, Unpublished
from postways.framing import Framing
from postways.models.anybody import filled_in, stand_in
from postways.models.counted import Counted
from postways.models.guest import Actor, Guest
from postways.models.listed import Listed
from postways.models.locked import LockedPost
from postways.models.moderated import Moderated
from postways.models.permissions import UNVERIFIED
from postways.models.photo import LONGEST_ALT, Photo
from postways.models.post_row import LONGEST_CREDIT, LONGEST_TITLE, LONGEST_WARNING, PREMIUM
from postways.models.tag import PostTag, Tag
from postways.models.telling import told
from postways.models.user import User
from postways.text import blank, names_in, tags_in, trimmed, words_of

LONGEST_CONTENT = 10_000
MOST_PHOTOS = 10
CHANGED_MEANWHILE = (
    "This post was changed in another window after you opened this page. What you typed is still here and not saved: "
    "look at what is saved now, then save once more to put yours in its place."
)
WAITS = text("publish_at IS NOT NULL")
MOST_AHEAD = timedelta(days=366)  # that a draft may wait for its time
IN_TRASH = text("deleted_at IS NOT NULL")
TAKEN_BACK = "The staff took this post back, so it can't be published. The mail to you says why."
ON_LIST = text("published_at IS NOT NULL AND deleted_at IS NULL")
ORDERS = ("updated_at", "created_at", "like_count")
AUDIENCES = ("public", "followers", PREMIUM)
WHO_SEES = "Choose who is to see this."
LICENCES = {  # code: (msgid of the name, address of the text)
    "all-rights-reserved": ("All rights reserved", None),
    "CC-BY-4.0": ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"),
    "CC-BY-SA-4.0": ("CC BY-SA 4.0", "https://creativecommons.org/licenses/by-sa/4.0/"),
    "CC-BY-SA-3.0": ("CC BY-SA 3.0", "https://creativecommons.org/licenses/by-sa/3.0/"),
    "CC-BY-NC-4.0": ("CC BY-NC 4.0", "https://creativecommons.org/licenses/by-nc/4.0/"),
    "CC-BY-ND-4.0": ("CC BY-ND 4.0", "https://creativecommons.org/licenses/by-nd/4.0/"),
    "CC0-1.0": ("CC0 1.0, public domain", "https://creativecommons.org/publicdomain/zero/1.0/"),
}


class Tally(NamedTuple):
    """How many posts somebody has, and how often they were liked."""

    posts: int
    likes: int


class Post(Listed, Counted, Moderated, db.Model):  # type: ignore[name-defined]
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
    def licence_name(self) -> str:
        """The msgid of the licence's name."""
        return LICENCES[self.licence][0]

    @property
    def licence_url(self) -> str | None:
        """Where the licence's text is, if it has one."""
        return LICENCES[self.licence][1]

    # --- queries

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
        query = cls.known_by(actor).add_columns(Photo).outerjoin(Photo, first)
        rows = db.session.execute(query.where(cls.id.in_(post_ids), ~cls.unlocked_for(actor)))
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
    def known(cls, post_id: int, actor: Actor) -> Post:
        """The post, if `actor` may know of it, for who takes back what they did to it. Raises Missing.

        It may be one that does not open for `actor`: nothing but its title may be shown.
        """
        post = db.session.scalar(cls.known_by(actor).where(cls.id == post_id))
        if post is None:
            raise Missing
        return cast("Post", post)

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
        """Of these people, how many posts `actor` may know of, as lists count them, and how often those that open for
        `actor` were liked."""
        likes = case((cls.unlocked_for(actor), cls.like_count), else_=0)
        sums = (func.count(), func.coalesce(func.sum(likes), 0))
        query = select(cls.author_id, *sums).where(cls.author_id.in_(author_ids), cls.known_to(actor))
        found = {author_id: Tally(*counts) for author_id, *counts in db.session.execute(query.group_by(cls.author_id))}
        return {author_id: found.get(author_id, Tally(0, 0)) for author_id in author_ids}

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
        """A photograph by key or id, if `actor` may see its post, keeps its message, or uploaded it; with its post.

        Somebody's picture of themselves is everybody's to see.
        """
        from postways.models.message import Copy

        avatar = select(User.id).where(User.id == Photo.owner_id, User.avatar_key == Photo.key)
        shown = avatar.where(User.suspended_at.is_(None), User.deleted_at.is_(None)).exists()
        own = and_(Photo.owner_id == actor.id, Photo.message_id.is_(None)) if actor.id is not None else false()
        sent = false() if actor.id is None else Copy.shows(actor, Photo.message_id)
        alone = and_(Photo.post_id.is_(None), or_(own, shown, sent))
        which = Photo.key == key if key else Photo.id == photo_id
        return db.session.scalar(
            select(Photo)
            .outerjoin(Photo.post)
            .where(which, or_(alone, and_(cls.id.is_not(None), cls.visible_to(actor))))
            .options(contains_eager(Photo.post))
            .execution_options(populate_existing=True)
        )

    # --- verbs

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
        if blank(title):
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

    def close_comments(self, actor: Actor) -> None:
        """Take no more comments; those that are there stay. Twice is once."""
        self._may_change(actor)
        self.comments_open = False

    def open_comments(self, actor: Actor) -> None:
        """Take comments again. Twice is once."""
        self._may_change(actor)
        self.comments_open = True

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


@lru_cache(maxsize=50)
def _like_counts(actor: Actor, number: int) -> Select[Any]:
    """The statement of `Post.like_counts_for`; one that took any number of ids would be written anew each time."""
    columns = (Post.id, Post.like_count, Post.liked_by(actor).label("liked"))
    asked = Post.id.in_([bindparam(f"id_{place}", type_=Id) for place in range(number)])
    return select(*columns).where(asked, Post.visible_to(actor)).order_by(Post.id)  # type: ignore[return-value]
