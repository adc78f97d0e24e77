"""Two people write to each other in real browsers: it comes by itself, until one of them blocks the other."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.site import until
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
        expect(ben.get_by_role("textbox", name="Message")).to_be_focused()
    expect(ada.locator(".letter.out .meta").last).to_contain_text("Seen")

    ada.locator(".letter time").last.hover()
    expect(ada.locator(".letter time").last).to_have_attribute("title", re.compile(r"^\w{3}, \w{3} \d+, \d{4}, "))

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

    more = ben.locator(".chat-head .menu")
    for shut in (lambda: ben.keyboard.press("Escape"), lambda: ben.locator(".scroll").click()):
        ben.get_by_label("More", exact=True).click()
        expect(more).to_have_attribute("open", "")
        shut()
        expect(more).not_to_have_attribute("open", "")
    a_block_closes_what_is_open(ada, ben)


def a_block_closes_what_is_open(ada: Page, ben: Page) -> None:
    """On both sides, by itself, until it is undone."""
    elsewhere = ben.context.new_page()
    elsewhere.goto("/messages/ada/")
    ada.get_by_role("textbox", name="Message").fill("Do you hear me?")
    ben.get_by_label("More", exact=True).click()
    ben.locator(".chat-head .menu").get_by_text("Block", exact=True).click()
    ben.get_by_role("button", name="Block ada").click()
    expect(ben.get_by_text("You blocked ada")).to_be_visible()
    for page in (elsewhere, ada):  # what was open becomes, by itself, what it is now
        expect(page.get_by_text("And another")).to_have_count(0)
        expect(page.get_by_role("textbox", name="Message")).to_have_count(0)
        expect(page.get_by_text("Nothing written yet.")).to_have_count(0)
    expect(elsewhere.get_by_text("You blocked ada")).to_be_visible()
    expect(ada.get_by_role("heading", name="Nothing here")).to_be_visible()
    ben.goto("/messages/")
    expect(ben.locator(".conversations li", has_text="ada")).to_have_count(0)
    ben.goto("/@ada/")
    ben.get_by_role("button", name="Unblock").click()
    expect(elsewhere.get_by_text("And another")).to_be_visible()
    expect(elsewhere.get_by_role("textbox", name="Message")).to_be_visible()
    expect(elsewhere.get_by_text("Nothing written yet.")).to_have_count(0)
    elsewhere.close()
    ada.goto("/messages/ben/")
    expect(ada.get_by_role("textbox", name="Message")).to_have_value("Do you hear me?")


def test_pictures_are_chosen_seen_and_sent_and_come_to_the_other(ada, ben):
    ada.goto("/messages/ben/")
    ada.get_by_role("textbox", name="Message").fill("Look at this")
    ada.locator("#images").set_input_files([{"name": "red.jpg", "mimeType": "image/jpeg", "buffer": picture(64, 48)}])
    expect(ada.locator(".attached li")).to_have_count(1)
    expect(ada.get_by_role("textbox", name="Message")).to_have_value("Look at this")
    ada.get_by_label("Picture 1 of 1: what is in it?").fill("Something teal")
    check(ada)
    ada.get_by_role("button", name="Send").click()
    expect(ada.locator(".letter.out img").last).to_have_attribute("alt", "Something teal")

    ben.goto("/messages/ada/")
    expect(ben.locator(".letter.in img").last).to_have_attribute("alt", "Something teal")
    check(ben)


def test_the_sentence_of_a_refusal_goes_with_its_text(cleo, dora, troubles):
    troubles.expect("status of 422")
    befriend(cleo, dora)
    cleo.goto("/messages/dora/")
    say(cleo, "x" * 5_001, wait=False)
    expect(cleo.locator("#write .error")).to_contain_text("5001 characters")
    cleo.get_by_role("textbox", name="Message").fill("")
    expect(cleo.locator("#write .error")).to_have_count(0)
    expect(cleo.get_by_role("textbox", name="Message")).not_to_have_attribute("aria-invalid", "true")


def say(page: Page, words: str, *, wait: bool = True) -> None:
    """Type it and press Enter."""
    page.get_by_role("textbox", name="Message").fill(words)
    page.get_by_role("textbox", name="Message").press("Enter")
    if wait:
        expect(page.locator(".letter.out").last).to_contain_text(words)


class Held:
    """The messages that a page sends, until they are let go."""

    def __init__(self, page: Page, path: str) -> None:
        self.routes: list[Route] = []
        page.route(f"**{path}", self._hold)

    def _hold(self, route: Route) -> None:
        if route.request.method == "POST":
            self.routes.append(route)
        else:
            route.continue_()

    def take(self, page: Page) -> Route:
        """The one that has been sent; it is alone."""
        until(page, lambda: self.routes)
        (route,) = self.routes
        self.routes.clear()
        return route


def test_a_picture_has_its_place_before_it_is_prepared(cleo, dora, site):
    befriend(cleo, dora)
    dora.goto("/messages/cleo/")
    cleo.goto("/messages/dora/")
    with site.paused("worker"):
        cleo.locator("#images").set_input_files(
            [{"name": "tall.jpg", "mimeType": "image/jpeg", "buffer": picture(600, 900)}]
        )
        say(cleo, "Not yet to be seen")
        letter = dora.locator(".letter.in", has_text="Not yet to be seen")
        place = letter.locator(".shown")
        expect(place).to_contain_text("Being prepared")
        reserved = place.bounding_box()
    expect(letter.locator("img")).to_be_visible()
    assert reserved["height"] / reserved["width"] == pytest.approx(1.5, abs=0.02)
    assert [place.bounding_box()[side] for side in ("width", "height")] == pytest.approx(
        [reserved["width"], reserved["height"]], abs=1
    )


def test_what_is_typed_while_a_message_is_on_its_way_is_neither_lost_nor_doubled(cleo, dora, troubles):
    troubles.expect("status of 4\\d\\d", "ERR_FAILED")
    befriend(cleo, dora)
    cleo.goto("/messages/dora/")
    box = cleo.get_by_role("textbox", name="Message")
    held = Held(cleo, "/messages/dora/")
    box.focus()
    for words in ("One", "Two", "Three"):
        cleo.keyboard.type(words)
        cleo.keyboard.press("Enter")
    cleo.keyboard.type("Fo")
    for words in ("One", "Two", "Three"):
        held.take(cleo).continue_()
        expect(cleo.locator(".letter.out").last).to_contain_text(words)
    cleo.keyboard.type("ur")
    expect(box).to_have_value("Four")
    assert cleo.locator(".letter.out .text").all_inner_texts()[-3:] == ["One", "Two", "Three"]
    assert cleo.locator(".letter.out", has_text="One").count() == 1

    cleo.keyboard.press("Enter")  # the site is away, then refuses: the words come back before what was typed since
    cleo.keyboard.type("Five")
    held.take(cleo).abort()
    expect(box).to_have_value("Four\nFive")
    let_write(dora, "nobody")
    cleo.keyboard.press("Enter")
    cleo.keyboard.type("Six")
    cleo.keyboard.press("Enter")
    cleo.keyboard.type("Seven")
    held.take(cleo).continue_()
    expect(cleo.locator("#write .error")).to_contain_text("can't be delivered")
    expect(box).to_have_value("Four\nFive\nSix\nSeven")
    assert not held.routes
    let_write(dora, "everyone")


def let_write(page: Page, who: str) -> None:
    """Choose who may write; open pages of others don't learn of it."""
    page.goto("/settings/privacy/")
    page.locator(f"[name=messages_from][value={who}]").check()
    page.locator("form", has=page.locator("[name=messages_from]")).get_by_role("button", name="Save").click()
    page.wait_for_load_state()


def test_what_has_not_left_when_the_page_is_closed_is_sent_when_it_is_opened_again(cleo, dora, open_page):
    befriend(cleo, dora)
    cleo.goto("/messages/dora/")
    held = Held(cleo, "/messages/dora/")
    cleo.get_by_role("textbox", name="Message").focus()
    texts = ["Closed one", "Closed two", "Closed three"]
    for words in texts:
        cleo.keyboard.type(words)
        cleo.keyboard.press("Enter")
    held.take(cleo).fetch()  # it has arrived, and nobody has heard of it
    context = cleo.context
    cleo.close()

    again = context.new_page()
    again.goto("/messages/dora/")
    mine = again.locator(".letter.out .text")
    expect(mine.last).to_have_text("Closed three")
    assert [text for text in mine.all_inner_texts() if text.startswith("Closed")] == texts
    kept = "Object.keys(localStorage).filter((name) => name.startsWith('unsent')).length"
    until(again, lambda: not again.evaluate(kept))

    eve = open_page("eve")  # whose words nobody else sends, or reads
    eve.goto("/messages/dora/")
    held = Held(eve, "/messages/dora/")
    say(eve, "Left behind", wait=False)
    held.take(eve)
    assert eve.evaluate(kept) == 1
    eve.goto("/@eve/")
    assert eve.evaluate(kept) == 1
    eve.get_by_role("button", name="Log out").click()
    expect(eve.get_by_role("link", name="Log in").first).to_be_visible()
    until(eve, lambda: not eve.evaluate(kept))


def test_what_is_new_moves_nothing_and_waits_to_be_looked_at(cleo, dora):
    befriend(cleo, dora)
    cleo.goto("/messages/dora/")
    before = cleo.locator(".letter").count()
    for n in range(35):
        say(cleo, f"Word {n:02}.", wait=False)
    expect(cleo.get_by_text("Word 34.")).to_be_visible()
    dora.goto("/messages/cleo/")

    def read_back() -> int:
        dora.locator(".scroll").evaluate("it => { it.scrollTop = -it.scrollHeight }")
        return dora.get_by_text("Word 00.").count()

    until(dora, read_back)
    expect(dora.get_by_text("Word 00.")).to_be_visible()
    expect(cleo.locator(".letter.out .meta").last).to_contain_text("Seen")
    above = dora.get_by_text("Word 00.").bounding_box()

    for n in range(35, 38):
        say(cleo, f"Word {n:02}.")
    expect(dora.get_by_text("Word 37.")).to_have_count(1)
    assert abs(dora.get_by_text("Word 00.").bounding_box()["y"] - above["y"]) < 2
    texts = [words for words in dora.locator(".letter .text").all_inner_texts() if words.startswith("Word")]
    assert texts == [f"Word {n:02}." for n in range(38)]
    assert dora.locator(".day:visible").count() == len(set(dora.locator(".day").all_inner_texts()))
    expect(cleo.locator(".letter.out .meta").last).not_to_contain_text("Seen")
    dora.get_by_role("button", name="New message").click()
    expect(dora.get_by_text("Word 37.")).to_be_in_viewport()
    expect(cleo.locator(".letter.out .meta").last).to_contain_text("Seen")
    assert cleo.locator(".letter").count() == before + 38

    dora.locator(".scroll").evaluate("it => { it.scrollTop = -500 }")
    say(dora, "From up here")
    expect(dora.get_by_text("From up here")).to_be_in_viewport()

    first = dora.locator(".letter", has_text="Word 00.")
    elsewhere = dora.context.new_page()
    elsewhere.goto(f"/messages/{first.get_attribute('id').removeprefix('message-')}/delete/")
    elsewhere.get_by_role("button", name="Delete").click()
    expect(first).to_have_count(0)
    assert dora.locator(".letter", has_text="Word 01.").count() == 1
    expect(cleo.get_by_text("Word 00.")).to_have_count(1)


def test_what_did_not_come_in_comes_when_the_site_answers_again(cleo, dora, troubles):
    troubles.expect("ERR_", "Failed to fetch")
    befriend(cleo, dora)
    dora.goto("/messages/cleo/")
    cleo.goto("/messages/dora/")
    missed: list[Route] = []

    def fail(route: Route) -> None:
        missed.append(route)
        route.abort()

    dora.route("**/messages/cleo/*", fail)
    say(cleo, "Did this come?")
    until(dora, lambda: missed)
    dora.wait_for_timeout(500)  # nothing else is on its way
    dora.unroute("**/messages/cleo/*")
    expect(dora.get_by_text("Did this come?")).to_be_visible()


def befriend(*pages: Page) -> None:
    """Two people who follow each other, so that neither is a stranger."""
    for page, other in zip(pages, ("dora", "cleo"), strict=True):
        page.goto(f"/@{other}/")
        if (follow := page.get_by_role("button", name=f"Follow {other}")).count():
            follow.click()
            expect(page.get_by_role("button", name="Following")).to_be_visible()
