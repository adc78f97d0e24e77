"""How a post is answered and kept: its counts, and the verbs that move them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import (
    func,
    select,
    update,
)

from postways import later
from postways.db import changed, db
from postways.errors import Forbidden, Refused
from postways.models.guest import Actor
from postways.models.like import Like
from postways.models.permissions import UNVERIFIED
from postways.models.post_row import PostRow
from postways.models.repost import Repost
from postways.models.save import Save
from postways.models.telling import told

if TYPE_CHECKING:
    pass


class Counts(NamedTuple):
    """How much a post was answered."""

    likes: int
    comments: int
    reposts: int


class Counted(PostRow):
    """What people do with a `Post`."""

    @classmethod
    def counts(cls, post_ids: Sequence[int]) -> dict[int, Counts]:
        """Likes, comments and reposts of these posts as they stand now."""
        query = select(cls.id, cls.like_count, cls.comment_count, cls.repost_count).where(cls.id.in_(post_ids))
        return {post_id: Counts(*counts) for post_id, *counts in db.session.execute(query)}

    @classmethod
    def with_wrong_count(cls) -> dict[int, int]:
        """Posts whose count of likes is not the number of likes, with the right number."""
        truth = select(func.count()).where(Like.post_id == cls.id).correlate(cls).scalar_subquery()
        return dict(db.session.execute(select(cls.id, truth).where(cls.like_count != truth)).all())

    @classmethod
    def with_wrong_repost_count(cls) -> dict[int, int]:
        """Posts whose count of reposts is not the number of reposts, with the right number."""
        truth = select(func.count()).where(Repost.post_id == cls.id).correlate(cls).scalar_subquery()
        return dict(db.session.execute(select(cls.id, truth).where(cls.repost_count != truth)).all())

    @classmethod
    def with_wrong_save_count(cls) -> dict[int, int]:
        """Posts whose count of saves is not the number of saves, with the right number."""
        truth = select(func.count()).where(Save.post_id == cls.id).correlate(cls).scalar_subquery()
        return dict(db.session.execute(select(cls.id, truth).where(cls.save_count != truth)).all())

    @classmethod
    def set_count(cls, post_id: int, likes: int) -> None:
        """Put a count of likes right."""
        changed(update(cls).where(cls.id == post_id).values(like_count=likes))
        later.tell("post", post=post_id)

    @classmethod
    def set_comment_count(cls, post_id: int, comments: int) -> None:
        """Put a count of comments right."""
        changed(update(cls).where(cls.id == post_id).values(comment_count=comments))
        later.tell("post", post=post_id)

    @classmethod
    def set_repost_count(cls, post_id: int, reposts: int) -> None:
        """Put a count of reposts right."""
        changed(update(cls).where(cls.id == post_id).values(repost_count=reposts))
        later.tell("post", post=post_id)

    @classmethod
    def set_save_count(cls, post_id: int, saves: int) -> None:
        """Put a count of saves right."""
        changed(update(cls).where(cls.id == post_id).values(save_count=saves))

    def like(self, actor: Actor) -> None:
        """Count `actor` once among the people who like this post. Raises Refused for a draft."""
        user_id = self._liker(actor)
        if Like.add(self.id, user_id):
            self._likes_changed(+1)
            told().tell("like", self.author_id, user_id, post_id=self.id)

    def unlike(self, actor: Actor) -> None:
        """Count `actor` no longer among them."""
        user_id = self._liker(actor)
        if Like.remove(self.id, user_id):
            self._likes_changed(-1)
            told().withdraw("like", user_id, post_id=self.id)

    def toggle_like(self, actor: Actor) -> Like | None:
        """Like it, or if `actor` likes it no longer; answers the like that was made. One at a time."""
        db.session.refresh(self, ["published_at", "deleted_at", "withheld"], with_for_update={"key_share": True})
        user_id = self._liker(actor)
        if Like.of(user_id, self.id) is not None:
            self.unlike(actor)
            return None
        self.like(actor)
        return Like.of(user_id, self.id)

    def _liker(self, actor: Actor) -> int:
        if not self.published:
            raise Refused("A draft can't be liked; publish it first.")
        if actor.id is None:
            raise Forbidden
        if not actor.can_like(self._post):
            raise Refused(UNVERIFIED)
        return actor.id

    def _likes_changed(self, difference: int) -> None:
        changed(
            update(type(self)).where(type(self).id == self.id).values(like_count=type(self).like_count + difference)
        )
        later.tell("post", post=self.id)

    def repost(self, actor: Actor) -> None:
        """Bring it to the people who follow `actor`. Twice is once.

        Raises Forbidden for a visitor, Refused for what not everybody may see: a repost would carry it further.
        """
        if not self.public:
            raise Refused("Only what everybody may see can be reposted.")
        user_id = self._reposter(actor)
        if Repost.add(self.id, user_id):
            self._reposts_changed(+1)
            later.tell("reposted", post=self.id, person=user_id)
            told().tell("repost", self.author_id, user_id, post_id=self.id)

    def unrepost(self, actor: Actor) -> None:
        """Bring it to nobody any longer, whoever may see it now. Twice is once."""
        user_id = self._reposter(actor)
        if Repost.remove(self.id, user_id):
            self._reposts_changed(-1)
            told().withdraw("repost", user_id, post_id=self.id)

    def _reposter(self, actor: Actor) -> int:
        if actor.id is None:
            raise Forbidden
        if actor.must_verify:
            raise Refused(UNVERIFIED)
        return actor.id

    def _reposts_changed(self, difference: int) -> None:
        changed(
            update(type(self)).where(type(self).id == self.id).values(repost_count=type(self).repost_count + difference)
        )
        later.tell("post", post=self.id)

    def save(self, actor: Actor) -> None:
        """Keep it among what `actor` wants to find again; nobody is told. Twice is once. Raises Refused for a draft."""
        if not self.published:
            raise Refused("A draft can't be saved; publish it first.")
        if actor.id is None:
            raise Forbidden
        if not actor.can_save(self._post):
            raise Refused(UNVERIFIED)
        if Save.add(self.id, actor.id):
            self._saves_changed(+1)

    def unsave(self, actor: Actor) -> None:
        """Keep it no longer. Twice is once."""
        if actor.id is None:
            raise Forbidden
        if Save.remove(self.id, actor.id):
            self._saves_changed(-1)

    def _saves_changed(self, difference: int) -> None:
        changed(
            update(type(self)).where(type(self).id == self.id).values(save_count=type(self).save_count + difference)
        )
