"""Light or dark, and shortcuts: kept in cookies that hold nothing else."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("who", ["guest", "as_ada"])
def test_a_choice_is_kept_for_every_page(request, crowd, who, theme):
    browser = request.getfixturevalue(who)
    answer = browser.post("/theme/", {"theme": theme, "shortcuts": "on"})

    assert (answer.status_code, answer.location) == (303, "/theme/")
    for path in ("/", "/nowhere/"):
        assert f'data-theme="{theme}"' in browser.get(path).text
    browser.post("/theme/", {"theme": "system"})
    assert "data-theme" not in browser.get("/").text


@pytest.mark.parametrize("theme", ['"><script>', "", "purple"])
def test_other_choices_mean_the_system(guest, theme):
    guest.post("/theme/", {"theme": theme})
    assert "data-theme" not in guest.get("/").text

    guest.client.set_cookie("theme", theme)
    assert "data-theme" not in guest.get("/").text


def test_shortcuts_can_be_turned_off(guest):
    assert "data-shortcuts" in guest.get("/").text
    guest.post("/theme/", {"theme": "system"})
    assert "data-shortcuts" not in guest.get("/").text
    guest.post("/theme/", {"theme": "system", "shortcuts": "on"})
    assert "data-shortcuts" in guest.get("/").text


def test_the_cookies_are_not_for_scripts_or_other_sites(guest):
    cookies = guest.post("/theme/", {"theme": "dark"}).headers.getlist("Set-Cookie")

    kept = [cookie for cookie in cookies if cookie.startswith(("theme=", "shortcuts="))]
    assert len(kept) == 2
    assert all("HttpOnly" in cookie and "SameSite=Lax" in cookie for cookie in kept)


def test_asking_by_head_keeps_nothing(guest):
    answer = guest.client.head("/theme/")

    assert not [
        cookie for cookie in answer.headers.getlist("Set-Cookie") if cookie.startswith(("theme=", "shortcuts="))
    ]
