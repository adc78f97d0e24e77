"""Files that must go are written down until they are gone."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest

from postways import jobs
from postways.db import db, now
from postways.models import Erasure


@pytest.fixture
def storage(app):
    storage = app.extensions["storage"]
    for name in ("photos/a/1.jpg", "photos/a/2.jpg", "photos/ab/1.jpg"):
        storage.put(name, BytesIO(b"x"), "image/jpeg")
    return storage


def asked(app, prefix):
    jobs.use(app)
    with app.app_context():
        Erasure.ask(prefix)
        erasure = db.session.query(Erasure).one().id
        db.session.commit()
        return erasure


def test_erasing_takes_every_file_of_the_folder_and_no_other(app, storage, inside):
    erasure = asked(app, "photos/a/")

    jobs.erase(erasure)

    assert list(storage.keys()) == ["photos/ab/1.jpg"]
    assert db.session.query(Erasure).count() == 0


def test_erasing_twice_is_once(app, storage, inside):
    erasure = asked(app, "photos/a/")

    jobs.erase(erasure)
    jobs.erase(erasure)

    assert list(storage.keys()) == ["photos/ab/1.jpg"]


def test_what_was_taken_back_erases_nothing(storage, inside):
    Erasure.ask("photos/a/")
    db.session.rollback()

    assert db.session.query(Erasure).count() == 0


def test_those_that_nobody_saw_to_are_found_again(storage, inside):
    Erasure.ask("photos/a/")
    db.session.commit()

    assert Erasure.waiting(now() - timedelta(minutes=1)) == []
    assert len(Erasure.waiting(now() + timedelta(minutes=1))) == 1
