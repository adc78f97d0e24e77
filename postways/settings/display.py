"""How the site looks and behaves for this browser; visitors may choose too."""

from __future__ import annotations

from itertools import groupby

from flask import g, request, url_for
from werkzeug.wrappers import Response

from postways import cookies, zones
from postways.db import db
from postways.errors import Refused
from postways.handlers import sentence
from postways.htmx import go, page
from postways.settings import THEMES, YEAR, bp


@bp.route("/theme/", methods=["GET", "POST"])
def display() -> Response:
    """Choose them; kept in cookies that hold nothing else, but for what is of a member, wherever logged in."""
    if request.method != "POST":
        return _display_page()
    if g.user.is_member:
        zone = request.form.get("time_zone", g.user.time_zone)
        try:
            g.user.reads_times_in(zone)
        except Refused as error:
            return _display_page(sentence(error), 422)
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


def _display_page(wrong: str = "", status: int = 200) -> Response:
    return page(
        "settings/display.html",
        status,
        wrong=wrong,
        areas=groupby(zones.CHOICES, key=lambda name: name.partition("/")[0]),
        of_site=zones.site().key,
    )
