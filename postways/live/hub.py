"""One reader of the Redis stream per process, and many open pages that hear from it.

News carry ids, never text or counts: what a page is told is read from the database at that moment, once for all pages,
so that news that overtake each other can't leave a wrong count behind. A page that comes back names the last news it
knows; what happened since is found in the ring, then in the stream, and when both are too short the page is told
everything anew.
"""

from __future__ import annotations

import logging
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import gevent
from flask import Flask
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from postways.db import db, read_only
from postways.later import STREAM, News, Outbox
from postways.live import words
from postways.live.stream import Stream
from postways.models import Comment, Conversation, Feed, Notification, Post

log = logging.getLogger(__name__)

START = "0-0"
BLOCK = 5_000  # milliseconds that one read of the stream waits
GATHER = 0.03  # seconds between two rounds, in which many likes of one post become one message
RING = 4_000  # news that are remembered here
MOST_MISSED = 2_000  # news that are read again from Redis for one page
CHUNK = 500  # posts asked for in one statement

Entry = tuple[str, News]
Found = TypeVar("Found")


class Hub:
    """The open pages of this process."""

    def __init__(self, app: Flask, redis: Any, outbox: Outbox) -> None:
        self.app = app
        self.redis = redis
        self.outbox = outbox
        self.last = START
        self.streams: set[Stream] = set()
        self.by_post: dict[int, set[Stream]] = defaultdict(set)
        self.by_person: dict[int, set[Stream]] = defaultdict(set)
        self.ring: deque[Entry] = deque(maxlen=RING)
        self._ring_from = START
        self._unheard: set[int] = set()  # posts whose counts could not be read
        self._waiting: defaultdict[Stream, list[bytes]] = defaultdict(list)  # messages until the batch is whole

    # --- pages

    def open(self, stream: Stream) -> None:
        """Let the page hear what happens from now on."""
        self.streams.add(stream)
        for post in stream.posts:
            self.by_post[post].add(stream)
        if stream.person is not None:
            self.by_person[stream.person].add(stream)

    def leave(self, stream: Stream) -> None:
        """The page has gone."""
        self.streams.discard(stream)
        for post in stream.posts:
            _drop(self.by_post, post, stream)
        if stream.person is not None:
            _drop(self.by_person, stream.person, stream)

    def close_all(self) -> None:
        """The process ends: every page comes back to another one."""
        for stream in list(self.streams):
            stream.close()

    def missed(self, since: str) -> list[Entry] | None:
        """The news after `since`, or None when they can't all be known any more."""
        if self.last == START or not _is_id(since) or _number(since) > _number(self.last):
            return None
        if _number(since) >= _number(self._ring_from):
            return [entry for entry in self.ring if _number(entry[0]) > _number(since)]
        try:
            oldest = self.redis.xrange(STREAM, count=1)
            if not oldest or _number(oldest[0][0].decode()) > _number(since):
                return None
            found = self.redis.xrange(STREAM, min=f"({since}", count=MOST_MISSED)
        except RedisError:
            return None
        return None if len(found) == MOST_MISSED else [_entry(*row) for row in found]

    # --- the reader

    def run(self) -> None:
        """Read news for ever; outlives Redis."""
        away = False
        while True:
            try:
                if self.last == START:
                    self._begin()
                if away:
                    self._catch_up()
                self._read()
                away = False
            except RedisError:
                away = True
                gevent.sleep(0.5)
            except Exception:
                log.exception("the live reader stumbled")
                gevent.sleep(0.5)

    def _begin(self) -> None:
        newest = self.redis.xrevrange(STREAM, count=1)
        self.last = newest[0][0].decode() if newest else "0-1"
        self._ring_from = self.last

    def _read(self) -> None:
        answer = self.redis.xread({STREAM: self.last}, count=1_000, block=BLOCK)
        entries = [_entry(*row) for _name, rows in answer or [] for row in rows]
        self.outbox.send([])
        if not entries:
            self._notice_reset()
            self.take([])
            return
        for entry in entries:
            if len(self.ring) == RING:
                self._ring_from = self.ring[0][0]
            self.ring.append(entry)
        self.last = entries[-1][0]
        self.take(entries)
        gevent.sleep(GATHER)

    def _notice_reset(self) -> None:
        """A Redis that was emptied while its clock stood back would be read from a place that it reaches late."""
        newest = self.redis.xrevrange(STREAM, count=1)
        if newest and _number(newest[0][0].decode()) < _number(self.last):
            self._catch_up()

    def _catch_up(self) -> None:
        """News were lost while Redis was away: tell every page how things stand."""
        self.ring.clear()
        self._begin()
        self._tell_counts(set(self.by_post))
        self._send()
        self._tell_pills()

    # --- from news to messages

    def take(self, entries: Sequence[Entry]) -> None:
        """Tell the pages concerned."""
        changed, self._unheard = self._unheard, set()
        talk: list[News] = []
        concerned: set[int] = set()
        written: defaultdict[int, set[int]] = defaultdict(set)  # whose conversations with whom
        for _id, news in entries:
            match news["topic"]:
                case "post":
                    changed.add(int(news["post"]))
                case "comment" | "comment-edited" | "comment-gone" | "comment-liked":
                    talk.append(news)
                case "bell":
                    concerned.add(int(news["person"]))
                case "conversation":
                    written[int(news["person"])].add(int(news["other"]))
                case "photo":
                    self._tell_photo(int(news["photo"]), int(news["post"]), int(news["person"]))
                case "published":
                    self._tell_published(int(news["post"]), int(news["person"]), int(news["photos"]))
                    self._tell_feeds(int(news["post"]))
                case "reposted":
                    self._tell_feeds(int(news["post"]), int(news["person"]))
                case "hidden":
                    self._hide(int(news["post"]))
                case "closed":
                    self._narrow(int(news["person"]), int(news["post"]))
                case "rights" | "sessions":
                    self._cut_off(int(news["person"]))
                case "person":
                    self._cut_off(int(news["person"]))
                    self._hide_all_of(int(news["person"]))
        self._tell_counts(changed)
        self._tell_talk(talk)
        self._tell_bells(concerned)
        self._tell_gone_messages(news for _id, news in entries if "gone" in news)
        self._tell_conversations(written)
        self._send()

    def _send(self) -> None:
        """Put everything that was gathered for a page in line as one."""
        waiting, self._waiting = self._waiting, defaultdict(list)
        for stream, messages in waiting.items():
            stream.send(words.batch(self.last, messages))

    def _tell_counts(self, posts: set[int]) -> None:
        for some in _chunks([post for post in posts if post in self.by_post]):
            try:
                counts = self._ask(Post.counts, some)
            except SQLAlchemyError:
                self._unheard.update(some)
                continue
            for post, found in counts.items():
                message = words.message(words.counts(post, found))
                for stream in self.by_post.get(post, ()):
                    self._waiting[stream].append(message)

    def _ask(self, query: Callable[[list[int]], dict[int, Found]], ids: list[int]) -> dict[int, Found]:
        with self._reading():
            return query(ids)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self.app.app_context():
            read_only(True)
            try:
                yield
            finally:
                db.session.remove()

    def _tell_bells(self, people: set[int]) -> None:
        for person, count in self._asked_for(people, Notification.unread_of):
            message = words.message(words.bell(count))
            for stream in self.by_person.get(person, ()):
                self._waiting[stream].append(message)

    def _tell_conversations(self, written: dict[int, set[int]]) -> None:
        """Each of these people, and nobody else, hears with whom something is new, and how much is unread."""
        for person, (unread, requests) in self._asked_for(written, Conversation.waiting_for):
            badge = words.message(words.unread_messages(self.app, unread, requests))
            messages = [*words.conversations(sorted(written[person])), badge]
            for stream in self.by_person.get(person, ()):
                self._waiting[stream] += messages

    def _asked_for(
        self, people: Iterable[int], query: Callable[[list[int]], dict[int, Found]]
    ) -> Iterator[tuple[int, Found]]:
        """What `query` says of those of these people who are here; for whom it fails, they ask when they come back."""
        for some in _chunks([person for person in people if person in self.by_person]):
            try:
                found = self._ask(query, some)
            except SQLAlchemyError:
                for person in some:
                    self._cut_off(person)
                continue
            yield from found.items()

    def _tell_photo(self, photo: int, post: int, person: int) -> None:
        message = words.named(f"photo-{photo}", str(post))
        for stream in self.by_post.get(post, set()) | self.by_person.get(person, set()):
            self._waiting[stream].append(message)

    def _tell_gone_messages(self, told: Iterable[News]) -> None:
        """Before it is told that a conversation has changed: what a page asks for then, it asks by what it shows."""
        for news in told:
            for stream in self.by_person.get(int(news["person"]), ()):
                self._waiting[stream].append(words.message(words.message_gone(int(news["gone"]))))

    def _tell_talk(self, talk: list[News]) -> None:
        """What was said, taken away and liked, for the pages that show the newest comments of these posts."""
        pills: dict[Stream, int] = {}
        for news in talk:
            post, comment = int(news["post"]), int(news["comment"])
            for stream in self._talking(post):
                if news["topic"] == "comment" and stream.is_new(comment, int(news["person"])):
                    stream.said.add(comment)
                    pills[stream] = post
                elif news["topic"] == "comment-edited" and stream.hears(int(news["person"])):
                    self._waiting[stream].append(words.message(words.edited(self.app, post, comment)))
                elif news["topic"] == "comment-gone":
                    self._waiting[stream].append(words.message(words.gone(self.app, post, comment)))
                    if comment in stream.said:
                        stream.said.discard(comment)
                        pills[stream] = post
        liked = {(int(news["post"]), int(news["comment"])) for news in talk if news["topic"] == "comment-liked"}
        self._tell_comment_likes(liked)
        for stream, post in pills.items():
            self._waiting[stream].append(words.message(words.new_comments(self.app, post, len(stream.said))))

    def _tell_comment_likes(self, liked: set[tuple[int, int]]) -> None:
        heard = [(post, comment) for post, comment in liked if self._talking(post)]
        try:
            counts = self._ask(Comment.like_counts, [comment for _post, comment in heard]) if heard else {}
        except SQLAlchemyError:
            return  # the next like tells it
        for post, comment in heard:
            if comment in counts:
                message = words.message(words.comment_likes(post, comment, counts[comment]))
                for stream in self._talking(post):
                    self._waiting[stream].append(message)

    def _talking(self, post: int) -> list[Stream]:
        return [stream for stream in self.by_post.get(post, ()) if stream.comments is not None]

    def _tell_published(self, post: int, person: int, photos: int) -> None:
        homes = [stream for stream in self.streams if stream.home and stream.person != person]
        try:
            visitors, members = self._readers(post, {stream.person for stream in homes if stream.person is not None})
        except SQLAlchemyError:
            self._tell_pills()
            return
        for stream in homes:
            if visitors if stream.person is None else stream.person in members:
                stream.fresh += photos
                self._waiting[stream].append(words.message(words.pill(self.app, stream.fresh)))

    def _tell_feeds(self, post: int, reposter: int | None = None) -> None:
        """The post has come, by its author or a repost, into the feeds of those who follow them."""
        feeds = [stream for stream in self.streams if stream.feed and stream.person is not None]
        try:
            readers = self._brought_to(post, reposter, sorted({stream.person or 0 for stream in feeds}))
        except SQLAlchemyError:
            self._tell_pills()
            return
        for stream in feeds:
            if stream.person in readers:
                stream.fresh += 1
                self._waiting[stream].append(words.message(words.pill(self.app, stream.fresh, feed=True)))

    def _brought_to(self, post: int, reposter: int | None, people: list[int]) -> set[int]:
        readers: set[int] = set()
        with self._reading():
            for some in _chunks(people):
                readers |= Feed.brought_to(some, post, reposter)
        return readers

    def _readers(self, post: int, people: set[int]) -> tuple[bool, set[int]]:
        """Whether visitors find this post in lists, and which of these people do."""
        visitors, members = False, set()
        with self._reading():
            for some in _chunks(sorted(people)) or [[]]:  # visitors are asked about although no member is here
                visitors, listed = Post.readers_among(post, some)
                members |= listed
        return visitors, members

    def _tell_pills(self) -> None:
        """Pages of the newest posts, and feeds, ask for their number again when they come back."""
        for stream in list(self.streams):
            if stream.home or stream.feed:
                stream.close()

    def _hide(self, post: int) -> None:
        """Nobody but its author hears of it any more."""
        for stream in list(self.by_post.get(post, ())):
            if stream.posts[post] != stream.person:
                self._forget(stream, [post])

    def _narrow(self, author: int, post: int) -> None:
        """Only followers may see this post (0: everything of the author's) from now on: members' pages ask anew."""
        for stream in list(self.streams):
            shown = [one for one, wrote in stream.posts.items() if wrote == author and post in (0, one)]
            if shown and stream.person not in (None, author):
                stream.close()
            elif shown and stream.person is None:
                self._forget(stream, shown)

    def _cut_off(self, person: int) -> None:
        """Their open pages must ask anew what they may hear."""
        for stream in list(self.by_person.get(person, ())):
            stream.close()

    def _hide_all_of(self, author: int) -> None:
        """Nobody hears of this person's posts any more."""
        for stream in list(self.streams):
            if theirs := [post for post, wrote in stream.posts.items() if wrote == author]:
                self._forget(stream, theirs)

    def _forget(self, stream: Stream, posts: list[int]) -> None:
        """The page hears of these posts no more, and asks what it may not show any more."""
        for post in posts:
            del stream.posts[post]
            _drop(self.by_post, post, stream)
        self._waiting[stream].append(words.anew())


def _chunks(ids: Sequence[int]) -> list[list[int]]:
    return [list(ids[start : start + CHUNK]) for start in range(0, len(ids), CHUNK)]


def _drop(index: dict[int, set[Stream]], key: int, stream: Stream) -> None:
    if key in index:
        index[key].discard(stream)
        if not index[key]:
            del index[key]


def _entry(entry_id: bytes, fields: dict[bytes, bytes]) -> Entry:
    return entry_id.decode(), {key.decode(): value.decode() for key, value in fields.items()}


def _is_id(text: str) -> bool:
    head, _, tail = text.partition("-")
    return head.isascii() and head.isdigit() and tail.isascii() and tail.isdigit() and len(text) < 40  # noqa: PLR2004 two 64-bit numbers


def _number(entry_id: str) -> tuple[int, int]:
    head, _, tail = entry_id.partition("-")
    return int(head), int(tail)
