"""What is shown of a post for premium members to those who are none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from postways.models.photo import Photo

if TYPE_CHECKING:
    from postways.models.post import Post
    from postways.models.user import User


@dataclass(frozen=True)
class LockedPost:
    """Title, author and the blur of the first photograph, and what the reader did with it; what is not in here can't
    come out by any door."""

    id: int
    title: str
    author: User
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None
    edited_at: datetime | None
    placeholder: str  # a data URI, empty without a photograph that is ready
    width: int
    height: int
    text_only: bool  # it has no photograph, only words
    # by the reader, who can take back what was done while it was open
    liked: bool
    reposted: bool
    saved: bool

    locked = published = True
    audience = "premium"

    @classmethod
    def of(cls, post: Post, first: Photo | None) -> LockedPost:
        """Of a post whose author came along, and its first photograph."""
        shown = first if first is not None and first.ready else None
        return cls(
            post.id,
            post.title,
            post.author,
            post.created_at,
            post.updated_at,
            post.published_at,
            post.edited_at,
            shown.placeholder if shown else "",
            shown.width if shown else 0,
            shown.height if shown else 0,
            first is None,
            post.liked,
            post.reposted,
            post.saved,
        )
