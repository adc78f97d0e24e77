"""How a post goes and comes back: by its author to the trash, by staff for a reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    func,
    select,
)
from sqlalchemy.orm import (
    contains_eager,
    selectinload,
)

from postways import later, search
from postways.db import db, now
from postways.errors import Forbidden, Missing, Refused
from postways.models.audit import NOTED_AGAIN_AFTER, Audit, given_reason
from postways.models.guest import Actor
from postways.models.listed import GRID_SIZE
from postways.models.mail import Mail
from postways.models.post_row import PREMIUM, PostRow
from postways.models.tag import PostTag
from postways.models.telling import told
from postways.models.user import User
from postways.paging import Page
from postways.text import folded

if TYPE_CHECKING:
    from postways.models.post import Post

IN_TRASH_FOR = timedelta(days=30)
STAFF_SIZE = 30
SORTS = ("created", "changed", "likes")
STATES = ("published", "draft", "unpublished", "withheld", "removed", "deleted")


class Moderated(PostRow):
    """The trash of a `Post`, and what staff does with it."""

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
    def _of_accounts(cls) -> Select[Any]:
        query = select(cls).join(cls.author).where(User.deleted_at.is_(None)).options(contains_eager(cls.author))
        return query.execution_options(populate_existing=True)

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
        cls._load_photos([post._post])
        return post._post

    @classmethod
    def in_trash_since(cls, moment: datetime) -> Sequence[Post]:
        """Deleted posts whose 30 days are over, with their photographs."""
        old = select(cls).where(cls.deleted_at < moment - IN_TRASH_FOR).options(selectinload(cls.photos)).limit(100)
        return [post._post for post in db.session.scalars(old)]

    def delete(self, actor: Actor) -> None:
        """Move it to the trash: it is gone from every door at once. Twice is once."""
        if not actor.can_delete(self._post):
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

    @property
    def can_come_back(self) -> bool:
        """Whether it lies in the trash and its author may bring it back."""
        return self.deleted_at is not None and not self.removed

    def restore(self, actor: Actor) -> None:
        """Bring it back from the trash as it was. Raises Forbidden for what staff removed."""
        if not self.can_come_back or not actor.can_delete(self._post):
            raise Forbidden
        self._wait_for_others()
        if self.deleted_at is None:
            return
        self.deleted_at = None
        if self.publish_at is not None and self.publish_at <= now():
            self.publish_at = None  # its time went by in the trash: nobody wants it published by surprise
        self.version = type(self).version + 1
        db.session.flush()
        if self.published_at is not None:
            self._author().posted(+1, self.audience)

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
        self.version = type(self).version + 1
        db.session.flush()
        if self.published_at is not None:
            PostTag.replace(self.id, self._post.tags, self.published_at)
            self._post.be_found()
            self.author.posted(+1, self.audience)
        self._tell_author("given-back", "post-restored", actor, reason, before)

    def looked_into(self, actor: User) -> bool:
        """Write down that staff reads what they could not read as a member, once an hour; whether that was done."""
        if not actor.is_staff or self.author_id == actor.id:
            return False
        posts = type(self)
        alike = exists().where(posts.id == self.id, posts.deleted_at.is_(None), posts.shown(), posts._open_to(actor.id))
        if (self.audience != PREMIUM or actor.premium) and db.session.scalar(select(alike)):
            return False
        if Audit.happened("private-read", actor, now() - NOTED_AGAIN_AFTER, post_id=self.id):
            return False
        Audit.note("private-read", actor, self.author, post_id=self.id)
        return True

    def purge(self) -> None:
        """Erase row and files for good."""
        for photo in self.photos:
            photo.remove()
        search.posts.forget([self.id])
        db.session.flush()
        db.session.delete(self)

    def _judged(self, actor: Actor, reason: str) -> str:
        if not actor.can_moderate(self._post):
            raise Forbidden
        self._wait_for_others()
        return given_reason(reason)

    def _hold(self) -> None:
        if self.published_at is not None:
            self.author.posted(-1, self.audience)
        self.held_at, self.published_before, self.published_at = now(), self.published_at, None
        self.publish_at = None
        self._gone_from_lists()

    def _tell_author(self, kind: str, mail: str, actor: Actor, reason: str, before: str) -> None:
        db.session.flush()
        Audit.note(kind, actor, self.author, post_id=self.id, reason=reason, before=before, after=self.state)
        Mail.send(mail, self.author, title=self.title, post_id=self.id, reason=reason)
        told().tell("moderation", self.author_id, None, post_id=self.id, detail=kind)

    def _gone_from_lists(self) -> None:
        self.version = type(self).version + 1
        db.session.flush()
        PostTag.replace(self.id, [], None)
        search.posts.forget([self.id])
        later.tell("hidden", post=self.id)

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
