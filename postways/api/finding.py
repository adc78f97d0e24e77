"""Posts that are found otherwise than by filters: by tag, by search, by what one liked and kept."""

from __future__ import annotations

from typing import Any, Literal, cast
from urllib.parse import quote, urlencode

from flask import g
from flask_babel import gettext as _
from pydantic import Field

from postways.api import bp
from postways.api.door import absolute, door
from postways.api.lists import asked, listed_plainly
from postways.api.post_answers import PostItem, items_of
from postways.api.shapes import MOST_PER_PAGE, Listed, Parts, Shape, Whole, Words
from postways.api.users import Person, person_of
from postways.errors import Invalid
from postways.models import Tag, User
from postways.models.browse import Browse
from postways.paging import Page
from postways.text import question_in

URL = "https://example.org/api/v1"
FEW_PEOPLE = 5  # where all kinds are asked for, as on the page
Kind = Literal["posts", "people", "tags"]


class FoundTag(Shape):
    """A tag."""

    name: str = Field(examples=["harbour"])
    url: str = Field(description="Link to its posts.", examples=[f"{URL}/tags/harbour/"])


class FoundPosts(Shape):
    """Posts with all the words."""

    results: list[PostItem]
    next: str | None = Field(description="Address of more of them.", examples=[None])


class FoundPeople(Shape):
    """People with all the words in name or introduction."""

    results: list[Person]
    next: str | None = Field(description="Address of more of them.", examples=[None])


class FoundTags(Shape):
    """Tags with all the words."""

    results: list[FoundTag]
    next: str | None = Field(description="Address of more of them.", examples=[None])


class Found(Shape):
    """What was found, by kind; with `kind` only that one."""

    posts: FoundPosts | None = None
    people: FoundPeople | None = None
    tags: FoundTags | None = None


class Question(Shape):
    """What is looked for."""

    q: Words = Field(default="", description="Words; the last one may be a beginning.", examples=["boats fog"])
    kind: Kind | None = Field(default=None, description="Only posts, people or tags.", examples=["posts"])
    page_size: Whole = Field(default=10, ge=1, le=2**31, description="How many of each; at most 100.", examples=[10])
    cursor: Words | None = Field(default=None, description="Opaque place from `next`, with `kind`.")


@bp.get("/tags/<tag>/")
@door({200: Listed[PostItem]}, tag="search", query=Parts)
def list_tagged(tag: str, query: Parts) -> dict[str, Any]:
    """List published posts that carry a tag, newest first; an unknown tag has none."""
    page = Browse.tagged(tag, g.user, asked(query))
    return listed_plainly(page, items_of(page.items), query)


@bp.get("/search/")
@door({200: Found}, tag="search", query=Question)
def search_everything(query: Question) -> Found:
    """Look for posts, people and tags.

    What is found has all the words, the newest first; who or what is called exactly so comes before all.
    """
    if query.cursor and query.kind is None:
        raise Invalid({"cursor": [_("Say by kind what it goes on with: posts, people or tags.")]})
    question, size = question_in(query.q), min(query.page_size, MOST_PER_PAGE)
    found: dict[str, Any] = {}
    if query.kind in (None, "posts"):
        posts = Browse.found(question, g.user, query.cursor, size)
        found["posts"] = FoundPosts.model_validate(
            {"results": items_of(posts.items), "next": _more(query, "posts", posts)}
        )
    if query.kind in (None, "people"):
        people = User.found(question, g.user, query.cursor, size if query.kind else min(size, FEW_PEOPLE))
        results = [person_of(person) for person in people.items]
        found["people"] = FoundPeople(results=results, next=_more(query, "people", people))
    if query.kind in (None, "tags"):
        tags = Tag.found(question, g.user, query.cursor, size)
        found["tags"] = FoundTags(results=[_tag(tag) for tag in tags.items], next=_more(query, "tags", tags))
    return Found(**found)


@bp.get("/users/me/likes/")
@door({200: Listed[PostItem]}, tag="users", scope="read", query=Parts)
def list_liked(query: Parts) -> dict[str, Any]:
    """List the posts that you like, the newest like first.

    `likes/?user=` tells when you liked them.
    """
    page = Browse.liked_of(cast("User", g.user), asked(query))
    return listed_plainly(page, items_of(page.items), query)


@bp.get("/users/me/saved/")
@door({200: Listed[PostItem]}, tag="users", scope="read", query=Parts)
def list_saved(query: Parts) -> dict[str, Any]:
    """List the posts that you saved, what you saved last first."""
    page = Browse.saved_of(cast("User", g.user), asked(query))
    return listed_plainly(page, items_of(page.items), query)


def _tag(tag: Tag) -> FoundTag:
    return FoundTag(name=tag.name, url=absolute(f"/api/v1/tags/{quote(tag.name)}/"))


def _more(query: Question, kind: str, page: Page[Any]) -> str | None:
    """Where the list goes on: of one kind, and of the same size."""
    if page.next_cursor is None:
        return None
    place = {"q": query.q, "kind": kind, "page_size": query.page_size, "cursor": page.next_cursor}
    return absolute(f"/api/v1/search/?{urlencode(place)}")
