"""The door of the record: who did what to whom and when. It is only read."""

from __future__ import annotations

from datetime import date, timedelta

from flask import abort, g, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from postways.auth import staff_only
from postways.days import UNREADABLE, day_in, out_of_reach
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
    if kind not in ("", *KINDS):
        abort(400)
    typed = {name: trimmed(request.args.get(name))[:20] for name in ("from", "to")}
    asked = {"person": name, "kind": kind, **typed}
    days, wrong = _days(typed)
    if wrong:
        return page("moderation/log.html", 422, history=None, kinds=KINDS, asked=asked, wrong=wrong)
    first, last = days["from"], days["to"]
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
        asked=asked,
        wrong={},
    )


def _id_of(name: str) -> int:
    """Whose entries are meant: a name, of today or an earlier one, or the id that a deleted account had."""
    if name.isascii() and name.isdigit():
        return int(name[:18])
    return User.id_of(name.removeprefix("@")) or NOBODY


def _days(typed: dict[str, str]) -> tuple[dict[str, date | None], dict[str, list[str]]]:
    """The days that were typed, and sentences by the names of those that are none."""
    days: dict[str, date | None] = {}
    wrong: dict[str, list[str]] = {}
    for name, text in typed.items():
        try:
            days[name] = day_in(text) if text else None
        except ValueError:
            wrong[name] = [_(UNREADABLE)]
            continue
        if (day := days[name]) is not None and (sentence := out_of_reach(day)):
            wrong[name] = [sentence]
    return days, wrong
