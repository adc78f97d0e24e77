"""Single uploads: kept for their owner, refused in words, retried."""

from __future__ import annotations

import re

import pytest

from postways import jobs
from postways.db import db
from postways.models import Photo
from tests.cast import make_photo, make_post, picture, upload
from tests.pictures import STRANGERS, one_bit_bomb
from tests.posts.test_new import LOST_LATER


def send(browser, data=None, name="harbour.jpg"):
    return browser.post("/posts/uploads/", {"image": upload(data, name)}, HX_Request="true")


@pytest.fixture
def failed(app, ada):
    with app.app_context():
        photo = make_photo(app, ada, data=LOST_LATER).id
        jobs.prepare(photo)
        return db.session.get(Photo, photo)


def test_an_upload_gets_its_place_in_the_form(app, as_ada, ada):
    answer = send(as_ada)

    assert answer.status_code == 201
    photo_id = int(re.search(r'name="photo" value="(\d+)"', answer.text).group(1))
    assert f'name="alt-{photo_id}"' in answer.text
    assert f'hx-get="/posts/uploads/{photo_id}/?frames=1"' in answer.text
    with app.app_context():
        photo = db.session.get(Photo, photo_id)
        assert (photo.owner_id, photo.post_id, photo.state) == (ada.id, None, "waiting")


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("notes.jpg", STRANGERS["text"], "holds text"),
        ("drawing.svg", STRANGERS["svg"], "SVG"),
        ("paper.pdf", STRANGERS["pdf"], "PDF"),
        ("nothing.jpg", b"", "empty"),
        ("bomb.png", one_bit_bomb(), "13300"),
        ("large.jpg", picture() + bytes(31_000_000), "the most is 30 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_refused_file_is_named_with_the_reason(app, as_ada, name, data, said):
    answer = send(as_ada, data, name)

    assert answer.status_code == 422
    assert name in answer.text
    assert said in answer.text
    assert list(app.extensions["storage"].keys()) == []


def test_a_file_name_is_shown_without_its_folders_and_as_text(as_ada):
    answer = send(as_ada, b"x", "../../<script>.jpg")

    assert "&lt;script&gt;.jpg" in answer.text
    assert ".." not in answer.text


def test_no_file_at_all_is_said(as_ada):
    answer = as_ada.click("/posts/uploads/")

    assert answer.status_code == 422
    assert "Choose a photograph" in answer.text


def test_the_preview_follows_the_state(app, as_ada, ada):
    with app.app_context():
        photo = make_photo(app, ada).id
    assert "Being prepared" in as_ada.get(f"/posts/uploads/{photo}/").text

    with app.app_context():
        jobs.prepare(photo)
    assert "square.jpg" in as_ada.get(f"/posts/uploads/{photo}/").text


def test_an_upload_is_its_owners_alone(app, as_ben, as_mod, guest, ada):
    with app.app_context():
        photo = make_photo(app, ada)
        jobs.prepare(photo.id)

    for browser in (as_ben, as_mod):
        assert browser.get(f"/posts/uploads/{photo.id}/").status_code == 404
        assert browser.click(f"/photos/{photo.id}/retry/").status_code == 404
        assert browser.get(f"/media/{photo.key}/square.jpg").status_code == 404
    assert guest.get(f"/media/{photo.key}/square.jpg").status_code == 404
    assert guest.get(f"/posts/uploads/{photo.id}/").status_code == 303


def test_a_failed_upload_says_why_and_is_tried_again(app, as_ada, failed):
    shown = as_ada.get(f"/posts/uploads/{failed.id}/").text
    assert "The file ends early" in shown

    answer = as_ada.click(f"/photos/{failed.id}/retry/")

    assert answer.status_code == 200
    assert "Being prepared" in answer.text


def test_a_failed_picture_of_a_post_is_tried_again_with_and_without_javascript(app, as_ada, ada, failed):
    as_ada.post("/posts/add/", {"title": "Half", "photo": failed.id}, page="/posts/add/")
    with app.app_context():
        post_id = db.session.get(Photo, failed.id).post_id

    plain = as_ada.post(f"/photos/{failed.id}/retry/", Referer=f"http://localhost/posts/{post_id}/")
    assert (plain.status_code, plain.location) == (303, f"/posts/{post_id}/")

    with app.app_context():
        jobs.prepare(failed.id)
    answer = as_ada.click(f"/photos/{failed.id}/retry/", **{"as": "page"})
    assert f'id="picture-{failed.id}"' in answer.text
    assert "Being prepared" in answer.text


def test_retrying_what_is_ready_changes_nothing(app, as_ada, ada):
    photo = make_post(app, ada, pictures=1).photos[0]

    assert as_ada.click(f"/photos/{photo.id}/retry/").status_code == 200
    with app.app_context():
        assert db.session.get(Photo, photo.id).ready
