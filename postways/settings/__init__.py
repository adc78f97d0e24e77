"""How the site looks and behaves for this browser."""

from __future__ import annotations

from flask import Blueprint, Flask, request, url_for
from werkzeug.wrappers import Response

from postways.htmx import go, page

bp = Blueprint("settings", __name__)
THEMES = ("system", "light", "dark")
YEAR = 365 * 24 * 3600  # seconds


def init_app(app: Flask) -> None:
    """Open these doors, and tell every page what was chosen."""
    app.register_blueprint(bp)
    app.context_processor(lambda: {"theme": theme(), "shortcuts": shortcuts()})


def theme() -> str:
    """Light or dark, or as the system says."""
    chosen = request.cookies.get("theme", "system")
    return chosen if chosen in THEMES else "system"


def shortcuts() -> bool:
    """Whether single keys do something."""
    return request.cookies.get("shortcuts") != "off"


@bp.route("/theme/", methods=["GET", "POST"])
def display() -> Response:
    """Choose them; kept in cookies that hold nothing else."""
    if request.method != "POST":
        return page("settings/display.html")
    answer = go(url_for("settings.display"))
    chosen = request.form.get("theme", "system")
    for name, value in (
        ("theme", chosen if chosen in THEMES else "system"),
        ("shortcuts", "on" if request.form.get("shortcuts") in ("on", "1") else "off"),
    ):
        answer.set_cookie(name, value, max_age=YEAR, httponly=True, samesite="Lax", secure=request.is_secure)
    return answer
