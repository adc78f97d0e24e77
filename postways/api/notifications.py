"""What happened that concerns the person who asks."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from flask import Response, g
from pydantic import Field

from postways.api import bp
from postways.api.door import absolute, done, door
from postways.api.idempotency import renders
from postways.api.lists import asked, listed
from postways.api.shapes import Flag, Listed, Parts, Shape, SomeIds
from postways.api.users import Person, person_of
from postways.errors import Invalid
from postways.models import Notification, User
from postways.models.notification import KINDS, NAMED

URL = "https://example.org/api/v1"
MOST_IDS = 1_000


class ToldPost(Shape):
    """The post that it is about."""

    id: int = Field(examples=[7])
    title: str = Field(examples=["Harbour at six"])
    url: str = Field(examples=[f"{URL}/posts/7/"])


class ToldComment(Shape):
    """The comment that it is about."""

    id: int = Field(examples=[21])
    url: str = Field(examples=[f"{URL}/comments/21/"])


class Told(Shape):
    """Events of one kind about one thing; what comes after it was read stands by itself."""

    id: int = Field(examples=[31])
    kind: str = Field(description=f"One of {', '.join(KINDS)}.", examples=["like"])
    actors: list[Person] = Field(description=f"The last {NAMED} who did it; nobody where staff did.")
    count: int = Field(description="How many people did it.", examples=[5])
    post: ToldPost | None
    comment: ToldComment | None
    created_at: datetime = Field(description="When it happened last.", examples=["2026-11-21T08:30:00Z"])
    read: bool = Field(examples=[False])


class ToRead(Shape):
    """Which are read."""

    ids: SomeIds = Field(default=[], description="Some of yours; what is not is left alone.", examples=[[31, 32]])
    all: Flag = Field(default=False, description="True: everything until now.", examples=[False])


class Unread(Shape):
    """How many are left."""

    unread: int = Field(examples=[0])


@bp.get("/notifications/")
@door({200: Listed[Told]}, tag="notifications", scope="read", query=Parts)
def list_notifications(query: Parts) -> Listed[Told]:
    """List what concerns you, newest first."""
    page = Notification.numbered(cast("User", g.user), asked(query))
    return listed(Told, page, lambda rows: [_told(row) for row in rows], query)


@bp.post("/notifications/read/")
@door({200: Unread}, tag="notifications", scope="update", body=ToRead)
def read_notifications(body: ToRead) -> Response:
    """Mark some, or all, as read; the same however often it is sent."""
    if body.all == bool(body.ids):
        raise Invalid({"non_field_errors": ["Send either ids, or all as true."]})
    if len(body.ids) > MOST_IDS:
        raise Invalid({"ids": [f"These are {len(body.ids)} ids; send at most {MOST_IDS} at once."]})
    if body.all:
        Notification.read_all(cast("User", g.user))
    else:
        Notification.read_some(cast("User", g.user), body.ids)
    return done("unread", 200)


@renders("unread")
def _unread() -> Unread:
    return Unread(unread=Notification.unread_of([g.user.id])[g.user.id])


def _told(row: Notification) -> Told:
    post, comment = row.post, row.comment
    return Told(
        id=row.id,
        kind=row.kind,
        actors=[person_of(person) for person in row.actors],
        count=row.count,
        post=ToldPost(id=post.id, title=post.title, url=absolute(f"/api/v1/posts/{post.id}/")) if post else None,
        comment=ToldComment(id=comment.id, url=absolute(f"/api/v1/comments/{comment.id}/")) if comment else None,
        created_at=row.touched_at,
        read=row.read,
    )
