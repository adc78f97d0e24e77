"""Photographs that come with a request, whichever door it came to: checked by content and kept, or refused in words."""

from __future__ import annotations

from typing import BinaryIO, cast

from flask import current_app, request
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from postways.config import Config
from postways.errors import Refused
from postways.handlers import sentence
from postways.models import Photo
from postways.text import trimmed
from postways.threads import in_thread


def sent(*fields: str) -> list[tuple[str, FileStorage]]:
    """The files of these fields, each with its field's name; a field in which nothing was chosen holds none."""
    files = [(field, file) for field in fields for file in request.files.getlist(field)]
    return [(field, file) for field, file in files if file.filename or _has_bytes(file)]


def stored(file: FileStorage, *, untorn: bool = False) -> Photo:
    """Check one file and keep its original; its row is not in the session yet. `untorn`: whoever gets it can't have it
    replaced, so it must look whole. Raises Refused."""
    config: Config = current_app.extensions["config"]
    return in_thread(
        Photo.store,
        cast("BinaryIO", file.stream),
        current_app.extensions["storage"],
        max_bytes=config.max_upload_bytes,
        max_pixels=config.max_pixels,
        untorn=untorn,
    )


class Files:
    """The files that came with a form (`images`): the good ones as uploads, the others with the sentence that refuses
    them.

    Their descriptions stand beside them by position (`alt`, as in the API).
    """

    def __init__(self, room: int, full: Refused, *, untorn: bool = False) -> None:
        self.photos: list[Photo] = []
        self.refusals: list[tuple[str, str]] = []
        alts = request.form.getlist("alt")
        for place, (_field, file) in enumerate(sent("images")):
            try:
                if len(self.photos) >= room:
                    raise full
                photo = stored(file, untorn=untorn)
                photo.alt = trimmed(alts[place] if place < len(alts) else "")
                self.photos.append(photo)
            except Refused as error:
                self.refusals.append((shown_name(file), sentence(error)))


def discard(original: str) -> None:
    """Erase a file of which no row speaks."""
    in_thread(current_app.extensions["storage"].delete, original)


def shown_name(file: FileStorage) -> str:
    """The file's name for a sentence about it; it is never used for anything else."""
    name = (file.filename or "").replace("\\", "/").rsplit("/", 1)[-1]
    printable = "".join(c for c in name if c.isprintable())
    return printable[:80] or _("The file")


def _has_bytes(file: FileStorage) -> bool:
    head = file.stream.read(1)
    file.stream.seek(0)
    return bool(head)
