"""A person's own picture: through the pipeline of all pictures, shown wherever the person is named."""

from __future__ import annotations

import pytest

from postways import jobs, media
from postways.db import db, now
from postways.models import Erasure, Photo, User
from tests.cast import make_photo, make_post, picture, upload

PROFILE = "/settings/profile/"


def choose(app, browser, *, prepare=True, **file):
    """Choose a picture as one's own; returns its row."""
    answer = browser.post(PROFILE, {"display_name": "Ada", "bio": "", "avatar": upload(**file)})
    assert answer.status_code == 303, answer.text
    with app.app_context():
        photo = db.session.query(Photo).order_by(Photo.id.desc()).first()
        db.session.rollback()
        if prepare:
            jobs.prepare(photo.id)
        return db.session.get(Photo, photo.id, populate_existing=True)


def change(app, user, **values):
    with app.app_context():
        db.session.query(User).filter_by(id=user.id).update(values)
        db.session.commit()
    media.forget()


def test_the_picture_stands_where_the_initial_stood(app, ada, as_ada, guest):
    post = make_post(app, ada)
    guest.get("/")  # the card is kept from now on
    photo = choose(app, as_ada, prepare=False)
    assert photo.key not in guest.get("/").text
    assert "being prepared" in as_ada.get(PROFILE).text

    with app.app_context():
        jobs.prepare(photo.id)

    src = f'src="/media/{photo.key}/square.webp"'
    for path in ("/", "/@ada/", f"/posts/{post.id}/"):
        assert src in guest.get(path).text, path
    assert as_ada.get(PROFILE).text.count(src) == 2  # in the bar and above the form
    assert guest.get(f"/media/{photo.key}/square.webp").headers["Cache-Control"].startswith("public")
    assert guest.get(f"/media/{photo.key}/original").status_code == 404


def test_the_older_picture_goes_with_its_files(app, as_ada, guest):
    first = choose(app, as_ada)
    second = choose(app, as_ada, data=picture(60, 60))
    jobs.use(app)
    with app.app_context():
        due = Erasure.waiting(now())
    for erasure in due:
        jobs.erase(erasure)
    with app.app_context():
        assert [photo.key for photo in db.session.query(Photo)] == [second.key]
        names = list(app.extensions["storage"].keys())
    media.forget()

    assert not [name for name in names if first.key in name or first.original in name]
    assert guest.get(f"/media/{first.key}/square.webp").status_code == 404


def test_of_two_that_are_prepared_in_the_wrong_order_the_newer_one_stays(app, ada, as_ada):
    first = choose(app, as_ada)
    with app.app_context():
        late, newer = (make_photo(app, ada, commit=False) for _ in range(2))
        late.avatar = newer.avatar = True
        db.session.commit()
        jobs.prepare(newer.id)
        jobs.prepare(late.id)
        shown = db.session.get(User, ada.id).avatar_key

        assert shown == newer.key != first.key
        assert db.session.query(Photo).count() == 1


def test_it_can_be_removed(app, as_ada, guest):
    photo = choose(app, as_ada)

    assert as_ada.post("/settings/profile/avatar/remove/").location == PROFILE

    media.forget()
    assert 'class="initial c' in guest.get("/@ada/").text
    assert guest.get(f"/media/{photo.key}/square.webp").status_code == 404
    with app.app_context():
        assert db.session.query(Photo).count() == 0


@pytest.mark.parametrize("gone", ["suspended_at", "deleted_at"])
def test_nobody_sees_it_while_its_owner_is_away(app, ada, as_ada, guest, gone):
    photo = choose(app, as_ada)
    assert guest.get(f"/media/{photo.key}/square.webp").status_code == 200

    change(app, ada, **{gone: now()})

    assert guest.get(f"/media/{photo.key}/square.webp").status_code == 404


@pytest.mark.parametrize("data", [b"", b"GIF89a-but-not-really", b"%PDF-1.4"])
def test_what_is_no_picture_is_refused_beside_its_field(as_ada, data):
    answer = as_ada.post(PROFILE, {"display_name": "Kept", "bio": "Kept too", "avatar": upload(data=data)})

    assert answer.status_code == 422
    assert 'id="avatar-file-help"' in answer.text
    assert 'value="Kept"' in answer.text
    assert "Kept too" in answer.text


def test_a_form_that_comes_back_says_that_the_picture_must_be_chosen_again(app, as_ada):
    answer = as_ada.post(PROFILE, {"display_name": "x" * 101, "avatar": upload()})

    assert "Choose the picture again" in answer.text
    with app.app_context():
        assert db.session.query(Photo).count() == 0


def test_a_post_can_not_take_it(app, as_ada):
    photo = choose(app, as_ada)

    as_ada.post("/posts/add/", {"title": "Me", "photo": str(photo.id)})

    with app.app_context():
        assert db.session.get(Photo, photo.id).post_id is None
