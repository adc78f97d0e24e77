"""The apps of everybody, for admins: whose each is, and the way to change or remove it."""

from __future__ import annotations

from flask import g
from werkzeug.wrappers import Response

from postways.auth import staff_only
from postways.errors import Forbidden
from postways.htmx import page
from postways.models import Client
from postways.moderation import bp


@bp.get("/moderation/apps/")
@staff_only
def apps() -> Response:
    """All of them, the newest first."""
    if not g.user.is_admin:
        raise Forbidden
    return page("moderation/apps.html", clients=Client.all())
