"""Posts and their photographs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar

from flask import Response, g
from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from postways import limits
from postways.api import bp, pictures
from postways.api.answers import same_as_read
from postways.api.door import absolute, done, door
from postways.api.idempotency import renders
from postways.api.lists import asked, listed_plainly
from postways.api.shapes import AnIdOrNone, Flag, Listed, Parts, Several, Shape, Words, moment, written_moment
from postways.auth.staff import note_reading
from postways.db import reading
from postways.errors import Forbidden, PremiumOnly, Refused
from postways.models import LockedPost, Photo, Post, User
from postways.models.browse import LONGEST_EXCERPT, ORDERS, Browse, Seen, Span
from postways.models.post import MOST_PHOTOS

SHORT = {"created": "created_at", "updated": "updated_at"}  # forms of the orders' names
URL = "https://example.org/api/v1"
MEDIA = "https://example.org/media/0123456789abcdef0123456789abcdef"
FOR_AUTHOR = "For its author and staff."
REMOVED = "The staff removed it."
AUDIENCES = "`public`, `followers` or `premium`."
LOCKED = "For premium members, which you are not; left out where it opens."
BLUR = "data:image/webp;base64,UklGRg=="
MEMBERSHIP = "https://example.org/membership/"
ADVICE = "Ids are whole numbers, times as in 2026-11-21T08:30:00Z, a day alone is the whole day in UTC."


def _since(text: object) -> datetime | None:
    return _moment(text, end=False)


def _until(text: object) -> datetime | None:
    return _moment(text, end=True)


def _moment(text: object, *, end: bool) -> datetime | None:
    if not isinstance(text, str) or not text.strip():
        return None
    try:
        return moment(text, end=end)
    except (ValueError, OverflowError):
        raise PydanticCustomError("date_unreadable", "a day or a moment is wanted") from None


def _range(text: object) -> Span | None:
    if not isinstance(text, str) or not text.strip():
        return None
    ends = text.split(",")
    if len(ends) != 2:  # noqa: PLR2004 from and to
        raise PydanticCustomError("date_range", "two days with a comma between them are wanted")
    since, until = _since(ends[0]), _until(ends[1])
    if since is None or until is None:
        raise PydanticCustomError("date_range", "two days with a comma between them are wanted")
    return Span(since, until)


def _order(text: str) -> str:
    """The order's name in the noun's words, with `-` before it for falling; ties by id may be said too."""
    first, *ties = [word.strip() for word in text.split(",")]
    rising, name = not first.startswith("-"), first.removeprefix("-")
    name = SHORT.get(name, name)
    if name not in ORDERS or ties not in ([], ["id" if rising else "-id"]):
        raise PydanticCustomError("literal_error", "unknown", {"expected": ", ".join(("created", "updated", *ORDERS))})
    return name if rising else f"-{name}"


Text = WithJsonSchema({"type": ["string", "null"]})
Since = Annotated[datetime | None, BeforeValidator(_since), Text]
Until = Annotated[datetime | None, BeforeValidator(_until), Text]
Range = Annotated[Span | None, BeforeValidator(_range), Text]


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


class PostFilter(Parts):
    """Which posts, and in which order."""

    author: AnIdOrNone = Field(default=None, description="Id of a person.", examples=[3])
    author__username: Words = Field(default="", description="A whole username.", examples=["ada"])
    author__username__icontains: Words = Field(default="", description="A part of usernames.", examples=["ad"])
    created_at__gte: Since = Field(default=None, description=ADVICE, examples=["2026-11-01"])
    created_at__lte: Until = Field(default=None, description=ADVICE, examples=["2026-11-30"])
    created_at__date__range: Range = Field(default=None, description="Two days.", examples=["2026-11-01,2026-11-30"])
    updated_at__gte: Since = Field(default=None, description=ADVICE, examples=["2026-11-01"])
    updated_at__lte: Until = Field(default=None, description=ADVICE, examples=["2026-11-30"])
    created__gte: Since = Field(default=None, description="The same as `created_at__gte`.")
    created__lte: Until = Field(default=None, description="The same as `created_at__lte`.")
    created__date__range: Range = Field(default=None, description="The same as `created_at__date__range`.")
    updated__gte: Since = Field(default=None, description="The same as `updated_at__gte`.")
    updated__lte: Until = Field(default=None, description="The same as `updated_at__lte`.")
    tag: Words = Field(default="", description="A tag, with or without #.", examples=["harbour"])
    search: Words = Field(default="", description="Words in title, text and tags.", examples=["boats fog"])
    ordering: Annotated[Words, AfterValidator(_order)] = Field(
        default="-updated_at",
        description="`id`, `created_at`, `updated_at` or `likes`; with `-` before it falling.",
        examples=["-created_at"],
    )

    def browse(self) -> Browse:
        """As the noun takes it."""
        created = (Span(self.created_at__gte, self.created_at__lte), Span(self.created__gte, self.created__lte))
        updated = (Span(self.updated_at__gte, self.updated_at__lte), Span(self.updated__gte, self.updated__lte))
        ranges = (self.created_at__date__range, self.created__date__range)
        return Browse(
            author_id=self.author,
            author=self.author__username.strip(),
            author_part=self.author__username__icontains.strip(),
            created=(*created, *(span for span in ranges if span is not None)),
            updated=updated,
            tag=self.tag.strip(),
            words=self.search.strip(),
            order=self.ordering.removeprefix("-"),
            rising=not self.ordering.startswith("-"),
        )


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
    with pictures.came_along(body.alt, FULL) as photos:
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
        return _locked(error.post)
    note_reading(post)
    return _detail(post)


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
    with pictures.came_along(body.alt, FULL) as photos:
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
    same_as_read(lambda: _detail(post))
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
    post = Post.find(post_id, g.user)
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


@renders("post")
def _changed(post_id: int) -> PostDetail:
    return _detail(Post.find(post_id, g.user))


def _detail(post: Post) -> PostDetail:
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


def _locked(post: LockedPost) -> PostDetail:
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
    here, files, member = absolute("/api/v1/"), absolute("/media/"), g.user.is_member
    return [
        {
            "url": f"{here}posts/{post.id}/",
            "id": post.id,
            "author": {"id": post.author_id, "username": post.username, "url": f"{here}users/{post.author_id}/"},
            "title": post.title,
            "content_excerpt": _excerpt(post.beginning),
            "thumbnail": f"{files}{post.cover}/square.jpg" if post.cover else None,
            "created_at": written_moment(post.created_at),
            "updated_at": written_moment(post.updated_at),
            "likes": f"{here}likes/?post={post.id}",
            "stats": {"like_count": post.like_count, "has_liked": bool(post.liked)}
            if member
            else {"like_count": post.like_count},
        }
        if g.user.can_open(post)
        else _locked_item(post)
        for post in posts
    ]


def _locked_item(post: Seen) -> dict[str, Any]:
    """What everybody may know of a post for premium members."""
    here = absolute("/api/v1/")
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
        "stats": {"like_count": 0, "has_liked": bool(post.liked)} if g.user.is_member else {"like_count": 0},
        "locked": True,
        "placeholder": post.placeholder or "",
        "membership": absolute("/membership/"),
    }


def _excerpt(beginning: str) -> str:
    return beginning if len(beginning) <= LONGEST_EXCERPT else f"{beginning[:LONGEST_EXCERPT]}..."


def _author(user_id: int, username: str) -> Author:
    return Author(id=user_id, username=username, url=absolute(f"/api/v1/users/{user_id}/"))


def _url(post_id: int) -> str:
    return absolute(f"/api/v1/posts/{post_id}/")


def _likes(post_id: int) -> str:
    return absolute(f"/api/v1/likes/?post={post_id}")
