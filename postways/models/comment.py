"""What people say under a post: comments, and below each of them the replies.

There are two levels: a reply to a reply joins the comment that began the thread, and names whom it answers. What was
deleted is kept for the staff for a while and then erased; a comment that others answered leaves a gap in its place.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, and_, false, or_, select, text, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import (
    Mapped,
    attributes,
    contains_eager,
    joinedload,
    query_expression,
    relationship,
)

from postways import blocklist, later
from postways.db import changed, db, now
from postways.errors import Forbidden, Missing, PremiumOnly, Refused
from postways.models.audit import Audit, given_reason
from postways.models.comment_counts import CountedComment
from postways.models.comment_erasure import ErasedComment
from postways.models.guest import Actor
from postways.models.mail import Mail
from postways.models.permissions import UNVERIFIED
from postways.models.post import Post
from postways.models.talk import Talked, Thread
from postways.models.telling import told
from postways.models.user import User
from postways.text import blank, cleaned, names_in

LONGEST_COMMENT = 5_000
CLOSED = "Comments on this post are closed."
TOP = text("parent_id IS NULL")
GONE = text("deleted_at IS NOT NULL")


class Comment(Talked, CountedComment, ErasedComment, db.Model):  # type: ignore[name-defined]
    """One comment or reply. Without an author it is what remains of one that others answered."""

    __tablename__ = "comments"
    __table_args__ = (
        UniqueConstraint("author_id", "form_key"),
        Index("ix_comments_of_post", "post_id", "id"),
        Index("ix_comments_threads", "post_id", "id", sqlite_where=TOP, postgresql_where=TOP),
        Index("ix_comments_replies", "parent_id", "id"),
        Index("ix_comments_deleted_at", "deleted_at", sqlite_where=GONE, postgresql_where=GONE),
    )

    post: Mapped[Post] = relationship(lazy="raise_on_sql")
    author: Mapped[User | None] = relationship(lazy="raise_on_sql")
    liked: Mapped[bool] = query_expression(default_expr=false())
    seen: Mapped[bool] = query_expression(default_expr=true())  # False: only its place is shown, for its replies

    @classmethod
    def find(cls, comment_id: int, actor: Actor) -> Comment:
        """A comment that `actor` may read, with its author and post.

        Raises Missing, or PremiumOnly for one's own under a post that is locked by now: what others said and liked
        there is as closed as the post.
        """
        comment = cls.said_once(comment_id, actor)
        if not actor.can_open(comment.post) and (locked := Post.locked_for([comment.post_id], actor)):
            raise PremiumOnly(locked[comment.post_id])
        return comment

    @classmethod
    def said_once(cls, comment_id: int, actor: Actor) -> Comment:
        """As `find`, and one that `actor` said before its post was locked, to take that back. Raises Missing.

        Its words may be shown; its counts are of what others did.
        """
        read = Post.visible_to(actor)
        if actor.id is not None:
            read = or_(read, and_(Post.known_to(actor), cls.author_id == actor.id))
        query = cls._with_authors(actor, cls.id == comment_id, read, cls.visible_to(actor)).join(cls.post)
        if (comment := db.session.scalar(query.options(contains_eager(cls.post)))) is None:
            raise Missing
        return comment

    @classmethod
    def liked_once(cls, comment_id: int, actor: Actor) -> Comment:
        """As `find`, and one that `actor` liked before its post was locked, to take that back. Raises Missing."""
        try:
            return cls.said_once(comment_id, actor)
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
        if answers is not None and self._opens_for(answers.author_id):
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


def checked(body: str) -> str:
    """The words of a comment, trimmed. Raises Refused for none, too many and those that the site does not take."""
    body = cleaned(body)
    if blank(body):
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
