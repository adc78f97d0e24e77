"""What people type about themselves."""

from __future__ import annotations

from typing import BinaryIO, cast

from flask import current_app, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FileField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from postways.config import Config
from postways.days import DayField
from postways.errors import Refused
from postways.forms import PageForm
from postways.handlers import sentence
from postways.models import Photo
from postways.models.user_row import LONGEST_BIO, LONGEST_NAME
from postways.text import as_name, trimmed
from postways.threads import in_thread


def _at_most(most: int) -> Length:
    return Length(max=most, message=_l("This is longer than %(max)d characters; shorten it a little."))


class MuteForm(PageForm):
    """A word or tag that one does not want to come across, and until when."""

    word = StringField(_l("Word or #tag"), filters=[trimmed])
    until = DayField(_l("Until the end of"), [Optional()])


class ProfileForm(PageForm):
    """Name and words beside the picture."""

    display_name = StringField(_l("Name"), [_at_most(LONGEST_NAME)], filters=[as_name])
    bio = TextAreaField(_l("About you"), [_at_most(LONGEST_BIO)], filters=[trimmed])
    avatar = FileField(_l("Picture"), id="avatar-file")

    def picture(self) -> Photo | None:
        """The chosen file as an upload that is not in the session yet; a refusal is put beside the field.

        Slow and outside any transaction.
        """
        file = request.files.get("avatar")
        if file is None or not file.filename:
            return None
        config: Config = current_app.extensions["config"]
        try:
            return in_thread(
                Photo.store,
                cast("BinaryIO", file.stream),
                current_app.extensions["storage"],
                max_bytes=config.max_upload_bytes,
                max_pixels=config.max_pixels,
            )
        except Refused as error:
            self.avatar.errors = [sentence(error)]
            return None

    def ask_again(self) -> None:
        """A browser forgets the chosen file when a form comes back."""
        file = request.files.get("avatar")
        if file is not None and file.filename and not self.avatar.errors:
            self.avatar.errors = [_("Choose the picture again; it was not kept.")]
