"""How a person appears to others: name, words, picture."""

from __future__ import annotations

from flask import g, request, url_for
from werkzeug.wrappers import Response

from postways.auth import members_only, refills_form, takes_files
from postways.auth.answers import form_page
from postways.db import db, reading
from postways.htmx import go, stream
from postways.models import Photo
from postways.settings import bp
from postways.settings.forms import ProfileForm


@bp.route("/settings/profile/", methods=["GET", "POST"])
@members_only
@refills_form
@takes_files
def profile() -> Response:
    """Change name, words and picture."""
    form = ProfileForm(obj=g.user if request.method != "POST" else None)
    if not form.validate_on_submit():
        form.ask_again()
        return _profile_page(form)
    picture = form.picture()
    if form.avatar.errors:
        return _profile_page(form)
    g.user.introduce(form.display_name.data, form.bio.data)
    if picture is not None:
        picture.pend_as_avatar(g.user)
    db.session.commit()
    return go(url_for("settings.profile", notice="saved"))


@bp.post("/settings/profile/avatar/remove/")
@members_only
def remove_avatar() -> Response:
    """Be without a picture again."""
    Photo.remove_avatar(g.user)
    db.session.commit()
    return go(url_for("settings.profile"))


def _profile_page(form: ProfileForm) -> Response:
    with reading():
        newest = next(iter(Photo.avatars_of(g.user.id)), None)
    return form_page("settings/profile.html", form, photo=newest, live_url=stream([], own=True))
