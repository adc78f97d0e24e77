"""What an export holds: everything of one person; of others the addresses of their posts, and names beside a tie."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import IO, Any

from sqlalchemy import select

from postways.db import db
from postways.models import (
    Allowance,
    ApiToken,
    Audit,
    Block,
    Client,
    Comment,
    CommentLike,
    Copy,
    EmailChange,
    Family,
    Follow,
    Like,
    Message,
    Mute,
    Passkey,
    PastUsername,
    Photo,
    Post,
    Report,
    Repost,
    Save,
    Session,
    Suggestion,
    User,
)
from postways.storage import NotFound, Storage

PROFILE = (
    "id username email verified_at pending_email role display_name bio joined_at last_login_at last_activity_at "
    "username_changed_at password_changed_at premium_until private messages_from shows_camera "
    "covers_warned feed_ranking time_zone"
).split()
POST = (
    "id title content tags audience licence credit warning created_at publish_at published_at edited_at deleted_at "
    "like_count repost_count save_count view_count"
).split()
PHOTO = (
    "id alt position mime size width height turns crop focus state created_at "
    "camera lens focal_length aperture shutter iso taken_at"
).split()
FAMILY = "device scope client_id created_at last_used_at expires_at ended_at".split()
APP = "name client_id redirect_uris scope created_at".split()
ALLOWED = "scope created_at last_used_at".split()
TOKEN = "kind name scope created_at expires_at last_used_at".split()
COMMENT = "id post_id parent_id body created_at edited_at deleted_at like_count".split()
SESSION = "created_at last_seen_at device address".split()
EVENT = "at kind post_id address".split()
FOLLOW = "state created_at".split()
MUTE = "kind word until created_at".split()
MESSAGE = "id created_at read_at".split()
REPORT = "created_at post_id comment_id message_id person_id reason state".split()

Original = tuple[str, str]  # name in the zip, key in the storage


def contents(user: User) -> tuple[dict[str, Any], list[Original]]:
    """The documents by name, and the originals of every photograph."""
    photos = _rows(Photo, Photo.owner_id, user)
    by_post: dict[int | None, list[Photo]] = {}
    for photo in photos:
        if photo.message_id is None:
            by_post.setdefault(photo.post_id, []).append(photo)
    documents = {
        "profile.json": _taken(user, PROFILE)
        | {"past_usernames": [past.key for past in _rows(PastUsername, PastUsername.user_id, user)]}
        | {"past_addresses": [change.before for change in _rows(EmailChange, EmailChange.user_id, user)]}
        | {"passkeys": [passkey.label for passkey in _rows(Passkey, Passkey.user_id, user)]},
        "posts.json": [
            _taken(post, POST) | {"photographs": _described(by_post.get(post.id, ()))}
            for post in _rows(Post, Post.author_id, user)
        ],
        "uploads.json": _described(by_post.get(None, ())),
        "likes.json": [
            {"post_id": like.post_id, "liked_at": like.created_at} for like in _rows(Like, Like.user_id, user)
        ],
        "reposts.json": [
            {"post_id": repost.post_id, "reposted_at": repost.created_at}
            for repost in _rows(Repost, Repost.user_id, user)
        ],
        "saved.json": [
            {"post_id": save.post_id, "saved_at": save.created_at} for save in _rows(Save, Save.user_id, user)
        ],
        **_ties(user),
        "comments.json": _comments(user),
        "messages.json": _messages(user, photos),
        "comment_likes.json": [
            {"comment_id": like.comment_id, "liked_at": like.created_at}
            for like in _rows(CommentLike, CommentLike.user_id, user)
        ],
        "sessions.json": [_taken(session, SESSION) for session in _rows(Session, Session.user_id, user)],
        "apps.json": [_taken(family, FAMILY) for family in _rows(Family, Family.user_id, user)],
        "allowed_apps.json": [_taken(row, ALLOWED) | {"app": row.client.name} for row in Allowance.of(user)],
        "registered_apps.json": [_taken(client, APP) for client in _rows(Client, Client.owner_id, user)],
        "tokens.json": [_taken(token, TOKEN) for token in _rows(ApiToken, ApiToken.user_id, user)],
        "events.json": [_taken(entry, EVENT) for entry in _rows(Audit, Audit.actor_id, user)],
        "reports.json": [_taken(report, REPORT) for report in _rows(Report, Report.reporter_id, user)],
    }
    return documents, [(_name(photo), photo.original) for photo in photos]


def write(
    file: IO[bytes],
    documents: Mapping[str, Any],
    originals: Iterable[Original],
    storage: Storage,
    progress: Callable[[], None],
) -> None:
    """Write the zip; calls `progress` after each photograph. An original that is lost is left out."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, document in documents.items():
            archive.writestr(name, json.dumps(document, default=_as_text, ensure_ascii=False, indent=1))
        for name, key in originals:
            progress()
            try:
                original = storage.open(key)
            except NotFound:
                continue
            with original, archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as entry:
                while piece := original.read(1 << 20):
                    entry.write(piece)


def _rows(noun: Any, whose: Any, user: User) -> Sequence[Any]:
    return db.session.scalars(select(noun).where(whose == user.id).order_by(noun.id)).all()


def _comments(user: User) -> list[dict[str, Any]]:
    """What this person said; how many like it is not told where the post is locked for them."""
    locked = (Comment.author_id == user.id, ~Post.unlocked_for(user))
    closed = set(db.session.scalars(select(Comment.id).join(Comment.post).where(*locked)))
    said = _rows(Comment, Comment.author_id, user)
    return [_taken(one, COMMENT) | ({"like_count": 0} if one.id in closed else {}) for one in said]


def _ties(user: User) -> dict[str, Any]:
    """Whom this person follows, is followed by, has blocked and muted; people who are not there have no name."""
    following, followers = _rows(Follow, Follow.follower_id, user), _rows(Follow, Follow.followed_id, user)
    blocks, mutes = _rows(Block, Block.blocker_id, user), _rows(Mute, Mute.muter_id, user)
    people = {row.followed_id for row in following} | {row.follower_id for row in followers}
    dismissed = [row for row in _rows(Suggestion, Suggestion.reader_id, user) if row.dismissed]
    people |= {row.person_id for row in dismissed}
    people |= {row.blocked_id for row in blocks} | {row.person_id for row in mutes}
    names = {person.id: person.username for person in User.by_id(people).values() if person.active}
    return {
        "follows.json": {
            "following": [_taken(row, FOLLOW) | {"username": names.get(row.followed_id)} for row in following],
            "followers": [_taken(row, FOLLOW) | {"username": names.get(row.follower_id)} for row in followers],
        },
        "blocks.json": [{"username": names.get(row.blocked_id), "created_at": row.created_at} for row in blocks],
        "not_interested.json": [{"username": names.get(row.person_id)} for row in dismissed],
        "mutes.json": [_taken(row, MUTE) | {"username": names.get(row.person_id)} for row in mutes],
    }


def _messages(user: User, photos: Sequence[Photo]) -> list[dict[str, Any]]:
    """What this person sent, whole; of what came only from whom and when: the words are somebody else's."""
    copies = _rows(Copy, Copy.person_id, user)
    messages = {message.id: message for message in _of_copies(user)}
    people = {message.sender_id for message in messages.values()} | {one.receiver_id for one in messages.values()}
    names = {person.id: person.username for person in User.by_id(people).values() if person.active}
    pictures: dict[int | None, list[Photo]] = {}
    for photo in photos:
        pictures.setdefault(photo.message_id, []).append(photo)
    told = []
    for copy in copies:
        message = messages[copy.message_id]
        ends = {"from": names.get(message.sender_id or 0), "to": names.get(message.receiver_id or 0)}
        own = {"text": message.text, "photographs": _described(pictures.get(message.id, ()))}
        told.append(_taken(message, MESSAGE) | ends | ({} if copy.incoming else own))
    return told


def _of_copies(user: User) -> Sequence[Message]:
    return db.session.scalars(select(Message).join(Copy).where(Copy.person_id == user.id)).all()


def _taken(row: object, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _described(photos: Iterable[Photo]) -> list[dict[str, Any]]:
    return [{"file": _name(photo)} | _taken(photo, PHOTO) for photo in photos]


def _name(photo: Photo) -> str:
    return f"originals/{photo.id}.{photo.original.rpartition('.')[2]}"


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
