"""The staff's doors: every person, every post, reports, and the record of what was done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from flask import Blueprint, Flask, g, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from postways import zones
from postways.db import db, read_only
from postways.errors import Forbidden, Refused
from postways.forms import PageForm
from postways.handlers import answer, sentence
from postways.htmx import asked_by_htmx
from postways.models import Audit, User
from postways.models.membership import last_second
from postways.paging import Page

bp = Blueprint("moderation", __name__)


def init_app(app: Flask) -> None:
    """Open these doors."""
    from postways.moderation import apps, log, people, posts, reports  # noqa: F401, PLC0415 they attach themselves to `bp`

    app.register_blueprint(bp)


def next_url(found: Page[Any]) -> str | None:
    """The address of what follows in this list, filtered and sorted as it is."""
    if not found.next_cursor:
        return None
    kept: dict[str, Any] = {**request.args, "cursor": found.next_cursor}
    return url_for(request.endpoint or "", **(request.view_args or {}), **kept)


def refused(form: PageForm, filled: Callable[[int], Response], error: Refused | None = None) -> Response:
    """The page with the form as it was `filled`, or for htmx the first sentence that refuses it."""
    db.session.rollback()
    status = 422
    if error is not None:
        if error.field in form:
            form[error.field].errors = [*form[error.field].errors, sentence(error)]
        else:
            form.form_errors.append(sentence(error))
    elif form.csrf_token.errors:
        status = 403
        form.form_errors.append(_("This page was open for too long. What you typed is still here; send it once more."))
    if not asked_by_htmx():
        return filled(status)
    sentences = [*form.form_errors, *(text for texts in form.errors.values() for text in texts)]
    return answer(status, str(sentences[0]))


def midnight(day: date | None) -> datetime | None:
    """When a day begins by the clock of whoever of the staff asks."""
    return zones.midnight(day) if day else None


def evening(day: date) -> datetime:
    """The last second of a day by the clock of whoever of the staff asks."""
    return last_second(day, zones.here())


def day_of(moment: datetime | None) -> date | None:
    """Which day that is by the clock of whoever of the staff asks."""
    return moment.astimezone(zones.here()).date() if moment else None


def people_in(history: Page[Audit]) -> dict[int, User]:
    """Those of whom the entries speak, by id; deleted accounts are not among them."""
    return User.by_id({person for entry in history.items for person in (entry.actor_id, entry.target_id)})


@bp.errorhandler(Forbidden)
def _note_refused(error: Forbidden) -> Response:
    """Staff tried what they may not: written down in a transaction of its own."""
    db.session.rollback()
    if g.user.is_staff:
        read_only(False)
        asked = dict(request.view_args or {})
        Audit.note("staff-refused", g.user, post_id=asked.pop("post_id", None), door=request.endpoint, **asked)
        db.session.commit()
    return answer(403)


@bp.after_request
def _keep_nothing(response: Response) -> Response:
    """What only staff may read is in no cache."""
    response.headers["Cache-Control"] = "no-store"
    return response
