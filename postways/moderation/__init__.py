"""The staff's doors: every person, every post, reports, and the record of what was done."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, request, url_for
from flask_babel import gettext as _

from postways.paging import Page

bp = Blueprint("moderation", __name__)


def init_app(app: Flask) -> None:
    """Open these doors."""
    from postways.moderation import people  # noqa: F401, PLC0415 they attach themselves to `bp`

    app.register_blueprint(bp)
    app.context_processor(_warning)


def next_url(found: Page[Any]) -> str | None:
    """The address of what follows in this list, filtered and sorted as it is."""
    if not found.next_cursor:
        return None
    kept: dict[str, Any] = {**request.args, "cursor": found.next_cursor}
    return url_for(request.endpoint or "", **(request.view_args or {}), **kept)


@bp.after_request
def _keep_nothing(response: Response) -> Response:
    """What only staff may read is in no cache."""
    response.headers["Cache-Control"] = "no-store"
    return response


def _warning() -> dict[str, str]:
    """Why somebody was sent home."""
    return {"notice": _("Access for staff only!")} if request.args.get("notice") == "staff" else {}
