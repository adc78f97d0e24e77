"""Files of photographs: open while the post is, closed to everybody else at every request."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from postways import jobs, media
from postways.db import db
from postways.models import Photo, Post
from tests.cast import make_photo, make_post
from tests.pictures import MARKER, talkative

OPEN = "public, max-age=31536000, immutable, s-maxage=5, proxy-revalidate"


@pytest.fixture
def shown(app, ada):
    return make_post(app, ada, pictures=1).photos[0]


@pytest.fixture
def hidden(app, ada):
    return make_post(app, ada, pictures=1, published=False).photos[0]


def address(photo, name="square.jpg"):
    return f"/media/{photo.key}/{name}"


def test_files_of_a_published_post_are_open_and_kept_for_ever(guest, as_ada, shown):
    for browser in (guest, as_ada):
        for name in shown.names:
            answer = browser.get(address(shown, name))
            assert answer.status_code == 200
            assert answer.headers["Cache-Control"] == OPEN
            assert answer.content_type == ("image/webp" if name.endswith("webp") else "image/jpeg")
            assert Image.open(BytesIO(answer.data)).format == ("WEBP" if name.endswith("webp") else "JPEG")


def test_files_of_a_draft_are_its_authors_and_staffs_and_kept_nowhere(as_ada, as_mod, as_ben, guest, hidden):
    for browser in (as_ada, as_mod):
        answer = browser.get(address(hidden))
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "private, no-store"
    for browser in (as_ben, guest):
        assert browser.get(address(hidden)).status_code == 404
        assert "public" not in browser.get(address(hidden)).headers["Cache-Control"]


@pytest.mark.parametrize("photo", ["shown", "hidden"])
def test_the_original_is_its_owners_alone(request, as_ada, photo):
    photo = request.getfixturevalue(photo)
    others = [request.getfixturevalue(who) for who in ("as_ben", "as_mod", "guest")]

    answer = as_ada.get(address(photo, "original"))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Disposition"] == f'inline; filename="photograph-{photo.id}.jpg"'
    for browser in others:
        assert browser.get(address(photo, "original")).status_code == 404


def test_a_guess_after_a_good_look_is_still_closed(as_ada, guest, hidden):
    as_ada.get(address(hidden))

    assert guest.get(address(hidden)).status_code == 404


def test_served_files_can_do_nothing(guest, as_ada, shown):
    for answer in (
        guest.get(address(shown)),
        as_ada.get(address(shown, "original")),
        guest.get(address(shown, "nothing")),
    ):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in answer.headers
    for answer in (guest.get(address(shown)), as_ada.get(address(shown, "original"))):
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert guest.get(address(shown)).headers["Cross-Origin-Resource-Policy"] == "cross-origin"  # for feed readers
    assert as_ada.get(address(shown, "original")).headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_post_that_is_deleted_takes_its_files_along(as_ada, guest, shown):
    assert guest.get(address(shown)).status_code == 200

    as_ada.post(f"/posts/{shown.post_id}/delete/")
    media.forget()

    for browser in (guest, as_ada):
        assert browser.get(address(shown)).status_code == 404
        assert browser.get(address(shown, "original")).status_code == 404


def test_what_is_known_of_a_key_is_asked_again_after_two_seconds(as_ada, guest, shown, monkeypatch):
    guest.get(address(shown))
    as_ada.post(f"/posts/{shown.post_id}/delete/")
    later = media.time.monotonic() + 2.1
    monkeypatch.setattr(media.time, "monotonic", lambda: later)

    assert guest.get(address(shown)).status_code == 404


def test_caches_are_told_how_old_the_answer_is(guest, shown, monkeypatch):
    """What a shared cache keeps for five seconds, and we for two, is dead after five all the same."""
    assert guest.get(address(shown)).headers["Age"] == "0"
    later = media.time.monotonic() + 1.5
    monkeypatch.setattr(media.time, "monotonic", lambda: later)

    assert guest.get(address(shown)).headers["Age"] == "2"


def test_a_draft_that_is_published_opens_its_files(as_ada, guest, hidden):
    assert guest.get(address(hidden)).status_code == 404
    as_ada.post(f"/posts/{hidden.post_id}/publish/")
    media.forget()

    assert guest.get(address(hidden)).headers["Cache-Control"] == OPEN


def test_nothing_is_there_before_it_is_prepared_or_when_it_failed(app, as_ada, guest, ada):
    photo = make_post(app, ada, pictures=1, ready=False).photos[0]

    for state in ("waiting", "processing", "failed"):
        with app.app_context():
            db.session.get(Photo, photo.id).state = state
            db.session.commit()
        media.forget()
        for name in ("square.jpg", "320.webp", "48.jpg"):
            assert guest.get(address(photo, name)).status_code == 404
            assert as_ada.get(address(photo, name)).status_code == 404


@pytest.mark.parametrize(
    "name",
    ["original", "999.jpg", "square.png", "square", ".jpg", "..", "%2e%2e%2foriginal", "square.jpg%00", "original.jpg"],
)
def test_other_names_are_not_there(guest, shown, name):
    assert guest.get(address(shown, name)).status_code == 404


@pytest.mark.parametrize("key", ["x", "..", "%2e%2e", "%00", "%00" * 32, "0" * 32, "F" * 32, "é", "A" * 5_000])
def test_other_keys_are_not_there(guest, as_ada, key):
    for browser in (guest, as_ada):
        assert browser.get(f"/media/{key}/square.jpg").status_code == 404


def test_folders_are_not_listed(guest, as_ada, shown):
    for path in ("/media/", f"/media/{shown.key}/", f"/media/{shown.key}"):
        assert as_ada.get(path).status_code == 404


def test_a_lost_file_is_missing_not_broken(app, guest, shown):
    app.extensions["storage"].delete(f"{shown.folder}square.jpg")

    assert guest.get(address(shown)).status_code == 404


def test_an_unchanged_file_is_not_sent_again(guest, shown):
    etag = guest.get(address(shown)).headers["ETag"]
    answer = guest.get(address(shown), If_None_Match=etag)

    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["Cache-Control"] == OPEN


def test_an_unchanged_hidden_file_is_still_asked_for(as_ada, guest, hidden):
    etag = as_ada.get(address(hidden)).headers["ETag"]

    assert as_ada.get(address(hidden), If_None_Match=etag).status_code == 304
    assert guest.get(address(hidden), If_None_Match=etag).status_code == 404
    assert guest.get(address(hidden), If_None_Match="*").status_code == 404


def test_nothing_of_the_originals_metadata_is_served(app, guest, ada):
    with app.app_context():
        photo = make_photo(app, ada, data=talkative("JPEG"))
        post = Post.share(ada, title="x", photos=[Photo.upload_of(photo.id, ada)])
        db.session.commit()
        jobs.prepare(photo.id)
        found = Post.find(post.id, ada).photos[0]

    for name in found.names:
        data = guest.get(address(found, name)).data
        assert MARKER.encode() not in data
        assert b"Exif" not in data and b"GPS" not in data
    page = guest.get(f"/posts/{found.post_id}/").text
    assert MARKER not in page
    assert "48.8" not in page
