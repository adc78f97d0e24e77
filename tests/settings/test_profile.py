"""How a person appears to others, and what of it the site refuses."""

from __future__ import annotations

import pytest

from tests.cast import make_post

PROFILE = "/settings/profile/"


def test_settings_begin_with_the_profile(guest, as_ada):
    assert as_ada.get("/settings/").location == PROFILE
    assert guest.get("/settings/").location == "/login/?next=/settings/"
    assert 'href="/settings/profile/"' in as_ada.get("/").text
    assert 'href="/theme/"' in guest.get("/").text


def test_name_and_words_are_shown_to_everybody_at_once(app, ada, as_ada, guest):
    make_post(app, ada)
    assert "Ada Lovelace" not in guest.get("/").text  # the card is kept from now on

    answer = as_ada.post(PROFILE, {"display_name": "  Ada\n Lovelace ", "bio": "I like *boats*. #harbour"})

    assert (answer.status_code, answer.location) == (303, f"{PROFILE}?notice=saved")
    assert "Ada Lovelace" in guest.get("/").text
    assert "<em>boats</em>" in guest.get("/@ada/").text
    assert 'value="Ada Lovelace"' in as_ada.get(PROFILE).text


@pytest.mark.parametrize(("field", "most"), [("display_name", 100), ("bio", 1_000)])
def test_what_is_too_long_comes_back_as_it_was_typed(as_ada, field, most):
    assert as_ada.post(PROFILE, {field: "é" * most}).status_code == 303

    answer = as_ada.post(PROFILE, {"display_name": "Kept", "bio": "Kept too", field: "x" * (most + 1)})

    assert answer.status_code == 422
    assert "x" * (most + 1) in answer.text
    assert "Kept" in answer.text
    assert f"longer than {most} characters" in answer.text


@pytest.mark.parametrize("name", ["", " ", "\u200b\u2060", "\u202e", "\x00\x07"])
def test_a_name_that_shows_nothing_is_none(as_ada, guest, name):
    as_ada.post(PROFILE, {"display_name": name})

    assert "<h1>ada</h1>" in guest.get("/@ada/").text


@pytest.mark.parametrize("name", ["<b>Ada</b>", "Ada \u202egnp.exe", "👩‍👩‍👧 Ada", "{{ 7*7 }}"])
def test_odd_names_do_no_harm(as_ada, guest, name):
    assert as_ada.post(PROFILE, {"display_name": name, "bio": "<script>\x00</script>"}).status_code == 303

    text = guest.get("/@ada/").text
    assert "<b>Ada" not in text
    assert "<script>" not in text.partition("<main")[2]
    assert "\u202e" not in text
    assert ("👩‍👩‍👧 Ada" in text) == (name == "👩‍👩‍👧 Ada")


def test_other_fields_of_a_person_can_not_be_set(app, as_ada, mod, as_mod):
    as_ada.post(PROFILE, {"display_name": "Ada", "role": "admin", "username": "root", "post_count": "7"})

    assert "@ada</p>" in as_ada.get("/@ada/").text
    assert "<b>0</b> posts" in as_ada.get("/@ada/").text
