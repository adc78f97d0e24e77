"""Reading: lists that go on, the way back, keys, colours, one photograph alone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.site import scroll_to, share


def test_new_photographs_gather_in_a_pill_and_the_page_does_not_move(ada, ben, visitor, full):
    for page in (ben, visitor):
        page.goto("/")
        page.locator(".card").nth(3).scroll_into_view_if_needed()
    before = [page.locator(".card").nth(3).bounding_box() for page in (ben, visitor)]

    share(ada.context, "Breaking news", pictures=2)

    for page, box in zip((ben, visitor), before, strict=True):
        pill = page.get_by_role("link", name="2 new photographs")
        expect(pill).to_be_in_viewport()
        assert page.locator(".card").nth(3).bounding_box() == box
    pill.click()
    expect(visitor.get_by_role("heading", name="Breaking news")).to_be_visible()


def test_back_from_a_post_returns_to_the_same_place(visitor, full):
    visitor.goto("/")
    scroll_to(visitor, full["oldest"])
    card = visitor.locator(f"#post-{full['oldest']}")
    card.scroll_into_view_if_needed()
    place = visitor.evaluate("scrollY")

    card.get_by_role("heading").get_by_role("link").click()
    expect(visitor.locator("h1")).to_have_text("Diary page 0")
    visitor.go_back(wait_until="commit")

    expect(card).to_be_in_viewport()
    assert visitor.evaluate("scrollY") == place


def test_older_posts_come_by_themselves_and_none_twice(visitor, full):
    visitor.goto("/")
    assert visitor.locator(".card").count() == 12

    scroll_to(visitor, full["oldest"])

    shown = visitor.locator(".card").evaluate_all("cards => cards.map(card => card.id)")
    assert len(shown) > 12
    assert len(shown) == len(set(shown))


def test_older_posts_are_a_link_without_scripts(open_page, full):
    page = open_page(java_script_enabled=False)
    page.goto("/")
    first = page.locator(".card").first.get_attribute("id")

    page.get_by_role("link", name="Older").click()

    expect(page.locator("#feed")).to_be_visible()
    expect(page.locator(".card").first).not_to_have_id(first)


def test_keys_go_through_the_posts_like_and_lead_on(ben, full):
    ben.goto("/")
    cards = ben.locator(".card")

    ben.keyboard.press("j")
    expect(cards.nth(0)).to_be_focused()
    ben.keyboard.press("j")
    ben.keyboard.press("j")
    expect(cards.nth(2)).to_be_focused()
    ben.keyboard.press("k")
    expect(cards.nth(1)).to_be_focused()

    heart = cards.nth(1).locator(".like button")
    was = heart.get_attribute("aria-pressed")
    ben.keyboard.press("l")
    expect(heart).to_have_attribute("aria-pressed", "false" if was == "true" else "true")

    ben.keyboard.press("?")
    expect(ben).to_have_url(re.compile("/theme/$"))
    ben.keyboard.press("n")
    expect(ben).to_have_url(re.compile("/posts/add/$"))
    ben.keyboard.press("g")
    ben.keyboard.press("h")
    expect(ben).to_have_url(re.compile(r":\d+/$"))


def test_keys_do_nothing_while_typing_or_once_they_are_off(ben):
    ben.goto("/posts/add/")
    ben.get_by_label("Title").press_sequentially("jokes? l n")
    expect(ben.get_by_label("Title")).to_have_value("jokes? l n")

    ben.goto("/theme/")
    ben.get_by_label("Keyboard shortcuts").uncheck()
    ben.get_by_role("button", name="Keep this").click()
    expect(ben.get_by_label("Keyboard shortcuts")).not_to_be_checked()
    ben.keyboard.press("n")

    expect(ben).to_have_url(re.compile("/theme/$"))


def test_the_first_tab_skips_to_the_content(visitor, full):
    visitor.goto("/")

    visitor.keyboard.press("Tab")
    skip = visitor.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    visitor.keyboard.press("Enter")

    expect(visitor.locator("#main")).to_be_focused()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_colours_are_a_choice_that_holds_on_every_page(open_page, scripts):
    page = open_page(java_script_enabled=scripts, color_scheme="light")
    page.goto("/")
    expect(page.locator("body")).to_have_css("background-color", "rgb(251, 250, 248)")

    page.goto("/theme/")
    page.get_by_label("Dark").check()
    page.get_by_role("button", name="Keep this").click()
    page.goto("/popular/")

    expect(page.locator("body")).to_have_css("background-color", "rgb(18, 20, 23)")


def test_one_photograph_alone_goes_on_and_back_by_keys(visitor, full):
    visitor.goto(f"/posts/{full['album']}/")
    visitor.locator("#photo-1 a.picture").click()
    expect(visitor.locator(".place")).to_have_text("1 / 3")

    visitor.keyboard.press("ArrowRight")
    expect(visitor.locator(".place")).to_have_text("2 / 3")
    visitor.keyboard.press("ArrowRight")
    expect(visitor.locator(".place")).to_have_text("3 / 3")
    visitor.keyboard.press("ArrowLeft")
    expect(visitor.locator(".place")).to_have_text("2 / 3")
    visitor.keyboard.press("+")
    expect(visitor.locator("#view")).to_have_class(re.compile("closer"))
    visitor.keyboard.press("Escape")

    expect(visitor).to_have_url(re.compile(rf"/posts/{full['album']}/#photo-2$"))
    expect(visitor.locator("#photo-2")).to_be_in_viewport()
