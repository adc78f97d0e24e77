"""What search engines may read: robots.txt, and a map of everything that is public in slices of the ids."""

from __future__ import annotations

from datetime import datetime

from flask import render_template
from werkzeug.wrappers import Response

from postways import linked
from postways.errors import Missing
from postways.models import Post, User
from postways.sharing import bp, public

SLICE = 5_000  # ids in one file; the protocol allows 50,000 addresses
XML = "application/xml"
CLOSED = (
    "/settings/ /moderation/ /posts/add/ /posts/uploads/ /posts/*/edit/ /posts/*/delete/ /photos/ /report/ /live/ "
    "/login/ /signup/ /logout/ /password_reset/ /email_verify/ /email_revert/ /search/ /theme/ /api/ /o/ /dev/"
).split()


@bp.get("/robots.txt")
def robots() -> Response:
    """What is nobody's business but people's, and where the map is."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in CLOSED), ""]
    return public("\n".join([*lines, f"Sitemap: {linked.address('sharing.sitemap')}", ""]), "text/plain")


@bp.get("/sitemap.xml")
def sitemap() -> Response:
    """The list of the slices."""
    slices = [
        linked.address("sharing.sitemap_slice", kind=kind, n=n)
        for kind, highest in (("posts", Post.highest_id()), ("people", User.highest_id()))
        for n in range(highest // SLICE + 1)
    ]
    return public(render_template("sharing/sitemap.xml", slices=slices), XML)


@bp.get("/sitemap-<any(posts, people):kind>-<int:n>.xml")
def sitemap_slice(kind: str, n: int) -> Response:
    """The public posts, or the people who have some, of one slice."""
    first, last = n * SLICE, (n + 1) * SLICE - 1
    if last >= 2**62:
        raise Missing
    if kind == "posts":
        pages: list[tuple[str, datetime | None]] = [
            (linked.address("posts.show", post_id=post_id), changed)
            for post_id, changed in Post.public_between(first, last)
        ]
    else:
        pages = [
            (linked.address("profiles.show", username=username), None) for username in User.public_between(first, last)
        ]
    return public(render_template("sharing/sitemap_slice.xml", pages=pages), XML)
