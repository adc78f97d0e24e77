"""Who follows whom, and who wants to have nothing to do with whom: follows, requests, blocks, mutes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, cast

from flask import Response, g
from flask_babel import ngettext
from pydantic import Field

from postways import limits
from postways.api import bp
from postways.api.door import done, door
from postways.api.idempotency import renders
from postways.api.lists import asked, listed
from postways.api.shapes import AMoment, AnId, Listed, Parts, Shape, Words
from postways.api.users import Person, person_of
from postways.db import reading
from postways.errors import Invalid, Missing, Refused
from postways.models import Block, Follow, Mute, Suggestion, User

UNKNOWN = "There is nobody with that name."


class Followed(Shape):
    """Somebody whom you follow, or have asked."""

    id: int = Field(examples=[5])
    status: str = Field(description="`accepted` or `requested`.", examples=["accepted"])
    followed_user: Person
    created_at: datetime = Field(examples=["2026-11-21T08:30:00Z"])


class FollowFilter(Parts):
    """Which of them."""

    status: Literal["accepted", "requested"] = Field(
        default="accepted", description="`requested`: whom you asked and who has not answered.", examples=["accepted"]
    )


class FollowRequest(Shape):
    """Somebody who asks to follow you."""

    id: int = Field(examples=[6])
    status: str = Field(examples=["requested"])
    follower: Person
    created_at: datetime = Field(examples=["2026-11-21T08:30:00Z"])


class ToFollow(Shape):
    """Whom."""

    followed_user: AnId | Words = Field(description="Id or username.", examples=["ben"])


class Recommended(Person):
    """Somebody whom you may want to follow."""

    reason: str = Field(description="Why, in words.", examples=["Followed by Ben and 2 others you follow"])


class Recommendations(Shape):
    """The best first."""

    results: list[Recommended]


class Blocked(Shape):
    """Somebody whom you blocked."""

    blocked: Person
    created_at: datetime = Field(examples=["2026-11-21T08:30:00Z"])


class ToBlock(Shape):
    """Whom."""

    blocked: Words = Field(description="Username.", examples=["troll"])


class Muted(Shape):
    """A person, a word or a #tag that your lists leave out."""

    muted: Person | None = Field(default=None, examples=[None])
    word: str | None = Field(default=None, examples=["#spoiler"])
    until: datetime | None = Field(examples=[None])
    created_at: datetime = Field(examples=["2026-11-21T08:30:00Z"])


class ToMute(Shape):
    """A person by `muted`, or a word or #tag by `word`."""

    muted: Words | None = Field(default=None, description="Username.", examples=["loud"])
    word: Words | None = Field(default=None, description="A word, some words, or a #tag.", examples=[None])
    until: AMoment | None = Field(default=None, description="When it ends; null: never.", examples=[None])


# --- follows


@bp.get("/follows/")
@door({200: Listed[Followed]}, tag="follows", scope="read", query=FollowFilter)
def list_follows(query: FollowFilter) -> Listed[Followed]:
    """List whom you follow, or have asked to, newest first."""
    page = Follow.listed(g.user, g.user, asked(query), of_followers=False, state=query.status)
    return listed(Followed, page, lambda follows: [_followed(follow, follow.followed) for follow in follows], query)


@bp.post("/follows/")
@door({201: Followed}, tag="follows", scope="create", body=ToFollow)
def follow(body: ToFollow) -> Response:
    """Follow somebody, or ask to where the account is private."""
    limits.count("follow", g.user.id)
    person = _meant(str(body.followed_user), "followed_user")
    if Follow.between(g.user, person) is not None:
        raise Refused("You follow %(name)s already, or have asked.", field="followed_user", name=person.username)
    try:
        made = Follow.begin(g.user, person)
    except Missing:
        raise Refused(UNKNOWN, field="followed_user") from None
    return done("followed", 201, follow_id=made.id)


@bp.delete("/follows/<int:follow_id>/")
@door({204: None}, tag="follows", scope="delete")
def unfollow(follow_id: int) -> Response:
    """Follow somebody no longer, or withdraw the request."""
    found = Follow.find(follow_id, g.user)
    Follow.end(g.user, User.find(found.followed_id))
    return done("nothing", 204)


@bp.get("/follows/requests/")
@door({200: Listed[FollowRequest]}, tag="follows", scope="read", query=Parts)
def list_requests(query: Parts) -> Listed[FollowRequest]:
    """List who asks to follow you, newest first."""
    page = Follow.asking(g.user, asked(query))
    return listed(FollowRequest, page, lambda follows: [_request(follow) for follow in follows], query)


@bp.put("/follows/requests/<int:request_id>/")
@door({200: FollowRequest}, tag="follows", scope="update")
def accept_request(request_id: int) -> Response:
    """Let somebody follow you; the same however often it is sent."""
    Follow.request(request_id, g.user).accept(g.user)
    return done("request", 200, request_id=request_id)


@bp.delete("/follows/requests/<int:request_id>/")
@door({204: None}, tag="follows", scope="delete")
def refuse_request(request_id: int) -> Response:
    """Don't let somebody follow you; they are not told."""
    Follow.request(request_id, g.user).refuse(g.user)
    return done("nothing", 204)


@bp.delete("/users/me/followers/<username>/")
@door({204: None}, tag="follows", scope="delete")
def remove_follower(username: str) -> Response:
    """Let somebody follow you no longer; they are not told."""
    Follow.remove(g.user, User.met(g.user, username=username))
    return done("nothing", 204)


@bp.get("/follows/recommendations/")
@door({200: Recommendations}, tag="follows", scope="read")
def recommend() -> Recommendations:
    """Read whom you may want to follow, at most ten, each with a reason.

    Friends of friends first, then who shares what you care for, then who is popular and active.
    """
    with reading():  # its end sends for newer ones, if that is due
        return Recommendations(results=[_recommended(one) for one in Suggestion.of(g.user)])


# --- blocks


@bp.get("/blocks/")
@door({200: Listed[Blocked]}, tag="blocks", scope="read", query=Parts)
def list_blocks(query: Parts) -> Listed[Blocked]:
    """List whom you blocked, newest first."""
    page = Block.listed(g.user, asked(query))
    return listed(Blocked, page, _blocked, query)


@bp.post("/blocks/")
@door({201: Blocked}, tag="blocks", scope="create", body=ToBlock)
def block(body: ToBlock) -> Response:
    """Part from somebody: neither sees the other, follows end both ways."""
    person = _meant(body.blocked, "blocked")
    if Block.stands(g.user.id, person.id):
        raise Refused("You blocked %(name)s already.", field="blocked", name=person.username)
    Block.begin(g.user, person)
    return done("blocked", 201, person_id=person.id)


@bp.delete("/blocks/<username>/")
@door({204: None}, tag="blocks", scope="delete")
def unblock(username: str) -> Response:
    """Undo a block; what it ended stays ended."""
    person = User.met(g.user, username=username)
    if not Block.stands(g.user.id, person.id):
        raise Missing
    Block.end(g.user, person)
    return done("nothing", 204)


# --- mutes


@bp.get("/mutes/")
@door({200: Listed[Muted]}, tag="mutes", scope="read", query=Parts)
def list_mutes(query: Parts) -> Listed[Muted]:
    """List what your lists leave out, newest first."""
    return listed(Muted, Mute.listed(g.user, asked(query)), lambda mutes: [_muted(mute) for mute in mutes], query)


@bp.post("/mutes/")
@door({201: Muted}, tag="mutes", scope="create", body=ToMute)
def mute(body: ToMute) -> Response:
    """Leave a person, a word or a #tag out of your lists; again changes its end."""
    if (body.muted is None) == (body.word is None):
        raise Invalid({"non_field_errors": ["Send either muted, a username, or word."]})
    if body.muted is not None:
        mute_id = Mute.begin(g.user, _meant(body.muted, "muted"), body.until)
    else:
        mute_id = Mute.begin_word(g.user, body.word or "", body.until)
    return done("muted", 201, mute_id=mute_id)


@bp.delete("/mutes/<word>/")
@door({204: None}, tag="mutes", scope="delete")
def unmute(word: str) -> Response:
    """Show a person (by username), a word or a #tag again."""
    Mute.end_named(g.user, word)
    return done("nothing", 204)


# --- as they are written


@renders("followed")
def _made(follow_id: int) -> Followed:
    found = Follow.find(follow_id, g.user)
    return _followed(found, User.find(found.followed_id))


@renders("request")
def _answered(request_id: int) -> FollowRequest:
    found = Follow.request(request_id, g.user)
    return FollowRequest(
        id=found.id,
        status=found.state,
        follower=person_of(User.find(found.follower_id)),
        created_at=found.created_at,
    )


@renders("blocked")
def _block_made(person_id: int) -> Blocked:
    return _blocked([Block.one(g.user, person_id)])[0]


@renders("muted")
def _mute_made(mute_id: int) -> Muted:
    return _muted(Mute.find(mute_id, g.user))


def _recommended(one: Suggestion) -> Recommended:
    told, why = person_of(one.person).model_dump(), one.reason
    return Recommended(**told, reason=ngettext(why.one, why.many, why.number, **why.names))


def _followed(follow: Follow, person: User) -> Followed:
    return Followed(id=follow.id, status=follow.state, followed_user=person_of(person), created_at=follow.created_at)


def _request(follow: Follow) -> FollowRequest:
    person = person_of(follow.follower)
    return FollowRequest(id=follow.id, status=follow.state, follower=person, created_at=follow.created_at)


def _blocked(blocks: Sequence[Block]) -> list[Blocked]:
    return [Blocked(blocked=person_of(block.blocked), created_at=block.created_at) for block in blocks]


def _muted(mute: Mute) -> Muted:
    until, since = mute.until, mute.created_at
    if mute.person is not None:
        return Muted(muted=person_of(mute.person), until=until, created_at=since)
    return Muted(word=mute.word, until=until, created_at=since)


def _meant(word: str, field: str) -> User:
    """Somebody by id or username; who blocked you answers as an unknown name."""
    if not word.strip():
        raise Refused(UNKNOWN, field=field)
    try:
        return User.meant(word, cast("User", g.user))
    except Missing:
        raise Refused(UNKNOWN, field=field) from None
