"""The door where a photograph is turned, cut to a part of itself, and told what matters in it."""

from __future__ import annotations

from flask import g, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import FloatField, HiddenField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import NumberRange, Optional

from postways.auth import members_only
from postways.db import db, reading
from postways.errors import Refused
from postways.forms import PageForm
from postways.framing import AS_IT_IS, LEAST, POINTS, SHAPES, Framing
from postways.htmx import asked_by_htmx, fragment, go, page, stream
from postways.models import Photo, Post
from postways.models.photo import NOT_YET
from postways.posts import bp

PARTS = ("left", "top", "width", "height")
WORDS = {
    "00": _l("Top left"),
    "01": _l("Top"),
    "02": _l("Top right"),
    "10": _l("Left"),
    "11": _l("Middle"),
    "12": _l("Right"),
    "20": _l("Bottom left"),
    "21": _l("Bottom"),
    "22": _l("Bottom right"),
}


class PerCent(FloatField):
    """A share as people write it, with a point or a comma."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Raises ValueError with the sentence for what is no number."""
        try:
            super().process_formdata([value.strip().replace(",", ".") for value in valuelist])
        except ValueError:
            raise ValueError(_("Type a number from 0 to 100.")) from None


def _per_cent(label: str, otherwise: float, least: float = 0) -> PerCent:
    message = _l("Type a number from %(min)s to %(max)s.")
    return PerCent(label, [Optional(), NumberRange(least, 100, message)], default=otherwise)


class FramingForm(PageForm):
    """How the picture is turned, which part is kept, and what matters in it."""

    left = _per_cent(_l("From the left"), 0)
    top = _per_cent(_l("From the top"), 0)
    width = _per_cent(_l("Width"), 100, LEAST * 100)
    height = _per_cent(_l("Height"), 100, LEAST * 100)
    turns = HiddenField(default="0")
    shape = HiddenField(default="")
    focus = RadioField(_l("What matters most"), choices=[SelectChoice(point, WORDS[point]) for point in POINTS])

    @classmethod
    def of(cls, framing: Framing, shape: str = "") -> FramingForm:
        """The form that says so, whatever was sent."""
        shares = {name: round(share * 100, 2) for name, share in zip(PARTS, framing.part, strict=True)}
        return cls(formdata=None, **shares, turns=str(framing.turns), shape=shape, focus=framing.focus)

    def framing(self) -> Framing:
        """What was chosen; a field left empty is the whole side."""
        given = {"left": self.left.data, "top": self.top.data, "width": self.width.data, "height": self.height.data}
        shares = {name: share / 100 for name, share in given.items() if share is not None}
        turns = int(self.turns.data) if self.turns.data in ("0", "1", "2", "3") else 0
        return Framing(turns, focus=self.focus.data, **shares).fitted()


@bp.route("/photos/<int:photo_id>/edit/", methods=["GET", "POST"])
@members_only
def frame(photo_id: int) -> Response:
    """Turn and crop a photograph of one's own; the buttons but those that end it only show what would be."""
    with reading():
        photo, post = _own(photo_id)
    if not photo.ready:
        raise Refused(NOT_YET)
    if request.method != "POST":
        return _page(FramingForm.of(photo.framing), photo, post)
    form, action = FramingForm(), request.form.get("action", "look")
    if not form.validate():
        return _not_so(form, photo, post)
    framing = AS_IT_IS if action == "undo" else form.framing()
    if action not in ("save", "undo"):
        return _changed(form, framing, action, photo, post)
    photo, post = _own(photo_id)
    if post is None:
        photo.frame(framing, g.user)
        db.session.commit()
        return go(url_for("posts.framed", photo_id=photo.id))
    post.frame(photo, framing, g.user)
    db.session.commit()
    return go(url_for("posts.show", post_id=post.id) + f"#photo-{post.photos.index(photo) + 1}")


@bp.get("/photos/<int:photo_id>/framed/")
@members_only
def framed(photo_id: int) -> Response:
    """An upload was turned or cropped in a window of its own; the post is in another one."""
    photo = Photo.upload_of(photo_id, g.user)
    return page("posts/framed.html", photo=photo, live_url=stream([], own=True))


def _own(photo_id: int) -> tuple[Photo, Post | None]:
    """A photograph of the reader's own, with its post; an upload has none yet. Raises Missing."""
    if uploads := Photo.pending_of(g.user, [photo_id]):
        return uploads[0], None
    post = Post.own(Photo.upload_of(photo_id, g.user).post_id or 0, g.user)
    return next(photo for photo in post.photos if photo.id == photo_id), post


def _changed(form: FramingForm, framing: Framing, action: str, photo: Photo, post: Post | None) -> Response:
    """The form after one of its buttons."""
    kind, _colon, shape = action.partition("-")
    if kind == "turn" and shape in ("left", "right"):
        framing, shape = framing.turned(1 if shape == "right" else 3), ""
    elif kind == "shape" and shape in SHAPES:
        framing = framing.shaped(shape, photo.whole_size)
    elif kind == "shape":
        framing, shape = Framing(framing.turns, focus=framing.focus), ""
    else:
        shape = form.shape.data if form.shape.data in SHAPES else ""
    return _page(FramingForm.of(framing, shape), photo, post)


def _not_so(form: FramingForm, photo: Photo, post: Post | None) -> Response:
    if asked_by_htmx():
        raise Refused(next(str(sentences[0]) for sentences in form.errors.values()))
    return _page(form, photo, post, 422)


def _page(form: FramingForm, photo: Photo, post: Post | None, status: int = 200) -> Response:
    framing = photo.framing if form.errors else form.framing()
    size = framing.turned_size(photo.whole_size)
    context = {"form": form, "photo": photo, "post": post, "framing": framing, "size": size, "shapes": SHAPES}
    if asked_by_htmx() and request.method == "POST":
        return fragment("posts/_framing.html", **context)
    return page("posts/framing.html", status, **context)
