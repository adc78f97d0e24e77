"""What premium is, whether and until when I have it, how to get it."""

from __future__ import annotations

from flask import current_app
from werkzeug.wrappers import Response

from postways.auth import members_only
from postways.config import Config
from postways.htmx import asked_by_htmx, fragment, page
from postways.membership import bp


@bp.get("/membership/")
@members_only
def show() -> Response:
    """My membership; an open page asks for what is mine of it when my rights have changed."""
    config: Config = current_app.extensions["config"]
    if asked_by_htmx():
        return fragment("membership/_mine.html", sold_at=config.membership_url)
    return page("membership/show.html", sold_at=config.membership_url)
