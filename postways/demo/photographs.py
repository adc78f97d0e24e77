"""The demo's photographs on their way into a site: prepared once, kept as often as they are wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from typing import cast

from flask import current_app
from PIL import Image

from postways import images
from postways.db import db
from postways.demo.content import PHOTOS, Cut, Person, credits_by_file
from postways.images import Derived
from postways.models import Photo
from postways.storage import Storage

MOST_PIXELS = 60_000_000  # these are our own: a site's limits are for what comes from outside
THREADS = 2  # Pillow lets go of the interpreter while it works
FILES_AT_ONCE = 8
FACE = 300  # pixels: as large as a person's picture is ever shown


def prepared(files: Iterable[str]) -> dict[str, Derived]:
    """What is served of each of these photographs."""

    def derived(file: str) -> Derived:
        return images.derive(BytesIO(_content(file)), max_pixels=MOST_PIXELS)

    names = list(dict.fromkeys(files))
    with ThreadPoolExecutor(THREADS) as pool:
        return dict(zip(names, pool.map(derived, names), strict=True))


def keep(files: Iterable[str], derived: Mapping[str, Derived], stored: list[Photo]) -> list[Photo]:
    """Store each of these files with what is served of it; answers with a row for each, not yet in the session.

    `stored` gets the same rows as soon as the first byte of theirs may lie in the storage.
    """
    storage = _storage()

    def one(file: str) -> Photo:
        data = _content(file)
        photo = Photo.store(BytesIO(data), storage, max_bytes=len(data), max_pixels=MOST_PIXELS)
        photo.alt = credits_by_file()[file].alt
        stored.append(photo)
        for derivative in derived[file].derivatives:
            storage.put(f"{photo.folder}{derivative.name}", derivative.data, derivative.mime)
        return photo

    with ThreadPoolExecutor(FILES_AT_ONCE) as pool:
        return list(pool.map(one, files))


def faces(people: Iterable[Person], stored: list[Photo]) -> list[tuple[Photo, Derived]]:
    """The picture of each of these people, cut out of a photograph, with what is served of it, as `keep` does."""
    storage = _storage()

    def one(person: Person) -> tuple[Photo, Derived]:
        data = _cut(person.face)
        derived = images.derive(BytesIO(data), max_pixels=MOST_PIXELS)
        photo = Photo.store(BytesIO(data), storage, max_bytes=len(data), max_pixels=MOST_PIXELS)
        stored.append(photo)
        for derivative in derived.derivatives:
            storage.put(f"{photo.folder}{derivative.name}", derivative.data, derivative.mime)
        return photo, derived

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, people))


def _cut(face: Cut) -> bytes:
    file = BytesIO()
    with Image.open(PHOTOS / face.file) as photograph:
        whole = photograph.width
        photograph.draft("RGB", (whole // 2, photograph.height // 2))  # read at half the size: a third of the work
        scale = photograph.width / whole
        box = [int(edge * scale) for edge in (face.left, face.top, face.left + face.side, face.top + face.side)]
        photograph.crop(tuple(box)).resize((FACE, FACE)).save(file, "JPEG", quality=88)  # type: ignore[arg-type]
    return file.getvalue()


@contextmanager
def gone_without_rows(stored: list[Photo]) -> Iterator[None]:
    """However what is inside ends, by Ctrl-C in its commit too: the files of `stored` stay only if their rows do."""
    try:
        yield
    finally:
        db.session.rollback()
        if stored and Photo.with_key(stored[0].key) is None:
            for photo in stored:
                _storage().delete_all(photo.folder)
                _storage().delete(photo.original)
        db.session.rollback()


def _content(file: str) -> bytes:
    return (PHOTOS / file).read_bytes()


def _storage() -> Storage:
    return cast("Storage", current_app.extensions["storage"])
