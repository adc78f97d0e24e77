"""Posts and their photographs."""

from __future__ import annotations

from typing import Any, ClassVar

from flask import Response, g
from pydantic import Field

from postways import limits
from postways.api import bp, pictures
from postways.api.answers import same_as_read
from postways.api.door import done, door
from postways.api.idempotency import renders
from postways.api.lists import asked, listed_plainly
from postways.api.post_answers import AUDIENCES, PostDetail, PostItem, PostMade, detail, items_of, locked, made
from postways.api.post_filter import PostFilter
from postways.api.shapes import Flag, Listed, Several, Shape, Words
from postways.auth.staff import note_reading
from postways.db import reading
from postways.errors import Forbidden, PremiumOnly, Refused
from postways.models import Photo, Post, User
from postways.models.post import MOST_PHOTOS

REMOVED = "The staff removed it."
FULL = Refused("A post has at most %(most)d photographs; these are too many.", field="images", most=MOST_PHOTOS)
TAGS = "Beside the #tags in the words: a list, or one text with commas."


class NewPost(Shape):
    """What is shared."""

    FILES: ClassVar[dict[str, str]] = pictures.FIELDS
    title: Words = Field(examples=["Harbour at six"])
    content: Words = Field(default="", description="A Markdown subset.", examples=["Two boats and the #fog."])
    alt: Several = Field(default=[], description=pictures.ALT, examples=[["Two boats in the fog"]])
    tags: Several = Field(default=[], description=TAGS, examples=[["harbour", "morning"]])
    audience: Words = Field(default="public", description=AUDIENCES, examples=["public"])
    published: Flag = Field(default=True, description="False keeps it as a draft.", examples=[True])


class PostChange(Shape):
    """What is changed; the rest stays. A new picture takes the place of all that are there."""

    FILES: ClassVar[dict[str, str]] = pictures.FIELDS
    title: Words = Field(default="", examples=["Harbour at seven"])
    content: Words = Field(default="", examples=["Three boats."])
    alt: Several = Field(default=[], description=pictures.ALT, examples=[["Three boats"]])
    tags: Several = Field(default=[], description=TAGS, examples=["harbour, morning"])
    audience: Words = Field(default="", description=AUDIENCES, examples=["followers"])
    published: Flag = Field(default=True, description="False makes it a draft again.", examples=[True])
    comments_open: Flag = Field(default=True, description="False takes no more comments.", examples=[True])


class WholePost(PostChange):
    """What a post shall be."""

    title: Words = Field(examples=["Harbour at seven"])
    content: Words = Field(examples=["Three boats."])


class Removal(Shape):
    """For staff: why."""

    reason: Words = Field(default=REMOVED, description="The author gets it by mail.", examples=["Not your picture."])


@bp.get("/posts/")
@door({200: Listed[PostItem]}, tag="posts", query=PostFilter, errors=(404,))
def list_posts(query: PostFilter) -> dict[str, Any]:
    """List published posts.

    Lately changed ones come first. A list by likes has pages only, since places in it move.
    """
    page = query.browse().page(g.user, asked(query))
    return listed_plainly(page, items_of(page.items), query)


@bp.post("/posts/")
@door({201: PostMade}, tag="posts", scope="create", body=NewPost, files=True)
def create_post(body: NewPost) -> Response:
    """Share a post, with up to ten photographs as multipart/form-data.

    They are prepared after the answer: `image` is null until the first one is ready.
    """
    Post.judge(body.title, body.content, body.tags, body.audience)
    limits.count("post", g.user.id)
    with pictures.came_along(body.alt, FULL, untorn=False) as photos:
        for photo in photos:
            photo.pend(g.user)
        post = Post.share(
            g.user,
            title=body.title,
            content=body.content,
            photos=photos,
            tags=body.tags,
            audience=body.audience,
            published=body.published,
        )
        return done("post-made", 201, post_id=post.id)


@bp.get("/posts/<int:post_id>/")
@door({200: PostDetail}, tag="posts", errors=(403,))
def read_post(post_id: int) -> PostDetail:
    """Read a post with its photographs."""
    try:
        post = Post.find_or_tell(post_id, g.user)
    except PremiumOnly as error:
        return locked(error.post)
    note_reading(post)
    return detail(post)


@bp.put("/posts/<int:post_id>/")
@door({200: PostDetail}, tag="posts", scope="update", body=WholePost, files=True, errors=(412,))
def replace_post(post_id: int, body: WholePost) -> Response:
    """Change a post of yours: title and text are both needed.

    With `If-Match` only if it is still the version that you read.
    """
    return _change(post_id, body)


@bp.patch("/posts/<int:post_id>/")
@door({200: PostDetail}, tag="posts", scope="update", body=PostChange, files=True, errors=(412,))
def change_post(post_id: int, body: PostChange) -> Response:
    """Change some of a post of yours.

    With `If-Match` only if it is still the version that you read.
    """
    return _change(post_id, body)


@bp.delete("/posts/<int:post_id>/")
@door({204: None}, tag="posts", scope="delete", body=Removal)
def delete_post(post_id: int, body: Removal) -> Response:
    """Move a post to the trash.

    Its author can bring it back for 30 days. Staff, by a token that may moderate too, removes those of others; what
    staff removes, staff brings back.
    """
    post = Post.find_or_tell(post_id, g.user)
    if g.user.can_delete(post):
        post.delete(g.user)
    elif "moderate" in g.user.scopes:
        post.remove(g.user, body.reason)
    else:
        raise Forbidden
    return done("nothing", 204)


def _change(post_id: int, body: PostChange) -> Response:
    with reading():
        post = _own(post_id)
        said = body.audience if "audience" in body.model_fields_set else post.audience
        Post.judge(*_words(body, post), body.tags, said, before=post)
    with pictures.came_along(body.alt, FULL, untorn=False) as photos:
        User.held(g.user.id)  # and so the post: who changes one holds its author first
        post = _own(post_id)
        for photo in photos:
            photo.pend(g.user)
        _edit(post, body, photos)
        if "published" in body.model_fields_set:
            _publish(post, body.published)
        if "comments_open" in body.model_fields_set:
            post.open_comments(g.user) if body.comments_open else post.close_comments(g.user)
        return done("post", 200, post_id=post_id)


def _own(post_id: int) -> Post:
    """The post, if it may be changed and is the version that was named."""
    post = Post.find_or_tell(post_id, g.user).for_change_by(g.user)
    same_as_read(lambda: detail(post))
    return post


def _words(body: PostChange, post: Post) -> tuple[str, str]:
    said = body.model_fields_set
    return body.title if "title" in said else post.title, body.content if "content" in said else post.content


def _edit(post: Post, body: PostChange, photos: list[Photo]) -> None:
    said = body.model_fields_set & {"title", "content", "alt", "tags", "audience"}
    if not said and not photos:
        return
    if not photos:
        photos = list(post.photos)
        for photo, alt in zip(photos, body.alt, strict=False):
            photo.alt = alt.strip()
    title, content = _words(body, post)
    post.edit(
        g.user,
        title=title,
        content=content,
        photos=photos,
        licence=post.licence,
        credit=post.credit,
        warning=post.warning,
        audience=body.audience or None,
        tags=body.tags if "tags" in said else None,
    )


def _publish(post: Post, published: bool) -> None:
    try:
        post.publish(g.user) if published else post.withdraw(g.user)
    except Refused as error:
        raise Refused(error.message, field="published", **error.values) from None


@renders("post-made")
def _made(post_id: int) -> PostMade:
    return made(Post.find(post_id, g.user))


@renders("post")
def _changed(post_id: int) -> PostDetail:
    return detail(Post.find(post_id, g.user))
