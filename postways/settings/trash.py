"""Deleted posts: back as they were, or gone for good."""

from __future__ import annotations

from flask import g, request, url_for
from werkzeug.wrappers import Response

from postways.auth import members_only
from postways.db import db, now
from postways.htmx import go, page
from postways.models import Post
from postways.settings import bp


@bp.get("/settings/trash/")
@members_only
def trash() -> Response:
    """What was deleted within the last 30 days."""
    found = Post.trash_of(g.user, request.args.get("cursor"))
    older = found.next_cursor and url_for("settings.trash", cursor=found.next_cursor)
    return page("settings/trash.html", posts=found.items, older_url=older, moment=now())


@bp.post("/settings/trash/<int:post_id>/restore/")
@members_only
def restore(post_id: int) -> Response:
    """Bring a post back."""
    Post.in_trash_of(post_id, g.user).restore(g.user)
    db.session.commit()
    return go(url_for("posts.show", post_id=post_id, notice="brought-back"))


@bp.route("/settings/trash/<int:post_id>/purge/", methods=["GET", "POST"])
@members_only
def purge(post_id: int) -> Response:
    """Ask, then delete a post for good."""
    post = Post.in_trash_of(post_id, g.user)
    if request.method != "POST":
        return page("settings/purge.html", post=post)
    post.purge()
    db.session.commit()
    return go(url_for("settings.trash", notice="purged"))
