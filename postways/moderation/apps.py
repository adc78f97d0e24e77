"""The apps of everybody, for admins: whose each is, and the way to change or remove it."""

from __future__ import annotations

from flask import g, request
from werkzeug.wrappers import Response

from postways.auth import staff_only
from postways.errors import Forbidden
from postways.htmx import page
from postways.models import Client
from postways.moderation import bp, next_url


@bp.get("/moderation/apps/")
@staff_only
def apps() -> Response:
    """All of them, the newest first."""
    if not g.user.is_admin:
        raise Forbidden
    found = Client.page(request.args.get("cursor"))
    return page("moderation/apps.html", clients=found.items, next_url=next_url(found))
