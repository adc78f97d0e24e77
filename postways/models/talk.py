"""How the comments under a post are read: in threads, the newest first, each with its newest replies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, bindparam, case, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased, attributes, contains_eager, with_expression

from postways.db import Id, db, now
from postways.errors import Missing
from postways.models.comment_row import CommentRow
from postways.models.guest import Actor, Guest
from postways.models.post import Post
from postways.models.user import User
from postways.paging import Asked, Numbered

if TYPE_CHECKING:
    from postways.models.comment import Comment

THREADS = 20  # on a page
REPLIES_SHOWN = 3  # of each thread where there are several
REPLIES = 20  # of a thread that is read alone
MOST_NEW = 100  # comments that come into an open page at once
END = 2**62  # an id that none has reached


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
        """Put the rows of `Comment._with_replies` in order."""
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


class Talked(CommentRow):
    """How `Comment`s are read."""

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
        window = _window(cls, top, actor, REPLIES, before or _some_after(cls, comment_id, top, actor))
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
        here = (cls.post_id == post.id, cls.parent_id == parent_id, cls.listed_for(actor))
        query = cls._with_authors(actor, *here)
        page = Numbered.of(db.session, query, select(cls.id).where(*here), (cls.id,), asked, rising=True)
        return replace(page, items=[Thread(reply) for reply in page.items])

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
    def since(cls, post: Post, actor: Actor, comment_id: int) -> Sequence[Self]:
        """Comments and replies that came after the one of this id, oldest first; at most MOST_NEW + 1."""
        query = cls._with_authors(actor, cls.post_id == post.id, cls.id > comment_id, cls.listed_for(actor))
        found = db.session.scalars(query.order_by(cls.id).limit(MOST_NEW + 1)).all()
        for comment in found:
            attributes.set_committed_value(comment, "post", post)
        return found

    @classmethod
    def _with_authors(cls, actor: Actor, *conditions: ColumnElement[bool]) -> Select[Any]:
        """Comments for `actor`, each with its author."""
        writer = aliased(User)
        return (
            select(cls)
            .join(cls.author.of_type(writer))
            .where(*conditions)
            .options(contains_eager(cls.author.of_type(writer)))
            .options(with_expression(cls.liked, cls.liked_by(actor)))
            .execution_options(populate_existing=True)
        )

    @classmethod
    def ids_since(cls, post_id: int, actor: Actor, comment_id: int) -> set[int]:
        """Which comments of others came after the one of this id."""
        query = select(cls.id).where(cls.post_id == post_id, cls.id > comment_id, cls.listed_for(actor))
        if actor.id is not None:
            query = query.where(cls.author_id != actor.id)
        return set(db.session.scalars(query.order_by(cls.id).limit(MOST_NEW)))


@lru_cache(maxsize=4)
def _newest_threads(member: bool, minute: int) -> Select[Any]:
    """The statement of `Comment.talk`; building it costs more than running it, and it is the same for everybody.

    It is made anew every `minute`, because which mutes are over is written into it.
    """
    from postways.models.comment import Comment

    actor = SimpleNamespace(id=bindparam("reader", type_=Id)) if member else Guest()
    post_id, top = bindparam("post", type_=Id), aliased(Comment)
    begun = (
        select(*_window(Comment, top, actor, REPLIES_SHOWN))
        .where(top.post_id == post_id, top.parent_id.is_(None), top.id < bindparam("before", type_=Id))
        .where(or_(Comment.listed_for(actor, top), top.reply_count > 0))
    )
    return Comment._with_replies(post_id, actor, begun.order_by(top.id.desc()).limit(THREADS + 1))


@lru_cache(maxsize=4)
def _these_threads(member: bool, minute: int) -> Select[Any]:
    """The statement that reads some threads with REPLIES of each; made once as above."""
    from postways.models.comment import Comment

    actor = SimpleNamespace(id=bindparam("reader", type_=Id)) if member else Guest()
    top = aliased(Comment)
    begun = select(*_window(Comment, top, actor, REPLIES)).where(
        top.id.in_(bindparam("tops", type_=Id, expanding=True))
    )
    return Comment._with_replies(bindparam("post", type_=Id), actor, begun)


def _minute() -> int:
    return int(now().timestamp()) // 60


def _window(comments: type[Talked], top: Any, actor: Any, size: int, before: Any = END) -> list[Any]:
    """The columns that say which replies of the thread `top` are shown: the newest so many `before` an id."""
    reply = aliased(comments)
    one_too_many = (
        select(reply.id)
        .where(reply.parent_id == top.id, reply.id < before, comments.listed_for(actor, reply))
        .order_by(reply.id.desc())
        .offset(size)
        .limit(1)
        .correlate(top)
        .scalar_subquery()
    )
    end = before if isinstance(before, ColumnElement) else literal(before, Id)
    return [top.id.label("id"), func.coalesce(one_too_many, 0).label("after"), end.label("before")]


def _some_after(comments: type[Talked], comment_id: int, top: Any, actor: Actor) -> ColumnElement[int]:
    """Where a page of replies ends that has this one in its middle; with the comment that began it, where all end."""
    reply = aliased(comments)
    later_one: ScalarSelect[int] = (
        select(reply.id)
        .where(reply.parent_id == top.id, reply.id > comment_id, comments.listed_for(actor, reply))
        .order_by(reply.id)
        .offset(REPLIES // 2)
        .limit(1)
        .correlate(top)
        .scalar_subquery()
    )
    return case((top.id == comment_id, END), else_=func.coalesce(later_one, END))
