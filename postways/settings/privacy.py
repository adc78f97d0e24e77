"""What others get to know, and of what one does not want to know."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from flask import g, request, url_for
from werkzeug.wrappers import Response

from postways import zones
from postways.auth import members_only, refills_form
from postways.auth.answers import beside_field, form_page
from postways.db import db, reading
from postways.errors import Refused
from postways.htmx import go
from postways.models import Block, Mute
from postways.settings import bp
from postways.settings.forms import MuteForm


@bp.route("/settings/privacy/", methods=["GET", "POST"])
@members_only
def privacy() -> Response:
    """Who may follow, and whether posts say which camera took their photographs."""
    if request.method != "POST":
        return _privacy_page(MuteForm())
    g.user.shows_camera = request.form.get("shows_camera") in ("on", "1", "true")
    if said := request.form.getlist("private"):  # a form that does not speak of it leaves it as it is
        g.user.keep_private("1" in said)
    if whom := request.form.get("messages_from"):
        g.user.wants_messages_from(whom)
    db.session.commit()
    return go(url_for("settings.privacy", notice="saved"))


@bp.post("/settings/privacy/words/")
@members_only
@refills_form
def mute_word() -> Response:
    """Keep posts with a word or a tag out of one's lists."""
    form = MuteForm()
    if not form.validate_on_submit():
        return _privacy_page(form)
    try:
        Mute.begin_word(g.user, form.word.data, _end_of(form.until.data))
        db.session.commit()
    except Refused as error:
        db.session.rollback()
        beside_field(form, error)
        return _privacy_page(form)
    return go(url_for("settings.privacy", notice="saved"))


@bp.post("/settings/privacy/words/<int:mute_id>/remove/")
@members_only
def unmute_word(mute_id: int) -> Response:
    """Show posts with that word again."""
    Mute.end_word(g.user, mute_id)
    db.session.commit()
    return go(url_for("settings.privacy"))


def _privacy_page(form: MuteForm) -> Response:
    with reading():
        blocks = Block.of(g.user, request.args.get("cursor"))
        people, words = Mute.people_of(g.user), Mute.words_of(g.user)
    older = blocks.next_cursor and url_for("settings.privacy", cursor=blocks.next_cursor)
    return form_page("settings/privacy.html", form, blocks=blocks.items, older_url=older, people=people, words=words)


def _end_of(day: date | None) -> datetime | None:
    return zones.midnight(day) + timedelta(days=1) if day else None
