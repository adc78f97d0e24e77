"""What the doors that change a button under a post answer."""

from __future__ import annotations

from flask import g, url_for
from werkzeug.wrappers import Response

from postways.db import reading
from postways.htmx import asked_by_htmx, came_from, fragment, go
from postways.models import Post


def button(template: str, post_id: int) -> Response:
    """The button as it is now, or the page on which it was pressed; of a post that is locked by now, the post's."""
    if not asked_by_htmx():
        place = came_from(url_for("posts.show", post_id=post_id)).partition("#")[0]
        return go(f"{place}#post-{post_id}")
    with reading():
        post = Post.known(post_id, g.user)
    return fragment(template, post=post) if g.user.can_open(post) else go(url_for("posts.show", post_id=post_id))
