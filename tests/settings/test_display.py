"""Light or dark, and shortcuts: kept in cookies that hold nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from postways import create_app
from tests.cast import TOKEN


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


def test_in_production_every_cookie_is_bound_to_this_host_and_to_tls(tmp_path, config):
    production = replace(
        config,
        env="production",
        data_dir=tmp_path,
        testing=True,
        secret_key=("k" * 40,),
        base_url="https://photos.example",
        mail_url="smtp://mail.example",
    )
    client = create_app(production).test_client()
    token = TOKEN.search(client.get("/theme/", base_url="https://photos.example").text).group(1)
    answer = client.post("/theme/", data={"csrf_token": token, "theme": "dark"}, base_url="https://photos.example")

    sent = answer.headers.getlist("Set-Cookie")
    assert answer.status_code == 303 and len(sent) >= 2
    for cookie in sent:
        assert cookie.startswith("__Host-") and "Secure" in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie
