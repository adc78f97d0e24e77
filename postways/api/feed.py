"""What the people whom one follows have shared and reposted."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, cast
from urllib.parse import urlencode

from flask import g
from pydantic import Field

from postways.api import bp
from postways.api.door import absolute, door
from postways.api.post_answers import PostItem, items_of
from postways.api.shapes import MOST_PER_PAGE, Shape, Whole, Words
from postways.api.users import Person, person_of
from postways.models import Feed, User
from postways.models.browse import Browse, Seen
from postways.models.feed import Entry
from postways.paging import BadCursor

Ranking = Literal["time", "score"]
NEVER_BACK = (
    "Always null: a cursor holds where to read on, and by score what is still to come, not what was shown. "
    "Keep the addresses that you came by."
)


class Reason(Shape):
    """Why it stands where it stands, where the feed is by score: (1 + log2(1 + answers) + 2 log2(1 + closeness)),
    halved for each day of age."""

    score: float = Field(examples=[4.2])
    age: int = Field(description="Seconds since it was brought.", examples=[3600])
    answers: int = Field(description="Likes, comments and reposts.", examples=[5])
    closeness: int = Field(description="Of your last likes, how many its author got.", examples=[2])


class FeedItem(PostItem):
    """A post in your feed; each comes once."""

    brought_at: datetime = Field(description="When it came into your feed.", examples=["2026-11-21T08:30:00Z"])
    reposted_by: list[Person] = Field(description="The first of those who reposted it and whom you follow.")
    reposts: int = Field(description="How many of those whom you follow did.", examples=[1])
    why: Reason | None = Field(default=None, description="Only by score.")


class FeedPart(Shape):
    """A part of a feed."""

    results: list[FeedItem]
    next: str | None = Field(description="Address of what comes after it.", examples=[None])
    previous: None = Field(default=None, description=NEVER_BACK, examples=[None])


class FeedQuery(Shape):
    """Which part, in which order."""

    limit: Whole = Field(default=10, ge=1, le=2**31, description="How many; at most 100.", examples=[10])
    cursor: Words | None = Field(default=None, description="Opaque place from `next`, good for its order alone.")
    ranking: Ranking | None = Field(
        default=None, description="`time` or `score`; otherwise what you chose on the page.", examples=["time"]
    )


@bp.get("/feed/")
@door({200: FeedPart}, tag="feed", scope="read", query=FeedQuery)
def read_feed(query: FeedQuery) -> FeedPart:
    """Read what the people whom you follow have shared and reposted.

    Follow `next` until it is null: nothing is repeated or left out while people post. A part may be shorter than
    `limit`, even empty, and still not be the last one.
    """
    me, limit = cast("User", g.user), min(query.limit, MOST_PER_PAGE)
    if query.cursor and query.ranking and Feed.ranking_of(query.cursor) != query.ranking:
        raise BadCursor(query.cursor)
    page = Feed.page(me, query.ranking or me.feed_ranking, query.cursor or None, limit)
    posts = Browse.these([entry.id for entry in page.items], me)
    results = [_entry(entry, posts[entry.id]) for entry in page.items if entry.id in posts]
    return FeedPart(results=results, next=_after(query, page.next_cursor), previous=None)


def _entry(entry: Entry, post: Seen) -> FeedItem:
    told, why = items_of([post])[0], entry.why
    if why is not None:
        age = int(why.age.total_seconds())
        told["why"] = Reason(score=why.score, age=age, answers=why.answers, closeness=why.closeness)
    people = [person_of(person) for person in entry.people]
    return FeedItem(**told, brought_at=entry.moment, reposted_by=people, reposts=entry.reposts)


def _after(query: FeedQuery, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    place = {"limit": query.limit} | ({"ranking": query.ranking} if query.ranking else {}) | {"cursor": cursor}
    return absolute(f"/api/v1/feed/?{urlencode(place)}")
