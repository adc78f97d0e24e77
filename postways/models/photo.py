"""A photograph: its original, what was made of it, and how far that has got."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, BinaryIO

from sqlalchemy import JSON, ColumnElement, ForeignKey, Index, String, Text, and_, func, or_, select, text, update
from sqlalchemy.orm import Mapped, attributes, mapped_column, relationship

from postways import images, later
from postways.db import Id, Moment, changed, db, now
from postways.errors import Missing, Refused
from postways.framing import POINTS, Framing
from postways.images import Unreadable
from postways.models.erasure import Erasure
from postways.models.guest import Actor
from postways.storage import NotFound, Storage

if TYPE_CHECKING:
    from postways.models.post import Post
    from postways.models.user import User

LONGEST_ALT = 1_500
LEASE = timedelta(seconds=20)  # a worker that has not been heard of for so long has died
MOST_TRIES = 3
LARGE_ENOUGH = 1080  # pixels across, to frame a picture by
PENDING_FOR = timedelta(hours=24)  # an upload that no post refers to is kept for so long
GAVE_UP = "This picture could not be prepared. Try again, or replace it with another copy."
NOT_YET = "This picture is still being prepared. Try again in a moment."
LOST = "The uploaded file is no longer there. Choose the photograph again."


class Photo(db.Model):  # type: ignore[name-defined]
    """One photograph of a post or a message, or a pending upload of its owner while neither is set.

    `state` is what must still be done, and the truth about it: a queue entry is only the doorbell. A picture that is
    framed anew is shown as it was until the new one is there: its files lie under a key of their own.
    """

    __tablename__ = "photos"
    __table_args__ = (
        Index("ix_photos_post_id_position", "post_id", "position"),
        Index("ix_photos_state_claimed_at", "state", "claimed_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(32), unique=True)
    original: Mapped[str] = mapped_column(String(80), index=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), index=True)
    avatar: Mapped[bool] = mapped_column(default=False)  # chosen as its owner's picture: no post will refer to it
    position: Mapped[int] = mapped_column(default=0)
    alt: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    reason: Mapped[str] = mapped_column(Text, default="")
    tries: Mapped[int] = mapped_column(default=0)
    claimed_at: Mapped[datetime] = mapped_column(Moment, default=now)  # or, while it waits, since when
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    mime: Mapped[str] = mapped_column(String(32))
    size: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    made: Mapped[list[int]] = mapped_column(JSON, default=list)  # widths of the derivatives
    placeholder: Mapped[str] = mapped_column(Text, default="")
    turns: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # these three: how it is to be framed
    crop: Mapped[list[float] | None] = mapped_column(JSON(none_as_null=True))
    focus: Mapped[str] = mapped_column(String(2), default="11", server_default=text("'11'"))
    framings: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # how often that was changed
    whole: Mapped[list[int] | None] = mapped_column(
        JSON(none_as_null=True)
    )  # the upright original's size, if what is shown differs
    camera: Mapped[str | None] = mapped_column(String(200))
    lens: Mapped[str | None] = mapped_column(String(200))
    focal_length: Mapped[float | None]
    aperture: Mapped[float | None]
    shutter: Mapped[float | None]
    iso: Mapped[int | None]
    taken_at: Mapped[datetime | None]

    post: Mapped[Post | None] = relationship(back_populates="photos", lazy="raise_on_sql")

    # --- questions

    @property
    def described_anew(self) -> bool:
        """Whether its description is another one than was saved."""
        return attributes.get_history(self, "alt").has_changes()

    @property
    def ready(self) -> bool:
        """Whether its derivatives can be shown, perhaps as it was framed before."""
        return bool(self.made)

    def within(self, width: int, height: int) -> tuple[int, int]:
        """The size in which it fits into a box, never enlarged: a page that reserves it does not move."""
        scale = min(1, width / self.width, height / self.height)
        return max(1, round(self.width * scale)), max(1, round(self.height * scale))

    @property
    def failed(self) -> bool:
        """Whether nothing could be made of it; `reason` says why."""
        return self.state == "failed" and not self.made

    @property
    def waiting(self) -> bool:
        """Whether it is still being prepared."""
        return self.under_way and not self.made

    @property
    def under_way(self) -> bool:
        """Whether a worker is at it or will be: at the first pictures, or at those of another framing."""
        return self.state in ("waiting", "processing")

    @property
    def widths(self) -> tuple[int, ...]:
        """The widths in which it can be had, rising."""
        return tuple(self.made)

    @property
    def names(self) -> list[str]:
        """The names of its derivatives."""
        return [f"{size}.{kind}" for size in (*self.made, "square") for kind in ("webp", "jpg")] if self.ready else []

    @property
    def framing(self) -> Framing:
        """How it is to be shown; what is shown differs while that is prepared."""
        left, top, width, height = self.crop or (0.0, 0.0, 1.0, 1.0)
        return Framing(self.turns, left, top, width, height, self.focus)

    @property
    def whole_size(self) -> tuple[int, int]:
        """The size of the upright original, as far as it is known."""
        return (self.whole[0], self.whole[1]) if self.whole else (self.width, self.height)

    @property
    def whole_name(self) -> str:
        """The file that shows all of the original; if it is none of `names`, it is its owner's alone."""
        return "whole.jpg" if self.whole else f"{max(width for width in self.made if width <= LARGE_ENOUGH)}.jpg"

    @property
    def folder(self) -> str:
        """Where its derivatives lie in the storage."""
        return f"photos/{self.key}/"

    @property
    def camera_facts(self) -> list[tuple[str, str]]:
        """What the camera wrote down, as (msgid of the label, text)."""
        facts = [
            ("Camera", self.camera),
            ("Lens", self.lens),
            ("Focal length", self.focal_length and f"{self.focal_length:g} mm"),
            ("Aperture", self.aperture and f"f/{self.aperture:g}"),
            ("Shutter", self.shutter and shutter_text(self.shutter)),
            ("ISO", self.iso and str(self.iso)),
            ("Taken", self.taken_at and f"{self.taken_at:%Y-%m-%d %H:%M}"),
        ]
        return [(label, text) for label, text in facts if text]

    # --- queries

    @classmethod
    def _pending(cls) -> ColumnElement[bool]:
        return and_(cls.post_id.is_(None), cls.message_id.is_(None), cls.avatar.is_(False))

    @classmethod
    def pending_of(cls, user: User, ids: list[int]) -> list[Photo]:
        """Those of `ids` that are pending uploads of `user`, in the order of `ids`; others are left out."""
        rows = db.session.scalars(
            select(cls).where(cls.id.in_(ids[:100]), cls.owner_id == user.id, cls._pending())
        ).all()
        return sorted(rows, key=lambda photo: ids.index(photo.id))

    @classmethod
    def unused_of(cls, user: User) -> Sequence[Photo]:
        """Pending uploads of `user` that no post refers to yet, oldest first."""
        mine = select(cls).where(cls.owner_id == user.id, cls._pending())
        return db.session.scalars(mine.order_by(cls.id)).all()

    @classmethod
    def upload_of(cls, photo_id: int, user: User) -> Photo:
        """A photograph of `user`'s own, attached or pending. Raises Missing."""
        photo = db.session.scalar(
            select(cls).where(cls.id == photo_id, cls.owner_id == user.id).execution_options(populate_existing=True)
        )
        if photo is None:
            raise Missing
        return photo

    @classmethod
    def avatars_of(cls, owner_id: int) -> list[Photo]:
        """What somebody chose as the own picture, newest first: the one that is shown, and perhaps one to come."""
        query = select(cls).where(cls.owner_id == owner_id, cls.avatar.is_(True)).order_by(cls.id.desc())
        return list(db.session.scalars(query.execution_options(populate_existing=True)))

    @classmethod
    def with_key(cls, key: str) -> Photo | None:
        """The photograph whose files have this key."""
        return db.session.scalar(select(cls).where(cls.key == key))

    @classmethod
    def waiting_for_work(cls, moment: datetime) -> list[int]:
        """The ids of photographs that nobody works on: they wait since some seconds, or their worker has died."""
        forgotten = and_(cls.state == "waiting", cls.claimed_at < moment - timedelta(seconds=5))
        abandoned = and_(cls.state == "processing", cls.claimed_at < moment - LEASE)
        return list(db.session.scalars(select(cls.id).where(or_(forgotten, abandoned)).order_by(cls.id).limit(1_000)))

    @classmethod
    def left_behind(cls, moment: datetime) -> list[Photo]:
        """Pending uploads that have been kept long enough."""
        old = select(cls).where(cls._pending(), cls.created_at < moment - PENDING_FOR)
        return list(db.session.scalars(old.limit(1_000)))

    @classmethod
    def after(cls, photo_id: int, most: int) -> Sequence[Photo]:
        """Photographs in the order of their ids, for the check of the storage."""
        return db.session.scalars(select(cls).where(cls.id > photo_id).order_by(cls.id).limit(most)).all()

    @classmethod
    def known(cls, names: Iterable[str]) -> set[str]:
        """Those of these files that belong to a photograph: its original, or anything in the folder of its key."""
        of_key = {name: name.split("/")[1] for name in names if name.startswith("photos/")}
        originals = [name for name in names if name not in of_key]
        keys = set(db.session.scalars(select(cls.key).where(cls.key.in_(set(of_key.values())))))
        known = set(db.session.scalars(select(cls.original).where(cls.original.in_(originals))))
        return known | {name for name, key in of_key.items() if key in keys}

    @classmethod
    def in_states(cls) -> dict[str, int]:
        """How many photographs there are in each state."""
        return dict(db.session.execute(select(cls.state, func.count()).group_by(cls.state)).all())

    # --- verbs

    @staticmethod
    def store(file: BinaryIO, storage: Storage, *, max_bytes: int, max_pixels: int, untorn: bool = False) -> Photo:
        """Check the file by its header, keep the original, and return the row for it, not yet in the session.

        `untorn` also refuses what is seen, without decoding it, to have lost a part.

        Slow and outside any transaction: the file lies in the storage before a row speaks of it. Raises Refused.
        """
        size = _size(file)
        if size > max_bytes:
            message = "%(size)s MB is too much; the most is %(most)s MB. Choose a smaller copy."
            raise Refused(message, field="images", size=f"{size / 1e6:.1f}", most=max_bytes // 1_000_000)
        try:
            probe = images.probe(file, max_pixels=max_pixels)
            if untorn:
                images.refuse_torn(file)
        except Unreadable as error:
            raise Refused(str(error), field="images", **error.values) from None
        key = secrets.token_hex(16)
        original = f"originals/{key}/original.{probe.extension}"
        storage.put(original, file, probe.mime)
        return Photo(
            key=key,
            original=original,
            mime=probe.mime,
            size=size,
            width=probe.width,
            height=probe.height,
            alt="",
            state="waiting",
            reason="",
            tries=0,
            made=[],
            placeholder="",
        )

    def pend(self, owner: User) -> None:
        """Keep this upload for `owner` until a post refers to it; its preparation starts at once."""
        self.owner_id = owner.id
        db.session.add(self)
        db.session.flush()
        later.job("process_photo", self.id)

    def pend_as_avatar(self, owner: User) -> None:
        """Show it as `owner`'s picture once it is prepared; one that was still to come is let go."""
        for other in Photo.avatars_of(owner.id):
            if other.key != owner.avatar_key:
                other.remove()
        self.avatar = True
        self.pend(owner)

    @classmethod
    def remove_avatar(cls, owner: User) -> None:
        """Show `owner` without a picture again."""
        for photo in cls.avatars_of(owner.id):
            photo.remove()
        owner.avatar_key = ""
        owner.seen_anew()

    def claim(self, moment: datetime) -> bool:
        """Whether this worker is the one to prepare it now; counts the try. Gives up after the third."""
        free = or_(Photo.state == "waiting", and_(Photo.state == "processing", Photo.claimed_at < moment - LEASE))
        row = update(Photo).where(Photo.id == self.id, Photo.framings == self.framings, free)
        if self.tries >= MOST_TRIES:
            if changed(row.values(state="failed", reason=GAVE_UP)) == 1:
                self._changed()
            return False
        return changed(row.values(state="processing", claimed_at=moment, tries=Photo.tries + 1)) == 1

    def still_at_it(self) -> None:
        """Tell the sweeper that the worker lives."""
        changed(update(Photo).where(Photo.id == self.id, Photo.state == "processing").values(claimed_at=now()))

    def next_key(self) -> str:
        """Under which its next derivatives lie: what an address shows never changes."""
        return secrets.token_hex(16) if self.made else self.key

    def derived(self, derived: images.Derived, key: str | None = None) -> bool:
        """Note what was made of it, under which key.

        False when the row has gone meanwhile, or is to be framed otherwise, and these files must go too.
        """
        camera, key = derived.camera, key or self.key
        if key != self.key:
            Erasure.ask(self.folder)
        done = changed(
            update(Photo)
            .where(Photo.id == self.id, Photo.key == self.key, Photo.framings == self.framings)
            .values(
                state="ready",
                reason="",
                key=key,
                whole=list(derived.whole) if self.framing.reshapes else None,
                width=derived.width,
                height=derived.height,
                made=list(derived.widths),
                placeholder=derived.placeholder,
                camera=camera.make_model,
                lens=camera.lens,
                focal_length=camera.focal_length,
                aperture=camera.aperture,
                shutter=camera.shutter,
                iso=camera.iso,
                taken_at=camera.taken_at,
            )
        )
        if done == 1 and self.avatar:
            self._show_as_avatar()
        if done == 1:
            self._changed()
        return done == 1

    def _show_as_avatar(self) -> None:
        for older in Photo.avatars_of(self.owner_id):
            if older.id < self.id:
                older.remove()
        users, posts = db.metadata.tables["users"], db.metadata.tables["posts"]
        changed(update(users).where(users.c.id == self.owner_id).values(avatar_key=self.key))
        changed(update(posts).where(posts.c.author_id == self.owner_id).values(version=posts.c.version + 1))

    def fail(self, reason: str) -> None:
        """Mark it with the reason why nothing can be made of it; its author can retry or replace it."""
        same = (Photo.id == self.id, Photo.framings == self.framings)
        changed(update(Photo).where(*same).values(state="failed", reason=reason))
        self._changed()

    def retry(self, actor: Actor) -> None:
        """Try a failed photograph again. Twice is once."""
        if actor.id != self.owner_id:
            raise Missing
        again = changed(
            update(Photo)
            .where(Photo.id == self.id, Photo.state == "failed")
            .values(state="waiting", reason="", tries=0, claimed_at=now())
        )
        if again == 1:
            attributes.set_committed_value(self, "state", "waiting")  # its page is shown next
            later.job("process_photo", self.id)
            self._changed()

    def frame(self, framing: Framing, actor: Actor) -> None:
        """Show it turned, cut and centred so; the original stays as it is. Twice is once. Raises Missing or Refused."""
        if actor.id != self.owner_id:
            raise Missing
        if not self.ready:
            raise Refused(NOT_YET)
        if framing.focus not in POINTS or framing.turns not in range(4):
            raise Refused("Choose one of the nine points.", field="focus")
        framing = framing.fitted()
        if framing == self.framing and self.state != "failed":
            return
        self.turns, self.focus = framing.turns, framing.focus
        self.crop = list(framing.part) if framing.cuts else None
        self.framings = Photo.framings + 1
        self.state, self.reason, self.tries, self.claimed_at = "waiting", "", 0, now()
        db.session.flush()
        later.job("process_photo", self.id)

    def redo(self) -> None:
        """Prepare it once more, because a file that was made of it is missing."""
        self.state, self.tries, self.claimed_at, self.made = "waiting", 0, now(), []
        later.job("process_photo", self.id)

    def remove(self) -> None:
        """Let go of the row and of every file, the original included."""
        Erasure.ask(self.folder)
        Erasure.ask(self.original.rpartition("/")[0] + "/")
        db.session.delete(self)

    def _changed(self) -> None:
        """The pages that show it, and its owner's, may ask for it again."""
        posts = db.metadata.tables["posts"]
        changed(update(posts).where(posts.c.id == self.post_id).values(version=posts.c.version + 1))
        later.tell("photo", photo=self.id, post=self.post_id or 0, person=self.owner_id)
        if self.message_id is not None:
            messages = db.metadata.tables["messages"]
            receiver = db.session.scalar(select(messages.c.receiver_id).where(messages.c.id == self.message_id))
            later.tell("photo", photo=self.id, post=0, person=receiver or 0)

    def read_original(self, storage: Storage) -> BinaryIO:
        """The file as it came. Raises Unreadable when it is gone."""
        try:
            return storage.open(self.original)
        except NotFound:
            raise Unreadable(LOST) from None


def shutter_text(seconds: float) -> str:
    """A shutter speed as photographers write it: 1/250 s, 2 s."""
    return f"1/{round(1 / seconds)} s" if 0 < seconds < 0.3 else f"{seconds:g} s"  # noqa: PLR2004 where fractions stop being used


def _size(file: BinaryIO) -> int:
    file.seek(0, 2)
    size = file.tell()
    file.seek(0)
    return size
