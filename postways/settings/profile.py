"""How a person appears to others: name, words, picture."""

from __future__ import annotations

from flask import g, url_for
from werkzeug.wrappers import Response

from postways.auth import members_only, refills_form
from postways.auth.answers import form_page
from postways.db import db
from postways.htmx import go
from postways.settings import bp
from postways.settings.forms import ProfileForm


@bp.route("/settings/profile/", methods=["GET", "POST"])
@members_only
@refills_form
def profile() -> Response:
    """Change name and words."""
    form = ProfileForm(obj=g.user)
    if not form.validate_on_submit():
        return form_page("settings/profile.html", form)
    g.user.introduce(form.display_name.data, form.bio.data)
    db.session.commit()
    return go(url_for("settings.profile"))
