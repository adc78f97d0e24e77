"""What becomes of the comments of people who go, come back or have left, and of those that were deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, func, literal, or_, select, update
from sqlalchemy.orm import aliased

from postways.db import Moment, changed, db, now
from postways.models.comment_like import CommentLike
from postways.models.comment_row import CommentRow
from postways.models.post import Post

KEPT_FOR_STAFF = timedelta(days=30)  # what was deleted, until it is erased


class ErasedComment(CommentRow):
    """How `Comment`s are hidden with their author, and erased."""

    @classmethod
    def withhold_all_of(cls, person_id: int, withheld: bool) -> None:
        """Hide everything that this person said, or show it again; the counts follow. Twice is once."""
        sign = -1 if withheld else +1
        moved = and_(cls.author_id == person_id, cls.withheld.is_(not withheld), cls.deleted_at.is_(None))
        in_post = select(func.count()).select_from(cls).where(moved, cls.post_id == Post.id).correlate(Post)
        posts = update(Post).where(Post.id.in_(select(cls.post_id).where(moved)))
        changed(posts.values(comment_count=Post.comment_count + sign * in_post.scalar_subquery()))
        mine = aliased(cls)
        replied = and_(mine.author_id == person_id, mine.withheld.is_(not withheld), mine.deleted_at.is_(None))
        in_thread = select(func.count()).select_from(mine).where(replied, mine.parent_id == cls.id).correlate(cls)
        tops = update(cls).where(cls.id.in_(select(mine.parent_id).where(replied)))
        changed(tops.values(reply_count=cls.reply_count + sign * in_thread.scalar_subquery()))
        changed(update(cls).where(cls.author_id == person_id).values(withheld=withheld))

    @classmethod
    def erase_likes_of(cls, person_id: int, most: int) -> bool:
        """Erase some likes of a person who has left; False when there is nothing left."""
        mine = select(CommentLike.id, CommentLike.comment_id).where(CommentLike.user_id == person_id).limit(most)
        likes = db.session.execute(mine).all()
        changed(delete(CommentLike).where(CommentLike.id.in_([like.id for like in likes])))
        for like in likes:
            changed(update(cls).where(cls.id == like.comment_id).values(like_count=cls.like_count - 1))
        return bool(likes)

    @classmethod
    def erase_some_of(cls, person_id: int, most: int) -> bool:
        """Erase some of what a person who has left said; False when there is nothing left.

        What others answered stays as a gap that names nobody.
        """
        said = select(cls.id).where(cls.author_id == person_id).order_by(cls.id.desc()).limit(most)  # replies first
        ids = db.session.scalars(said).all()
        cls._erase(ids)
        return bool(ids)

    @classmethod
    def forget_deleted(cls, moment: datetime) -> int:
        """Erase what was deleted long ago; returns how many were looked at."""
        old = cls.deleted_at < moment - KEPT_FOR_STAFF
        answered = aliased(cls)
        bare = select(answered.id).where(answered.parent_id == cls.id).exists()
        due = select(cls.id).where(old, or_(~bare, cls.body != "")).order_by(cls.id.desc()).limit(500)
        ids = db.session.scalars(due).all()
        cls._erase(ids)
        return len(ids)

    @classmethod
    def _erase(cls, ids: Sequence[int]) -> None:
        answered = set(db.session.scalars(select(cls.parent_id).where(cls.parent_id.in_(ids), cls.id.not_in(ids))))
        changed(delete(cls).where(cls.id.in_(set(ids) - answered)))
        nothing = {"author_id": None, "body": "", "form_key": None, "like_count": 0, "edited_at": None}
        gaps = update(cls).where(cls.id.in_(answered))
        changed(gaps.values(**nothing, deleted_at=func.coalesce(cls.deleted_at, literal(now(), Moment))))
        changed(delete(CommentLike).where(CommentLike.comment_id.in_(answered)))
