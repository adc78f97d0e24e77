"""A photograph: its original, the states it goes through, and who works on it."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest

from postways import jobs
from postways.db import db, now
from postways.errors import Missing, Refused
from postways.models import Erasure, Photo, Post
from postways.models.photo import LEASE, shutter_text
from tests.cast import make_photo, make_post, picture
from tests.pictures import one_bit_bomb


def find(app, photo):
    with app.app_context():
        return db.session.get(Photo, photo.id)


def prepared(app, photo):
    with app.app_context():
        jobs.prepare(photo.id)
    return find(app, photo)


def stored(app):
    return list(app.extensions["storage"].keys())


def names_in(app, photo):
    return {name.removeprefix(photo.folder) for name in stored(app) if name.startswith(photo.folder)}


@pytest.fixture
def photo(app, ada):
    with app.app_context():
        return make_photo(app, ada, data=picture(800, 500))


def test_an_upload_waits_with_its_original_stored(app, photo):
    assert (photo.state, photo.waiting, photo.ready) == ("waiting", True, False)
    assert (photo.width, photo.height, photo.mime) == (800, 500, "image/jpeg")
    assert app.extensions["storage"].get(photo.original) == picture(800, 500)
    assert names_in(app, photo) == set()


def test_keys_can_not_be_guessed_from_one_another(app, ada, photo):
    with app.app_context():
        other = make_photo(app, ada, data=picture(800, 500))

    assert len(photo.key) == len(other.key) == 32  # 128 bits
    assert photo.key != other.key


def test_preparing_makes_every_size_once(app, photo):
    ready = prepared(app, photo)

    assert ready.ready
    assert ready.widths == (320, 640, 800)
    assert names_in(app, ready) == set(ready.names)
    assert ready.placeholder.startswith("data:image/")


def test_preparing_again_changes_nothing(app, photo):
    first = prepared(app, photo)
    files = {name: app.extensions["storage"].get(first.folder + name) for name in first.names}

    again = prepared(app, photo)

    assert (again.state, again.tries) == ("ready", 1)
    assert files == {name: app.extensions["storage"].get(again.folder + name) for name in again.names}


def test_what_can_not_be_decoded_fails_with_a_sentence(app, ada):
    with app.app_context():
        photo = make_photo(app, ada, data=picture(800, 500)[:2_000])

    failed = prepared(app, photo)

    assert failed.failed
    assert failed.reason.endswith(".")
    assert "%(" not in failed.reason
    assert names_in(app, failed) == set()


def test_a_failed_picture_can_be_tried_again_by_its_owner_alone(app, ada, ben):
    with app.app_context():
        photo = make_photo(app, ada, data=picture(800, 500)[:2_000])
    prepared(app, photo)

    with app.app_context():
        with pytest.raises(Missing):
            Photo.upload_of(photo.id, ben)
        with pytest.raises(Missing):
            Photo.upload_of(photo.id, ada).retry(ben)
        for _ in range(2):
            Photo.upload_of(photo.id, ada).retry(ada)
        db.session.commit()

    assert find(app, photo).state == "waiting"
    assert prepared(app, photo).failed


def test_a_ready_picture_is_not_tried_again(app, ada, photo):
    prepared(app, photo)

    with app.app_context():
        Photo.upload_of(photo.id, ada).retry(ada)
        db.session.commit()

    assert find(app, photo).ready


def test_one_worker_has_it(app, photo):
    with app.app_context():
        moment = now()
        first = db.session.get(Photo, photo.id)
        assert first.claim(moment)
        assert not first.claim(moment)
        assert not first.claim(moment + LEASE / 2)


def test_what_a_dead_worker_left_is_taken_up(app, photo):
    with app.app_context():
        moment = now()
        assert db.session.get(Photo, photo.id).claim(moment)
        db.session.commit()
        later = moment + LEASE + timedelta(seconds=1)

        assert Photo.waiting_for_work(moment) == []
        assert Photo.waiting_for_work(later) == [photo.id]
        assert db.session.get(Photo, photo.id).claim(later)


def test_a_worker_that_says_it_lives_keeps_it(app, photo):
    with app.app_context():
        row = db.session.get(Photo, photo.id)
        row.claim(now() - LEASE)
        row.still_at_it()

        assert not row.claim(now() + LEASE / 2)


def test_after_three_dead_workers_it_is_given_up(app, photo):
    with app.app_context():
        moment = now()
        for step in range(3):
            row = db.session.get(Photo, photo.id, populate_existing=True)
            assert row.claim(moment + step * 2 * LEASE)
        row = db.session.get(Photo, photo.id, populate_existing=True)

        assert not row.claim(moment + 10 * LEASE)
        assert db.session.get(Photo, photo.id, populate_existing=True).failed


def test_files_of_a_picture_that_was_removed_meanwhile_go_too(app, photo, monkeypatch):
    derive = jobs._derive

    def removed_meanwhile(row):
        derived = derive(row)
        db.session.delete(db.session.get(Photo, photo.id))
        db.session.commit()
        return derived

    monkeypatch.setattr(jobs, "_derive", removed_meanwhile)
    with app.app_context():
        jobs.prepare(photo.id)

    assert not names_in(app, photo)


def test_a_lost_original_is_said(app, photo):
    app.extensions["storage"].delete(photo.original)

    assert "no longer there" in prepared(app, photo).reason


def test_a_job_for_nothing_does_nothing(app):
    with app.app_context():
        jobs.prepare(10**9)


def test_removing_lets_go_of_every_file(app, ada, photo):
    jobs.use(app)
    prepared(app, photo)
    with app.app_context():
        Photo.upload_of(photo.id, ada).remove()
        db.session.commit()
        erasures = [row.id for row in db.session.query(Erasure)]
    for erasure in erasures:
        jobs.erase(erasure)

    assert find(app, photo) is None
    assert stored(app) == []


def test_uploads_that_nobody_used_are_left_behind_after_a_day(app, ada, photo):
    post = make_post(app, ada, pictures=1)

    with app.app_context():
        assert Photo.left_behind(now()) == []
        assert [row.id for row in Photo.left_behind(now() + timedelta(hours=25))] == [photo.id]
        assert post.photos[0].id != photo.id


def test_pending_uploads_come_in_the_asked_order_and_only_ones_own(app, ada, ben):
    with app.app_context():
        mine = [make_photo(app, ada).id for _ in range(3)]
        other = make_photo(app, ben).id
    attached = make_post(app, ada, pictures=1).photos[0].id

    with app.app_context():
        asked = [mine[2], other, mine[0], attached, 10**9, mine[2]]
        assert [photo.id for photo in Photo.pending_of(ada, asked)] == [mine[2], mine[0]]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"Dear diary", "text"),
        (picture() + b"x" * 40_000_000, "40.0 MB is too much; the most is 30 MB"),
        (one_bit_bomb(), "13300"),
    ],
)
def test_what_is_refused_leaves_nothing(app, inside, data, said):
    with pytest.raises(Refused, match=said):
        Photo.store(BytesIO(data), app.extensions["storage"], max_bytes=30_000_000, max_pixels=60_000_000)

    assert stored(app) == []


def test_a_key_finds_its_picture_as_far_as_the_post_is_seen(app, ada, ben):
    draft, post = make_post(app, ada, pictures=1, published=False), make_post(app, ada, pictures=1)

    with app.app_context():
        for photo, seen in ((draft.photos[0], False), (post.photos[0], True)):
            assert (Post.photo_seen_by(ben, key=photo.key) is not None) is seen
            assert Post.photo_seen_by(ada, key=photo.key) is not None
        assert Photo.with_key(draft.photos[0].key).id == draft.photos[0].id
        assert Photo.with_key("") is None


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.004, "1/250 s"), (0.25, "1/4 s"), (0.5, "0.5 s"), (2, "2 s"), (30, "30 s")]
)
def test_shutter_speeds_read_as_photographers_write_them(seconds, text):
    assert shutter_text(seconds) == text
