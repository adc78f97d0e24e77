"""The feed of one person: what the people whom they follow have shared and reposted, each post once.

Read when it is asked for, not written when somebody posts; docs/decisions tells what either costs. A post comes into
a feed when the first of the people followed brings it: its author by publishing, others by reposting. Later reposts
do not bring it again, so nothing is repeated, and what stands where does not depend on what happens meanwhile.
"""

from __future__ import annotations

import base64
import binascii
import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import aliased

from postways.db import Id, Moment, db, now
from postways.models.follow import Follow
from postways.models.like import Like
from postways.models.listed import PAGE_SIZE, Glimpse
from postways.models.mute import Mute
from postways.models.post import Post
from postways.models.repost import Repost
from postways.models.user import User
from postways.paging import EPOCH, BadCursor, Page, microseconds, moment_of

WINDOW = 120  # posts that are put in order of score at once
FEW = 200  # people followed of whom each is asked; where there are more, the newest posts are looked through first
LOOKED_THROUGH = 1_000  # of these, and as many reposts
AHEAD = 52  # posts of one person that are looked at in one round
ROUNDS = 10  # of asking each, until a page is full; what mutes hide may need more than one
NAMED = 2  # people of those who brought it
REMEMBERED = 200  # of the reader's likes, from which closeness is counted
HALF_LIFE = timedelta(days=1)
LATEST = datetime.max.replace(tzinfo=EPOCH.tzinfo) - timedelta(days=2)  # before every time zone ends
END = 2**62  # an id that none has reached
MOST_COUNTED = 99


class Place(NamedTuple):
    """Where something stands by time: when it was brought, and which post it is."""

    moment: datetime
    post_id: int


TOP, NOWHERE = Place(LATEST, END), Place(EPOCH, 0)


@dataclass(frozen=True)
class Why:
    """What puts a post where it stands in a ranked feed: the parts of its score."""

    age: timedelta  # since it was brought
    answers: int  # likes, comments and reposts
    closeness: int  # of the reader's last REMEMBERED likes, how many its author got

    @classmethod
    def of(cls, entry: Entry, closeness: int, moment: datetime, *, opens: bool) -> Why:
        """How it stands at this `moment` for a reader for whom it `opens`; others are not told how it is answered."""
        post = entry.post
        answers = post.like_count + post.comment_count + post.repost_count if opens else 0
        return cls(max(moment - entry.moment, timedelta()), answers, closeness)

    @property
    def score(self) -> float:
        """The one formula: (1 + log2(1 + answers) + 2 log2(1 + closeness)), halved for each day of age.

        Halving makes yesterday's photograph need twice the weight of today's, so that the feed goes on by itself;
        logarithms because the first ten likes say more about a picture than the next hundred; closeness counts
        double, because this is the feed of one person and not the popular page. Nothing else goes in: not how long
        somebody looked, not what others like them do.
        """
        weight = 1 + math.log2(1 + self.answers) + 2 * math.log2(1 + self.closeness)
        return float(weight * 0.5 ** (self.age / HALF_LIFE))


@dataclass(frozen=True)
class Entry:
    """One post in a feed, as a glimpse; who reposted it, and in a ranked feed why it stands there."""

    post: Glimpse
    moment: datetime
    people: Sequence[User] = ()  # the first of those who reposted it and are followed
    reposts: int = 0  # how many of the people followed did
    why: Why | None = None

    @property
    def id(self) -> int:
        """Of the post."""
        return self.post.id

    @property
    def place(self) -> Place:
        """By time."""
        return Place(self.moment, self.post.id)


@dataclass(frozen=True)
class FeedPage(Page[Entry]):
    """A page of a feed, and when the newest post was brought that whoever reads on from here will come across."""

    newest: datetime = field(default=EPOCH)


class Feed:
    """The queries of a feed. Programs and pages call `page`; open pages are told by `count_newer` and `brought_to`."""

    @classmethod
    def page(cls, reader: User, ranking: str = "time", cursor: str | None = None, size: int = PAGE_SIZE) -> FeedPage:
        """A page of `reader`'s feed, in one of FEED_RANKINGS; a `cursor` keeps to the one it began with.

        Raises BadCursor. `reader.feed_ranking` is the order that this person has chosen.
        Each entry's `post` is a Glimpse; read whole ones by `Post.whole([entry.id for entry in page.items], reader)`.
        By score the newest WINDOW posts are put in order and handed out page by page, named in the cursor, then those
        after them: what is posted or liked meanwhile neither repeats nor hides anything.
        """
        way = cls._ranked if (cursor or ranking)[0] == _SCORE else cls._by_time
        return way(reader, cursor, size)

    @staticmethod
    def ranking_of(cursor: str) -> str:
        """The order to which a cursor keeps."""
        return "score" if cursor.startswith(_SCORE) else "time"

    @classmethod
    def count_newer(cls, reader_id: int, moment: datetime) -> int:
        """How many posts were brought into this feed after `moment`; counting ends at MOST_COUNTED."""
        follows = db.session.scalar(select(User.following_count).where(User.id == reader_id)) or 0
        entries, _ = cls._newest(reader_id, follows, TOP, MOST_COUNTED)
        return sum(entry.moment > moment for entry in entries)

    @classmethod
    def brought_to(cls, people: Sequence[int], post_id: int, reposter_id: int | None = None) -> set[int]:
        """Into whose feeds of these people the post has just come: by its author, or by a repost."""
        query = select(User.id).join(Post, Post.id == post_id).where(User.id.in_(people), Post.listed_for(User.id))
        if reposter_id is None:
            return set(db.session.scalars(query.where(_follows(User.id, Post.author_id))))
        repost = aliased(Repost)
        this = (repost.post_id == Post.id, repost.user_id == reposter_id)
        first = select(repost.id).where(*this, _first_brought(User.id, repost))
        return set(db.session.scalars(query.where(first.exists())))

    # --- by time

    @classmethod
    def _by_time(cls, reader: User, cursor: str | None, size: int) -> FeedPage:
        place = _read(cursor)[0] if cursor else TOP
        entries, after = cls._newest(reader.id, reader.following_count, place, size)
        newest = entries[0].moment if entries else EPOCH
        following = None if after == NOWHERE else _cursor(_TIME, after)
        return FeedPage(cls._with_bringers(entries, reader), following, newest)

    @classmethod
    def _newest(cls, reader_id: int, follows: int, place: Place, size: int) -> tuple[list[Entry], Place]:
        """The next `size` entries after `place` by time, and the place after which the next ones are."""
        entries: list[Entry] = []
        if follows > FEW:
            entries = _entries(_looking_through(), reader=reader_id, size=size + 1, **place._asdict())
        if len(entries) <= size:
            entries = []
            for _ in range(ROUNDS):
                found, place = cls._asking_each(reader_id, place, size)
                entries += found
                if len(entries) > size or place == NOWHERE:
                    break
        return entries[:size], entries[size - 1].place if len(entries) > size else place

    @classmethod
    def _asking_each(cls, reader_id: int, place: Place, size: int) -> tuple[list[Entry], Place]:
        """What those brought who were the last to bring something before `place`, down to where others did.

        Beside it the place down to which that is everything.
        """
        most, floor = size + 2, place.moment
        while floor >= place.moment:
            bound = {"reader": reader_id, "moment": place.moment, "most": most}
            last = [row for row in db.session.execute(_last_of_each(), bound) if row.latest is not None]
            floor = last[-1].latest if len(last) == most else EPOCH
            most *= 10  # so many at one moment
        floor = max([floor, *(row.ahead for row in last if row.ahead and row.ahead < place.moment)])
        whose = {kind: [row.person for row in last if row.kind == kind] for kind in ("post", "repost")}
        found = _entries(
            _brought_since(),
            **{"reader": reader_id, "floor": floor, "size": size + 1, **place._asdict()},
            authors=whose["post"],
            bringers=whose["repost"],
        )
        return found, Place(floor, END) if floor > EPOCH else NOWHERE

    # --- by score

    @classmethod
    def _ranked(cls, reader: User, cursor: str | None, size: int) -> FeedPage:
        place, ids = _read(cursor) if cursor else (TOP, [])
        newest = EPOCH
        if ids:
            named = {entry.id: entry for entry in cls._explained(_named(reader.id, ids[:size]), reader)}
            shown, rest = [named[post_id] for post_id in ids[:size] if post_id in named], ids[size:]
        else:
            window, place = cls._newest(reader.id, reader.following_count, place, WINDOW)
            newest = window[0].moment if window else EPOCH
            ranked = sorted(cls._explained(window, reader), key=_rank, reverse=True)
            shown, rest = ranked[:size], [entry.id for entry in ranked[size:]]
        following = _cursor(_SCORE, place, rest) if rest or place != NOWHERE else None
        return FeedPage(cls._with_bringers(shown, reader), following, newest)

    @classmethod
    def _explained(cls, entries: Sequence[Entry], reader: User) -> list[Entry]:
        """Each with the parts of its score."""
        if not entries:
            return []
        moment = now()
        close = {author_id: likes for author_id, likes in db.session.execute(_closeness(), {"reader": reader.id})}
        return [
            replace(one, why=Why.of(one, close.get(one.post.author_id, 0), moment, opens=reader.can_open(one.post)))
            for one in entries
        ]

    # --- who brought it

    @classmethod
    def _with_bringers(cls, entries: Sequence[Entry], reader: User) -> list[Entry]:
        """Each with the first people who reposted it, of those whom `reader` follows, and their number."""
        found: dict[int, list[Any]] = {entry.id: [] for entry in entries if entry.post.repost_count}
        if found:
            for row in db.session.execute(_bringers(), {"reader": reader.id, "ids": list(found)}):
                found[row.post_id].append(row)
        return [
            replace(entry, people=[row.User for row in rows], reposts=rows[0].number)
            if (rows := found.get(entry.id))
            else entry
            for entry in entries
        ]


def _rank(entry: Entry) -> tuple[float, Place]:
    assert entry.why is not None
    return entry.why.score, entry.place


def _entries(query: Select[Any], **bound: Any) -> list[Entry]:
    return [Entry(row, row.brought_at) for row in db.session.execute(query, bound)]


def _named(reader_id: int, ids: Sequence[int]) -> list[Entry]:
    """Those of these posts that are still in the feed."""
    return _entries(_of_ids(), reader=reader_id, ids=list(ids))


# --- cursors: a place, and of a ranked window the ids that are still to come

_TIME, _SCORE = "t", "s"  # how they begin
_HEAD = struct.Struct(">qqB")  # microseconds, post, bytes of each id


def _cursor(ranking: str, place: Place, ids: Sequence[int] = ()) -> str:
    width = max((1, *((post_id.bit_length() + 7) // 8 for post_id in ids)))
    head = _HEAD.pack(microseconds(place.moment), place.post_id, width)
    plain = head + b"".join(post_id.to_bytes(width, "big") for post_id in ids)
    return ranking + base64.urlsafe_b64encode(plain).decode().rstrip("=")


def _read(cursor: str) -> tuple[Place, list[int]]:
    try:
        plain = base64.urlsafe_b64decode(cursor[1:] + "=" * (-(len(cursor) - 1) % 4))
        moment, post_id, width = _HEAD.unpack_from(plain)
    except (binascii.Error, ValueError, struct.error):
        raise BadCursor(cursor) from None
    rest = plain[_HEAD.size :]
    if cursor[0] not in (_TIME, _SCORE) or not 0 < width <= 8 or len(rest) % width or len(rest) > WINDOW * width:  # noqa: PLR2004 64 bits
        raise BadCursor(cursor)
    ids = [int.from_bytes(rest[start : start + width], "big") for start in range(0, len(rest), width)]
    if not 0 <= post_id <= END or any(one > END for one in ids):
        raise BadCursor(cursor)
    return Place(moment_of(moment), post_id), ids


# --- the statements, each made once: building one costs as much as running it

_READER: ColumnElement[int] = bindparam("reader", type_=Id)
_MOMENT: ColumnElement[datetime] = bindparam("moment", type_=Moment())
_PLACE = tuple_(_MOMENT, bindparam("post_id", type_=Id))
_FLOOR: ColumnElement[datetime] = bindparam("floor", type_=Moment())
_SIZE: ColumnElement[int] = bindparam("size", type_=Id)
_IDS = bindparam("ids", type_=Id, expanding=True)
_EPOCH = literal(EPOCH, Moment())
_brought = aliased(Repost)  # beside the one that tells whether the reader reposted it


def _follows(reader: Any, person: Any) -> ColumnElement[bool]:
    """Whether `reader` follows `person`, who is here."""
    follow = aliased(Follow)
    both = (follow.follower_id == reader, follow.followed_id == person)
    held = select(follow.id).where(*both, follow.state == "accepted", follow.withheld.is_(False))
    return held.correlate_except(follow).exists()


def _brings(reader: Any, person: Any) -> ColumnElement[bool]:
    """Whether what `person` reposts comes to `reader`."""
    return and_(_follows(reader, person), ~Mute.hides_from(reader, person))


def _first_brought(reader: Any, repost: Any) -> ColumnElement[bool]:
    """Whether this repost is what brings a post to `reader`: not its author, nor a repost before."""
    before = aliased(Repost)
    earlier = tuple_(before.created_at, before.id) < tuple_(repost.created_at, repost.id)
    again = select(before.id).where(before.post_id == repost.post_id, earlier, _brings(reader, before.user_id))
    unknown = and_(Post.author_id != reader, ~_follows(reader, Post.author_id))
    return and_(_brings(reader, repost.user_id), unknown, ~again.exists())


def _posts(*which: ColumnElement[bool]) -> Select[Any]:
    query = Post.glimpses(_READER, *which, _follows(_READER, Post.author_id))
    return query.add_columns(Post.published_at.label("brought_at"))


def _reposts(*which: ColumnElement[bool]) -> Select[Any]:
    query = Post.glimpses(_READER, *which, _first_brought(_READER, _brought))
    return query.join(_brought, _brought.post_id == Post.id).add_columns(_brought.created_at.label("brought_at"))


def _together(posts: Select[Any], reposts: Select[Any]) -> Select[Any]:
    both = union_all(select(posts.subquery()), select(reposts.subquery())).subquery()
    return select(both).order_by(both.c.brought_at.desc(), both.c.id.desc()).limit(_SIZE)


@lru_cache(maxsize=1)
def _looking_through() -> Select[Any]:
    """Of the newest posts and reposts before a place those that come to the reader, as far as both were looked at."""
    post, repost = aliased(Post), aliased(Repost)
    floors = [
        func.coalesce(
            select(moment)
            .where(moment <= _MOMENT)
            .order_by(moment.desc())
            .offset(LOOKED_THROUGH)
            .limit(1)
            .scalar_subquery(),
            _EPOCH,
        )
        for moment in (post.published_at, repost.created_at)
    ]
    halves = [
        made(tuple_(moment, post_id) < _PLACE, *(moment >= floor for floor in floors))
        .order_by(moment.desc(), post_id.desc())
        .limit(_SIZE)
        for made, moment, post_id in (
            (_posts, Post.published_at, Post.id),
            (_reposts, _brought.created_at, _brought.post_id),
        )
    ]
    return _together(*halves)


@lru_cache(maxsize=1)
def _last_of_each() -> Select[Any]:
    """The people followed who were the last to publish or repost something, with when, and when AHEAD of that."""
    follow, post, repost = aliased(Follow), aliased(Post), aliased(Repost)
    kinds = {"post": (post.author_id, post.published_at), "repost": (repost.user_id, repost.created_at)}

    def nth(kind: str, person: Any, n: int) -> Any:
        who, moment = kinds[kind]
        newest = select(moment).where(who == person, moment <= _MOMENT).order_by(moment.desc())
        return newest.offset(n).limit(1).scalar_subquery() if n else newest.limit(1).scalar_subquery()

    here = (follow.follower_id == _READER, follow.state == "accepted", follow.withheld.is_(False))
    each = [
        select(
            follow.followed_id.label("person"),
            literal_column(f"'{kind}'").label("kind"),
            nth(kind, follow.followed_id, 0).label("latest"),
        ).where(*here, ~Mute.hides_from(_READER, follow.followed_id))
        for kind in kinds
    ]
    both = union_all(*each).subquery()
    last = select(both).order_by(both.c.latest.desc().nulls_last())  # asking for them apart would ask each twice
    some = last.limit(bindparam("most", type_=Id)).subquery()
    ahead = case((some.c.kind == "post", nth("post", some.c.person, AHEAD)), else_=nth("repost", some.c.person, AHEAD))
    return select(some, ahead.label("ahead")).order_by(some.c.latest.desc().nulls_last())


@lru_cache(maxsize=1)
def _brought_since() -> Select[Any]:
    """What some people published and others reposted after `floor` and before a place."""
    authors, bringers = (bindparam(name, type_=Id, expanding=True) for name in ("authors", "bringers"))
    published, reposted = tuple_(Post.published_at, Post.id), tuple_(_brought.created_at, _brought.post_id)
    return _together(
        _posts(
            Post.author_id.in_(authors), Post.published_at > _FLOOR, Post.published_at <= _MOMENT, published < _PLACE
        ),
        _reposts(
            _brought.user_id.in_(bringers),
            _brought.created_at > _FLOOR,
            _brought.created_at <= _MOMENT,
            reposted < _PLACE,
        ),
    )


@lru_cache(maxsize=1)
def _of_ids() -> Select[Any]:
    """Those of some posts that come to the reader, each with when it came."""
    repost = aliased(Repost)
    first = select(func.min(repost.created_at)).where(repost.post_id == Post.id, _brings(_READER, repost.user_id))
    brought_at = case((_follows(_READER, Post.author_id), Post.published_at), else_=first.scalar_subquery())
    query = Post.glimpses(_READER).add_columns(brought_at.label("brought_at"))
    return query.where(Post.id.in_(_IDS), Post.author_id != _READER, brought_at.is_not(None))


@lru_cache(maxsize=1)
def _closeness() -> Select[Any]:
    """Of the reader's last likes, how many each author got."""
    likes = select(Like.post_id).where(Like.user_id == _READER).order_by(Like.id.desc()).limit(REMEMBERED).subquery()
    counted: Select[Any] = select(Post.author_id, func.count()).join(  # type: ignore[assignment]
        likes, likes.c.post_id == Post.id
    )
    return counted.group_by(Post.author_id)


@lru_cache(maxsize=1)
def _bringers() -> Select[Any]:
    """The first NAMED people who reposted each of some posts, of those followed, and how many there are."""
    first = (Repost.created_at, Repost.id)
    rank = func.row_number().over(partition_by=Repost.post_id, order_by=first).label("rank")
    number = func.count().over(partition_by=Repost.post_id).label("number")
    all_of_them = select(Repost.post_id, Repost.user_id, rank, number).where(
        Repost.post_id.in_(_IDS), _brings(_READER, Repost.user_id)
    )
    some = all_of_them.subquery()
    query = select(some.c.post_id, some.c.number, User).join(User, User.id == some.c.user_id)
    return query.where(some.c.rank <= NAMED).order_by(some.c.post_id, some.c.rank)
