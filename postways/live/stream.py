"""An open page, as the site speaks to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from gevent.queue import Empty, Full, Queue

from postways.db import now
from postways.live import words

HEARTBEAT = 12.0  # seconds
QUEUE = 128  # messages that a page may be behind before it is cut off and asks anew


class Stream:
    """One open page: which posts it shows, who reads it, and what it has not been sent yet."""

    __slots__ = ("closed", "comments", "feed", "fresh", "home", "person", "posts", "queue", "said", "unheard", "until")

    def __init__(
        self,
        person: int | None,
        posts: dict[int, int],
        *,
        home: bool,
        feed: bool = False,
        comments: int | None = None,
        unheard: frozenset[int] = frozenset(),
        until: datetime | None = None,
    ) -> None:
        self.person = person
        self.posts = posts  # id: its author's id
        self.home = home
        self.feed = feed
        self.comments = comments  # the newest one when the page was made, if it shows the newest
        self.unheard = unheard  # people of whose comments it is not told
        self.until = until  # when the reader loses, by time alone, a right with which it was opened
        self.said: set[int] = set()  # comments in the pill
        self.fresh = 0  # photographs, or in a feed posts, in the pill
        self.queue: Queue[bytes | None] = Queue(QUEUE)
        self.closed = False

    def is_new(self, comment: int, author: int) -> bool:
        """Whether a comment belongs into the pill of this page: later than all on it, and of somebody heard here."""
        return self.comments is not None and comment > self.comments and author != self.person and self.hears(author)

    def hears(self, author: int) -> bool:
        """Whether this page is told of what `author` says."""
        return author not in self.unheard

    @property
    def over(self) -> bool:
        """Whether its reader must ask anew what may be heard: since it was opened, a right has run out."""
        return self.until is not None and self.until <= now()

    def send(self, message: bytes) -> None:
        """Put it in line; a reader who is too slow is cut off and comes back knowing what it knew."""
        if self.closed:
            return
        if self.over:
            self.close()
            return
        try:
            self.queue.put_nowait(message)
        except Full:
            self.close()

    def close(self) -> None:
        """End the stream at once; what is in line is told again when the page comes back, from what it has read on."""
        self.closed = True
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)

    def events(self, first: bytes) -> Iterator[bytes]:
        """The body of the answer: what was missed, then what happens, and a sign of life while nothing does."""
        yield first
        while True:
            try:
                message = self.queue.get(timeout=self._patience)
            except Empty:
                message = None if self.over else words.HEARTBEAT
            if message is None:
                return
            yield message

    @property
    def _patience(self) -> float:
        """Seconds in which nothing has to be said."""
        if self.until is None:
            return HEARTBEAT
        return min(HEARTBEAT, max(0.0, (self.until - now()).total_seconds()))
