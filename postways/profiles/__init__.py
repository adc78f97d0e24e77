"""People as others see them."""

from __future__ import annotations

from flask import Blueprint, Flask, g, redirect, request, url_for
from werkzeug.wrappers import Response

from postways import limits
from postways.auth import members_only
from postways.errors import Missing
from postways.htmx import asked_by_htmx, fragment, page, pages_loaded, stream
from postways.models import Post, User
from postways.text import folded

bp = Blueprint("profiles", __name__)


def init_app(app: Flask) -> None:
    """Open these doors."""
    app.register_blueprint(bp)


@bp.get("/@<username>/")
def show(username: str) -> Response:
    """A person's posts as a grid; for the person alone, the drafts too."""
    own = g.user.is_member and folded(username) == g.user.username_key
    try:
        person = g.user if own else User.met(g.user, username=username)
    except Missing:
        renamed = User.met(g.user, user_id=User.once_named(username).id)
        return redirect(url_for("profiles.show", username=renamed.username), 302)
    posts, drafts = Post.of_profile(person, g.user, request.args.get("cursor"))
    n = pages_loaded()
    older = posts.next_cursor and url_for("profiles.show", username=person.username, cursor=posts.next_cursor, n=n + 1)
    context = {"person": person, "page": posts, "n": n, "older_url": older}
    if asked_by_htmx() and request.args.get("cursor"):
        return fragment("profiles/_grid_more.html", **context)
    live_url = stream([post.id for post in posts.items if not post.locked])
    return page("profiles/show.html", **context, drafts=drafts, live_url=live_url)


@bp.get("/@<username>/reposts/")
def reposts(username: str) -> Response:
    """What a person reposted, as a grid."""
    person = User.met(g.user, username=username)
    if not g.user.can_look_into(person):
        raise Missing
    found = Post.reposted_of(person, g.user, request.args.get("cursor"))
    n = pages_loaded()
    older = found.next_cursor and url_for("profiles.reposts", username=username, cursor=found.next_cursor, n=n + 1)
    context = {"person": person, "page": found, "n": n, "older_url": older}
    if asked_by_htmx() and request.args.get("cursor"):
        return fragment("profiles/_grid_more.html", **context)
    return page("profiles/reposts.html", **context)


@bp.get("/people/")
@members_only
def people() -> Response:
    """Whom `q` may become, for somebody who types an @name."""
    limits.count("name", g.user.id)
    return fragment("profiles/_people.html", people=User.whose_name_begins(request.args.get("q", ""), g.user))


@bp.get("/authors/<int:user_id>/")
def by_id(user_id: int) -> Response:
    """The profile of the person with this id."""
    person = User.met(g.user, user_id=user_id)
    return redirect(url_for("profiles.show", username=person.username), 302)
