"""What people say under a post: comments, and below each of them the replies.

There are two levels: a reply to a reply joins the comment that began the thread, and names whom it answers. What was
deleted is kept for the staff for a while and then erased; a comment that others answered leaves a gap in its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    ScalarSelect,
    Select,
    String,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    delete,
    false,
    func,
    literal,
    or_,
    select,
    text,
    true,
    union_all,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import (
    Mapped,
    aliased,
    attributes,
    contains_eager,
    joinedload,
    mapped_column,
    query_expression,
    relationship,
    with_expression,
)

from postways import blocklist, later
from postways.db import Id, Moment, changed, db, now
from postways.errors import Forbidden, Missing, Refused
from postways.models.audit import Audit, given_reason
from postways.models.block import Block
from postways.models.guest import Actor, Guest
from postways.models.mail import Mail
from postways.models.mute import Mute
from postways.models.permissions import UNVERIFIED
from postways.models.post import Post
from postways.models.telling import told
from postways.models.user import User
from postways.paging import Asked, Numbered
from postways.text import cleaned, names_in, visible

LONGEST_COMMENT = 5_000
CHANGES_FOR = timedelta(minutes=15)
KEPT_FOR_STAFF = timedelta(days=30)  # what was deleted, until it is erased
THREADS = 20  # on a page
REPLIES_SHOWN = 3  # of each thread where there are several
REPLIES = 20  # of a thread that is read alone
MOST_NEW = 100  # comments that come into an open page at once
END = 2**62  # an id that none has reached
CLOSED = "Comments on this post are closed."
TOP = text("parent_id IS NULL")
GONE = text("deleted_at IS NOT NULL")


class CommentLike(db.Model):  # type: ignore[name-defined]
    """That somebody likes a comment: one per person and comment."""

    __tablename__ = "comment_likes"
    __table_args__ = (UniqueConstraint("user_id", "comment_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)


class Comment(db.Model):  # type: ignore[name-defined]
    """One comment or reply. Without an author it is what remains of one that others answered."""

    __tablename__ = "comments"
    __table_args__ = (
        UniqueConstraint("author_id", "form_key"),
        Index("ix_comments_of_post", "post_id", "id"),
        Index("ix_comments_threads", "post_id", "id", sqlite_where=TOP, postgresql_where=TOP),
        Index("ix_comments_replies", "parent_id", "id"),
        Index("ix_comments_deleted_at", "deleted_at", sqlite_where=GONE, postgresql_where=GONE),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    body: Mapped[str] = mapped_column(Text)
    form_key: Mapped[str | None] = mapped_column(String(64))
    like_count: Mapped[int] = mapped_column(default=0)
    reply_count: Mapped[int] = mapped_column(default=0)  # of those that can be seen
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    edited_at: Mapped[datetime | None] = mapped_column(Moment)
    deleted_at: Mapped[datetime | None] = mapped_column(Moment)
    withheld: Mapped[bool] = mapped_column(default=False)  # its author is suspended or has left

    post: Mapped[Post] = relationship(lazy="raise_on_sql")
    author: Mapped[User | None] = relationship(lazy="raise_on_sql")
    liked: Mapped[bool] = query_expression(default_expr=false())
    seen: Mapped[bool] = query_expression(default_expr=true())  # False: only its place is shown, for its replies

    # --- questions

    @property
    def updated_at(self) -> datetime:
        """When its words were written."""
        return self.edited_at or self.created_at

    @property
    def deleted(self) -> bool:
        """Whether somebody deleted it, or its author has left."""
        return self.deleted_at is not None or self.author is None or self.author.deleted_at is not None

    def can_change_at(self, moment: datetime) -> bool:
        """Whether its author may still change its words."""
        return moment - self.created_at < CHANGES_FOR

    # --- queries

    @classmethod
    def visible_to(cls, actor: Actor, which: Any = None) -> ColumnElement[bool]:
        """The one rule of which comments of a post `actor` may read, of those who may see the post.

        `which` is an alias, where a statement looks at comments twice.
        """
        which = which or cls
        if actor.id is None or actor.can_see_unpublished():
            return cls._shown(which)
        return and_(cls._shown(which), ~Block.parts(actor.id, which.author_id))

    @classmethod
    def listed_for(cls, actor: Any, which: Any = None) -> ColumnElement[bool]:
        """Which of them a page lists: none of whom `actor` mutes; staff reads lists as members do."""
        which = which or cls
        if actor.id is None:
            return cls._shown(which)
        hidden = or_(Block.parts(actor.id, which.author_id), Mute.hides(actor, which.author_id))
        return and_(cls._shown(which), ~hidden)

    @staticmethod
    def _shown(which: Any) -> ColumnElement[bool]:
        return and_(which.deleted_at.is_(None), which.withheld.is_(False))

    @classmethod
    def liked_by(cls, actor: Any) -> ColumnElement[bool]:
        """Whether `actor` likes it."""
        if actor.id is None:
            return false()
        return select(CommentLike.id).where(CommentLike.comment_id == cls.id, CommentLike.user_id == actor.id).exists()

    @classmethod
    def find(cls, comment_id: int, actor: Actor) -> Comment:
        """A comment that `actor` may read, with its author and post. Raises Missing.

        One's own stays one's own where its post is locked by now.
        """
        writer = aliased(User)
        read = Post.visible_to(actor)
        if actor.id is not None:
            read = or_(read, and_(Post.known_to(actor), cls.author_id == actor.id))
        query = (
            select(cls)
            .join(cls.post)
            .join(cls.author.of_type(writer))
            .where(cls.id == comment_id, read, cls.visible_to(actor))
            .options(contains_eager(cls.post), contains_eager(cls.author.of_type(writer)))
            .options(with_expression(cls.liked, cls.liked_by(actor)))
            .execution_options(populate_existing=True)
        )
        if (comment := db.session.scalar(query)) is None:
            raise Missing
        return comment

    @classmethod
    def liked_once(cls, comment_id: int, actor: Actor) -> Comment:
        """As `find`, and one that `actor` liked before its post was locked, to take that back. Raises Missing."""
        try:
            return cls.find(comment_id, actor)
        except Missing:
            mine = (cls.id == comment_id, cls.liked_by(actor), Post.known_to(actor), cls.visible_to(actor))
            comment = db.session.scalar(select(cls).join(cls.post).where(*mine).options(contains_eager(cls.post)))
            if comment is None:
                raise
            return comment

    @classmethod
    def in_any_state(cls, comment_id: int) -> Comment:
        """For staff: a comment, deleted ones too, with its author and post. Raises Missing."""
        query = select(cls).where(cls.id == comment_id).options(joinedload(cls.author), joinedload(cls.post))
        comment = db.session.scalar(query.execution_options(populate_existing=True))
        if comment is None:
            raise Missing
        return comment

    @classmethod
    def made_with(cls, key: str, author: User) -> Comment | None:
        """The comment that `author` made with the form of this key."""
        return db.session.scalar(select(cls).where(cls.author_id == author.id, cls.form_key == key))

    @classmethod
    def talk(cls, post: Post, actor: Actor, before: int = END) -> Talk:
        """The newest threads that began before the comment of this id, each with its newest replies, in one statement.

        The post must have been found for `actor`.
        """
        asked = {"post": post.id, "before": before} | ({"reader": actor.id} if actor.id is not None else {})
        query = _newest_threads(actor.id is not None, _minute())
        talk = Talk.of(post, db.session.execute(query, asked).all())
        if len(talk.threads) > THREADS:
            del talk.threads[THREADS:]
            talk.older = talk.threads[-1].comment.id
        talk.threads = [thread for thread in talk.threads if thread.comment.seen or thread.replies]
        return talk

    @classmethod
    def thread(cls, post: Post, actor: Actor, comment_id: int, before: int = 0) -> Talk:
        """The one thread that holds this comment, with the replies around it or those `before` an id, in one statement.

        Raises Missing.
        """
        top = aliased(cls)
        begun = (
            select(func.coalesce(cls.parent_id, cls.id))
            .where(cls.id == comment_id, cls.post_id == post.id)
            .scalar_subquery()
        )
        window = _window(top, actor, REPLIES, before or _some_after(comment_id, top, actor))
        query = cls._with_replies(post.id, actor, select(*window).where(top.id == begun, top.post_id == post.id))
        talk = Talk.of(post, db.session.execute(query).all())
        if not talk.threads or not (talk.threads[0].comment.seen or talk.threads[0].replies):
            raise Missing
        return talk

    @classmethod
    def threads(cls, post: Post, actor: Actor, asked: Asked) -> Numbered[Thread]:
        """As `talk`, with numbered pages and REPLIES of each thread. Raises BadCursor or NoSuchPage."""
        reply = aliased(cls)
        answered = select(reply.id).where(reply.parent_id == cls.id, cls.listed_for(actor, reply)).exists()
        here = (cls.post_id == post.id, cls.parent_id.is_(None), or_(cls.listed_for(actor), answered))
        begun: Select[Any] = select(cls.id, cls.created_at).where(*here)  # type: ignore[assignment]
        page: Numbered[Any] = Numbered.of(db.session, begun, begun.with_only_columns(cls.id), (cls.id,), asked)
        ids = [row.id for row in page.items]
        if not ids:
            return page
        bound = {"post": post.id, "tops": ids} | ({"reader": actor.id} if actor.id is not None else {})
        rows = db.session.execute(_these_threads(actor.id is not None, _minute()), bound).all()
        return replace(page, items=Talk.of(post, rows).threads)

    @classmethod
    def replies(cls, post: Post, actor: Actor, parent_id: int, asked: Asked) -> Numbered[Thread]:
        """Everything that answers a comment under `post`, oldest first. Raises BadCursor or NoSuchPage."""
        writer = aliased(User)
        here = (cls.post_id == post.id, cls.parent_id == parent_id, cls.listed_for(actor))
        query = (
            select(cls)
            .join(cls.author.of_type(writer))
            .where(*here)
            .options(contains_eager(cls.author.of_type(writer)))
            .options(with_expression(cls.liked, cls.liked_by(actor)))
            .execution_options(populate_existing=True)
        )
        page = Numbered.of(db.session, query, select(cls.id).where(*here), (cls.id,), asked, rising=True)
        return replace(page, items=[Thread(reply) for reply in page.items])

    @classmethod
    def read(cls, comment_id: int, actor: Actor) -> Thread:
        """A comment that `actor` may read, and if it began a thread the newest replies. Raises Missing.

        A mute keeps its author out of lists; who asks for it by its id reads it.
        """
        comment = cls.find(comment_id, actor)
        if comment.parent_id is not None or not comment.reply_count:
            return Thread(comment)
        thread = cls.thread(comment.post, actor, comment_id).threads[0]
        attributes.set_committed_value(thread.comment, "seen", True)
        return thread

    @classmethod
    def _with_replies(cls, post_id: Any, actor: Any, threads: Select[Any]) -> Select[Any]:
        """The comments that begin these `threads` (rows of `_window`) and the replies in their windows, as `Talk` reads
        them."""
        tops, reply, writer = threads.cte("tops"), aliased(cls), aliased(User)
        within = and_(reply.parent_id == tops.c.id, reply.id > tops.c.after, reply.id < tops.c.before)
        replies = select(reply.id, tops.c.after, tops.c.before).join(tops, within).where(cls.listed_for(actor, reply))
        found = union_all(select(tops.c.id, tops.c.after, tops.c.before), replies).subquery("found")
        newest = select(func.max(cls.id)).where(cls.post_id == post_id).scalar_subquery()
        return (
            select(cls, found.c.after, found.c.before, newest)
            .join(found, found.c.id == cls.id)
            .outerjoin(cls.author.of_type(writer))
            .options(contains_eager(cls.author.of_type(writer)))
            .options(with_expression(cls.liked, cls.liked_by(actor)), with_expression(cls.seen, cls.listed_for(actor)))
            .execution_options(populate_existing=True)
        )

    @classmethod
    def since(cls, post: Post, actor: Actor, comment_id: int) -> Sequence[Comment]:
        """Comments and replies that came after the one of this id, oldest first; at most MOST_NEW + 1."""
        writer = aliased(User)
        query = (
            select(cls)
            .join(cls.author.of_type(writer))
            .where(cls.post_id == post.id, cls.id > comment_id, cls.listed_for(actor))
            .options(contains_eager(cls.author.of_type(writer)))
            .options(with_expression(cls.liked, cls.liked_by(actor)))
            .execution_options(populate_existing=True)
        )
        found = db.session.scalars(query.order_by(cls.id).limit(MOST_NEW + 1)).all()
        for comment in found:
            attributes.set_committed_value(comment, "post", post)
        return found

    @classmethod
    def ids_since(cls, post_id: int, actor: Actor, comment_id: int) -> set[int]:
        """Which comments of others came after the one of this id."""
        query = select(cls.id).where(cls.post_id == post_id, cls.id > comment_id, cls.listed_for(actor))
        if actor.id is not None:
            query = query.where(cls.author_id != actor.id)
        return set(db.session.scalars(query.order_by(cls.id).limit(MOST_NEW)))

    @classmethod
    def unheard_by(cls, actor: Actor) -> frozenset[int]:
        """The people of whose comments an open page of `actor` is not told."""
        if actor.id is None:
            return frozenset()
        muted = select(Mute.person_id).where(Mute.muter_id == actor.id, Mute.person_id.is_not(None), Mute.counts())
        blocked = select(Block.blocked_id).where(Block.blocker_id == actor.id)
        blocking = select(Block.blocker_id).where(Block.blocked_id == actor.id)
        return frozenset(db.session.scalars(union_all(muted, blocked, blocking)))

    @classmethod
    def like_counts(cls, comment_ids: Iterable[int]) -> dict[int, int]:
        """The likes of these comments as they stand now."""
        query = select(cls.id, cls.like_count).where(cls.id.in_(comment_ids))
        return dict(db.session.execute(query).all())

    @classmethod
    def miscounted_posts(cls) -> dict[int, int]:
        """Posts whose count of comments is not the number of comments that can be seen, with the right number."""
        shown = and_(cls.post_id == Post.id, cls._shown(cls))
        truth = select(func.count()).select_from(cls).where(shown).correlate(Post).scalar_subquery()
        return dict(db.session.execute(select(Post.id, truth).where(Post.comment_count != truth)).all())

    @classmethod
    def with_wrong_counts(cls) -> dict[int, tuple[int, int]]:
        """Comments whose counts are not the truth, with the right numbers of likes and replies."""
        reply = aliased(cls)
        counted = and_(reply.parent_id == cls.id, cls._shown(reply))
        replies = select(func.count()).select_from(reply).where(counted).correlate(cls).scalar_subquery()
        likes = select(func.count()).where(CommentLike.comment_id == cls.id).correlate(cls).scalar_subquery()
        wrong = or_(cls.like_count != likes, cls.reply_count != replies)
        return {row[0]: (row[1], row[2]) for row in db.session.execute(select(cls.id, likes, replies).where(wrong))}

    # --- verbs

    @classmethod
    def set_counts(cls, comment_id: int, likes: int, replies: int) -> None:
        """Put the counts of a comment right."""
        changed(update(cls).where(cls.id == comment_id).values(like_count=likes, reply_count=replies))

    @classmethod
    def make(
        cls, post: Post, actor: Actor, body: str, *, answers: Comment | None = None, key: str | None = None
    ) -> Comment:
        """Say something under `post`, or answer one of its comments. Raises Forbidden, Missing or Refused.

        The same form `key` twice is the same comment.
        """
        author = _may_talk(post, actor)
        if key and (before := cls.made_with(key, author)):
            return before
        held = User.held(author.id)
        if not held or not held[0].active:
            raise Forbidden  # suspended a moment ago
        if answers is not None and answers.post_id != post.id:
            raise Missing
        body = checked(body)
        comment = cls(post_id=post.id, author_id=author.id, form_key=key, body=_addressed(body, answers, author))
        comment.parent_id = (answers.parent_id or answers.id) if answers is not None else None
        try:
            with db.session.begin_nested():
                db.session.add(comment)
        except IntegrityError:
            if key and (before := cls.made_with(key, author)):
                return before  # the same form, sent a moment earlier
            raise Missing from None  # what it speaks of was erased meanwhile
        comment._counted(+1)
        attributes.set_committed_value(comment, "post", post)
        attributes.set_committed_value(comment, "author", author)
        comment._made(author, answers)
        return comment

    def _made(self, author: User, answers: Comment | None) -> None:
        """The one place where a comment or reply becomes known: to open pages, and to those whom it concerns."""
        later.tell("comment", post=self.post_id, comment=self.id, person=author.id)
        if answers is not None:
            told().tell("reply", answers.author_id, author.id, post_id=self.post_id, comment_id=self.id)
        if answers is None or answers.author_id != self.post.author_id:
            told().tell("comment", self.post.author_id, author.id, post_id=self.post_id)
        known = {self.post.author_id, answers.author_id if answers else None}
        told().mention(names_in(self.body), author, self.post, self.id, known)

    def edit(self, actor: Actor, body: str, moment: datetime) -> None:
        """Change its words, for 15 minutes; readers see "edited". Raises Forbidden or Refused."""
        if not actor.can_edit_comment(self):
            raise Forbidden
        if not self.can_change_at(moment):
            raise Refused("A comment can be changed for 15 minutes, and those are over.", field="body")
        body = checked(body)
        if body != self.body:
            self.body, self.edited_at = body, moment
            later.tell("comment-edited", post=self.post_id, comment=self.id, person=actor.id or 0)

    def delete(self, actor: Actor) -> None:
        """Take away one's own, or one under one's own post; what others replied stays. Twice is once."""
        if not actor.can_delete_comment(self):
            raise Forbidden
        self._go()

    def remove(self, actor: Actor, reason: str) -> None:
        """Staff: take it away; its author gets the reason by mail. Twice is once. Raises Forbidden or Refused."""
        if not actor.can_remove_comment(self):
            raise Forbidden
        reason = given_reason(reason)
        if self._go():
            Audit.note("comment-removed", actor, self.author, post_id=self.post_id, reason=reason, comment=self.id)
            Mail.send("comment-removed", self.author, title=self.post.title, post_id=self.post_id, reason=reason)
            told().tell("moderation", self.author_id, None, post_id=self.post_id, detail="comment-removed")

    def _go(self) -> bool:
        moment = now()
        first = update(Comment).where(Comment.id == self.id, Comment.deleted_at.is_(None)).values(deleted_at=moment)
        if changed(first) != 1:
            return False  # in another tab, a moment earlier
        attributes.set_committed_value(self, "deleted_at", moment)
        if not self.withheld:
            self._counted(-1)
        later.tell("comment-gone", post=self.post_id, comment=self.id)
        others = (Comment.post_id == self.post_id, Comment.author_id == self.author_id, Comment.deleted_at.is_(None))
        if db.session.scalar(select(Comment.id).where(*others).limit(1)) is None:
            told().withdraw("comment", self.author_id or 0, post_id=self.post_id)
        told().gone(comment_id=self.id)
        return True

    def _counted(self, difference: int) -> None:
        """One more or less: in its thread and of its post, which takes more only while it is open. Raises Refused."""
        if self.parent_id is not None:
            top = update(Comment).where(Comment.id == self.parent_id)
            changed(top.values(reply_count=Comment.reply_count + difference))
        post = update(Post).where(Post.id == self.post_id)
        if difference > 0:
            here = (Post.published_at.is_not(None), Post.deleted_at.is_(None), Post.withheld.is_(False))
            post = post.where(Post.comments_open.is_(True), *here)
        if changed(post.values(comment_count=Post.comment_count + difference)) != 1:
            raise Refused(CLOSED, field="body")
        later.tell("post", post=self.post_id)

    def like(self, actor: Actor) -> None:
        """Count `actor` once among the people who like it. Raises Forbidden or Refused."""
        user_id = self._liker(actor)
        try:
            with db.session.begin_nested():
                db.session.add(CommentLike(comment_id=self.id, user_id=user_id))
        except IntegrityError:
            return  # a second click, a second tab
        self._likes_changed(+1)
        told().tell("comment-like", self.author_id, user_id, post_id=self.post_id, comment_id=self.id)

    def unlike(self, actor: Actor) -> None:
        """Count `actor` no longer among them."""
        user_id = self._liker(actor)
        mine = delete(CommentLike).where(CommentLike.comment_id == self.id, CommentLike.user_id == user_id)
        if changed(mine) == 1:
            self._likes_changed(-1)
            told().withdraw("comment-like", user_id, post_id=self.post_id, comment_id=self.id)

    def _liker(self, actor: Actor) -> int:
        if actor.id is None:
            raise Forbidden
        if not self.post.published:
            raise Refused("A draft can't be liked; publish it first.")
        if actor.must_verify:
            raise Refused(UNVERIFIED)
        return actor.id

    def _likes_changed(self, difference: int) -> None:
        """The one place where a like of a comment becomes known."""
        changed(update(Comment).where(Comment.id == self.id).values(like_count=Comment.like_count + difference))
        later.tell("comment-liked", post=self.post_id, comment=self.id)

    # --- people who go, come back, or have left

    @classmethod
    def withhold_all_of(cls, person_id: int, withheld: bool) -> None:
        """Hide everything that this person said, or show it again; the counts follow. Twice is once."""
        sign = -1 if withheld else +1
        moved = and_(cls.author_id == person_id, cls.withheld.is_(not withheld), cls.deleted_at.is_(None))
        in_post = select(func.count()).select_from(cls).where(moved, cls.post_id == Post.id).correlate(Post)
        posts = update(Post).where(Post.id.in_(select(cls.post_id).where(moved)))
        changed(posts.values(comment_count=Post.comment_count + sign * in_post.scalar_subquery()))
        mine = aliased(cls)
        replied = and_(mine.author_id == person_id, mine.withheld.is_(not withheld), mine.deleted_at.is_(None))
        in_thread = select(func.count()).select_from(mine).where(replied, mine.parent_id == cls.id).correlate(cls)
        tops = update(cls).where(cls.id.in_(select(mine.parent_id).where(replied)))
        changed(tops.values(reply_count=cls.reply_count + sign * in_thread.scalar_subquery()))
        changed(update(cls).where(cls.author_id == person_id).values(withheld=withheld))

    @classmethod
    def erase_likes_of(cls, person_id: int, most: int) -> bool:
        """Erase some likes of a person who has left; False when there is nothing left."""
        mine = select(CommentLike.id, CommentLike.comment_id).where(CommentLike.user_id == person_id).limit(most)
        likes = db.session.execute(mine).all()
        changed(delete(CommentLike).where(CommentLike.id.in_([like.id for like in likes])))
        for like in likes:
            changed(update(cls).where(cls.id == like.comment_id).values(like_count=cls.like_count - 1))
        return bool(likes)

    @classmethod
    def erase_some_of(cls, person_id: int, most: int) -> bool:
        """Erase some of what a person who has left said; False when there is nothing left.

        What others answered stays as a gap that names nobody.
        """
        said = select(cls.id).where(cls.author_id == person_id).order_by(cls.id.desc()).limit(most)  # replies first
        ids = db.session.scalars(said).all()
        cls._erase(ids)
        return bool(ids)

    @classmethod
    def forget_deleted(cls, moment: datetime) -> int:
        """Erase what was deleted long ago; returns how many were looked at."""
        old = cls.deleted_at < moment - KEPT_FOR_STAFF
        answered = aliased(cls)
        bare = select(answered.id).where(answered.parent_id == cls.id).exists()
        due = select(cls.id).where(old, or_(~bare, cls.body != "")).order_by(cls.id.desc()).limit(500)
        ids = db.session.scalars(due).all()
        cls._erase(ids)
        return len(ids)

    @classmethod
    def _erase(cls, ids: Sequence[int]) -> None:
        answered = set(db.session.scalars(select(cls.parent_id).where(cls.parent_id.in_(ids), cls.id.not_in(ids))))
        changed(delete(cls).where(cls.id.in_(set(ids) - answered)))
        nothing = {"author_id": None, "body": "", "form_key": None, "like_count": 0, "edited_at": None}
        gaps = update(cls).where(cls.id.in_(answered))
        changed(gaps.values(**nothing, deleted_at=func.coalesce(cls.deleted_at, literal(now(), Moment))))
        changed(delete(CommentLike).where(CommentLike.comment_id.in_(answered)))


@dataclass
class Thread:
    """A comment, and those replies to it that a page shows."""

    comment: Comment
    replies: list[Comment] = field(default_factory=list)
    older: int = 0  # the id before which there are more replies
    newer: bool = False  # whether there may be later ones


@dataclass
class Talk:
    """What a page shows of the comments on a post."""

    threads: list[Thread]
    newest: int  # the id of the newest comment of the post when this was read
    older: int = 0  # the id before which there are more threads

    @classmethod
    def of(cls, post: Post, rows: Sequence[Any]) -> Talk:
        """Put the rows of `Comment._talk` in order."""
        threads: dict[int, Thread] = {}
        for comment, after, before, _newest in sorted(rows, key=lambda row: row[0].id):
            attributes.set_committed_value(comment, "post", post)
            if comment.parent_id is None:
                threads[comment.id] = Thread(comment, older=after, newer=before < END)
            else:
                threads[comment.parent_id].replies.append(comment)
        for thread in threads.values():
            thread.older = thread.replies[0].id if thread.older and thread.replies else 0
        return cls(list(reversed(threads.values())), rows[0][3] if rows else 0)


def checked(body: str) -> str:
    """The words of a comment, trimmed. Raises Refused for none, too many and those that the site does not take."""
    body = cleaned(body)
    if not visible(body).strip():
        raise Refused("Write something first.", field="body")
    if len(body) > LONGEST_COMMENT:
        message = "That is %(length)d characters; the most is %(most)d."
        raise Refused(message, field="body", length=len(body), most=LONGEST_COMMENT)
    blocklist.refuse(body, "body")
    return body


def address(answers: Comment | None, author: Actor) -> str:
    """How a reply begins that answers somebody else's reply: with the name, since both stand in one row."""
    if answers is None or answers.parent_id is None or answers.author is None or answers.author_id == author.id:
        return ""
    return f"@{answers.author.username} "


def _addressed(body: str, answers: Comment | None, author: User) -> str:
    name = address(answers, author)
    if name.strip().casefold() in body.casefold() or len(name) + len(body) > LONGEST_COMMENT:
        return body
    return name + body


def _may_talk(post: Post, actor: Actor) -> User:
    if actor.id is None:
        raise Forbidden
    if not post.published:
        raise Refused("A draft can't be commented on; publish it first.", field="body")
    if actor.must_verify:
        raise Refused(UNVERIFIED, field="body")
    if not post.comments_open:
        raise Refused(CLOSED, field="body")
    return actor


@lru_cache(maxsize=4)
def _newest_threads(member: bool, minute: int) -> Select[Any]:
    """The statement of `Comment.talk`; building it costs more than running it, and it is the same for everybody.

    It is made anew every `minute`, because which mutes are over is written into it.
    """
    actor = SimpleNamespace(id=bindparam("reader", type_=Id)) if member else Guest()
    post_id, top = bindparam("post", type_=Id), aliased(Comment)
    begun = (
        select(*_window(top, actor, REPLIES_SHOWN))
        .where(top.post_id == post_id, top.parent_id.is_(None), top.id < bindparam("before", type_=Id))
        .where(or_(Comment.listed_for(actor, top), top.reply_count > 0))
    )
    return Comment._with_replies(post_id, actor, begun.order_by(top.id.desc()).limit(THREADS + 1))


@lru_cache(maxsize=4)
def _these_threads(member: bool, minute: int) -> Select[Any]:
    """The statement that reads some threads with REPLIES of each; made once as above."""
    actor = SimpleNamespace(id=bindparam("reader", type_=Id)) if member else Guest()
    top = aliased(Comment)
    begun = select(*_window(top, actor, REPLIES)).where(top.id.in_(bindparam("tops", type_=Id, expanding=True)))
    return Comment._with_replies(bindparam("post", type_=Id), actor, begun)


def _minute() -> int:
    return int(now().timestamp()) // 60


def _window(top: Any, actor: Any, size: int, before: Any = END) -> list[Any]:
    """The columns that say which replies of the thread `top` are shown: the newest so many `before` an id."""
    reply = aliased(Comment)
    one_too_many = (
        select(reply.id)
        .where(reply.parent_id == top.id, reply.id < before, Comment.listed_for(actor, reply))
        .order_by(reply.id.desc())
        .offset(size)
        .limit(1)
        .correlate(top)
        .scalar_subquery()
    )
    end = before if isinstance(before, ColumnElement) else literal(before, Id)
    return [top.id.label("id"), func.coalesce(one_too_many, 0).label("after"), end.label("before")]


def _some_after(comment_id: int, top: Any, actor: Actor) -> ColumnElement[int]:
    """Where a page of replies ends that has this one in its middle; with the comment that began it, where all end."""
    reply = aliased(Comment)
    later_one: ScalarSelect[int] = (
        select(reply.id)
        .where(reply.parent_id == top.id, reply.id > comment_id, Comment.listed_for(actor, reply))
        .order_by(reply.id)
        .offset(REPLIES // 2)
        .limit(1)
        .correlate(top)
        .scalar_subquery()
    )
    return case((top.id == comment_id, END), else_=func.coalesce(later_one, END))
