"""Telling the staff."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, cast

from flask import Response, g
from flask_babel import gettext as _
from pydantic import Field

from postways.api import bp
from postways.api.door import absolute, done, door
from postways.api.idempotency import renders
from postways.api.shapes import AnId, AnIdOrNone, Flag, Shape, Words
from postways.api.users import Person, person_of
from postways.errors import Forbidden, Invalid, Missing, Refused
from postways.models import Block, Comment, Copy, Message, Post, Report, User

URL = "https://example.org/api/v1"
UNKNOWN = "There is nothing with this id."
NOBODY = "There is nobody with that name."
OWN = "This is your own, so there is nobody to report. You can change or delete it."
OWN_MESSAGE = "This message is your own, so there is nobody to report. You can delete it."


class NewReport(Shape):
    """What the staff shall look at: one of `post`, `comment`, `message` and `person`."""

    post: AnIdOrNone = Field(default=None, description="Id of a post.", examples=[7])
    comment: AnIdOrNone = Field(default=None, description="Id of a comment.", examples=[None])
    message: AnIdOrNone = Field(default=None, description="Id of a message that you received.", examples=[None])
    person: AnId | Words | None = Field(default=None, description="Id or username.", examples=[None])
    reason: Words = Field(description="1 to 1,000 characters.", examples=["This is not their photograph."])
    block: Flag = Field(default=False, description="True: block who did it, too.", examples=[False])


class ReportMade(Shape):
    """What the staff was told. A mail says what came of it."""

    id: int = Field(examples=[41])
    post: str | None = Field(description="Link to the post.", examples=[f"{URL}/posts/7/"])
    comment: str | None = Field(description="Link to the comment.", examples=[None])
    message: int | None = Field(default=None, description="Id of the message; left out where it is about none.")
    person: Person | None
    reason: str = Field(examples=["This is not their photograph."])
    state: str = Field(description="`open`, `taken` or `closed`.", examples=["open"])
    created_at: datetime = Field(examples=["2026-11-21T08:30:00Z"])


class Reported(NamedTuple):
    """What a report is about."""

    person: User
    post: Post | None = None
    comment: Comment | None = None
    message: Message | None = None


@bp.post("/reports/")
@door({201: ReportMade, 200: ReportMade}, tag="reports", scope="create", body=NewReport)
def report(body: NewReport) -> Response:
    """Tell the staff of a post, a comment, a message or a person.

    While they have not answered, a second report of the same is the first one: 200.
    """
    me, about = cast("User", g.user), _reported(body)
    if not me.can_report(about.person):
        raise Forbidden(_(OWN if about.message is None else OWN_MESSAGE))
    made = Report.make(me, body.reason, **about._asdict())
    report_id = Report.waiting(me, **about._asdict())
    if body.block:
        Block.begin(me, about.person)
    return done("report", 201 if made else 200, report_id=report_id)


@renders("report")
def _made(report_id: int) -> ReportMade:
    found = Report.made_by(report_id, cast("User", g.user))
    made = ReportMade(
        id=found.id,
        post=absolute(f"/api/v1/posts/{found.post_id}/") if found.post_id else None,
        comment=absolute(f"/api/v1/comments/{found.comment_id}/") if found.comment_id else None,
        person=person_of(found.person) if found.person else None,
        reason=found.reason,
        state=found.state,
        created_at=found.created_at,
    )
    if found.message_id is not None:
        made.message = found.message_id
    return made


def _reported(body: NewReport) -> Reported:
    """What the body speaks of, if the reporter can see it. Raises Invalid or Refused."""
    named = [name for name in ("post", "comment", "message", "person") if getattr(body, name) not in (None, "")]
    if len(named) != 1:
        raise Invalid({"non_field_errors": [_("Send one of post, comment, message and person.")]})
    try:
        if body.post is not None:
            post = Post.known(body.post, g.user)
            return Reported(post.author, post)
        if body.comment is not None:
            comment = Comment.find(body.comment, g.user)
            return Reported(User.find(comment.author_id or 0), comment=comment)
        if body.message is not None:
            message = Copy.find(body.message, g.user).message
            return Reported(User.find(message.sender_id or 0), message=message)
        return Reported(User.meant(str(body.person), g.user))
    except Missing:
        raise Refused(NOBODY if named == ["person"] else UNKNOWN, field=named[0]) from None
