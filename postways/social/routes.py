"""The doors of what stands between two people. Each says what is wanted, so that a second click never turns it back."""

from __future__ import annotations

from datetime import timedelta

from flask import g, request, url_for
from werkzeug.wrappers import Response

from postways import limits
from postways.auth import members_only
from postways.db import db, now, reading
from postways.errors import Missing
from postways.htmx import asked_by_htmx, came_from, fragment, go
from postways.models import Block, Follow, Mute, User
from postways.models.follow import GONE
from postways.social import bp

MUTED_FOR = (0, 1, 7, 30)  # days; 0 is for good


@bp.post("/@<username>/follow/")
@members_only
def follow(username: str) -> Response:
    """Follow, or ask to."""
    person = _person(username)
    limits.count("follow", g.user.id)
    Follow.begin(g.user, person)
    db.session.commit()
    return _follow_button(person)


@bp.post("/@<username>/unfollow/")
@members_only
def unfollow(username: str) -> Response:
    """Follow no longer, or withdraw the request."""
    person = _person(username)
    Follow.end(g.user, person)
    db.session.commit()
    return _follow_button(person)


@bp.post("/@<username>/accept/")
@members_only
def accept(username: str) -> Response:
    """Let somebody who asked follow."""
    wish = Follow.between(_person(username), g.user)
    if wish is None:
        raise Missing(GONE)
    wish.accept(g.user)
    db.session.commit()
    return go(came_from(url_for("settings.requests")))


@bp.post("/@<username>/remove/")
@members_only
def remove(username: str) -> Response:
    """Let somebody follow no longer, or refuse the request; nobody is told."""
    Follow.remove(g.user, _person(username))
    db.session.commit()
    return go(came_from(url_for("settings.requests")))


@bp.post("/@<username>/block/")
@members_only
def block(username: str) -> Response:
    """Have nothing to do with somebody."""
    person = _person(username)
    limits.count("follow", g.user.id)
    Block.begin(g.user, person)
    db.session.commit()
    return go(_profile(person))


@bp.post("/@<username>/unblock/")
@members_only
def unblock(username: str) -> Response:
    """Undo that."""
    person = _person(username)
    Block.end(g.user, person)
    db.session.commit()
    return go(came_from(_profile(person)))


@bp.post("/@<username>/mute/")
@members_only
def mute(username: str) -> Response:
    """Keep somebody out of one's lists, for good or for some `days`."""
    person = _person(username)
    days = request.form.get("days", 0, int)
    Mute.begin(g.user, person, now() + timedelta(days=days) if days in MUTED_FOR[1:] else None)
    db.session.commit()
    return go(_profile(person))


@bp.post("/@<username>/unmute/")
@members_only
def unmute(username: str) -> Response:
    """Undo that."""
    person = _person(username)
    Mute.end(g.user, person)
    db.session.commit()
    return go(came_from(_profile(person)))


def _person(username: str) -> User:
    return User.met(g.user, username=username)


def _profile(person: User) -> str:
    return url_for("profiles.show", username=person.username)


def _follow_button(before: User) -> Response:
    if not asked_by_htmx():
        return go(came_from(_profile(before)))
    with reading():
        person = _person(before.username)
    if person.private and request.form.get("on") == "profile":
        return go(_profile(person))  # what the page may show is another now
    return fragment("social/_followed.html", person=person, on=request.form.get("on"))
