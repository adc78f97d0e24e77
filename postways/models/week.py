"""What happened between two moments, in numbers, for the report to the admins."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from postways.db import db
from postways.models.like import Like
from postways.models.post import Post
from postways.models.user import User


def numbers(since: datetime, until: datetime) -> dict[str, int]:
    """New `people`, published `posts` and given `likes`, of those that are still there."""
    asked = {
        "people": (User.joined_at, User.deleted_at.is_(None)),
        "posts": (Post.published_at, Post.deleted_at.is_(None)),
        "likes": (Like.created_at, Like.id.is_not(None)),
    }
    return {
        name: db.session.scalar(select(func.count()).where(moment >= since, moment < until, there)) or 0
        for name, (moment, there) in asked.items()
    }
