"""Every browser that is logged in, and the end of any of them."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app, g, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from postways.auth import members_only
from postways.config import Config
from postways.db import db
from postways.htmx import go, page
from postways.models import Audit, Session
from postways.models.attempt import network
from postways.settings import bp
from postways.settings.devices import browser_and_system


@bp.get("/settings/sessions/")
@members_only
def sessions() -> Response:
    """All of them, this browser first."""
    config: Config = current_app.extensions["config"]
    rows = Session.of(g.user, timedelta(days=config.session_idle_days), timedelta(days=config.session_days))
    rows.sort(key=lambda row: not row.held_by(g.user))
    return page("settings/sessions.html", sessions=rows, device=_device, network=network)


@bp.post("/settings/sessions/<int:session_id>/end/")
@members_only
def end_session(session_id: int) -> Response:
    """Log one browser out."""
    Session.end_one(session_id, g.user)
    Audit.note("session-ended", g.user, g.user, session=session_id)
    db.session.commit()
    return go(url_for("settings.sessions", notice="session-ended"))


@bp.post("/settings/sessions/end/")
@members_only
def end_other_sessions() -> Response:
    """Log every browser out but this one."""
    ended = Session.end_others(g.user)
    if ended:
        Audit.note("session-ended", g.user, g.user, sessions=ended)
    db.session.commit()
    return go(url_for("settings.sessions", notice="sessions-ended"))


def _device(user_agent: str) -> str:
    browser, system = browser_and_system(user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or _("A browser that does not say its name")
