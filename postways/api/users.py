"""People: signing up, reading about them, introducing oneself, leaving."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from flask import Response, current_app, g, url_for
from flask_babel import gettext as _
from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from postways import limits, uploads
from postways.api import bp
from postways.api.answers import same_as_read
from postways.api.door import absolute, done, door
from postways.api.idempotency import renders
from postways.api.images import ImageDetail, detail_of
from postways.api.lists import asked, listed
from postways.api.shapes import SENTENCE, Listed, Parts, Shape, Words
from postways.auth import PROOF_LASTS
from postways.auth.answers import right_password
from postways.auth.proof import has_second_step
from postways.auth.second import right_code
from postways.auth.signing_up import open_account, refusals
from postways.config import Config
from postways.db import now, reading
from postways.errors import Forbidden, Invalid, Missing, Refused
from postways.handlers import sentence
from postways.models import Follow, Photo, Post, User
from postways.models.post import Tally

MYSELF = "me"
UNPROVED = "Log in again, or send your password: this needs a log-in that is less than two hours old."
PRIVATE = "This account is private: only the people whom it accepts see this."
PICTURE = {"avatar": "A photograph; it is shown once it has been prepared."}


class Counts(Shape):
    """What somebody has shared, of that what you may see; and who follows whom."""

    posts_count: int = Field(examples=[12])
    likes_received: int = Field(examples=[340])
    followers_count: int = Field(examples=[25])
    following_count: int = Field(examples=[31])


class Links(Shape):
    """Where to read on."""

    self: str = Field(examples=["https://example.org/api/v1/users/3/"])
    posts: str = Field(examples=["https://example.org/api/v1/posts/?author=3"])
    likes: str = Field(examples=["https://example.org/api/v1/likes/?user=3"])


class Profile(Shape):
    """A person. What is optional is told to the person and to the staff alone."""

    EDITED = frozenset({"username", "email", "display_name", "bio"})
    id: int = Field(examples=[3])
    username: str = Field(examples=["ada"])
    display_name: str = Field(examples=["Ada Lovelace"])
    email: str | None = Field(default=None, examples=["ada@example.org"])
    date_joined: datetime = Field(examples=["2026-11-21T08:30:00Z"])
    last_login: datetime | None = Field(default=None, examples=["2026-11-21T08:30:00Z"])
    last_activity_at: datetime | None = Field(default=None, examples=["2026-11-21T08:30:00Z"])
    is_staff: bool = Field(default=False, examples=[False])
    is_active: bool = Field(default=True, examples=[True])
    premium_until: datetime | None = Field(
        default=None, description="When the membership ends, or ended.", examples=["2027-01-31T23:59:59Z"]
    )
    bio: str = Field(examples=["I like boats."])
    avatar: str | None = Field(
        description="A square of 300 pixels.", examples=["https://example.org/media/0f5a/square.jpg"]
    )
    stats: Counts
    links: Links


class StaffCounts(Shape):
    """What somebody has shared, drafts too."""

    posts_count: int = Field(examples=[12])
    likes_received: int = Field(examples=[340])


class Account(Shape):
    """A person, as the staff's list shows one."""

    url: str = Field(examples=["https://example.org/api/v1/users/3/"])
    id: int = Field(examples=[3])
    username: str = Field(examples=["ada"])
    email: str | None = Field(examples=["ada@example.org"])
    last_activity_at: datetime | None = Field(examples=["2026-11-21T08:30:00Z"])
    last_login: datetime | None = Field(examples=["2026-11-21T08:30:00Z"])
    date_joined: datetime = Field(examples=["2026-11-21T08:30:00Z"])
    is_staff: bool = Field(examples=[False])
    is_active: bool = Field(examples=[True])
    stats: StaffCounts


class Person(Shape):
    """A person in a list."""

    url: str = Field(examples=["https://example.org/api/v1/users/3/"])
    id: int = Field(examples=[3])
    username: str = Field(examples=["ada"])
    display_name: str = Field(examples=["Ada Lovelace"])
    avatar: str | None = Field(examples=["https://example.org/media/0f5a/square.jpg"])


def _nothing_if_null(value: object) -> object:
    return "" if value is None else value


class SignUp(Shape):
    """A new account."""

    username: Words = Field(description="1 to 150 letters, digits and @ . + - _", examples=["grace"])
    email: Annotated[
        Words, BeforeValidator(_nothing_if_null), WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "null"}]})
    ] = Field(default="", description="Sites may want one.", examples=["grace@example.org"])
    password: Words = Field(description="At least 8 characters.", examples=["seven boats 4 the sea"])
    password2: Words | None = Field(
        default=None, description="The same again, if you like.", examples=["seven boats 4 the sea"]
    )


def _no_text(value: object) -> object:
    if value in (None, ""):
        return value
    raise PydanticCustomError(SENTENCE, _("Send the picture as a file in multipart/form-data, or null to have none."))


class Introduction(Shape):
    """Who you are; what is left out stays."""

    FILES = PICTURE

    display_name: Words = Field(default="", description="At most 100 characters.", examples=["Ada Lovelace"])
    bio: Words = Field(default="", description="At most 1,000 characters.", examples=["I like boats."])
    avatar: Annotated[Literal[""] | None, BeforeValidator(_no_text)] = Field(
        default=None, description="null or an empty text: no picture. A picture comes as a file.", examples=[None]
    )


class NewPicture(Shape):
    """The photograph that shows who you are."""

    FILES = PICTURE | {"image": "The same by another name."}


class Proof(Shape):
    """That it is you."""

    password: Words | None = Field(
        default=None, description="Needed when the log-in is older than two hours.", examples=["seven boats 4 the sea"]
    )
    otp: Words | None = Field(
        default=None, description="With the password, where a second step is asked for.", examples=["123456"]
    )


@bp.get("/users/")
@door({200: Listed[Account]}, tag="users", scope="moderate", query=Parts)
def list_users(query: Parts) -> Listed[Account]:
    """List everybody, who was here last first.

    For the staff.
    """
    page = User.listed(asked(query))
    return listed(Account, page, _accounts, query)


@bp.post("/users/")
@door({201: Profile}, tag="users", body=SignUp, visitors=True, errors=(403,))
def sign_up(body: SignUp) -> Response:
    """Open an account.

    For visitors. Log in afterwards; a mail asks to confirm the address.
    """
    rules_hold(body)
    user = open_account(body.username, body.email, body.password)
    return done("own-profile", 201, user_id=user.id)


@bp.get("/users/me/")
@door({200: Profile}, tag="users", scope="read")
def read_me() -> Profile:
    """Read about yourself."""
    return own_profile(g.user)


@bp.patch("/users/me/")
@door({200: Profile}, tag="users", scope="update", body=Introduction, files=True, errors=(412,))
def introduce_me(body: Introduction) -> Response:
    """Change your name, words or picture.

    A picture comes as a file, in multipart/form-data; the one before is shown until it is prepared.
    """
    picture = _picture("avatar")  # slow: before the transaction
    me, sent = _held(), body.model_fields_set
    same_as_read(lambda: own_profile(me))
    me.introduce(
        body.display_name if "display_name" in sent else me.display_name, body.bio if "bio" in sent else me.bio
    )
    if picture is not None:
        picture.pend_as_avatar(me)
    elif "avatar" in sent:
        Photo.remove_avatar(me)
    return done("own-profile", 200, user_id=me.id)


@bp.put("/users/me/avatar/")
@door({200: ImageDetail}, tag="users", scope="update", body=NewPicture, files=True)
def choose_picture(body: NewPicture) -> Response:
    """Choose your picture.

    It is shown once it has been prepared; ask for it by its `url` until it is ready.
    """
    picture = _picture(*NewPicture.FILES)  # slow: before the transaction
    if picture is None:
        raise Invalid({"avatar": [_("Send a photograph as a file, in multipart/form-data.")]})
    picture.pend_as_avatar(_held())
    return done("picture-chosen", 200, photo_id=picture.id)


@bp.get("/users/<user_id_or_username>/")
@door({200: Profile}, tag="users", scope="read")
def read_user(user_id_or_username: str) -> Profile:
    """Read about a person.

    A number is tried as an id first, then as a username; a past username leads to whoever had it.
    """
    person = _meant(user_id_or_username)
    if person.id == g.user.id or g.user.is_staff:
        return Profile(**_public(person), **_private(person))
    return Profile(**_public(person))


@bp.delete("/users/<user_id_or_username>/")
@door({204: None}, tag="users", scope="delete", body=Proof, no_apps=True)
def close_account(user_id_or_username: str, body: Proof) -> Response:
    """Delete your account.

    It is gone at once, with all that belongs to it, and every token ends. Needs a log-in that is less than two hours
    old, or your password. Admins can delete the accounts of others.
    """
    with reading():
        person = _meant(user_id_or_username)
    if not (g.user.can_close(person) or g.user.can_expel(person)):
        raise Forbidden
    _prove(body)
    User.held(person.id)
    person.leave(g.user)
    return done("nothing", 204)


@bp.get("/users/<user_id_or_username>/followers/")
@door({200: Listed[Person]}, tag="users", scope="read", query=Parts)
def list_followers(user_id_or_username: str, query: Parts) -> Listed[Person]:
    """List who follows a person, newest first."""
    page = Follow.listed(_looked_into(user_id_or_username), g.user, asked(query), of_followers=True)
    return listed(Person, page, lambda follows: [person_of(follow.follower) for follow in follows], query)


@bp.get("/users/<user_id_or_username>/following/")
@door({200: Listed[Person]}, tag="users", scope="read", query=Parts)
def list_following(user_id_or_username: str, query: Parts) -> Listed[Person]:
    """List whom a person follows, newest first."""
    page = Follow.listed(_looked_into(user_id_or_username), g.user, asked(query), of_followers=False)
    return listed(Person, page, lambda follows: [person_of(follow.followed) for follow in follows], query)


@renders("picture-chosen")
def _chosen(photo_id: int) -> ImageDetail:
    return detail_of(Photo.upload_of(photo_id, g.user))


@renders("own-profile")
def _own_again(user_id: int) -> Profile:
    return own_profile(User.find(user_id))


def own_profile(person: User) -> Profile:
    """A person, as the person reads it."""
    return Profile(**_public(person, person), **_private(person))


def _public(person: User, reader: User | None = None) -> dict[str, Any]:
    tally = Post.tallies([person.id], reader or g.user)[person.id]
    here = absolute("/api/v1/")
    return {
        "id": person.id,
        "username": person.username,
        "display_name": person.display_name,
        "date_joined": person.joined_at,
        "bio": person.bio,
        "avatar": avatar_of(person),
        "stats": Counts(
            posts_count=tally.posts,
            likes_received=tally.likes,
            followers_count=person.followers_count,
            following_count=person.following_count,
        ),
        "links": Links(
            self=url_of(person), posts=f"{here}posts/?author={person.id}", likes=f"{here}likes/?user={person.id}"
        ),
    }


def _private(person: User) -> dict[str, Any]:
    return {
        "email": person.email,
        "last_login": person.last_login_at,
        "last_activity_at": person.last_activity_at,
        "is_staff": person.on_staff,
        "is_active": person.active,
        "premium_until": person.premium_until,
    }


def _accounts(people: Sequence[User]) -> Sequence[Account]:
    tallies = Post.tallies([person.id for person in people], g.user)
    return [_account(person, tallies[person.id]) for person in people]


def _account(person: User, tally: Tally) -> Account:
    return Account(
        **_private(person),
        url=url_of(person),
        id=person.id,
        username=person.username,
        date_joined=person.joined_at,
        stats=StaffCounts(posts_count=tally.posts, likes_received=tally.likes),
    )


def person_of(person: User) -> Person:
    """A person, as lists show one."""
    return Person(
        url=url_of(person),
        id=person.id,
        username=person.username,
        display_name=person.display_name,
        avatar=avatar_of(person),
    )


def url_of(person: User) -> str:
    """The address of a person; it stays when the name changes."""
    return absolute(f"/api/v1/users/{person.id}/")


def avatar_of(person: User) -> str | None:
    """The address of a person's picture, as a square of 300 pixels."""
    if not person.avatar_key:
        return None
    return absolute(url_for("media.file", key=person.avatar_key, name="square.jpg"))


def _meant(word: str) -> User:
    return g.user if word.casefold() == MYSELF and g.user.is_member else User.meant(word, g.user)


def _looked_into(word: str) -> User:
    person = _meant(word)
    if not g.user.can_look_into(person):
        raise Forbidden(PRIVATE)
    return person


def _held() -> User:
    """Who asks, as they are now, locked until the transaction ends."""
    if not (found := User.held(g.user.id)):
        raise Missing
    return found[0]


def rules_hold(body: SignUp) -> None:
    """Everything that speaks against such an account, but what others have. Raises Invalid."""
    found = refusals(body.username, body.email, body.password)
    config: Config = current_app.extensions["config"]
    fields: dict[str, list[str]] = {}
    for refused in found:
        fields.setdefault(refused.field, []).append(sentence(refused))
    if config.require_email and not body.email.strip():
        fields["email"] = [_("This site wants an email address. Send one.")]
    if body.password2 is not None and body.password2 != body.password:
        fields["password2"] = [_("The two passwords are not the same.")]
    if fields:
        raise Invalid(fields)


def _picture(*fields: str) -> Photo | None:
    """The file that was sent along, as an upload that is not in the session yet. Raises Refused."""
    for field, file in uploads.sent(*fields):
        limits.count("upload", g.user.id)
        try:
            return uploads.stored(file)
        except Refused as error:
            error.field = field
            raise
    return None


def _prove(proof: Proof) -> None:
    """Raise Forbidden or Refused unless it is the person who asks, and not somebody with their token."""
    lately = now() - g.user.authenticated_at < PROOF_LASTS
    if proof.password is None:
        if not lately:
            raise Forbidden(UNPROVED)
    elif not right_password(proof.password):
        raise Refused("That is not your password.", field="password")
    elif not lately and has_second_step(g.user) and not (proof.otp and right_code(g.user, proof.otp)):
        raise Refused("Send a code of your app, or a recovery code, as otp.", field="otp")
