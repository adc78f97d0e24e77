"""How the site looks and behaves for this browser; visitors may choose too."""

from __future__ import annotations

from flask import g, request, url_for
from werkzeug.wrappers import Response

from postways import cookies
from postways.db import db
from postways.htmx import go, page
from postways.settings import THEMES, YEAR, bp


@bp.route("/theme/", methods=["GET", "POST"])
def display() -> Response:
    """Choose them; kept in cookies that hold nothing else, but for what a member wants covered, wherever logged in."""
    if request.method != "POST":
        return page("settings/display.html")
    if g.user.is_member:
        g.user.covers_warned = request.form.get("always_show") not in ("on", "1", "true")
        db.session.commit()
    answer = go(url_for("settings.display"))
    chosen = request.form.get("theme", "system")
    for name, value in (
        ("theme", chosen if chosen in THEMES else "system"),
        ("shortcuts", "on" if request.form.get("shortcuts") in ("on", "1") else "off"),
    ):
        cookies.keep(answer, name, value, YEAR)
    return answer
