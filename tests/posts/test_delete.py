"""Deleting asks first; then the post is gone from every door at once."""

from __future__ import annotations

import pytest

from postways import media
from postways.db import db
from postways.models import Post, User
from tests.cast import make_post


@pytest.fixture
def post(app, ada, ben):
    return make_post(app, ada, title="Going #sea", pictures=2, likes=[ben])


def test_the_question_says_what_goes(as_ada, post):
    page = as_ada.get(f"/posts/{post.id}/delete/").text

    assert "Delete “Going #sea”?" in page
    assert "2 photographs" in page and "1 like" in page
    assert as_ada.get(f"/posts/{post.id}/").status_code == 200


def test_asking_by_head_deletes_nothing(as_ada, post):
    as_ada.client.head(f"/posts/{post.id}/delete/")

    assert as_ada.get(f"/posts/{post.id}/").status_code == 200


@pytest.fixture
def browsers(as_ada, as_ben, as_mod, guest):
    return as_ada, as_ben, as_mod, guest


def test_a_deleted_post_is_gone_from_every_door(as_ada, as_ben, browsers, post):
    for browser in browsers:
        assert "Going" in browser.get("/").text
    photo = post.photos[0]

    answer = as_ada.post(f"/posts/{post.id}/delete/")
    media.forget()

    assert (answer.status_code, answer.location) == (303, "/@ada/?notice=deleted")
    for browser in browsers:
        for path in ("/", "/popular/", "/tags/sea/", "/@ada/"):
            assert "Going" not in browser.get(path).text
        for path in (
            f"/posts/{post.id}/",
            f"/posts/{post.id}/photos/1/",
            f"/photos/{photo.id}/",
            f"/media/{photo.key}/square.jpg",
            f"/media/{photo.key}/original",
        ):
            assert browser.get(path).status_code == 404, path
    assert as_ben.click(f"/posts/{post.id}/like/").status_code == 404
    for path in ("edit", "delete", "publish"):
        assert as_ada.post(f"/posts/{post.id}/{path}/").status_code == 404


def test_the_count_of_posts_falls_once(app, as_ada, ada, post):
    make_post(app, ada)
    for _ in range(2):
        as_ada.post(f"/posts/{post.id}/delete/")

    with app.app_context():
        assert User.find(ada.id).post_count == 1
        assert db.session.get(Post, post.id).deleted_at is not None  # in the trash for thirty days
