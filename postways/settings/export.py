"""Taking everything along that is here of oneself."""

from __future__ import annotations

from typing import cast

from flask import Response as FileAnswer
from flask import current_app, g, request, url_for
from werkzeug.wrappers import Response

from postways.auth import members_only, needs_proof
from postways.db import db
from postways.errors import Missing, Refused
from postways.handlers import sentence
from postways.htmx import go, page
from postways.models import Export
from postways.settings import bp
from postways.storage import NotFound, Storage
from postways.threads import in_thread


@bp.route("/settings/export/", methods=["GET", "POST"])
@members_only
@needs_proof
def export() -> Response:
    """Ask for one, see how far it is, or fetch it."""
    if request.method != "POST":
        return _shown()
    try:
        Export.ask(g.user)
        db.session.commit()
    except Refused as error:
        words = sentence(error)
        db.session.rollback()
        return _shown(422, words)
    return go(url_for("settings.export"))


def _shown(status: int = 200, refusal: str = "") -> Response:
    answer = page("settings/export.html", status, export=Export.latest(g.user), refusal=refusal)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.get("/settings/export/<int:export_id>/")
@members_only
@needs_proof
def exported(export_id: int) -> Response:
    """The zip, to its owner, for 24 hours."""
    row = Export.find(export_id, g.user)
    try:
        size, chunks = in_thread(cast("Storage", current_app.extensions["storage"]).stream, row.key)
    except NotFound:
        raise Missing from None
    db.session.remove()  # a slow reader holds no connection
    answer = FileAnswer(chunks, content_type="application/zip")
    answer.content_length = size
    answer.headers["Content-Disposition"] = f'attachment; filename="postways-{row.created_at:%Y-%m-%d}.zip"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
