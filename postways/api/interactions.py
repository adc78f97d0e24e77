"""What one does with posts, by one name: seeing, liking, saving, reposting."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Literal, cast

from flask import Response, g
from pydantic import Field

from postways import limits, viewing
from postways.api import bp
from postways.api.door import absolute, done, door
from postways.api.idempotency import renders
from postways.api.likes import LikedPost
from postways.api.lists import asked, listed
from postways.api.shapes import AnId, Listed, Parts, Shape
from postways.db import now, reading
from postways.errors import Missing, Refused
from postways.models import Post, User
from postways.models.interaction import KINDS, Interaction

UNKNOWN = "There is no published post with this id."
TYPES = "`view`, `like`, `save` or `repost`."
Kind = Literal["view", "like", "save", "repost"]


class Done(Shape):
    """What you did with a post; one of each type."""

    id: int = Field(examples=[45])
    type: Kind = Field(description=TYPES, examples=["like"])
    post: LikedPost
    created_at: datetime = Field(description="Of a view: when its day began.", examples=["2026-11-21T08:30:00Z"])


class ToDo(Shape):
    """What, and with which post."""

    post: AnId = Field(description="Id of a published post.", examples=[7])
    type: Kind = Field(description=TYPES, examples=["save"])


class DoneFilter(Parts):
    """Which of them."""

    post: AnId | None = Field(default=None, description="Id of a post.", examples=[7])
    type: Kind | None = Field(default=None, description=TYPES, examples=["like"])


@bp.get("/interactions/")
@door({200: Listed[Done]}, tag="interactions", scope="read", query=DoneFilter)
def list_interactions(query: DoneFilter) -> Listed[Done]:
    """List what you liked, saved and reposted, the latest first.

    Views are not in it: who looked at what is not kept.
    """
    kinds = KINDS if query.type is None else (query.type,)
    page = Interaction.listed(cast("User", g.user), asked(query), kinds, query.post)
    return listed(Done, page, lambda some: [_done(one) for one in some], query)


@bp.post("/interactions/")
@door({201: Done, 200: Done}, tag="interactions", scope="create", body=ToDo)
def interact(body: ToDo) -> Response:
    """See, like, save or repost a post.

    Sent again it is answered with the one that is there, and 200. A view counts once a day, and one's own never.
    """
    if body.type == "view":
        return _see(body.post)
    limits.count(body.type, g.user.id)
    post = _published(body.post)
    try:
        new = Interaction.begin(cast("User", g.user), body.type, post)
    except Refused as error:
        raise Refused(error.message, field=error.field or "post", **error.values) from None
    return done("interaction", 201 if new else 200, kind=body.type, post_id=post.id)


@bp.delete("/interactions/<int:interaction_id>/")
@door({204: None}, tag="interactions", scope="delete")
def undo_interaction(interaction_id: int) -> Response:
    """Like, save or repost a post no longer, or take back today's view."""
    kind, number = Interaction.meant(interaction_id)
    if kind == "view":
        if not viewing.take_back(number):
            raise Missing
        return done("nothing", 204)
    limits.count(kind, g.user.id)
    found = Interaction.find(interaction_id, cast("User", g.user))
    found.end(cast("User", g.user), Post.known(found.post_id, g.user))
    return done("nothing", 204)


def _see(post_id: int) -> Response:
    with reading():
        post = _published(post_id)
    return done("view", 201 if viewing.note_now(post) else 200, post_id=post_id)


def _published(post_id: int) -> Post:
    try:
        post = Post.find(post_id, g.user, photos=False)
    except Missing:
        raise Refused(UNKNOWN, field="post") from None
    if not post.published:
        raise Refused(UNKNOWN, field="post")
    return post


@renders("interaction")
def _made(kind: str, post_id: int) -> Done:
    found = Interaction.of(cast("User", g.user), kind, post_id)
    if found is None:
        raise Missing  # somebody took it back, or the post away, a moment ago
    return _done(found)


@renders("view")
def _seen(post_id: int) -> Done:
    post = Post.find(post_id, g.user, photos=False)
    return _done(Interaction("view", post.id, post.id, post.title, datetime.combine(now().date(), time(), UTC)))


def _done(one: Interaction) -> Done:
    post = LikedPost(id=one.post_id, title=one.title[:50], url=absolute(f"/api/v1/posts/{one.post_id}/"))
    return Done(id=one.id, type=cast("Kind", one.kind), post=post, created_at=one.created_at)
