"""Turning and cropping a photograph of one's own: the original stays, and nothing is shown before it is ready."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from postways import jobs, media
from postways.db import db, now
from postways.errors import Missing, Refused
from postways.framing import AS_IT_IS, Framing
from postways.inventory import check_media
from postways.models import Erasure, Photo, Post, User
from tests.cast import make_photo, make_post

FIELDS = {"turns": "0", "left": "0", "top": "0", "width": "100", "height": "100", "focus": "11"}


@pytest.fixture
def post(app, ada):
    return make_post(app, ada, title="Harbour", pictures=2)


@pytest.fixture
def photo(post):
    return post.photos[0]


def path(photo):
    return f"/photos/{photo.id}/edit/"


def send(browser, photo, action="save", headers=None, **fields):
    return browser.post(path(photo), {**FIELDS, "action": action, **fields}, page=path(photo), **(headers or {}))


def find(app, photo):
    media.forget()
    with app.app_context():
        return db.session.get(Photo, photo.id)


def prepare(app, photo):
    with app.app_context():
        jobs.prepare(photo.id)
    return find(app, photo)


def erase(app):
    jobs.use(app)
    with app.app_context():
        waiting = [row.id for row in db.session.query(Erasure)]
    for erasure in waiting:
        jobs.erase(erasure)


def stored(app):
    return list(app.extensions["storage"].keys())


def value(answer, name):
    return re.search(rf'name="{name}"[^>]* value="([^"]*)"', answer.text).group(1)


def test_saving_turns_the_picture_under_new_addresses_and_keeps_the_original(app, as_ada, guest, post, photo):
    original = app.extensions["storage"].get(photo.original)
    answer = send(as_ada, photo, turns="1")
    assert (answer.status_code, answer.location) == (303, f"/posts/{post.id}/#photo-1")

    after = prepare(app, photo)

    assert (after.width, after.height) == (photo.height, photo.width)
    assert after.key != photo.key and after.original == photo.original
    assert app.extensions["storage"].get(after.original) == original
    assert f"/media/{after.key}/" in guest.get(f"/posts/{post.id}/").text
    assert guest.get(f"/media/{after.key}/square.jpg").status_code == 200


def test_until_it_is_ready_the_old_picture_stays_and_asks_for_the_new_one(app, as_ada, guest, post, photo):
    guest.get("/")
    send(as_ada, photo, turns="1")

    for address in ("/", f"/posts/{post.id}/"):
        text = guest.get(address).text
        assert f"/media/{photo.key}/" in text
        assert f"photo-{photo.id} from:body" in text
    assert guest.get(f"/media/{photo.key}/square.jpg").status_code == 200

    prepare(app, photo)
    assert f"photo-{photo.id} from:body" not in guest.get("/").text


def test_the_old_files_go(app, as_ada, guest, photo):
    send(as_ada, photo, left="50", width="50")
    prepare(app, photo)
    erase(app)
    media.forget()

    assert guest.get(f"/media/{photo.key}/square.jpg").status_code == 404
    assert not [name for name in stored(app) if name.startswith(photo.folder)]


def test_what_was_cut_off_is_shown_to_its_owner_alone(app, as_ada, as_ben, as_mod, guest, photo):
    send(as_ada, photo, left="50", width="50")
    after = prepare(app, photo)
    address = f"/media/{after.key}/whole.jpg"

    assert address in as_ada.get(path(photo)).text
    answer = as_ada.get(address)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")
    assert [who.get(address).status_code for who in (guest, as_ben, as_mod)] == [404] * 3


def test_it_can_always_be_undone(app, as_ada, photo):
    send(as_ada, photo, turns="1", left="50", width="50", focus="00")
    prepare(app, photo)
    assert "Back to the original" in as_ada.get(path(photo)).text

    send(as_ada, photo, action="undo")
    after = prepare(app, photo)

    assert after.framing == AS_IT_IS
    assert (after.width, after.height, after.whole) == (photo.width, photo.height, None)
    assert "Back to the original" not in as_ada.get(path(photo)).text


def test_readers_see_that_it_was_edited_and_twice_is_once(app, as_ada, guest, post, photo):
    send(as_ada, photo, turns="2")
    first = find(app, photo)
    send(as_ada, photo, turns="2")

    assert find(app, photo).framings == first.framings == 1
    assert 'class="edited"' in guest.get(f"/posts/{post.id}/").text


def test_buttons_show_what_would_be_and_change_nothing(app, as_ada, photo):
    turned = send(as_ada, photo, action="turn-right", left="0", width="50")
    assert turned.status_code == 200
    assert [value(turned, name) for name in ("turns", "left", "top", "width", "height")] == [
        "1", "0.0", "0.0", "100.0", "50.0",
    ]  # fmt: skip
    assert "rotate(90)" in turned.text

    square = send(as_ada, photo, action="shape-1:1")
    assert float(value(square, "width")) == pytest.approx(100 * 32 / 48, abs=0.1)
    assert value(send(as_ada, photo, action="shape-all", width="50"), "width") == "100.0"
    part = send(as_ada, photo, action="turn-left", headers={"HX_Request": "true"})
    assert part.text.lstrip().startswith('<form id="framing"') and "<html" not in part.text
    assert find(app, photo).framing == AS_IT_IS


@pytest.mark.parametrize(
    "fields",
    [
        {"left": "abc"},
        {"width": "nan"},
        {"height": "inf"},
        {"left": "-1"},
        {"width": "9"},
        {"top": "1e400"},
        {"left": "\x00"},
        {"focus": "33"},
        {"focus": ""},
        {"left": "٣x"},
    ],
    ids=str,
)
def test_what_is_no_share_is_refused_by_the_field_and_nothing_changes(app, as_ada, photo, fields):
    answer = send(as_ada, photo, **fields)

    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    assert find(app, photo).framing == AS_IT_IS
    by_htmx = send(as_ada, photo, action="look", headers={"HX_Request": "true"}, **fields)
    assert by_htmx.status_code == 422


def test_an_empty_field_is_the_whole_side_and_a_comma_is_a_point(app, as_ada, photo):
    send(as_ada, photo, left="", top="12,5", width="", height="50", turns="junk")

    assert find(app, photo).framing == Framing(0, 0, 0.125, 1, 0.5)


def test_it_is_the_owners_alone(app, as_ben, as_mod, photo):
    for browser in (as_ben, as_mod):
        assert browser.get(path(photo)).status_code == 404
        assert browser.post(path(photo), FIELDS).status_code == 404


def test_an_upload_is_framed_in_a_window_of_its_own_and_goes_into_the_post_so(app, as_ada, as_ben, ada):
    with app.app_context():
        upload = make_photo(app, ada)
    preview = f"/posts/uploads/{upload.id}/"
    assert path(upload) not in as_ada.get("/posts/add/?uploads=1").text
    prepare(app, upload)

    assert f'href="{path(upload)}" target="_blank"' in as_ada.get("/posts/add/?uploads=1").text
    assert path(upload) in as_ada.get(f"{preview}?frames=1", HX_Request="true").text
    assert path(upload) not in as_ada.get(preview, HX_Request="true").text
    assert as_ben.get(path(upload)).status_code == send(as_ben, upload, turns="1").status_code == 404
    answer = send(as_ada, upload, turns="1")
    assert (answer.status_code, answer.location) == (303, f"/photos/{upload.id}/framed/")
    assert "go on with your post" in as_ada.get(answer.location).text
    after = prepare(app, upload)
    assert (after.width, after.height) == (upload.height, upload.width)

    as_ada.post("/posts/add/", {"title": "Upright", "photo": upload.id, f"alt-{upload.id}": "A field"})
    assert find(app, upload).post_id and find(app, upload).turns == 1


def test_posts_in_the_trash_have_no_such_page(app, as_ada, ada, post, photo):
    as_ada.post(f"/posts/{post.id}/delete/")
    assert as_ada.get(path(photo)).status_code == 404


def test_a_picture_that_is_not_ready_says_so(app, as_ada, ada):
    photo = make_post(app, ada, pictures=1, ready=False).photos[0]

    answer = as_ada.get(path(photo))

    assert answer.status_code == 422
    assert "still being prepared" in answer.text


def test_the_form_of_the_post_leads_there(as_ada, post):
    for photo in post.photos:
        assert f'href="{path(photo)}"' in as_ada.get(f"/posts/{post.id}/edit/").text


def test_grids_keep_the_point_in_view(app, as_ada, guest, photo):
    send(as_ada, photo, focus="20")

    assert 'class="fp-20"' in guest.get("/@ada/").text


class TestTheWork:
    """What workers and sweepers do with it."""

    def frame(self, app, photo, framing):
        with app.app_context():
            owner = db.session.get(User, photo.owner_id)
            post = Post.find(photo.post_id, owner)
            post.frame(next(one for one in post.photos if one.id == photo.id), framing, owner)
            db.session.commit()

    def test_a_later_framing_wins_over_the_one_that_is_being_made(self, app, photo, monkeypatch):
        self.frame(app, photo, Framing(1))
        derive = jobs._derive

        def slowly(row):
            derived = derive(row)
            monkeypatch.setattr(jobs, "_derive", derive)
            self.frame(app, photo, Framing(0, 0, 0, 0.5, 1))
            return derived

        monkeypatch.setattr(jobs, "_derive", slowly)
        between = prepare(app, photo)
        assert (between.key, between.state) == (photo.key, "waiting")

        after = prepare(app, photo)
        assert (after.width, after.height) == (24, 32)
        folders = {name.split("/")[1] for name in stored(app) if name.startswith("photos/")}
        assert folders >= {after.key, photo.key} and len(folders) == 3  # with the other photograph's

    def test_a_framing_that_fails_leaves_the_old_picture_and_says_why(self, app, as_ada, guest, photo):
        self.frame(app, photo, Framing(1))
        app.extensions["storage"].delete(photo.original)

        after = prepare(app, photo)

        assert (after.state, after.ready, after.failed, after.key) == ("failed", True, False, photo.key)
        assert guest.get(f"/media/{photo.key}/square.jpg").status_code == 200
        assert "could not be made" in as_ada.get(path(photo)).text

    def test_the_nightly_check_takes_no_original_for_an_orphan(self, app, photo):
        self.frame(app, photo, Framing(1))
        after = prepare(app, photo)
        erase(app)
        with app.app_context():
            found = check_media()

        assert found == {"orphans": [], "lost": [], "bare": []}
        app.extensions["storage"].delete(f"{after.folder}whole.jpg")
        with app.app_context():
            assert check_media()["bare"] == [after.folder]
        assert prepare(app, photo).framing == Framing(1)

    def test_work_that_was_lost_is_found_again(self, app, photo):
        self.frame(app, photo, Framing(1))

        with app.app_context():
            assert Photo.waiting_for_work(now() + timedelta(seconds=6)) == [photo.id]

    def test_the_noun_refuses_what_no_form_sends(self, app, ada, ben, photo):
        with app.app_context():
            row = Photo.upload_of(photo.id, ada)
            for framing in (Framing(7), replace(AS_IT_IS, focus="99")):
                with pytest.raises(Refused):
                    row.frame(framing, ada)
            with pytest.raises(Missing):
                row.frame(Framing(1), ben)


def test_a_photograph_that_is_removed_takes_every_file_along(app, as_ada, ada, photo):
    send(as_ada, photo, turns="1")
    after = prepare(app, photo)
    with app.app_context():
        Photo.upload_of(photo.id, ada).remove()
        db.session.commit()
    erase(app)

    left = stored(app)
    assert not [name for name in left if after.key in name or photo.key in name]
