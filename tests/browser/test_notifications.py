"""The badge: it comes by itself, on whatever page, and goes when what it counts was read or taken back."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import say, share


@pytest.fixture
def nora(open_page) -> Page:
    """Of whom no other test knows: what a worker still has to tell of others comes late."""
    return open_page("nora")


def quiet(page):
    """Read everything that the other test has left."""
    page.goto("/notifications/")
    expect(page.locator("#bell")).to_have_text("")


def test_a_comment_rings_on_any_page_and_reading_silences_it_in_every_window(nora, ben):
    post = share(nora.context, "Harbour at six")
    second = nora.context.new_page()
    quiet(nora)
    nora.goto("/theme/")
    second.goto("/")

    say(ben.context, post, "Where is this?")
    for page in (nora, second):
        expect(page.locator("#bell")).to_have_text("1")

    nora.get_by_role("link", name="Notifications").first.click()
    expect(nora.locator(".told.unread")).to_have_count(1)
    expect(nora.locator(".told.unread")).to_contain_text("commented on Harbour at six")
    for page in (nora, second):
        expect(page.locator("#bell")).to_have_text("")
    expect(nora.locator(".told.unread")).to_have_count(1)
    nora.reload()
    expect(nora.locator(".told.unread")).to_have_count(0)


def test_a_like_that_is_taken_back_rings_no_more(nora, ben):
    post = share(nora.context, "Harbour at six")
    quiet(nora)
    nora.goto("/")
    ben.goto(f"/posts/{post}/")

    heart = ben.locator(f"#like-button-{post}")
    heart.click()
    expect(nora.locator("#bell")).to_have_text("1")
    expect(heart).to_have_attribute("aria-pressed", "true")
    heart.click()
    expect(nora.locator("#bell")).to_have_text("")
