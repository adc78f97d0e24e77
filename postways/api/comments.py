"""What is said under posts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, g
from pydantic import Field

from postways import limits
from postways.api import bp
from postways.api.answers import same_as_read
from postways.api.door import absolute, done, door
from postways.api.idempotency import renders
from postways.api.lists import asked, listed
from postways.api.posts import REMOVED
from postways.api.shapes import AnId, AnIdOrNone, Listed, Parts, Shape, Words
from postways.api.users import Person, person_of
from postways.db import now
from postways.errors import Forbidden, Missing, Refused
from postways.models import Comment, Post
from postways.models.talk import REPLIES, Thread

URL = "https://example.org/api/v1"
UNKNOWN = "There is no such comment under this post."


class CommentItem(Shape):
    """A comment or a reply. What was deleted, or comes from somebody whom you mute, keeps its place for its replies."""

    EDITED = frozenset({"body", "updated_at"})

    url: str = Field(examples=[f"{URL}/comments/21/"])
    id: int = Field(examples=[21])
    post: str = Field(description="Link to the post.", examples=[f"{URL}/posts/7/"])
    author: Person | None = Field(description="Null where only the place is left.")
    body: str = Field(examples=["Lovely light, @ada."])
    parent: int | None = Field(description="Id of the comment that began the thread.", examples=[None])
    created_at: datetime = Field(examples=["2026-11-21T08:30:00Z"])
    updated_at: datetime = Field(examples=["2026-11-21T08:30:00Z"])
    likes_count: int = Field(examples=[2])
    has_liked: bool | None = Field(default=None, description="Whether you like it; only with a credential.")
    replies_count: int = Field(examples=[0])
    replies: list[CommentItem] = Field(
        description=f"The newest {REPLIES} of its replies, oldest first; all of them by `?parent=`.", examples=[[]]
    )


class CommentFilter(Parts):
    """Which comments."""

    parent: AnId | None = Field(
        default=None, description="Id of a comment: everything that answers it, oldest first.", examples=[21]
    )


class NewComment(Shape):
    """What is said."""

    body: Words = Field(description="1 to 5,000 characters; @names are told.", examples=["Lovely light, @ada."])
    parent: AnIdOrNone = Field(
        default=None,
        description="Id of the comment that is answered; an answer to a reply joins its thread.",
        examples=[None],
    )


class CommentChange(Shape):
    """What it shall say."""

    body: Words = Field(description="1 to 5,000 characters.", examples=["Lovely light at six, @ada."])


class CommentRemoval(Shape):
    """For staff: why."""

    reason: Words = Field(default=REMOVED, description="The author gets it by mail.", examples=["This is an insult."])


@bp.get("/posts/<int:post_id>/comments/")
@door({200: Listed[CommentItem]}, tag="comments", query=CommentFilter, errors=(403,))
def list_comments(post_id: int, query: CommentFilter) -> Listed[CommentItem]:
    """List what is said under a post, newest first, each comment with its newest replies.

    With `parent` the replies to one comment, oldest first.
    """
    post = Post.find(post_id, g.user, photos=False)
    if query.parent is not None:
        page = Comment.replies(post, g.user, query.parent, asked(query))
    else:
        page = Comment.threads(post, g.user, asked(query))
    return listed(CommentItem, page, lambda threads: [_thread(thread) for thread in threads], query)


@bp.post("/posts/<int:post_id>/comments/")
@door({201: CommentItem}, tag="comments", scope="create", body=NewComment)
def comment(post_id: int, body: NewComment) -> Response:
    """Say something under a post, or answer a comment."""
    limits.count("comment", g.user.id)
    post = Post.find(post_id, g.user, photos=False)
    made = Comment.make(post, g.user, body.body, answers=_answered(body.parent, post))
    return done("comment", 201, comment_id=made.id)


@bp.get("/comments/<int:comment_id>/")
@door({200: CommentItem}, tag="comments", errors=(403,))
def read_comment(comment_id: int) -> CommentItem:
    """Read a comment with its newest replies.

    One of yours under a post that is for premium members by now is 403, as the post's other comments are; it can still
    be deleted.
    """
    return _as_now(comment_id)


@bp.patch("/comments/<int:comment_id>/")
@door({200: CommentItem}, tag="comments", scope="update", body=CommentChange, errors=(412,))
def change_comment(comment_id: int, body: CommentChange) -> Response:
    """Change the words of a comment of yours, for 15 minutes."""
    found = Comment.find(comment_id, g.user)
    if not g.user.can_edit_comment(found):
        raise Forbidden
    same_as_read(lambda: _as_now(comment_id))
    found.edit(g.user, body.body, now())
    return done("comment", 200, comment_id=comment_id)


@bp.delete("/comments/<int:comment_id>/")
@door({204: None}, tag="comments", scope="delete", body=CommentRemoval)
def delete_comment(comment_id: int, body: CommentRemoval) -> Response:
    """Take away a comment of yours, or one under a post of yours; replies to it stay.

    Staff, by a token that may moderate, removes those of others and says why.
    """
    found = Comment.said_once(comment_id, g.user)
    if g.user.can_delete_comment(found):
        found.delete(g.user)
    elif "moderate" in g.user.scopes:
        found.remove(g.user, body.reason)
    else:
        raise Forbidden
    return done("nothing", 204)


@bp.put("/comments/<int:comment_id>/like/")
@door({200: CommentItem}, tag="comments", scope="create")
def like_comment(comment_id: int) -> Response:
    """Like a comment; the same however often it is sent."""
    limits.count("like", g.user.id)
    Comment.find(comment_id, g.user).like(g.user)
    return done("comment", 200, comment_id=comment_id)


@bp.delete("/comments/<int:comment_id>/like/")
@door({204: None}, tag="comments", scope="delete")
def unlike_comment(comment_id: int) -> Response:
    """Like a comment no longer; the same however often it is sent."""
    limits.count("like", g.user.id)
    Comment.liked_once(comment_id, g.user).unlike(g.user)
    return done("nothing", 204)


@renders("comment")
def _as_now(comment_id: int) -> CommentItem:
    return _thread(Comment.read(comment_id, g.user))


def _answered(comment_id: int | None, post: Post) -> Comment | None:
    if comment_id is None:
        return None
    try:
        found = Comment.find(comment_id, g.user)
    except Missing:
        raise Refused(UNKNOWN, field="parent") from None
    if found.post_id != post.id:
        raise Refused(UNKNOWN, field="parent")
    return found


def _thread(thread: Thread) -> CommentItem:
    return _item(thread.comment, [_item(reply, []) for reply in thread.replies])


def _item(found: Comment, replies: list[CommentItem]) -> CommentItem:
    """One comment; where only its place is shown nothing else is told of it."""
    author = found.author if found.seen and not found.deleted else None
    mine: dict[str, Any] = {"has_liked": bool(author and found.liked)} if g.user.is_member else {}
    return CommentItem(
        **mine,
        url=absolute(f"/api/v1/comments/{found.id}/"),
        id=found.id,
        post=absolute(f"/api/v1/posts/{found.post_id}/"),
        author=person_of(author) if author else None,
        body=found.body if author else "",
        parent=found.parent_id,
        created_at=found.created_at,
        updated_at=found.updated_at if author else found.created_at,
        likes_count=found.like_count if author else 0,
        replies_count=found.reply_count,
        replies=replies,
    )
