"""The demo: an empty site filled with a dozen people and real photographs, or any site filled in bulk for measuring.

All of the demo or nothing of it: the slow part, preparing and storing files, comes first and outside any transaction;
then one transaction writes every row. Whatever stops it before its commit takes the files away again, and what a kill
leaves are files without rows, which the nightly check erases. Either way the site is still empty and `demo` runs again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

import click
from sqlalchemy import select, update

from postways import later
from postways.auth import passwords
from postways.db import changed, db, now, reading
from postways.demo.bulk import scale
from postways.demo.content import LETTERS, PEOPLE, POSTS, TALK, Entry, Person, Remark, credit_of
from postways.demo.password import kept_password
from postways.demo.photographs import faces, gone_without_rows, keep, prepared
from postways.images import Derived
from postways.models import (
    Comment,
    Conversation,
    Copy,
    Follow,
    Like,
    Message,
    Photo,
    Post,
    Repost,
    Save,
    Suggestion,
    User,
)
from postways.models.tag import PostTag

__all__ = ["scale", "seed"]

Pictured = tuple[Photo, Derived]  # a row, and what is served of it
FIRST_JOINED = timedelta(days=120)  # before now; the others came in the days after
MEMBERSHIP = timedelta(days=300)
MOST_FOLLOWED = 0.9  # of the others follow who came first
VIEWS_PER_LIKE = 13
READ_AFTER = timedelta(minutes=4)
NOT_EMPTY = "There are people here already, so nothing was changed."


def seed() -> None:
    """Fill an empty site; on any other one nothing happens."""
    with reading():
        empty = User.count() == 0
    if not empty:
        click.echo(NOT_EMPTY)
        return
    password_hash = passwords.hashed(kept_password())
    files = [file for entry in POSTS for file in entry.files]
    stored: list[Photo] = []
    with gone_without_rows(stored):
        derived = prepared(files)
        photos = zip(keep(files, derived, stored), (derived[file] for file in files), strict=True)
        pictures = faces(PEOPLE, stored)
        if User.count():
            click.echo(NOT_EMPTY)  # somebody came meanwhile
            return
        _fill(password_hash, photos, pictures, now())
        later.keep_quiet()
        db.session.commit()
    click.echo(f"{len(PEOPLE)} demo people are here, with {len(POSTS)} posts and {len(files)} photographs.")


def _fill(password_hash: str, photos: Iterator[Pictured], pictures: Iterable[Pictured], moment: datetime) -> None:
    people = {person.username: _sign_up(person, password_hash, moment, n) for n, person in enumerate(PEOPLE)}
    for user, (photo, derived) in zip(people.values(), pictures, strict=True):
        photo.created_at = user.joined_at
        photo.pend_as_avatar(user)
        photo.derived(derived)
    for entry in POSTS:
        author = people[entry.author]
        shared = moment - timedelta(days=entry.days_ago)
        post = _share(entry, author, [_ready(*next(photos), author, shared) for _ in entry.files], shared)
        for noun, verb, others in (
            (Like, post.like, _some(entry, people, entry.likes, entry.title)),
            (Repost, post.repost, _some(entry, people, entry.reposts, f"repost {entry.title}")),
            (Save, post.save, _some(entry, people, entry.saves, f"save {entry.title}")),
        ):
            for user in others:
                verb(user)
            _spread(noun, post, moment)
        post.view_count = VIEWS_PER_LIKE * entry.likes + len(entry.text) % VIEWS_PER_LIKE if entry.published else 0
        _talk(post, TALK.get(entry.title, ()), people, moment)
    _follow(list(people.values()), moment)
    _write(people, moment)
    _suggest(people.values(), moment)


def _sign_up(person: Person, password_hash: str, moment: datetime, place: int) -> User:
    user = User.sign_up(person.username, f"{person.username}@example.org", password_hash, person.role)
    user.display_name, user.bio, user.demo = person.name, person.bio, True
    user.premium_until = moment + MEMBERSHIP if person.premium else None
    user.joined_at = user.verified_at = moment - FIRST_JOINED + timedelta(days=2.6 * place)
    user.be_found()
    return user


def _ready(photo: Photo, derived: Derived, owner: User, moment: datetime) -> Photo:
    photo.created_at = moment
    photo.pend(owner)
    photo.derived(derived)
    return photo


def _share(entry: Entry, author: User, photos: list[Photo], moment: datetime) -> Post:
    rights = {"warning": entry.warning, "audience": entry.audience}
    if credit := credit_of(entry.files):
        rights |= {"licence": credit.licence, "credit": credit.author}
    post = Post.share(author, title=entry.title, content=entry.text, photos=photos, published=entry.published, **rights)
    post.created_at = post.updated_at = moment
    if entry.published:
        post.published_at = moment
        PostTag.replace(post.id, post.tags, moment)
        post.be_found()
    return post


def _some(entry: Entry, people: Mapping[str, User], count: int, mixed: str) -> list[User]:
    """The same people each time, differently mixed for each post and purpose, and never its author."""
    others = [user for name, user in people.items() if name != entry.author]
    return Random(mixed).sample(others, count)


def _follow(people: Sequence[User], moment: datetime) -> None:
    """Everybody follows some of the others, the same each time; whoever came first is followed most."""
    for user in people:
        chance, others = Random(user.username), [one for one in people if one is not user]
        for place, other in enumerate(others):
            if chance.random() < MOST_FOLLOWED - place / (2 * len(others)):
                begun = max(user.joined_at, other.joined_at)
                Follow.begin(user, other).created_at = begun + (moment - begun) * chance.random()


def _write(people: Mapping[str, User], moment: datetime) -> None:
    """What they write to each other, as if it had been written then, and read a few minutes later."""
    sent = [Conversation.write(people[one.sender], people[one.receiver], one.text).id for one in LETTERS]
    for letter, message_id in zip(LETTERS, sent, strict=True):
        written = moment - timedelta(hours=letter.hours_ago)
        side = Conversation.with_other(people[letter.receiver], people[letter.sender])
        if letter.read and side is not None:
            side.read(message_id)
        changed(update(Copy).where(Copy.message_id == message_id).values(created_at=written))
        read_at = written + READ_AFTER if letter.read else None
        changed(update(Message).where(Message.id == message_id).values(created_at=written, read_at=read_at))


def _suggest(people: Iterable[User], moment: datetime) -> None:
    """Whom everybody may want to follow, without waiting for scheduler and worker."""
    db.session.flush()
    Suggestion.replace(None, Suggestion.popular(moment), moment)
    for user in people:
        Suggestion.replace(user.id, Suggestion.found_for(user), moment)


def _spread(noun: Any, post: Post, moment: datetime) -> None:
    """As if it had come over the time since the post was shared."""
    rows = db.session.scalars(select(noun).where(noun.post_id == post.id).order_by(noun.id)).all()
    for place, row in enumerate(rows, 1):
        row.created_at = post.created_at + (moment - post.created_at) * place / (len(rows) + 1)


def _talk(post: Post, remarks: Sequence[Remark], people: Mapping[str, User], moment: datetime) -> None:
    """What was said under the post, in the order of the list: most of it soon after it was shared."""
    said: list[Comment] = []
    for remark in remarks:
        said.append(top := _say(post, remark, people))
        said += [_say(post, reply, people, top) for reply in remark.replies]
    for place, comment in enumerate(said, 1):
        comment.created_at = post.created_at + (moment - post.created_at) * (place / (len(said) + 1)) ** 3


def _say(post: Post, remark: Remark, people: Mapping[str, User], answers: Comment | None = None) -> Comment:
    comment = Comment.make(post, people[remark.author], remark.text, answers=answers)
    others = [user for name, user in people.items() if name != remark.author]
    for user in Random(remark.text).sample(others, remark.likes):
        comment.like(user)
    return comment
