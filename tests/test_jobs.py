"""What workers run may be killed anywhere, run twice, and meets every file that cameras make."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from postways import jobs
from postways.db import db, now
from postways.errors import Refused
from postways.models import Erasure, Photo, Post
from postways.models.photo import LEASE, MOST_TRIES
from tests.cast import make_photo, picture
from tests.pictures import MARKER, talkative

BESIDE = Path(__file__).parents[2] / "shared" / "photos"
CAMERA = sorted(path.name for path in (BESIDE / "camera").glob("*"))
BROKEN = sorted(path.name for path in (BESIDE / "broken").glob("*"))
TOLD = ("exif", "xmp", "XML:com.adobe.xmp", "icc_profile", "comment", "photoshop", "GPSInfo")

pytestmark = pytest.mark.usefixtures("inside")


def found(photo: Photo) -> Photo:
    return db.session.get(Photo, photo.id, populate_existing=True)


def prepared(photo: Photo) -> Photo:
    jobs.prepare(photo.id)
    return found(photo)


def asked() -> list[int]:
    """What is to be erased."""
    waiting = Erasure.waiting(now())
    db.session.rollback()  # a job has a transaction of its own
    return waiting


def files(app, photo: Photo) -> dict[str, bytes]:
    """What was made of it, by name."""
    storage = app.extensions["storage"]
    return {key.removeprefix(photo.folder): storage.get(key) for key in storage.keys(photo.folder)}


@pytest.fixture
def photo(app, ada) -> Photo:
    return make_photo(app, ada, data=picture(800, 500))


@pytest.mark.parametrize("name", CAMERA)
def test_a_camera_s_photograph_is_shown_without_what_it_says_of_place_and_person(app, ada, photos, name):
    data = (photos / "camera" / name).read_bytes()

    photo = prepared(make_photo(app, ada, data=data))

    assert photo.ready, photo.reason
    made = files(app, photo)
    assert set(made) == set(photo.names)
    for one in made.values():
        assert b"Exif\0\0" not in one[:4096]
        with Image.open(BytesIO(one)) as image:
            assert dict(image.getexif()) == {}
            assert not set(image.info) & set(TOLD)
    assert app.extensions["storage"].get(photo.original) == data


@pytest.mark.parametrize("name", BROKEN)
def test_a_damaged_file_is_shown_as_far_as_it_goes_or_refused_in_a_sentence(app, ada, photos, name):
    data = (photos / "broken" / name).read_bytes()

    try:
        photo = prepared(make_photo(app, ada, data=data))
    except Refused as refusal:
        assert str(refusal).endswith(".")
        assert list(app.extensions["storage"].keys("originals")) == []
        return

    assert photo.ready or photo.failed
    assert set(files(app, photo)) == set(photo.names)
    assert photo.ready or (photo.reason.endswith(".") and "%(" not in photo.reason)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF"])
def test_nothing_that_a_file_tells_is_served(app, ada, kind):
    photo = prepared(make_photo(app, ada, data=talkative(kind)))

    assert photo.ready, photo.reason
    assert not [name for name, data in files(app, photo).items() if MARKER.encode() in data]


def test_preparing_twice_makes_the_same_files_once(app, photo, monkeypatch):
    first = prepared(photo)
    made = files(app, photo)
    monkeypatch.setattr(app.extensions["storage"], "put", _unreachable)

    second = prepared(photo)

    assert (second.ready, second.tries, second.names) == (True, first.tries, first.names)
    assert files(app, photo) == made


def test_a_worker_that_died_between_two_files_is_followed_by_one_that_finishes(app, photo, monkeypatch):
    storage, put = app.extensions["storage"], app.extensions["storage"].put
    written: list[str] = []

    def dies(key, data, mime):
        if len(written) == 3:
            raise KeyboardInterrupt  # as little is caught as at a kill
        written.append(key)
        return put(key, data, mime)

    monkeypatch.setattr(storage, "put", dies)
    with pytest.raises(KeyboardInterrupt):
        jobs.prepare(photo.id)
    monkeypatch.undo()
    db.session.rollback()
    assert found(photo).waiting
    assert not prepared(photo).ready  # it may still be alive

    _worker_is_gone(photo)

    assert prepared(photo).ready
    assert set(files(app, photo)) == set(found(photo).names)


def test_after_the_third_worker_died_it_is_given_up_with_a_sentence(app, ada, photo, monkeypatch):
    monkeypatch.setattr(jobs, "_derive", _dies)
    for _ in range(MOST_TRIES):
        with pytest.raises(MemoryError):
            jobs.prepare(photo.id)
        db.session.rollback()
        _worker_is_gone(photo)
    monkeypatch.undo()

    assert prepared(photo).failed
    assert found(photo).reason == "This picture could not be prepared. Try again, or replace it with another copy."

    found(photo).retry(ada)
    db.session.commit()
    assert prepared(photo).ready


def test_a_third_try_that_is_under_way_is_not_given_up(app, photo, monkeypatch):
    monkeypatch.setattr(jobs, "_derive", _dies)
    for _ in range(MOST_TRIES - 1):
        with pytest.raises(MemoryError):
            jobs.prepare(photo.id)
        db.session.rollback()
        _worker_is_gone(photo)
    assert found(photo).claim(now())
    db.session.commit()

    assert prepared(photo).waiting


def _dies(photo: Photo) -> None:
    raise MemoryError


def _worker_is_gone(photo: Photo) -> None:
    found(photo).claimed_at = now() - 2 * LEASE
    db.session.commit()


def test_a_post_that_is_purged_meanwhile_leaves_no_files(app, ada, photo, monkeypatch):
    post = Post.share(ada, title="Soon gone", photos=[photo])
    db.session.commit()
    jobs.use(app)
    derive = jobs._derive

    def purged_meanwhile(row):
        derived = derive(row)
        Post.find(post.id, ada).purge()
        db.session.commit()
        for erasure in asked():
            jobs.erase(erasure)
        return derived

    monkeypatch.setattr(jobs, "_derive", purged_meanwhile)

    jobs.prepare(photo.id)

    assert list(app.extensions["storage"].keys()) == []


def test_an_erasure_that_fails_is_asked_for_until_it_is_done(app, photo, monkeypatch):
    jobs.use(app)
    prepared(photo).remove()
    db.session.commit()
    waiting = asked()

    with monkeypatch.context() as patch:
        patch.setattr(app.extensions["storage"], "delete_all", _unreachable)
        for row in waiting:
            with pytest.raises(OSError, match="unreachable"):
                jobs.erase(row)
    assert asked() == waiting

    for row in waiting:
        jobs.erase(row)
        jobs.erase(row)
    assert asked() == []
    assert list(app.extensions["storage"].keys()) == []


def _unreachable(*_: object) -> None:
    raise OSError("unreachable")
