"""What happens by itself: work that was lost is put back, what is over is forgotten.

The state in the database says what must be done; this finds what nobody does. It may run twice at once: everything
in it is idempotent, so a second scheduler costs time and nothing else.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast

from flask import Flask, current_app

from postways import later
from postways.config import Config
from postways.db import db, now
from postways.models import Attempt, Erasure, Photo, Post, Session
from postways.storage import Storage

log = logging.getLogger(__name__)

Work = Callable[[], object]

OFTEN = timedelta(seconds=30)
HOURLY = timedelta(hours=1)
NIGHTLY = timedelta(days=1)
SETTLED = timedelta(hours=1)  # files younger than this may belong to a request that has not committed yet


def run(app: Flask, stop: Callable[[], bool] = lambda: False) -> None:
    """Sweep for ever; outlives database and Redis."""
    due: dict[Work, datetime] = {put_back: now(), forget: now(), check_counters: now(), check_media: now() + HOURLY}
    steps: dict[Work, timedelta] = {put_back: OFTEN, forget: HOURLY, check_counters: NIGHTLY, check_media: NIGHTLY}
    while not stop():
        for work, at in list(due.items()):
            if now() >= at:
                due[work] = now() + steps[work]
                _try(app, work)
        time.sleep(1)


def _try(app: Flask, work: Work) -> None:
    with app.app_context():
        try:
            work()
            db.session.commit()
        except Exception:
            db.session.rollback()
            log.exception("sweeping failed, it is tried again")


def put_back() -> int:
    """Ring again for photographs and erasures that nobody works on; returns how many."""
    moment = now()
    photos, erasures = Photo.waiting_for_work(moment), Erasure.waiting(moment - timedelta(seconds=5))
    for photo_id in photos:
        later.job("process_photo", photo_id)
    for erasure_id in erasures:
        later.job("erase", erasure_id)
    db.session.commit()
    return len(photos) + len(erasures)


def forget() -> None:
    """Let go of sessions and tries that no longer count, uploads nobody used, and posts 30 days in the trash."""
    config: Config = current_app.extensions["config"]
    Session.forget_ended(timedelta(days=config.session_idle_days), timedelta(days=config.session_days))
    Attempt.forget_old()
    db.session.commit()
    for photo in Photo.left_behind(now()):
        photo.remove()
    db.session.commit()
    for post in Post.in_trash_since(now()):
        post.purge()
        db.session.commit()


def check_counters() -> int:
    """Set counts of likes that are not the truth right; returns how many were not."""
    wrong = Post.with_wrong_count()
    for post_id, truth in wrong.items():
        Post.set_count(post_id, truth)
    if wrong:
        log.warning("%d counts of likes were wrong", len(wrong))
    return len(wrong)


def check_media(repair: bool = True) -> dict[str, list[str]]:
    """Compare files and rows.

    Answers with the names of "orphans" (files without rows), of "lost" originals, and of "bare" folders: photographs
    that are ready but lack a file.
    """
    storage = cast("Storage", current_app.extensions["storage"])
    files = set(storage.keys())
    photos = list(Photo.keys().values())
    folders = {photo.folder for photo in photos} | {_folder(photo.original) for photo in photos}
    before = now() - SETTLED
    found = {
        "orphans": sorted(name for name in files if _folder(name) not in folders),
        "lost": [photo.original for photo in photos if photo.original not in files and photo.created_at < before],
        "bare": [photo.folder for photo in photos if not files.issuperset(photo.folder + name for name in photo.names)],
    }
    db.session.commit()
    if repair:
        _repair(found, photos, storage, before)
    return found


def _repair(found: dict[str, list[str]], photos: list[Photo], storage: Storage, before: datetime) -> None:
    storage.delete_unfinished()
    for name in found["orphans"]:
        if storage.changed_at(name) < before:
            storage.delete(name)
    for photo in photos:
        if photo.folder in found["bare"] and photo.original not in found["lost"]:
            photo.redo()
    db.session.commit()


def _folder(name: str) -> str:
    return name.rpartition("/")[0] + "/"
