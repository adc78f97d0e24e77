"""Coming in and leaving."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.browser.site import like, log_in
from tests.browser.test_every_page import check
from tests.cast import PASSWORD, TOKEN


def _sign_up(page, name, password=PASSWORD, again=None):
    page.goto("/signup/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Email").fill(f"{name}@example.org")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("The password again").fill(password if again is None else again)
    page.locator("main").get_by_role("button", name="Sign up").click()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_somebody_signs_up_leaves_and_comes_back(open_page, scripts):
    page, name = open_page(java_script_enabled=scripts), f"new{uuid4().hex[:8]}"

    _sign_up(page, name)
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    page.get_by_role("button", name="Log out").first.click()
    expect(page).to_have_url(re.compile(r"/$"))
    expect(page.get_by_role("navigation", name="Main").get_by_role("link", name="Log in")).to_be_visible()
    log_in(page, name)

    expect(page.get_by_role("button", name="Log out").first).to_be_visible()


@pytest.mark.parametrize("own", ["Asia/Tokyo", "Asia/Kolkata"])  # Chromium says Asia/Calcutta
def test_times_are_those_of_the_device_where_somebody_signs_up_or_chooses(open_page, own):
    page, name = open_page(timezone_id=own), f"new{uuid4().hex[:8]}"
    _sign_up(page, name)
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    page.goto("/theme/")
    zone = page.get_by_label("Time zone")
    expect(zone).to_have_value(own)
    offer = page.get_by_role("button", name=f"Choose that of this device: {own}")
    expect(offer).to_have_count(0)

    zone.select_option("")
    page.get_by_role("button", name="Keep this").click()
    expect(zone).to_have_value("")
    offer.click()
    expect(zone).to_be_focused()
    expect(offer).to_have_count(0)
    page.get_by_role("button", name="Keep this").click()
    page.reload()
    expect(zone).to_have_value(own)

    zone.select_option("America/North_Dakota/New_Salem")
    expect(offer).to_be_visible()
    page.get_by_role("button", name="Keep this").click()
    expect(zone).to_have_value("America/North_Dakota/New_Salem")
    check(page)
    page.goto("/messages/?box=sent")
    check(page)


def test_a_refused_sign_up_keeps_what_was_typed_and_focuses_the_summary(visitor, troubles):
    troubles.expect("status of 422")

    _sign_up(visitor, "someone", again="something else entirely")

    summary = visitor.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(visitor.get_by_label("Email")).to_have_value("someone@example.org")
    summary.get_by_role("link").first.click()
    expect(visitor.get_by_label("The password again")).to_be_focused()


def test_a_wrong_password_says_so_and_focuses_the_summary(visitor, troubles):
    troubles.expect("status of 422")
    visitor.goto("/login/")
    visitor.get_by_label("Username or email").fill("ada")
    visitor.get_by_label("Password").fill("not this one")

    visitor.locator("main").get_by_role("button", name="Log in", exact=True).click()

    expect(visitor.get_by_role("alert")).to_be_focused()
    expect(visitor.get_by_role("alert")).to_contain_text("Username or password are not right")
    expect(visitor.get_by_label("Username or email")).to_have_value("ada")


def test_who_must_log_in_first_lands_where_they_wanted_to_go(visitor, site):
    site.cookies_of("ada")
    visitor.goto("/posts/add/")
    visitor.get_by_label("Username or email").fill("ada")
    visitor.get_by_label("Password").fill(PASSWORD)

    visitor.locator("main").get_by_role("button", name="Log in", exact=True).click()

    expect(visitor).to_have_url(re.compile("/posts/add/$"))


@pytest.mark.parametrize("kept", [False, True], ids=["told to forget", "keeps its pages"])
def test_back_after_the_log_out_shows_nothing_personal(open_page, site, full, kept):
    page, name = open_page(), f"leaves{uuid4().hex[:8]}"
    site.create(name)
    log_in(page, name)
    page.goto("/settings/privacy/")
    page.goto("/search/")
    page.get_by_role("searchbox").fill("album")  # the address changes by htmx
    expect(page.locator("#grid li")).to_have_count(1)
    page.goto("/messages/")

    if kept:  # the session ends without a word to the browser, as where pages are kept whatever is said
        token = TOKEN.search(page.content())[1]
        assert page.context.request.post("/logout/", form={"csrf_token": token}, headers={"Origin": site.url}).ok
        page.goto("/")
    else:
        page.get_by_role("button", name="Log out").first.click()

    expect(page.get_by_role("navigation", name="Main").get_by_role("link", name="Log in")).to_be_visible()
    for address in (r"/login/\?next=/messages/", r"/search/\?q=album", r"/login/\?next=/settings/privacy/"):
        page.go_back(wait_until="commit")
        expect(page).to_have_url(re.compile(address))
        expect(page.get_by_role("navigation", name="Main").get_by_role("link", name="Log in")).to_be_visible()
        expect(page.get_by_role("button", name="Log out")).to_have_count(0)
        expect(page.get_by_text(name)).to_have_count(0)


def test_visitors_whose_browser_may_store_nothing_read_and_hear_of_likes_all_the_same(full, open_page, ben):
    refused = "Object.defineProperty(window, '%s', { configurable: true, get() { throw new DOMException('no'); } });"
    visitor = open_page()
    visitor.add_init_script("".join(refused % name for name in ("localStorage", "sessionStorage")))
    visitor.goto(f"/posts/{full['words']}/")
    expect(visitor.locator("#live")).to_have_attribute("data-htmx-powered", "true")

    before = int(visitor.locator(f"#like-count-{full['words']}").inner_text())
    like(ben.context, full["words"])

    expect(visitor.locator(f"#like-count-{full['words']}")).to_have_text(str(before + 1))
