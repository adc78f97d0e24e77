"""A person's page: the grid for everybody, drafts for oneself."""

from __future__ import annotations

import re

import pytest

from postways.db import db
from postways.models import User
from tests.cast import make_post
from tests.posts.test_lists import older

TILE = re.compile(r'<li id="post-(\d+)"')


def tiles(answer):
    return [int(post_id) for post_id in TILE.findall(answer.text)]


def test_a_profile_shows_the_own_posts_newest_first(app, guest, ada):
    old, new = make_post(app, ada, pictures=1, days_ago=2), make_post(app, ada)
    answer = guest.get("/@ada/")

    assert tiles(answer) == [new.id, old.id]
    assert "<b>2</b> posts" in answer.text
    assert "@ada" in answer.text


@pytest.mark.parametrize("name", ["ada", "ADA", "ａｄａ", "a%E2%80%8Bda"])
def test_a_name_is_found_in_every_spelling(guest, as_ada, name):
    for browser in (guest, as_ada):
        answer = browser.get(f"/@{name}/")
        assert answer.status_code == 200
        assert '<link rel="canonical" href="http://localhost/@ada/">' in answer.text


def test_drafts_are_shown_to_their_author_alone(app, request, as_ada, ada):
    others = [request.getfixturevalue(who) for who in ("guest", "as_ben", "as_mod")]
    draft = make_post(app, ada, title="My draft", published=False)

    assert tiles(as_ada.get("/@ada/")) == [draft.id]
    assert "only you and the staff see them" in as_ada.get("/@ada/").text
    for browser in others:
        assert "My draft" not in browser.get("/@ada/").text
        assert "<b>0</b> posts" in browser.get("/@ada/").text


def test_the_grid_is_walked_without_gap_or_repeat(app, guest, as_ada, ada):
    posts = [make_post(app, ada, days_ago=n + 1).id for n in range(26)]
    draft = make_post(app, ada, published=False).id
    first = guest.get("/@ada/")
    part = guest.get(older(first), HX_Request="true")

    assert tiles(first) + tiles(part) == posts
    assert "<html" not in part.text
    assert draft not in tiles(as_ada.get(older(first)))


def test_an_id_leads_to_the_profile(guest, ada):
    answer = guest.get(f"/authors/{ada.id}/")

    assert (answer.status_code, answer.location) == (302, "/@ada/")


@pytest.mark.parametrize(
    "path",
    [
        "/@nobody/",
        "/@/",
        "/@%00/",
        "/@%FF/",
        "/@a%2Fb/",
        "/authors/999/",
        "/authors/x/",
        "/authors/-1/",
        f"/authors/{2**63}/",
    ],
)
def test_nobody_is_not_there(guest, crowd, path):
    assert guest.get(path).status_code == 404


def test_a_name_in_any_script_has_an_address(app, guest, crowd):
    with app.app_context():
        User.sign_up("Жанна+@.д", None, "not a hash")
        db.session.commit()

    assert guest.get("/@Жанна+@.д/").status_code == 200
    assert "/@%D0%96" in guest.get("/@Жанна+@.д/").text


def test_an_empty_profile_says_what_to_do(guest, as_ada, ada):
    assert "ada has not shared anything yet." in guest.get("/@ada/").text
    assert "Share the first one" in as_ada.get("/@ada/").text


def test_nothing_private_is_told(app, guest, as_ben, ada):
    make_post(app, ada)

    for browser in (guest, as_ben):
        for path in ("/@ada/", "/"):
            text = browser.get(path).text
            assert "ada@example.org" not in text
            assert "argon2" not in text
