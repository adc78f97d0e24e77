"""People, posts and all they lead to, in bulk, for measuring: true to the site's rules, far from its verbs' speed.

Each transaction leaves everything right (counts, tags, likes once per person and post), so it may be stopped anywhere
and run again for more. The photographs show what six of the demo's show, each under a key of its own; files lie in the
storage for the newest posts alone, five pages of them, because a million would fill the disk. Older ones show their
placeholder, and `media check` counts their originals among those that are gone.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, pairwise
from random import Random
from typing import Any

import click
from sqlalchemy import and_, bindparam, func, insert, select, update

from postways import search
from postways.auth import passwords
from postways.db import db, now
from postways.demo.content import PHOTOS, credits_by_file
from postways.demo.password import kept_password
from postways.demo.photographs import gone_without_rows, keep, prepared
from postways.images import Derived
from postways.models import Comment, CommentLike, Follow, Like, Photo, Post, PostTag, Repost, Save, Tag, User
from postways.text import words_of

SHOWN = 60  # the newest posts, whose photographs have files
FILES = ("aitzgorri.jpg", "friends.jpg", "sunset.jpg", "fig.jpg", "brushes.jpg", "dandelion.jpg")
SPAN = timedelta(days=730)
POSTS_AT_ONCE = 1_000  # in one transaction, which others wait for on SQLite
LIKES_AT_ONCE = 50_000
FOLLOWERS_AT_ONCE = 2_500
FOLLOWED, FOLLOWED_BY_FIRST = 20, 5_000  # how many somebody follows, at most
PREFIX = "scale-"
COMMENTED, REPOSTED, SAVED = 5, 8, 6  # one of it for so many likes of a post
ANSWERED, LIKED = 3, 2  # by the post's author: one of so many comments
VIEWS_PER_LIKE = 13
ALBUMS = (1,) * 15 + (2, 2, 3, 4, 0)  # photographs of a post
TAGS = tuple(
    "light street sea mountains sky forest evening portrait night macro birds city water winter summer rain food "
    "architecture travel colour blackandwhite garden friends music".split()
)
PLACES = "harbour bridge market station hill river window garden roof corner".split()
TIMES = "at six|in the rain|before the others came|on the last day|once more|from the train|after the storm".split("|")
_MADE_HERE = and_(User.demo, User.username_key.startswith(PREFIX))
SENTENCES = (
    "Went back for this one twice.",
    "The light lasted for about a minute.",
    "Nobody else was up, which was the whole point.",
    "I had planned something else entirely.",
    "Seen on the way home, and worth being late for.",
    "It looked better than this, but not by much.",
)


@dataclass(frozen=True)
class Planned:
    """A post that is to be written: its row, its photographs by file name, its tags and who likes it."""

    row: dict[str, Any]
    files: Sequence[str]
    tags: Sequence[str]
    likers: Sequence[int]
    talkers: Sequence[int]

    def some(self, count: str) -> Sequence[int]:
        """Who did what this column of the row counts: those who liked it first."""
        return self.likers[: self.row[count]]


def scale(people: int, posts: int, likes: int) -> None:
    """Add so many people, posts of theirs over the last two years, and likes of theirs for these posts.

    Without any people it is those of earlier runs who write and like.
    """
    moment = now()
    users = _people() if not people else []
    if min(people, posts, likes) < 0 or likes > (people or len(users)) * posts or (posts and not (people or users)):
        raise click.ClickException("Posts need people, and each of the people can like each of the posts once at most.")
    if people:
        users = _add_people(people, moment)
        _follow(users, moment)
    tags = _tag_ids()
    db.session.commit()
    derived = prepared(FILES) if posts else {}
    plans = _plans(users, posts, likes, moment)
    for first, last in _spans(posts, likes):
        _write(list(islice(plans, last - first)), derived, tags, with_files=last == posts)
    click.echo(f"{people} people, {posts} posts and {likes} likes were added.")


def _add_people(count: int, moment: datetime) -> list[int]:
    """Their ids. They share the demo's password, and their names go on where the last run ended."""
    if not count:
        return []
    password_hash, first = passwords.hashed(kept_password()), _next_number()
    names = [f"{PREFIX}{number:06d}" for number in range(first, first + count)]
    rows = [
        {
            "username": name,
            "username_key": name,
            "password_hash": password_hash,
            "demo": True,
            "joined_at": moment - SPAN - timedelta(minutes=count - place),
            "verified_at": moment - SPAN - timedelta(minutes=count - place),
        }
        for place, name in enumerate(names)
    ]
    ids = _inserted(User, rows)
    _be_found(search.people, [search.Document(who, who, name) for who, name in zip(ids, names, strict=True)])
    return ids


def _people() -> list[int]:
    """The ids of those whom earlier runs have added."""
    return list(db.session.scalars(select(User.id).where(_MADE_HERE).order_by(User.id)))


def _be_found(words: search.Words, documents: Sequence[search.Document]) -> None:
    for first in range(0, len(documents), search.AT_ONCE):
        words.write(documents[first : first + search.AT_ONCE])


def _follow(users: Sequence[int], moment: datetime) -> None:
    """Each of these people follows a few others, some far more often; the first one follows very many."""
    chance = Random(f"follows {len(users)}")
    for start in range(0, len(users), FOLLOWERS_AT_ONCE):
        pairs = [
            (follower, followed)
            for place, follower in enumerate(users[start : start + FOLLOWERS_AT_ONCE], start)
            for followed in _followed(users, place, chance)
            if followed != follower
        ]
        row = {"state": "accepted", "created_at": moment}
        _insert(Follow, ({"follower_id": one, "followed_id": other, **row} for one, other in pairs))
        _add_up("following_count", (follower for follower, _ in pairs))
        _add_up("followers_count", (followed for _, followed in pairs))
        db.session.commit()


def _followed(users: Sequence[int], place: int, chance: Random) -> Iterable[int]:
    if place == 0:
        return chance.sample(users, min(len(users), FOLLOWED_BY_FIRST))
    return dict.fromkeys(users[_low(len(users), chance)] for _ in range(min(len(users), FOLLOWED)))


def _next_number() -> int:
    names = select(User.username_key).where(_MADE_HERE)
    last = db.session.scalar(names.order_by(func.length(User.username_key).desc(), User.username_key.desc()).limit(1))
    return int(last.removeprefix(PREFIX)) + 1 if last else 1


def _tag_ids() -> dict[str, int]:
    Tag.ids_of(list(TAGS))
    return dict(db.session.execute(select(Tag.key, Tag.id).where(Tag.key.in_(TAGS))).all())


def _spans(posts: int, likes: int) -> Iterator[tuple[int, int]]:
    """Where each transaction begins and ends; the newest posts, those with files, have the last one for themselves."""
    step = max(1, min(POSTS_AT_ONCE, LIKES_AT_ONCE * posts // max(1, likes)))
    older = max(0, posts - SHOWN)
    return ((first, last) for first, last in pairwise([*range(0, older, step), older, posts]) if first < last)


def _plans(users: Sequence[int], posts: int, likes: int, moment: datetime) -> Iterator[Planned]:
    """Oldest first. A few people write and a few tags carry much, most little; the same each time."""
    chance = Random(f"{len(users)},{posts},{likes}")
    albums = _albums()
    for place, count in enumerate(_like_counts(len(users), posts, likes, chance)):
        album = chance.choice(albums)
        files = chance.sample(album, min(chance.choice(ALBUMS), len(album)))
        tags = list(dict.fromkeys(TAGS[_low(len(TAGS), chance)] for _ in range(chance.choice((0, 0, 1, 2, 3)))))
        published = moment - SPAN + SPAN * ((place + chance.random()) / posts)
        credit = credits_by_file()[files[0]] if files else None
        author = users[_low(len(users), chance)]
        title = f"The {chance.choice(PLACES)} {chance.choice(TIMES)}"
        content = " ".join([*chance.sample(SENTENCES, chance.randint(1, 4)), *(f"#{tag}" for tag in tags)])
        row = {
            "author_id": author,
            "title": title,
            "content": content,
            "words": words_of(f"{title} {content}"),
            "licence": credit.licence if credit else "all-rights-reserved",
            "credit": credit.author if credit else "",
            "like_count": count,
            "created_at": published,
            "updated_at": published,
            "published_at": published,
        }
        likers = chance.sample(users, count)
        talkers = likers[: count // COMMENTED]
        row["comment_count"] = len(talkers) + len(talkers) // ANSWERED
        row |= {"repost_count": count // REPOSTED, "save_count": count // SAVED, "view_count": count * VIEWS_PER_LIKE}
        yield Planned(row, files, tags, likers, talkers)


def _albums() -> list[list[str]]:
    """The photographs that may stand in one post: of one photographer under one licence."""
    albums: dict[tuple[str, str], list[str]] = {}
    for file in FILES:
        credit = credits_by_file()[file]
        albums.setdefault((credit.author, credit.licence), []).append(file)
    return list(albums.values())


def _like_counts(people: int, posts: int, likes: int, chance: Random) -> Iterator[int]:
    """For each post how many like it: mostly few, sometimes many, `likes` together."""
    for posts_left in range(posts, 0, -1):
        wanted = round(likes / posts_left * 5 * chance.random() ** 4)  # the mean of the last factors is 1
        count = max(likes - (posts_left - 1) * people, min(wanted, people, likes))
        likes -= count
        yield count


def _low(count: int, chance: Random) -> int:
    """A place below `count`, the first ones far more often."""
    return int(count * chance.random() ** 2)


def _write(plans: Sequence[Planned], derived: Mapping[str, Derived], tags: Mapping[str, int], with_files: bool) -> None:
    """Store the files first, if there are to be some, then all rows in one transaction."""
    files = [file for plan in plans for file in plan.files]
    stored: list[Photo] = []
    with gone_without_rows(stored):
        photos = _with_files(files, derived, stored) if with_files else _without_files(files, derived)
        ids = _inserted(Post, [plan.row for plan in plans])
        _insert(Photo, _photo_rows(plans, ids, photos))
        _insert(PostTag, _tag_rows(plans, ids, tags))
        for noun, count in ((Like, "like_count"), (Repost, "repost_count"), (Save, "save_count")):
            _insert(noun, _acts(plans, ids, count))
        _talk(plans, ids)
        _be_found(search.posts, [_words(plan, post_id) for plan, post_id in zip(plans, ids, strict=True)])
        _count_posts(plan.row["author_id"] for plan in plans)
        db.session.commit()


def _with_files(files: Sequence[str], derived: Mapping[str, Derived], stored: list[Photo]) -> Iterator[dict[str, Any]]:
    for file, photo in zip(files, keep(files, derived, stored), strict=True):
        yield {"key": photo.key, "original": photo.original, **_facts(file, derived[file])}


def _without_files(files: Sequence[str], derived: Mapping[str, Derived]) -> Iterator[dict[str, Any]]:
    facts = {file: _facts(file, derived[file]) for file in derived}
    for file in files:
        key = secrets.token_hex(16)
        yield {"key": key, "original": f"originals/{key}/original.jpg", **facts[file]}


def _facts(file: str, derived: Derived) -> dict[str, Any]:
    return {
        "alt": credits_by_file()[file].alt,
        "state": "ready",
        "mime": "image/jpeg",
        "size": (PHOTOS / file).stat().st_size,
        "width": derived.width,
        "height": derived.height,
        "made": list(derived.widths),
        "placeholder": derived.placeholder,
    }


def _photo_rows(
    plans: Sequence[Planned], ids: Sequence[int], photos: Iterator[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    for plan, post_id in zip(plans, ids, strict=True):
        moment, owner = plan.row["published_at"], plan.row["author_id"]
        for position, photo in enumerate(islice(photos, len(plan.files))):
            place = {"owner_id": owner, "post_id": post_id, "position": position}
            yield {**photo, **place, "claimed_at": moment, "created_at": moment}


def _tag_rows(plans: Sequence[Planned], ids: Sequence[int], tags: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    for plan, post_id in zip(plans, ids, strict=True):
        for tag in plan.tags:
            yield {"post_id": post_id, "tag_id": tags[tag], "published_at": plan.row["published_at"]}


def _acts(plans: Sequence[Planned], ids: Sequence[int], count: str) -> Iterator[dict[str, Any]]:
    for plan, post_id in zip(plans, ids, strict=True):
        for user_id in plan.some(count):
            yield {"post_id": post_id, "user_id": user_id, "created_at": plan.row["published_at"]}


def _words(plan: Planned, post_id: int) -> search.Document:
    row, alts = plan.row, [credits_by_file()[file].alt for file in plan.files]
    return Post.document(post_id, row["published_at"], row["title"], row["content"], alts)


def _talk(plans: Sequence[Planned], ids: Sequence[int]) -> None:
    """Comments, some of which the post's author likes or answers."""
    if not (said := list(_comment_rows(plans, ids))):
        return
    authors = {post_id: plan.row["author_id"] for plan, post_id in zip(plans, ids, strict=True)}
    told = list(zip(_inserted(Comment, said), said, strict=True))
    _insert(Comment, (_answer(top, row, authors) for top, row in told if row["reply_count"]))
    likes = ((top, authors[row["post_id"]], row["created_at"]) for top, row in told if row["like_count"])
    _insert(CommentLike, ({"comment_id": top, "user_id": who, "created_at": moment} for top, who, moment in likes))


def _comment_rows(plans: Sequence[Planned], ids: Sequence[int]) -> Iterator[dict[str, Any]]:
    for plan, post_id in zip(plans, ids, strict=True):
        for place, user_id in enumerate(plan.talkers, 1):
            said = {"body": SENTENCES[place % len(SENTENCES)], "created_at": plan.row["published_at"]}
            counts = {"reply_count": int(place % ANSWERED == 0), "like_count": int(place % LIKED == 0)}
            yield {"post_id": post_id, "author_id": user_id, **said, **counts}


def _answer(top: int, row: dict[str, Any], authors: Mapping[int, int]) -> dict[str, Any]:
    who = {"parent_id": top, "post_id": row["post_id"], "author_id": authors[row["post_id"]]}
    return {**who, "body": "Thank you. It was gone a minute later.", "created_at": row["created_at"]}


def _count_posts(author_ids: Iterable[int]) -> None:
    ids = list(author_ids)
    for column in ("post_count", "public_post_count"):
        _add_up(column, ids)


def _add_up(column: str, ids: Iterable[int]) -> None:
    """Count each person up by as often as the id is there."""
    users = User.__table__
    more = update(users).where(users.c.id == bindparam("who")).values({column: users.c[column] + bindparam("more")})
    counts = sorted(Counter(ids).items())  # in one order everywhere, so that two runs can't block each other
    if counts:
        db.session.connection().execute(more, [{"who": who, "more": count} for who, count in counts])


def _inserted(noun: type[Any], rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert and answer with the ids, in the order of `rows`."""
    table = noun.__table__
    statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return list(db.session.connection().scalars(statement, rows))


def _insert(noun: type[Any], rows: Iterable[dict[str, Any]]) -> None:
    if listed := list(rows):
        db.session.connection().execute(insert(noun.__table__), listed)
