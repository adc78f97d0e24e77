"""What people decide about their account, and how the site looks for this browser."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Flask

from postways import cookies

bp = Blueprint("settings", __name__)
THEMES = ("system", "light", "dark")
YEAR = timedelta(days=365)


def init_app(app: Flask) -> None:
    """Open these doors, and tell every page what was chosen."""
    from postways.settings import (  # noqa: F401, PLC0415 the routes attach themselves to `bp`
        account,
        apps,
        display,
        export,
        privacy,
        profile,
        registered,
        requests,
        security,
        sessions,
        trash,
    )

    app.register_blueprint(bp)
    app.context_processor(lambda: {"theme": theme(), "shortcuts": shortcuts()})


def theme() -> str:
    """Light or dark, or as the system says."""
    chosen = cookies.read("theme", "system")
    return chosen if chosen in THEMES else "system"


def shortcuts() -> bool:
    """Whether single keys do something."""
    return cookies.read("shortcuts") != "off"
