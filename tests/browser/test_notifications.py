"""The badge: it comes by itself, on whatever page, and goes when what it counts was read or taken back."""

from playwright.sync_api import expect

from tests.browser.site import say, share


def quiet(page):
    """Read everything that other tests have left."""
    page.goto("/notifications/")
    expect(page.locator("#bell")).to_have_text("")


def test_a_comment_rings_on_any_page_and_reading_silences_it_in_every_window(ada, ben):
    post = share(ada.context, "Harbour at six")
    second = ada.context.new_page()
    quiet(ada)
    ada.goto("/theme/")
    second.goto("/")

    say(ben.context, post, "Where is this?")
    for page in (ada, second):
        expect(page.locator("#bell")).to_have_text("1")

    ada.get_by_role("link", name="Notifications").first.click()
    expect(ada.locator(".told.unread")).to_have_count(1)
    expect(ada.locator(".told.unread")).to_contain_text("commented on Harbour at six")
    for page in (ada, second):
        expect(page.locator("#bell")).to_have_text("")
    expect(ada.locator(".told.unread")).to_have_count(1)
    ada.reload()
    expect(ada.locator(".told.unread")).to_have_count(0)


def test_a_like_that_is_taken_back_rings_no_more(ada, ben):
    post = share(ada.context, "Harbour at six")
    quiet(ada)
    ada.goto("/")
    ben.goto(f"/posts/{post}/")

    heart = ben.locator(f"#like-button-{post}")
    heart.click()
    expect(ada.locator("#bell")).to_have_text("1")
    expect(heart).to_have_attribute("aria-pressed", "true")
    heart.click()
    expect(ada.locator("#bell")).to_have_text("")
