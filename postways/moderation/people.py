"""The doors of people as staff see them."""

from __future__ import annotations

from flask import abort, request
from werkzeug.wrappers import Response

from postways.auth import staff_only
from postways.htmx import page
from postways.models import User
from postways.models.user import ROLES, SORTS, STATES
from postways.moderation import bp, next_url


@bp.get("/authors/")
@staff_only
def authors() -> Response:
    """Everybody, with what they did; sorted and filtered as asked."""
    sort, order = request.args.get("sort", "active"), request.args.get("order", "")
    role, state = request.args.get("role", ""), request.args.get("state", "")
    if sort not in SORTS or order not in ("", "up", "down") or role not in ("", *ROLES) or state not in ("", *STATES):
        abort(400)
    rising = order == "up" or (sort == "name" and not order)
    words = request.args.get("q", "").replace("\x00", "").strip()[:150]
    found = User.roll(request.args.get("cursor"), sort=sort, rising=rising, words=words, role=role, state=state)
    kept = {name: value for name, value in (("q", words), ("role", role), ("state", state)) if value}
    more = next_url(found)
    return page("moderation/authors.html", page=found, sort=sort, rising=rising, kept=kept, roles=ROLES, next_url=more)
