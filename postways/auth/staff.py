"""What staff does by reading alone."""

from __future__ import annotations

from flask import g

from postways.db import db, read_only
from postways.models import Post, Report


def note_reading(shown: Post | Report) -> None:
    """Before staff is shown what is not for everybody: written down, in a transaction of its own."""
    if not g.user.is_staff:
        return
    db.session.commit()
    read_only(False)
    try:
        shown.looked_into(g.user)
        db.session.commit()
    finally:
        read_only(True)
