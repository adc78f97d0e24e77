"""The way in: what an account consists of, and where each part of it is changed."""

from __future__ import annotations

from flask import url_for
from werkzeug.wrappers import Response

from postways.auth import members_only
from postways.htmx import go, page
from postways.settings import bp


@bp.get("/settings/")
@members_only
def home() -> Response:
    """Settings begin with the profile."""
    return go(url_for("settings.profile"))


@bp.get("/settings/account/")
@members_only
def account() -> Response:
    """Username, email, password."""
    return page("settings/account.html")
