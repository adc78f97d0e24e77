"""The door of the record: who did what to whom and when. It is only read."""

from __future__ import annotations

from datetime import date, timedelta

from flask import abort, g, request
from werkzeug.wrappers import Response

from postways.auth import staff_only
from postways.htmx import page
from postways.models import Audit, User
from postways.models.audit import KINDS
from postways.moderation import bp, midnight, next_url, people_in
from postways.moderation.forms import trimmed

NOBODY = 0  # no entry speaks of this id


@bp.get("/moderation/log/")
@staff_only
def log() -> Response:
    """Entries of a `person`, of a `kind`, of the days `from` … `to`; newest first."""
    name, kind = trimmed(request.args.get("person"))[:150], request.args.get("kind", "")
    first, last = _day("from"), _day("to")
    if kind not in ("", *KINDS):
        abort(400)
    history = Audit.page(
        request.args.get("cursor"),
        g.user,
        person_id=_id_of(name) if name else None,
        kind=kind,
        since=midnight(first),
        until=midnight(last and last + timedelta(days=1)),
    )
    return page(
        "moderation/log.html",
        history=history,
        people=people_in(history),
        next_url=next_url(history),
        kinds=KINDS,
        asked={"person": name, "kind": kind, "from": first, "to": last},
    )


def _id_of(name: str) -> int:
    """Whose entries are meant: a name, of today or an earlier one, or the id that a deleted account had."""
    if name.isascii() and name.isdigit():
        return int(name[:18])
    return User.id_of(name.removeprefix("@")) or NOBODY


def _day(name: str) -> date | None:
    text = request.args.get(name, "")
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        abort(400)
    if day is not None and not 1970 <= day.year <= 9000:
        abort(400)
    return day
