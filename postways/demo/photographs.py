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


def keep(files: Iterable[str], derived: Mapping[str, Derived], kept: list[Photo]) -> None:
    """Store each of these files with what is served of it, and put a row for it into `kept`, not yet in the session."""
    storage = _storage()

    def one(file: str) -> Photo:
        data = _content(file)
        photo = Photo.store(BytesIO(data), storage, max_bytes=len(data), max_pixels=MOST_PIXELS)
        kept.append(photo)  # before the rest is stored: `gone_without_rows` must know of it
        for derivative in derived[file].derivatives:
            storage.put(f"{photo.folder}{derivative.name}", derivative.data, derivative.mime)
        photo.alt = credits_by_file()[file].alt
        return photo

    with ThreadPoolExecutor(FILES_AT_ONCE) as pool:
        in_order = list(pool.map(one, files))
    kept[-len(in_order) :] = in_order


@contextmanager
def gone_without_rows(kept: list[Photo]) -> Iterator[None]:
    """Whatever happens inside, Ctrl-C in the middle of the commit too: files of `kept` stay only if their rows do."""
    try:
        yield
    finally:
        db.session.rollback()
        if kept and Photo.with_key(kept[0].key) is None:
            for photo in kept:
                _storage().delete_all(photo.folder)
                _storage().delete(photo.original)
        db.session.rollback()


def _content(file: str) -> bytes:
    return (PHOTOS / file).read_bytes()


def _storage() -> Storage:
    return cast("Storage", current_app.extensions["storage"])
