"""Photographs, as the API writes them, and as they come along with what is sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from werkzeug.datastructures import FileStorage

from postways import uploads
from postways.api.door import absolute
from postways.db import db, reading
from postways.errors import Refused
from postways.models import Photo
from postways.models.photo import LONGEST_ALT

FIELDS = {"image": "A photograph.", "images": "Several photographs, in their order."}
ALT = "What a picture shows; one, or several in the order of the pictures."
SHOWN = 1_080  # pixels: the width in which a picture is shown when nothing is said of widths


def address(key: str, name: str) -> str:
    """Of one file of a photograph."""
    return absolute(f"/media/{key}/{name}")


def image(photo: Photo) -> str | None:
    """The address of the picture as a JPEG up to 1080 wide; None until it is ready."""
    fitting = [width for width in photo.widths if width <= SHOWN]
    return address(photo.key, f"{max(fitting)}.jpg") if photo.ready and fitting else None


def thumbnail(photo: Photo) -> str | None:
    """The address of the square; None until it is ready."""
    return address(photo.key, "square.jpg") if photo.ready else None


def srcset(photo: Photo) -> str:
    """Every width as WebP, as a browser reads it; empty until it is ready."""
    widths = photo.widths if photo.ready else ()
    return ", ".join(f"{address(photo.key, f'{width}.webp')} {width}w" for width in widths)


def refusals(alts: Sequence[str], full: Refused) -> list[Refused]:
    """What speaks against the photographs that came along, before any of them is looked at; `full` as below."""
    found = [full] if len(uploads.sent(*FIELDS)) > int(str(full.values["most"])) else []
    if any(len(alt.strip()) > LONGEST_ALT for alt in alts):
        message = "The description of a picture has at most %(most)d characters."
        found.append(Refused(message, field="alt", most=LONGEST_ALT))
    return found


@contextmanager
def came_along(alts: Sequence[str], full: Refused, *, untorn: bool = True) -> Iterator[list[Photo]]:
    """The photographs that came along, kept if all is well in the end; of a refused request nothing is.

    `full` says that there are too many; its value `most` is how many may come. `untorn`: none may be seen to have lost
    a part, as nobody could replace it.
    """
    for refused in refusals(alts, full):
        raise refused
    files = uploads.sent(*FIELDS)
    photos: list[Photo] = []
    try:
        for place, (field, file) in enumerate(files):
            photo = _stored(field, file, untorn=untorn)
            photos.append(photo)
            photo.alt = alts[place].strip() if place < len(alts) else ""
        yield photos
    finally:
        _let_go(photos)


def _let_go(photos: Sequence[Photo]) -> None:
    """Erase the files of those that no row speaks of."""
    if not photos:
        return
    originals = {photo.original for photo in photos}
    db.session.rollback()  # nothing slow happens in a transaction
    with reading():
        kept = Photo.known(originals)
    for original in originals - kept:
        uploads.discard(original)


def _stored(field: str, file: FileStorage, *, untorn: bool) -> Photo:
    try:
        return uploads.stored(file, untorn=untorn)
    except Refused as error:
        raise Refused(error.message, field=field, **error.values) from None
