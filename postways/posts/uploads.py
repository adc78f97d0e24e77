"""The doors of single photographs: upload, preview, retry, and the picture that swaps itself in."""

from __future__ import annotations

from flask import g, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from postways import limits
from postways.auth import members_only, takes_files
from postways.db import db, reading
from postways.errors import Missing, Refused
from postways.handlers import sentence
from postways.htmx import asked_by_htmx, came_from, fragment, go
from postways.models import Photo, Post
from postways.posts import bp
from postways.uploads import shown_name, stored


@bp.post("/posts/uploads/")
@members_only
@takes_files
def upload() -> Response:
    """Take one file (`image`) as a pending upload of its owner; answers with its place in the form."""
    file = request.files.get("image")
    limits.count("upload", g.user.id)
    try:
        if file is None:
            raise Refused("No file came with this. Choose a photograph.")
        photo = stored(file)
    except Refused as error:
        name = shown_name(file) if file else _("The file")
        return fragment("posts/_refusal.html", 422, filename=name, sentence=sentence(error))
    photo.pend(g.user)
    db.session.commit()
    return fragment("posts/_shot.html", 201, photo=photo)


@bp.post("/posts/uploads/forget/")
@members_only
def forget() -> Response:
    """Throw away what was uploaded and not used."""
    for photo in Photo.unused_of(g.user):
        photo.remove()
    db.session.commit()
    return go(url_for("posts.new"))


@bp.get("/posts/uploads/<int:photo_id>/")
@members_only
def shot(photo_id: int) -> Response:
    """The preview of an upload of one's own; where the page `frames` pictures, with the way there once it is ready."""
    photo = Photo.upload_of(photo_id, g.user)
    return fragment("posts/_preview_came.html", photo=photo, frames="frames" in request.args)


@bp.get("/photos/<int:photo_id>/")
def picture(photo_id: int) -> Response:
    """A picture of a post, as far as it is prepared."""
    found = Post.photo_seen_by(g.user, photo_id=photo_id)
    if found is None or found.post_id is None:
        raise Missing
    return _picture(found.post_id, photo_id)


@bp.post("/photos/<int:photo_id>/retry/")
@members_only
def retry(photo_id: int) -> Response:
    """Try a failed photograph of one's own again."""
    photo = Photo.upload_of(photo_id, g.user)
    photo.retry(g.user)
    db.session.commit()
    if not asked_by_htmx():
        return go(came_from(url_for("posts.new")))
    with reading():
        if photo.post_id is not None:
            return _picture(photo.post_id, photo_id)
        return fragment("posts/_preview.html", photo=Photo.upload_of(photo_id, g.user))


def _picture(post_id: int, photo_id: int) -> Response:
    post = Post.find(post_id, g.user)
    photo = next(photo for photo in post.photos if photo.id == photo_id)
    size = "page" if request.values.get("as") == "page" else "card"
    return fragment("posts/_picture.html", post=post, photo=photo, size=size)
