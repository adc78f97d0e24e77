"""What somebody writes to somebody: words, and pictures by reference to uploads that are already here."""

from __future__ import annotations

import re
import secrets

from flask import g, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, TextAreaField
from wtforms.validators import Regexp

from postways.db import db, reading
from postways.errors import Refused
from postways.forms import PageForm
from postways.models import Photo
from postways.models.message import MOST_PICTURES
from postways.models.photo import LONGEST_ALT
from postways.text import trimmed
from postways.uploads import Files

A_KEY = re.compile(r"[!-~]{0,64}\Z")
CHANGED = _l("This form was changed on its way. What you typed is still here; send it once more.")
LARGEST_ID = 2**63  # the first number that a database can't hold
FULL = Refused("A message has at most %(most)d pictures. This one was left out.", field="images", most=MOST_PICTURES)


def new_key() -> str:
    """By which a form that is sent twice is known."""
    return secrets.token_urlsafe(16)


class MessageForm(PageForm):
    """One message; its length is judged by the noun."""

    content = TextAreaField(
        _l("Message"), filters=[lambda text: (text or "").replace("\r\n", "\n").replace("\x00", "")]
    )
    key = HiddenField(default=new_key, validators=[Regexp(A_KEY, message=CHANGED)])
    photos: list[Photo]
    refusals: list[tuple[str, str]]  # of files: name and sentence

    def take_pictures(self) -> None:
        """Keep what came with the form as pending uploads, beside those that it refers to; commits."""
        ids = [one for one in request.form.getlist("photo", int) if 0 < one < LARGEST_ID]
        ids = [one for one in dict.fromkeys(ids) if one != request.form.get("remove", type=int)]
        with reading():
            self.photos, self.refusals = Photo.pending_of(g.user, ids), []
        if self.csrf_token.errors:  # perhaps not this person's wish: nothing may be kept
            return
        files = Files(MOST_PICTURES - len(self.photos), FULL, untorn=True)
        for upload in files.photos:
            upload.pend(g.user)
        for failed in self.photos:
            if failed.id == request.form.get("retry", type=int):
                failed.retry(g.user)
        db.session.commit()
        self.photos += files.photos
        self.refusals = files.refusals

    def alt(self, photo: Photo) -> str:
        """The description of a picture as it was typed."""
        return trimmed(request.form.get(f"alt-{photo.id}", photo.alt))

    @property
    def well_described(self) -> bool:
        """Whether no description is too long; if one is, that is said."""
        if all(len(self.alt(photo)) <= LONGEST_ALT for photo in self.photos):
            return True
        self.form_errors.append(_("A description has at most %(most)d characters.", most=LONGEST_ALT))
        return False

    def described(self) -> list[Photo]:
        """The pictures with their descriptions on them."""
        for photo in self.photos:
            photo.alt = self.alt(photo)
        return self.photos

    @property
    def stays_open(self) -> bool:
        """Whether a button was pressed that sends nothing: add files, remove or retry one."""
        return request.form.get("action") == "add" or "remove" in request.form or "retry" in request.form

    def renew(self, sentence: str) -> None:
        """Under its key nothing can be sent, and that is said: the next try has another one."""
        self.key.data = new_key()
        self.form_errors.append(sentence)

    def found_again(self) -> None:
        """After a transaction was taken back: the pictures as they are now."""
        with reading():
            self.photos = Photo.pending_of(g.user, [photo.id for photo in self.photos])
