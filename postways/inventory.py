"""Compares the files of photographs with their rows, a thousand at a time, and mends what does not fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import chain, islice
from typing import cast

from flask import current_app

from postways.db import db, now
from postways.models import Photo
from postways.storage import Storage

BATCH = 1_000
SETTLED = timedelta(hours=1)  # files younger than this may belong to a request that has not committed yet


def check_media(repair: bool = True) -> dict[str, list[str]]:
    """Compare files and rows.

    Answers with the names of "orphans" (files without rows), of "lost" originals, and of "bare" folders: photographs
    that are ready but lack a file.
    """
    storage = cast("Storage", current_app.extensions["storage"])
    found: dict[str, list[str]] = {"orphans": [], "lost": [], "bare": []}
    for names in _batches(chain(storage.keys("photos"), storage.keys("originals"))):
        found["orphans"] += _orphans(names)
    last = 0
    while photos := Photo.after(last, BATCH):
        for photo in photos:
            _look_at(photo, storage, found, repair)
        last = photos[-1].id
        db.session.commit()
        db.session.expunge_all()
    if repair:
        _tidy(storage, found["orphans"])
    return {kind: sorted(names) for kind, names in found.items()}


def _orphans(names: list[str]) -> list[str]:
    known = Photo.known(names)
    db.session.commit()
    return [name for name in names if name not in known]


def _look_at(photo: Photo, storage: Storage, found: dict[str, list[str]], repair: bool) -> None:
    lost = photo.created_at < now() - SETTLED and not list(storage.keys(photo.original.rpartition("/")[0]))
    needed = {photo.folder + name for name in (*photo.names, photo.whole_name)} if photo.state == "ready" else set()
    bare = not needed.issubset(storage.keys(photo.folder))
    if lost:
        found["lost"].append(photo.original)
    if bare:
        found["bare"].append(photo.folder)
    if repair and bare and not lost:
        photo.redo()


def _tidy(storage: Storage, orphans: list[str]) -> None:
    storage.delete_unfinished()
    before = now() - SETTLED
    for name in orphans:
        if storage.changed_at(name) < before:
            storage.delete(name)


def _batches(names: Iterable[str]) -> Iterator[list[str]]:
    remaining = iter(names)
    while batch := list(islice(remaining, BATCH)):
        yield batch
