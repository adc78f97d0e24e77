"""How a comment is liked, and its counts."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from postways import later
from postways.db import changed, db
from postways.errors import Forbidden, Refused
from postways.models.comment_like import CommentLike
from postways.models.comment_row import CommentRow
from postways.models.guest import Actor
from postways.models.permissions import UNVERIFIED
from postways.models.post import Post
from postways.models.telling import told


class CountedComment(CommentRow):
    """What people do with a `Comment`, and how often."""

    @classmethod
    def like_counts(cls, comment_ids: Iterable[int]) -> dict[int, int]:
        """The likes of these comments as they stand now."""
        query = select(cls.id, cls.like_count).where(cls.id.in_(comment_ids))
        return dict(db.session.execute(query).all())

    @classmethod
    def miscounted_posts(cls) -> dict[int, int]:
        """Posts whose count of comments is not the number of comments that can be seen, with the right number."""
        shown = and_(cls.post_id == Post.id, cls._shown(cls))
        truth = select(func.count()).select_from(cls).where(shown).correlate(Post).scalar_subquery()
        return dict(db.session.execute(select(Post.id, truth).where(Post.comment_count != truth)).all())

    @classmethod
    def with_wrong_counts(cls) -> dict[int, tuple[int, int]]:
        """Comments whose counts are not the truth, with the right numbers of likes and replies."""
        reply = aliased(cls)
        counted = and_(reply.parent_id == cls.id, cls._shown(reply))
        replies = select(func.count()).select_from(reply).where(counted).correlate(cls).scalar_subquery()
        likes = select(func.count()).where(CommentLike.comment_id == cls.id).correlate(cls).scalar_subquery()
        wrong = or_(cls.like_count != likes, cls.reply_count != replies)
        return {row[0]: (row[1], row[2]) for row in db.session.execute(select(cls.id, likes, replies).where(wrong))}

    @classmethod
    def set_counts(cls, comment_id: int, likes: int, replies: int) -> None:
        """Put the counts of a comment right."""
        changed(update(cls).where(cls.id == comment_id).values(like_count=likes, reply_count=replies))

    def like(self, actor: Actor) -> None:
        """Count `actor` once among the people who like it. Raises Forbidden or Refused."""
        user_id = self._liker(actor)
        try:
            with db.session.begin_nested():
                db.session.add(CommentLike(comment_id=self.id, user_id=user_id))
        except IntegrityError:
            return  # a second click, a second tab
        self._likes_changed(+1)
        if self._opens_for(self.author_id):
            told().tell("comment-like", self.author_id, user_id, post_id=self.post_id, comment_id=self.id)

    def unlike(self, actor: Actor) -> None:
        """Count `actor` no longer among them."""
        user_id = self._liker(actor)
        mine = delete(CommentLike).where(CommentLike.comment_id == self.id, CommentLike.user_id == user_id)
        if changed(mine) == 1:
            self._likes_changed(-1)
            told().withdraw("comment-like", user_id, post_id=self.post_id, comment_id=self.id)

    def _liker(self, actor: Actor) -> int:
        if actor.id is None:
            raise Forbidden
        if not self.post.published:
            raise Refused("A draft can't be liked; publish it first.")
        if actor.must_verify:
            raise Refused(UNVERIFIED)
        return actor.id

    def _likes_changed(self, difference: int) -> None:
        """The one place where a like of a comment becomes known."""
        comments = type(self)
        changed(update(comments).where(comments.id == self.id).values(like_count=comments.like_count + difference))
        later.tell("comment-liked", post=self.post_id, comment=self.id)
