"""Two people write to each other in real browsers: it comes by itself, until one of them blocks the other."""

from playwright.sync_api import Page, expect

from tests.browser.test_every_page import check
from tests.cast import picture


def test_messages_come_live_and_a_block_cuts_them(ada, ben, troubles):
    troubles.expect("status of 40[34]")
    for page, other in ((ada, "ben"), (ben, "ada")):
        page.goto(f"/@{other}/")
        if (unblock := page.get_by_role("button", name="Unblock")).count():
            unblock.click()
        page.goto(f"/@{other}/")
        page.get_by_role("link", name="Message", exact=True).click()
    say(ada, "Are you there?")  # a stranger asks first
    expect(ben.locator(".letter.in")).to_contain_text("Are you there?")
    ben.reload()
    if (accept := ben.get_by_role("button", name="Accept")).count():
        check(ben)
        ben.set_viewport_size({"width": 1280, "height": 720})
        accept.click()
    expect(ada.locator(".letter.out .meta").last).to_contain_text("Seen")

    say(ben, "Yes, I am.")
    expect(ada.locator(".letter.in").last).to_contain_text("Yes, I am.")
    expect(ben.get_by_role("textbox", name="Message")).to_be_focused()
    expect(ben.get_by_role("textbox", name="Message")).to_have_value("")
    expect(ben.locator(".letter.out .meta").last).to_contain_text("Seen")

    ben.goto("/theme/")
    say(ada, "One more thing")
    expect(ben.locator("#unread-messages")).to_have_text("1")
    ben.goto("/messages/")
    expect(ben.locator(".conversations li").first).to_contain_text("One more thing")
    say(ada, "And another")
    expect(ben.locator(".conversations li").first).to_contain_text("And another")
    ben.locator(".conversations li a").first.click()
    expect(ben.locator("#unread-messages")).to_have_text("")

    ben.get_by_label("More", exact=True).click()
    ben.get_by_role("button", name="Block").click()
    expect(ben.get_by_text("You blocked ada")).to_be_visible()
    say(ada, "Do you hear me?", wait=False)
    expect(ada.locator("#write .error")).to_contain_text("can't be delivered")
    expect(ada.get_by_role("textbox", name="Message")).to_have_value("Do you hear me?")
    ben.goto("/messages/")
    expect(ben.locator(".conversations li", has_text="ada")).to_have_count(0)
    ben.goto("/@ada/")
    ben.get_by_role("button", name="Unblock").click()
    ben.goto("/messages/ada/")
    expect(ben.get_by_text("And another")).to_be_visible()
    expect(ben.get_by_text("Do you hear me?")).to_have_count(0)


def test_pictures_are_chosen_seen_and_sent_and_come_to_the_other(ada, ben):
    ada.goto("/messages/ben/")
    ada.get_by_role("textbox", name="Message").fill("Look at this")
    ada.locator("#images").set_input_files([{"name": "red.jpg", "mimeType": "image/jpeg", "buffer": picture(64, 48)}])
    expect(ada.locator(".attached li")).to_have_count(1)
    expect(ada.get_by_role("textbox", name="Message")).to_have_value("Look at this")
    ada.get_by_label("What is in this picture?").fill("Something teal")
    check(ada)
    ada.get_by_role("button", name="Send").click()
    expect(ada.locator(".letter.out img").last).to_have_attribute("alt", "Something teal")

    ben.goto("/messages/ada/")
    expect(ben.locator(".letter.in img").last).to_have_attribute("alt", "Something teal")
    check(ben)


def say(page: Page, words: str, *, wait: bool = True) -> None:
    """Type it and press Enter."""
    page.get_by_role("textbox", name="Message").fill(words)
    page.get_by_role("textbox", name="Message").press("Enter")
    if wait:
        expect(page.locator(".letter.out").last).to_contain_text(words)
