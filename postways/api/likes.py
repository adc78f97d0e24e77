"""Who likes what."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from flask import Response, g
from pydantic import BaseModel, ConfigDict, Field, RootModel

from postways import limits
from postways.api import bp
from postways.api.door import absolute, done, door
from postways.api.idempotency import renders
from postways.api.lists import asked, listed
from postways.api.shapes import LARGEST_ID, AnId, Listed, Parts, Shape, Words
from postways.errors import Invalid, Missing, Refused
from postways.models import Like, Post, User

LONGEST_TITLE_SHOWN = 50
MOST_IDS = 100
UNKNOWN_POST = "There is no published post with this id."


class Liker(Shape):
    """Somebody who likes a post."""

    id: int = Field(examples=[3])
    username: str = Field(examples=["ada"])
    url: str = Field(examples=["https://example.org/api/v1/users/3/"])


class LikedPost(Shape):
    """A post that somebody likes."""

    id: int = Field(examples=[7])
    title: str = Field(description="Its first 50 characters.", examples=["Harbour at six"])
    url: str = Field(examples=["https://example.org/api/v1/posts/7/"])


class LikeOfPerson(Shape):
    """One like, as a list of a person's likes shows it."""

    url: str = Field(examples=["https://example.org/api/v1/likes/11/"])
    id: int = Field(examples=[11])
    created_at: datetime = Field(examples=["2026-11-21T08:30:00Z"])
    post: LikedPost


class LikeOfPost(Shape):
    """One like, as a list of a post's likes shows it."""

    url: str = Field(examples=["https://example.org/api/v1/likes/11/"])
    id: int = Field(examples=[11])
    created_at: datetime = Field(examples=["2026-11-21T08:30:00Z"])
    user: Liker


class LikeDetail(Shape):
    """One like."""

    url: str = Field(examples=["https://example.org/api/v1/likes/11/"])
    id: int = Field(examples=[11])
    created_at: datetime = Field(examples=["2026-11-21T08:30:00Z"])
    user: Liker
    post: LikedPost


class LikeMade(Shape):
    """A like that has just been made."""

    url: str = Field(examples=["https://example.org/api/v1/likes/11/"])
    id: int = Field(examples=[11])
    created_at: datetime = Field(examples=["2026-11-21T08:30:00Z"])
    user: str = Field(examples=["https://example.org/api/v1/users/3/"])
    post: str = Field(examples=["https://example.org/api/v1/posts/7/"])


class LikeTotals(Shape):
    """How many likes there are."""

    total_likes: int = Field(examples=[42])
    results: list[LikeDetail] = Field(description="Always empty.", max_length=0, examples=[[]])


class LikeTruth(Shape):
    """Whether a person likes a post."""

    liked: bool = Field(examples=[True])


class LikeOf(RootModel[LikeOfPerson | LikeOfPost]):
    """One like, with the post or with the person, whichever was not asked for."""


def _one_of(schema: dict[str, Any]) -> None:
    schema["oneOf"] = schema.pop("anyOf")


class Likes(RootModel[LikeTotals | LikeTruth | Listed[LikeOf]]):
    """Without a filter, how many there are; with `user` or `post` a list; with both, whether it is so."""

    FORMS: ClassVar[dict[str, type[BaseModel]]] = {
        "no filter": LikeTotals,
        "user": Listed[LikeOfPerson],
        "post": Listed[LikeOfPost],
        "both": LikeTruth,
    }
    model_config = ConfigDict(json_schema_extra=_one_of)


class LikeFilter(Parts):
    """Whose likes, or of which post."""

    user: AnId | None = Field(default=None, description="Id of a person.", examples=[3])
    post: AnId | None = Field(default=None, description="Id of a post.", examples=[7])


class LikeToggle(Shape):
    """Which post."""

    post: AnId = Field(description="Id of a published post.", examples=[7])


class LikeCount(Shape):
    """How many like a post, and whether you do."""

    count: int = Field(examples=[5])
    liked: bool = Field(examples=[True])


class LikeCounts(RootModel[dict[str, LikeCount]]):
    """Counts by the posts' ids."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"7": {"count": 5, "liked": True}}]})


class BatchIds(Shape):
    """Which posts."""

    ids: Words = Field(default="", description="Ids with commas between them, at most 100.", examples=["1,2,3"])


@bp.get("/likes/")
@door({200: Likes}, tag="likes", query=LikeFilter)
def list_likes(query: LikeFilter) -> Shape:
    """List likes of a person or of a post.

    Without a filter only their number is told; with both filters only whether it is so.
    """
    if query.user is not None and query.post is not None:
        return LikeTruth(liked=Like.known_to(g.user, query.user, query.post))
    if query.user is not None:
        page = Like.listed(g.user, asked(query), user_id=query.user)
        return listed(LikeOfPerson, page, lambda likes: [_of_person(like) for like in likes], query)
    if query.post is not None:
        page = Like.listed(g.user, asked(query), post_id=query.post)
        return listed(LikeOfPost, page, lambda likes: [_of_post(like) for like in likes], query)
    return LikeTotals(total_likes=Like.total(), results=[])


@bp.get("/likes/<int:like_id>/")
@door({200: LikeDetail}, tag="likes")
def read_like(like_id: int) -> LikeDetail:
    """Read one like."""
    like = Like.find(like_id, g.user)
    return LikeDetail(
        url=_url(like.id), id=like.id, created_at=like.created_at, user=_liker(like.user), post=_post(like.post)
    )


@bp.post("/likes/toggle/")
@door({201: LikeMade, 204: None}, tag="likes", scope="create", body=LikeToggle)
def toggle_like(body: LikeToggle) -> Response:
    """Like a post, or like it no longer.

    A retry turns it back: prefer `PUT` and `DELETE posts/{post_id}/like/`, or send an `Idempotency-Key`.
    """
    limits.count("like", g.user.id)
    try:
        post = Post.known(body.post, g.user)
        if not post.liked:
            post = Post.find(body.post, g.user, photos=False)
        if not post.published:
            raise Missing
    except Missing:
        raise Refused(UNKNOWN_POST, field="post") from None
    if not g.user.can_open(post):  # liked while it was open
        post.unlike(g.user)
        return done("nothing", 204)
    like = post.toggle_like(g.user)
    if like is None:
        return done("nothing", 204)
    return done(
        "like-made", 201, like_id=like.id, created_at=like.created_at.isoformat(), user_id=g.user.id, post_id=post.id
    )


@bp.put("/posts/<int:post_id>/like/")
@door({200: LikeCount}, tag="likes", scope="create")
def like_post(post_id: int) -> Response:
    """Like a post; the same however often it is sent."""
    limits.count("like", g.user.id)
    Post.find(post_id, g.user, photos=False).like(g.user)
    return done("like-count", 200, post_id=post_id)


@bp.delete("/posts/<int:post_id>/like/")
@door({200: LikeCount}, tag="likes", scope="delete")
def unlike_post(post_id: int) -> Response:
    """Like a post no longer; the same however often it is sent.

    What was liked while it was open can be taken back when it is locked; its count is 0 then, for you.
    """
    limits.count("like", g.user.id)
    Post.known(post_id, g.user).unlike(g.user)
    return done("like-count", 200, post_id=post_id)


@bp.get("/likes/batch/")
@door({200: LikeCounts}, tag="likes", query=BatchIds)
def count_likes(query: BatchIds) -> dict[str, Any]:
    """Count the likes of many posts at once; what you may not see is left out."""
    words = [word.strip() for word in query.ids.split(",") if word.strip()]
    if len(words) > MOST_IDS:
        raise Invalid({"ids": [f"These are {len(words)} ids; ask for at most {MOST_IDS} at once."]})
    if not all(word.isascii() and word.isdigit() and len(word) <= 19 and int(word) <= LARGEST_ID for word in words):
        raise Invalid({"ids": ["Send whole numbers with commas between them, such as 1,2,3."]})
    counts = Post.like_counts_for([int(word) for word in words], g.user)
    return {str(post_id): {"count": count, "liked": liked} for post_id, count, liked in counts}


@renders("like-made")
def _made(like_id: int, created_at: str, user_id: int, post_id: int) -> LikeMade:
    return LikeMade(
        url=_url(like_id),
        id=like_id,
        created_at=datetime.fromisoformat(created_at),
        user=absolute(f"/api/v1/users/{user_id}/"),
        post=absolute(f"/api/v1/posts/{post_id}/"),
    )


@renders("like-count")
def _count(post_id: int) -> LikeCount:
    post = Post.known(post_id, g.user)
    return LikeCount(count=post.like_count if g.user.can_open(post) else 0, liked=post.liked)


def _url(like_id: int) -> str:
    return absolute(f"/api/v1/likes/{like_id}/")


def _liker(user: User) -> Liker:
    return Liker(id=user.id, username=user.username, url=absolute(f"/api/v1/users/{user.id}/"))


def _post(post: Post) -> LikedPost:
    return LikedPost(id=post.id, title=post.title[:LONGEST_TITLE_SHOWN], url=absolute(f"/api/v1/posts/{post.id}/"))


def _of_person(like: Like) -> LikeOfPerson:
    return LikeOfPerson(url=_url(like.id), id=like.id, created_at=like.created_at, post=_post(like.post))


def _of_post(like: Like) -> LikeOfPost:
    return LikeOfPost(url=_url(like.id), id=like.id, created_at=like.created_at, user=_liker(like.user))
