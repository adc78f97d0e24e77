"""Settings in a real browser: every page is sound, and the main ways can be gone without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.site import Site, share, until
from tests.browser.test_every_page import check
from tests.cast import PASSWORD, picture

PAGES = {
    "profile": "/settings/profile/",
    "account": "/settings/account/",
    "sessions": "/settings/sessions/",
    "tokens and apps": "/settings/apps/",
    "register an app": "/settings/apps/registered/add/",
    "privacy": "/settings/privacy/",
    "trash, empty": "/settings/trash/",
    "password": "/password_change/",
    "username": "/username_change/",
    "address": "/email_change/",
    "proof": "/settings/prove/",
}


@pytest.mark.parametrize("name", PAGES)
def test_this_page_is_sound(name, site, open_page):
    page = open_page("ben")

    assert page.goto(PAGES[name]).status == 200

    check(page)


def test_the_trash_with_posts_is_sound(site, open_page):
    page = open_page("eva")
    for title, pictures in (("Boats in the evening", 1), ("A page without photographs and with a long title", 0)):
        post = share(page.context, title, pictures=pictures)
        page.goto(f"/posts/{post}/delete/")
        page.get_by_role("button", name="Delete it").click()
    page.get_by_role("link", name="Open the trash").click()
    check(page)

    page.get_by_role("link", name="Delete for good “Boats in the evening”").click()
    check(page)


def test_a_refused_change_is_sound(open_page, troubles):
    troubles.expect("status of 422")
    page = open_page("ben")
    page.goto("/username_change/")
    page.get_by_label("New username").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Change it").click()

    expect(page.locator("#errors")).to_be_focused()
    check(page)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_picture_of_oneself_comes_by_itself_or_with_the_next_look(site: Site, open_page, scripts):
    page = open_page("fay" if scripts else "gil", java_script_enabled=scripts)
    page.goto("/settings/profile/")
    page.get_by_label("Name").fill("Somebody Else")
    page.get_by_label("A new picture").set_input_files(
        {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": picture(600, 400)}
    )
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#notice")).to_have_text("Saved.")

    shown = page.locator("#avatar img")
    if not scripts:
        until(page, lambda: page.reload() and shown.count())
    expect(shown).to_be_visible()

    page.get_by_role("button", name="Remove the picture").click()
    expect(shown).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_post_goes_to_the_trash_and_comes_back(open_page, scripts):
    page = open_page("hal", java_script_enabled=scripts)
    post = share(page.context, f"Back again {scripts}")
    page.goto(f"/posts/{post}/delete/")
    page.get_by_role("button", name="Delete it").click()
    page.get_by_role("link", name="Open the trash").click()

    page.get_by_role("button", name=f"Bring back “Back again {scripts}”").click()

    expect(page.get_by_role("heading", level=1, name="Back again")).to_be_visible()
    expect(page.locator("#notice")).to_contain_text("The post is back")


def test_another_browser_is_logged_out_from_this_one(site, open_page, chromium):
    here = open_page("ida")
    elsewhere = chromium.new_context(base_url=site.url).new_page()
    elsewhere.goto("/login/")
    elsewhere.get_by_label("Username or email").fill("ida")
    elsewhere.get_by_label("Password").fill(PASSWORD)
    elsewhere.locator("main").get_by_role("button", name="Log in", exact=True).click()
    expect(elsewhere.get_by_role("heading", level=1)).to_have_text("ida")

    here.goto("/settings/sessions/")
    here.get_by_role("button", name="End it").click()

    expect(here.locator("#notice")).to_have_text("That browser is logged out.")
    elsewhere.goto("/settings/sessions/")
    assert "/login/" in elsewhere.url
    elsewhere.context.close()
