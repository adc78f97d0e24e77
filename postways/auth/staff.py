"""What staff does by reading alone."""

from __future__ import annotations

from flask import g

from postways.db import db, read_only
from postways.models import Post


def note_reading(post: Post) -> None:
    """Before staff is shown what is not for everybody: written down, in a transaction of its own."""
    if not g.user.is_staff or post.author_id == g.user.id:
        return
    db.session.commit()
    read_only(False)
    try:
        post.looked_into(g.user)
        db.session.commit()
    finally:
        read_only(True)
