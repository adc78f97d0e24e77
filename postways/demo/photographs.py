"""The demo's photographs on their way into a site: prepared once, kept as often as they are wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from typing import cast

from flask import current_app

from postways import images
from postways.db import db
from postways.demo.content import PHOTOS, credits_by_file
from postways.images import Derived
from postways.models import Photo
from postways.storage import Storage

MOST_PIXELS = 60_000_000  # these are our own: a site's limits are for what comes from outside
THREADS = 2  # Pillow lets go of the interpreter while it works
FILES_AT_ONCE = 8


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
