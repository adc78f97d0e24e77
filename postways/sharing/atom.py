"""Feeds in Atom: the newest posts of everybody, of a person, of a tag."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from postways import linked
from postways.errors import Missing
from postways.models import Guest, LockedPost, Post, User
from postways.models.listed import Glimpse
from postways.paging import Page
from postways.sharing import bp, public

TYPE = "application/atom+xml"
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)  # when a feed without posts was last changed


@bp.get("/atom/")
def site() -> Response:
    """The newest posts."""
    return _feed(_whole(Post.newest(Guest(), None)), "", linked.address("posts.home"))


@bp.get("/@<username>/atom/")
def person(username: str) -> Response:
    """The newest posts of a person; nothing is there for a private account."""
    try:
        found = User.met(Guest(), username=username)
    except Missing:
        renamed = User.met(Guest(), user_id=User.once_named(username).id)
        return redirect(url_for("sharing.person", username=renamed.username), 302)
    if found.private:
        raise Missing
    page, _drafts = Post.of_profile(found, Guest(), None)
    return _feed(page.items, found.name, linked.address("profiles.show", username=found.username))


@bp.get("/tags/<tag>/atom/")
def tag(tag: str) -> Response:
    """The newest posts that carry a tag."""
    return _feed(_whole(Post.tagged(tag, Guest(), None)), f"#{tag}", linked.address("posts.tag", tag=tag))


def _whole(found: Page[Glimpse]) -> Sequence[Post | LockedPost]:
    ids = [glimpse.id for glimpse in found.items]
    posts: dict[int, Post | LockedPost] = {**Post.whole(ids, Guest())}
    posts |= Post.locked_for(ids, Guest())
    return [posts[glimpse.id] for glimpse in found.items if glimpse.id in posts]


def _feed(posts: Sequence[Post | LockedPost], title: str, page_url: str) -> Response:
    body = render_template(
        "sharing/atom.xml",
        posts=posts,
        title=title,
        page_url=page_url,
        self_url=page_url + "atom/",
        updated=max((_changed(post) for post in posts), default=LONG_AGO),
        picture=linked.picture,
        address=linked.address,
    )
    return public(body, TYPE)


def _changed(post: Post | LockedPost) -> datetime:
    return post.edited_at or post.published_at or LONG_AGO
