"""What others get to know."""

from __future__ import annotations

from flask import g, request, url_for
from werkzeug.wrappers import Response

from postways.auth import members_only
from postways.db import db
from postways.htmx import go, page
from postways.settings import bp


@bp.route("/settings/privacy/", methods=["GET", "POST"])
@members_only
def privacy() -> Response:
    """Whether posts say which camera took their photographs."""
    if request.method != "POST":
        return page("settings/privacy.html")
    g.user.shows_camera = request.form.get("shows_camera") in ("on", "1", "true")
    db.session.commit()
    return go(url_for("settings.privacy", notice="saved"))
