"""The form of a post: words, and photographs by reference to uploads that are already here."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from flask import g, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateTimeLocalField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional

from postways import zones
from postways.forms import PageForm
from postways.models import Photo
from postways.models.photo import LONGEST_ALT
from postways.models.post import LICENCES, LONGEST_CONTENT
from postways.models.post_row import LONGEST_CREDIT, LONGEST_TITLE, LONGEST_WARNING

LONGEST_KEY = 64
LARGEST_ID = 2**63  # the first number that a database can't hold


def _trimmed(text: str | None) -> str:
    return (text or "").replace("\r\n", "\n").replace("\x00", "").strip()


def _on_one_line(tags: str | list[str] | None) -> str:
    return _trimmed(", ".join(tags) if isinstance(tags, list) else tags)


def _at_most(most: int) -> Length:
    return Length(max=most, message=_l("This is longer than %(max)d characters; shorten it a little."))


FOR = {"public": _l("Everybody"), "followers": _l("My followers"), "premium": _l("Premium members")}


def usual_audience() -> str:
    """What the form of a new post begins with."""
    return "followers" if g.user.private else "public"


class MomentField(DateTimeLocalField):
    """A moment, typed and shown by the clock of whoever fills the form in."""

    data: datetime | None

    def process_data(self, value: datetime | None) -> None:
        """A moment in UTC, as it comes from the row."""
        super().process_data(value.astimezone(zones.here()) if value else None)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Raises ValueError with the sentence for what is no time."""
        try:
            if not all(value.isascii() for value in valuelist):
                raise ValueError(valuelist)  # other digits than those that programs may send
            super().process_formdata([value.strip() for value in valuelist])
            if self.data is not None:
                self.data = self.data.replace(tzinfo=zones.here())
                self.data.astimezone(UTC)
        except (ValueError, OverflowError):
            self.data = None
            raise ValueError(_("Type day and time like 2030-12-31T09:00.")) from None


class PostForm(PageForm):
    """Title, text, licence, credit and content warning."""

    title = StringField(
        _l("Title"), [DataRequired(_l("Give the post a title.")), _at_most(LONGEST_TITLE)], filters=[_trimmed]
    )
    content = TextAreaField(_l("Text"), [_at_most(LONGEST_CONTENT)], filters=[_trimmed])
    tags = StringField(_l("Tags"), filters=[_on_one_line])
    licence = SelectField(
        _l("Licence"),
        choices=[SelectChoice(code, _l(name)) for code, (name, _url) in LICENCES.items()],
        default="all-rights-reserved",
    )
    credit = StringField(_l("Credit"), [_at_most(LONGEST_CREDIT)], filters=[_trimmed])
    warning = StringField(_l("Content warning"), [_at_most(LONGEST_WARNING)], filters=[_trimmed])
    audience = SelectField(
        _l("Who sees it"), choices=[SelectChoice(code, name) for code, name in FOR.items()], default=usual_audience
    )

    publish_at = MomentField(_l("Publish at"), [Optional()], format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
    key = HiddenField(
        default=lambda: secrets.token_urlsafe(16), validators=[Length(max=LONGEST_KEY)], filters=[_trimmed]
    )
    seen = HiddenField(validators=[Length(max=LONGEST_KEY)], filters=[_trimmed])  # the post's stamp when it was opened

    def words(self) -> dict[str, Any]:
        """What the verbs of `Post` take."""
        words = {name: self[name].data for name in ("title", "content", "licence", "credit", "warning")}
        # a form that does not speak of audience or tags leaves them as they are
        if self.audience.name in request.form:
            words["audience"] = self.audience.data
        if self.tags.name in request.form:
            words["tags"] = [self.tags.data]
        return words


class CommentForm(PageForm):
    """What somebody says under a post; its length is judged by the noun.

    A visitor's carries no token, so that reading a post sets no cookie: it leads to the log-in.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options, meta={"csrf": g.user.is_member})

    body = TextAreaField(_l("Comment"), filters=[_trimmed])
    key = HiddenField(
        default=lambda: secrets.token_urlsafe(16), validators=[Length(max=LONGEST_KEY)], filters=[_trimmed]
    )


class RemoveForm(PageForm):
    """Why staff takes a comment away."""

    reason = TextAreaField(_l("Reason"), filters=[_trimmed])


def chosen(ids: list[int], uploads: list[Photo], attached: list[Photo]) -> list[Photo]:
    """The photographs that the form refers to, in its order: pending uploads and those the post has already."""
    by_id = {photo.id: photo for photo in [*uploads, *attached]}
    return [by_id[photo_id] for photo_id in dict.fromkeys(ids) if photo_id in by_id]


def photo_ids() -> list[int]:
    """The ids in the form's order, moved as its Earlier and Later buttons say, without the one to remove."""
    ids = [photo_id for photo_id in request.form.getlist("photo", int) if 0 < photo_id < LARGEST_ID][:100]
    for name, step in (("move-earlier", -1), ("move-later", 1)):
        which = request.form.get(name, type=int)
        if which in ids:
            place = ids.index(which)
            ids.insert(max(0, place + step), ids.pop(place))
    removed = request.form.get("remove", type=int)
    return [photo_id for photo_id in ids if photo_id != removed]


def describe(photos: list[Photo]) -> dict[int, str]:
    """Put the typed descriptions on their photographs; returns the sentences for those that are too long."""
    errors = {}
    for photo in photos:
        alt = _trimmed(request.form.get(f"alt-{photo.id}", photo.alt))
        if len(alt) > LONGEST_ALT:
            errors[photo.id] = _("This is longer than %(max)d characters; shorten it a little.", max=LONGEST_ALT)
        photo.alt = alt
    return errors


def only_rearranges() -> bool:
    """Whether a button was pressed that keeps the form open: add files, move, remove or retry one."""
    return request.form.get("action") == "add" or any(
        name in request.form for name in ("move-earlier", "move-later", "remove", "retry")
    )
