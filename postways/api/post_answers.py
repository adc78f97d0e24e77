"""Posts, as the API writes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import g
from pydantic import Field

from postways.api import pictures
from postways.api.door import absolute
from postways.api.shapes import Shape, written_moment
from postways.models import LockedPost, Photo, Post
from postways.models.browse import LONGEST_EXCERPT, Seen

URL = "https://example.org/api/v1"
MEDIA = "https://example.org/media/0123456789abcdef0123456789abcdef"
FOR_AUTHOR = "For its author and staff."
AUDIENCES = "`public`, `followers` or `premium`."
LOCKED = "For premium members, which you are not; left out where it opens."
BLUR = "data:image/webp;base64,UklGRg=="
MEMBERSHIP = "https://example.org/membership/"


class Author(Shape):
    """Who shared it."""

    id: int = Field(examples=[3])
    username: str = Field(examples=["ada"])
    url: str = Field(examples=[f"{URL}/users/3/"])


class ListStats(Shape):
    """Numbers of a post in a list."""

    like_count: int = Field(examples=[5])
    has_liked: bool | None = Field(default=None, description="Whether you like it; only with a credential.")


class PostItem(Shape):
    """A post, as lists show it."""

    url: str = Field(examples=[f"{URL}/posts/7/"])
    id: int = Field(examples=[7])
    author: Author
    title: str = Field(examples=["Harbour at six"])
    content_excerpt: str = Field(description="Its first 200 characters, then `...`.", examples=["Two boats"])
    thumbnail: str | None = Field(
        description="Null until the first picture is ready.", examples=[f"{MEDIA}/square.jpg"]
    )
    created_at: datetime = Field(examples=["2026-11-21T08:30:00Z"])
    updated_at: datetime = Field(examples=["2026-11-21T08:30:00Z"])
    likes: str = Field(description="Link to its likes.", examples=[f"{URL}/likes/?post=7"])
    stats: ListStats
    locked: bool | None = Field(default=None, description=LOCKED, examples=[True])
    placeholder: str | None = Field(default=None, description="Of a locked post.", examples=[BLUR])
    membership: str | None = Field(default=None, description="Where to open it.", examples=[MEMBERSHIP])


class Image(Shape):
    """One photograph of a post."""

    id: int = Field(description="By which `images/{id}/` knows it.", examples=[21])
    url: str | None = Field(description="1080 pixels wide, as JPEG; null until ready.", examples=[f"{MEDIA}/1080.jpg"])
    thumbnail: str | None = Field(description="A square of 300, as JPEG.", examples=[f"{MEDIA}/square.jpg"])
    width: int = Field(description="Of the original, upright.", examples=[4000])
    height: int = Field(examples=[3000])
    alt: str = Field(examples=["Two boats in the fog"])
    placeholder: str = Field(description="A tiny picture as a data URI.", examples=[BLUR])
    status: str = Field(description="`waiting`, `processing`, `ready` or `failed`.", examples=["ready"])
    srcset: str = Field(description="Every width, as WebP.", examples=[f"{MEDIA}/320.webp 320w"])


class PostStats(Shape):
    """Numbers of a post."""

    likes_count: int = Field(examples=[5])
    comments_count: int = Field(description="Replies too.", examples=[2])
    has_liked: bool | None = Field(default=None, description="Whether you like it; only with a credential.")


class PostReach(Shape):
    """What else is done with a post; see `interactions/`."""

    reposts_count: int = Field(examples=[1])
    has_reposted: bool | None = Field(default=None, description="Whether you reposted it; only with a credential.")
    has_saved: bool | None = Field(default=None, description="Whether you saved it; likewise.")
    saves_count: int | None = Field(default=None, description=FOR_AUTHOR, examples=[3])
    views_count: int | None = Field(default=None, description=FOR_AUTHOR, examples=[120])


class PostDetail(Shape):
    """A post. What is for premium members is `locked` for others: empty but for title, author and `placeholder`."""

    EDITED = frozenset(  # the last one with whatever else is edited
        {"title", "content", "published", "comments_open", "updated_at"}
    )
    url: str = Field(examples=[f"{URL}/posts/7/"])
    id: int = Field(examples=[7])
    author: Author
    title: str = Field(examples=["Harbour at six"])
    content: str = Field(examples=["Two boats and the #fog."])
    image: str | None = Field(description="The first picture; null until it is ready.", examples=[f"{MEDIA}/1080.jpg"])
    images: list[Image]
    thumbnail: str | None = Field(
        description="Null until the first picture is ready.", examples=[f"{MEDIA}/square.jpg"]
    )
    created_at: datetime = Field(examples=["2026-11-21T08:30:00Z"])
    updated_at: datetime = Field(examples=["2026-11-21T08:30:00Z"])
    published: bool | None = Field(default=None, description=FOR_AUTHOR, examples=[True])
    likes: str = Field(description="Link to its likes.", examples=[f"{URL}/likes/?post=7"])
    comments: str = Field(description="Link to its comments.", examples=[f"{URL}/posts/7/comments/"])
    comments_open: bool = Field(description="Whether it takes more of them.", examples=[True])
    stats: PostStats
    interactions: PostReach
    audience: str = Field(description=AUDIENCES, examples=["public"])
    locked: bool | None = Field(default=None, description=LOCKED, examples=[True])
    placeholder: str | None = Field(default=None, description="Of a locked post.", examples=[BLUR])
    membership: str | None = Field(default=None, description="Where to open it.", examples=[MEMBERSHIP])


class PostMade(Shape):
    """A post that has just been made."""

    url: str = Field(examples=[f"{URL}/posts/7/"])
    id: int = Field(examples=[7])
    author: str = Field(description="Link to who shared it.", examples=[f"{URL}/users/3/"])
    title: str = Field(examples=["Harbour at six"])
    content: str = Field(examples=["Two boats and the #fog."])
    image: str | None = Field(description="Null until it is ready.", examples=[None])
    created_at: datetime = Field(examples=["2026-11-21T08:30:00Z"])
    updated_at: datetime = Field(examples=["2026-11-21T08:30:00Z"])
    likes: str = Field(description="Link to its likes.", examples=[f"{URL}/likes/?post=7"])


def made(post: Post) -> PostMade:
    """A post that `g.user` has just made."""
    return PostMade(
        url=_url(post.id),
        id=post.id,
        author=absolute(f"/api/v1/users/{post.author_id}/"),
        title=post.title,
        content=post.content,
        image=pictures.image(post.photos[0]) if post.photos else None,
        created_at=post.created_at,
        updated_at=post.updated_at,
        likes=_likes(post.id),
    )


def detail(post: Post) -> PostDetail:
    """A post that opens for `g.user`, with author and photographs."""
    first = post.photos[0] if post.photos else None
    found = PostDetail(
        url=_url(post.id),
        id=post.id,
        author=_author(post.author_id, post.author.username),
        title=post.title,
        content=post.content,
        image=pictures.image(first) if first else None,
        images=[_image(photo) for photo in post.photos],
        thumbnail=pictures.thumbnail(first) if first else None,
        created_at=post.created_at,
        updated_at=post.updated_at,
        likes=_likes(post.id),
        comments=absolute(f"/api/v1/posts/{post.id}/comments/"),
        comments_open=post.comments_open,
        stats=PostStats(likes_count=post.like_count, comments_count=post.comment_count),
        interactions=_reach(post),
        audience=post.audience,
    )
    if g.user.is_member:
        found.stats.has_liked = post.liked
    if g.user.is_staff or g.user.can_edit(post):
        found.published = post.published
    return found


def locked(post: LockedPost) -> PostDetail:
    """What others learn of a post for premium members."""
    found = PostDetail(
        url=_url(post.id),
        id=post.id,
        author=_author(post.author.id, post.author.username),
        title=post.title,
        content="",
        image=None,
        images=[],
        thumbnail=None,
        created_at=post.created_at,
        updated_at=post.updated_at,
        likes=_likes(post.id),
        comments=absolute(f"/api/v1/posts/{post.id}/comments/"),
        comments_open=False,
        stats=PostStats(likes_count=0, comments_count=0),
        interactions=PostReach(reposts_count=0),
        audience=post.audience,
        locked=True,
        placeholder=post.placeholder,
        membership=absolute("/membership/"),
    )
    if g.user.is_member:
        found.stats.has_liked = post.liked  # and can be taken back
        found.interactions.has_reposted, found.interactions.has_saved = post.reposted, post.saved
    return found


def _reach(post: Post) -> PostReach:
    found = PostReach(reposts_count=post.repost_count)
    if g.user.is_member:
        found.has_reposted, found.has_saved = post.reposted, post.saved
    if g.user.can_see_reach(post):
        found.saves_count, found.views_count = post.save_count, post.view_count
    return found


def _image(photo: Photo) -> Image:
    return Image(
        id=photo.id,
        url=pictures.image(photo),
        thumbnail=pictures.thumbnail(photo),
        width=photo.width,
        height=photo.height,
        alt=photo.alt,
        placeholder=photo.placeholder,
        status=photo.state,
        srcset=pictures.srcset(photo),
    )


def items_of(posts: Sequence[Seen]) -> list[dict[str, Any]]:
    """Posts as lists show them (`PostItem`): as JSON at once, because nothing is asked for as often."""
    here, files = absolute("/api/v1/"), absolute("/media/")
    return [
        _known(post, here) | (_opened(post, files) if g.user.can_open(post) else _not_opened(post)) for post in posts
    ]


def _known(post: Seen, here: str) -> dict[str, Any]:
    """What everybody may know of a post in a list."""
    return {
        "url": f"{here}posts/{post.id}/",
        "id": post.id,
        "author": {"id": post.author_id, "username": post.username, "url": f"{here}users/{post.author_id}/"},
        "title": post.title,
        "content_excerpt": "",
        "thumbnail": None,
        "created_at": written_moment(post.created_at),
        "updated_at": written_moment(post.updated_at),
        "likes": f"{here}likes/?post={post.id}",
    }


def _opened(post: Seen, files: str) -> dict[str, Any]:
    return {
        "content_excerpt": _excerpt(post.beginning),
        "thumbnail": f"{files}{post.cover}/square.jpg" if post.cover else None,
        "stats": _stats(post.like_count, post.liked),
    }


def _not_opened(post: Seen) -> dict[str, Any]:
    return {
        "stats": _stats(0, post.liked),  # and can be taken back
        "locked": True,
        "placeholder": post.placeholder or "",
        "membership": absolute("/membership/"),
    }


def _stats(like_count: int, liked: bool) -> dict[str, Any]:
    return {"like_count": like_count, "has_liked": bool(liked)} if g.user.is_member else {"like_count": like_count}


def _excerpt(beginning: str) -> str:
    return beginning if len(beginning) <= LONGEST_EXCERPT else f"{beginning[:LONGEST_EXCERPT]}..."


def _author(user_id: int, username: str) -> Author:
    return Author(id=user_id, username=username, url=absolute(f"/api/v1/users/{user_id}/"))


def _url(post_id: int) -> str:
    return absolute(f"/api/v1/posts/{post_id}/")


def _likes(post_id: int) -> str:
    return absolute(f"/api/v1/likes/?post={post_id}")
