"""What workers run: find, one verb, commit. Each may be killed anywhere and run again."""

from __future__ import annotations

import logging
import tempfile
from typing import cast

from flask import Flask, current_app
from flask.ctx import AppContext

from postways import exports, images, mail
from postways.config import Config
from postways.db import db, now, reading
from postways.images import Derived, Unreadable
from postways.models import Erasure, Export, Mail, Photo, Suggestion, User, departure
from postways.storage import Storage

log = logging.getLogger(__name__)
_app: Flask | None = None


def use(app: Flask) -> None:
    """Run the jobs of this process, and of those that it forks, in `app`."""
    global _app  # noqa: PLW0603 RQ calls plain functions
    _app = app


def _context() -> AppContext:
    assert _app is not None, "a worker names its application first"
    return _app.app_context()


def process_photo(photo_id: int) -> None:
    """Prepare a photograph, if nobody else does and it is still wanted."""
    with _context():
        prepare(photo_id)


def erase(erasure_id: int) -> None:
    """Delete the files that a transaction let go of."""
    with _context():
        row = db.session.get(Erasure, erasure_id)
        db.session.rollback()
        if row is None:
            return
        _storage().delete_all(row.prefix)
        db.session.delete(db.session.get(Erasure, erasure_id) or row)
        db.session.commit()


def send_mail(mail_id: int) -> None:
    """Send a mail, if nobody else does; what the mail server does not take is tried again later."""
    with _context():
        row = db.session.get(Mail, mail_id, populate_existing=True)
        claimed = row is not None and row.claim(now())
        user = db.session.get(User, row.user_id, populate_existing=True) if row and row.user_id else None
        db.session.commit()
        if row is None or not claimed:
            return
        if _delivered(row, user):
            row.sent()
        else:
            row.put_off(now())
        db.session.commit()


def make_export(export_id: int) -> None:
    """Make somebody's export, if nobody else does: a zip in a temporary file, then in the storage."""
    with _context():
        row = db.session.get(Export, export_id, populate_existing=True)
        claimed = row is not None and row.claim(now())
        db.session.commit()
        if row is None or not claimed:
            return
        with reading():
            documents, originals = exports.contents(User.find(row.user_id))
        with tempfile.TemporaryFile() as file:
            exports.write(file, documents, originals, _storage(), lambda: _export_lives(row))
            file.seek(0)
            size = _storage().put(row.key, file, "application/zip")
        kept = row.made(size)
        db.session.commit()
        if not kept:
            _storage().delete(row.key)  # the account was deleted meanwhile


def suggest(person_id: int) -> None:
    """Work out whom somebody may want to follow."""
    with _context():
        with reading():
            reader = db.session.get(User, person_id)
            found = Suggestion.found_for(reader) if reader is not None else ()
        Suggestion.replace(person_id, found, now())
        db.session.commit()


def withdraw(user_id: int) -> None:
    """Let what somebody who has left liked, reposted and saved count no more."""
    with _context():
        while departure.withdraw_some(user_id):
            db.session.commit()


def _export_lives(row: Export) -> None:
    row.still_at_it()
    db.session.commit()


def _delivered(row: Mail, user: User | None) -> bool:
    """Whether it has gone; a mail to nobody has at once, it only took as long to ask for as another."""
    address = row.address or (user.email if user is not None else None)
    if not address:
        return True
    try:
        letter = mail.write(row.kind, user, row.data)
        mail.deliver(letter, address, name=f"{row.created_at:%Y%m%d-%H%M%S}-{row.id}-{row.kind}")
    except Exception as error:  # whatever it is, the mail waits; the error's text may hold the address
        log.warning("mail %d (%s) has to wait: %s", row.id, row.kind, type(error).__name__)
        return False
    return True


def prepare(photo_id: int) -> None:
    """Prepare a photograph in this process: claim it, derive and store the files, note the result."""
    photo = db.session.get(Photo, photo_id, populate_existing=True)
    claimed = photo is not None and photo.claim(now())
    db.session.commit()
    if photo is None or not claimed:
        return
    try:
        derived = _derive(photo)
    except Unreadable as error:
        log.info("photo %d can't be prepared", photo_id)
        photo.fail(str(error) % error.values if error.values else str(error))
        db.session.commit()
        return
    key = photo.next_key()
    for derivative in derived.derivatives:
        _storage().put(f"photos/{key}/{derivative.name}", derivative.data, derivative.mime)
    kept = photo.derived(derived, key)
    if kept:
        db.session.commit()
    else:
        db.session.rollback()
        _storage().delete_all(f"photos/{key}/")  # it was removed, or framed otherwise, meanwhile


def _derive(photo: Photo) -> Derived:
    config: Config = current_app.extensions["config"]

    def alive() -> None:
        photo.still_at_it()
        db.session.commit()

    with photo.read_original(_storage()) as file:
        return images.derive(file, max_pixels=config.max_pixels, framing=photo.framing, progress=alive)


def _storage() -> Storage:
    return cast("Storage", current_app.extensions["storage"])
