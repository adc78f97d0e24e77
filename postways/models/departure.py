"""Somebody has left: what remains of a deleted account is erased, a little in each transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import selectinload

from postways import later, search
from postways.db import changed, db
from postways.models.comment import Comment
from postways.models.conversation import Conversation
from postways.models.export import Export
from postways.models.follow import Follow
from postways.models.like import Like
from postways.models.message import Copy
from postways.models.oauth import Client
from postways.models.photo import Photo
from postways.models.post import Post
from postways.models.repost import Repost
from postways.models.save import Save
from postways.models.user import User

ERASED_AFTER = timedelta(hours=12)  # so that the mail which says it has time to go out; promised are 24 hours
STEP = 50  # rows in one transaction
MOST_ROWS = 500  # in one statement, where nothing hangs on them


def belongings(user: User) -> dict[str, int]:
    """What goes with the account, in numbers."""
    counted = {
        "posts": (Post.author_id, Post.deleted_at.is_(None)),
        "photographs": (Photo.owner_id, Photo.avatar.is_(False)),
        "likes": (Like.user_id, Like.id.is_not(None)),
        "messages": (Copy.person_id, Copy.incoming.is_(False)),
        "comments": (Comment.author_id, Comment.deleted_at.is_(None)),
    }
    return {
        name: db.session.scalar(select(func.count()).where(whose == user.id, which)) or 0
        for name, (whose, which) in counted.items()
    }


def due(moment: datetime) -> list[int]:
    """The ids of deleted accounts that are to be erased now."""
    return list(db.session.scalars(select(User.id).where(User.deleted_at < moment - ERASED_AFTER).limit(100)))


def erase_some(user_id: int) -> bool:
    """Erase a part; False when the account itself has gone. Other people's counts stay right at every step."""
    if (
        withdraw_some(user_id)
        or _erase_follows(user_id)
        or Client.erase_of(user_id)
        or Conversation.erase_some_of(user_id)
        or Comment.erase_some_of(user_id, STEP)
    ):
        return True
    posts = select(Post).where(Post.author_id == user_id).options(selectinload(Post.photos))
    for post in (some := db.session.scalars(posts.limit(STEP)).all()):
        post.purge()
    if some:
        return True
    photos = db.session.scalars(select(Photo).where(Photo.owner_id == user_id).limit(STEP)).all()
    exports = db.session.scalars(select(Export).where(Export.user_id == user_id)).all()
    for photo in photos:
        photo.remove()
    for export in exports:
        export.remove()
    if photos or exports:
        return True
    search.people.forget([user_id])
    changed(delete(User).where(User.id == user_id, User.deleted_at.is_not(None)))
    return False


def withdraw_some(user_id: int) -> bool:
    """Take back some of what counts elsewhere (likes, reposts, saves) of a deleted account; False when nothing is left.

    This needs not wait: who leaves does not come back, and lists name them no more.
    """
    if db.session.scalar(select(User.deleted_at).where(User.id == user_id)) is None:
        return False
    return (
        _erase_likes(user_id)
        or _erase_reposts(user_id)
        or _erase_saves(user_id)
        or Comment.erase_likes_of(user_id, STEP)
    )


def _erase_follows(user_id: int) -> bool:
    """They were withheld when the account was deleted, so nobody counts them any more."""
    own = select(Follow.id).where((Follow.follower_id == user_id) | (Follow.followed_id == user_id)).limit(MOST_ROWS)
    return changed(delete(Follow).where(Follow.id.in_(db.session.scalars(own).all()))) > 0


def _erase_likes(user_id: int) -> bool:
    likes = db.session.execute(select(Like.id, Like.post_id).where(Like.user_id == user_id).limit(STEP)).all()
    for like_id, post_id in likes:
        if changed(delete(Like).where(Like.id == like_id)) == 1:
            changed(update(Post).where(Post.id == post_id).values(like_count=Post.like_count - 1))
            later.tell("post", post=post_id)
    return bool(likes)


def _erase_reposts(user_id: int) -> bool:
    reposts = db.session.execute(select(Repost.id, Repost.post_id).where(Repost.user_id == user_id).limit(STEP)).all()
    for repost_id, post_id in reposts:
        if changed(delete(Repost).where(Repost.id == repost_id)) == 1:
            changed(update(Post).where(Post.id == post_id).values(repost_count=Post.repost_count - 1))
            later.tell("post", post=post_id)
    return bool(reposts)


def _erase_saves(user_id: int) -> bool:
    saves = db.session.scalars(select(Save.post_id).where(Save.user_id == user_id).limit(STEP)).all()
    for post_id in saves:
        if Save.remove(post_id, user_id):
            changed(update(Post).where(Post.id == post_id).values(save_count=Post.save_count - 1))
    return bool(saves)
