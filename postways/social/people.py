"""The lists of people: who follows somebody, and whom somebody follows."""

from __future__ import annotations

from flask import g, request, url_for
from werkzeug.wrappers import Response

from postways.errors import Missing
from postways.htmx import asked_by_htmx, fragment, page, pages_loaded
from postways.models import Follow, User
from postways.paging import Page
from postways.social import bp


@bp.get("/@<username>/followers/")
def followers(username: str) -> Response:
    """Who follows a person."""
    person = _person(username)
    found = Follow.followers(person, g.user, request.args.get("cursor"))
    return _list(person, found, [follow.follower for follow in found.items], "followers")


@bp.get("/@<username>/following/")
def following(username: str) -> Response:
    """Whom a person follows."""
    person = _person(username)
    found = Follow.following(person, g.user, request.args.get("cursor"))
    return _list(person, found, [follow.followed for follow in found.items], "following")


def _person(username: str) -> User:
    person = User.met(g.user, username=username)
    if not g.user.can_look_into(person):
        raise Missing
    return person


def _list(person: User, found: Page[Follow], people: list[User], which: str) -> Response:
    n = pages_loaded()
    place = {"username": person.username, "cursor": found.next_cursor, "n": n + 1}
    older = url_for(f"social.{which}", **place) if found.next_cursor else None  # type: ignore[arg-type]
    context = {"person": person, "people": people, "which": which, "n": n, "older_url": older}
    if asked_by_htmx() and request.args.get("cursor"):
        return fragment("social/_more.html", **context)
    return page("social/people.html", **context)
