"""Search while typing, by keys, and without JavaScript."""

import contextlib
import re

from playwright.sync_api import Error, expect

from tests.browser.site import hold, let_go, until


def test_results_come_while_one_types(visitor, full):
    visitor.goto("/search/")
    box = visitor.get_by_role("searchbox", name="Search posts, people and tags")
    expect(box).to_be_focused()

    box.press_sequentially("an alb", delay=30)

    expect(visitor.locator("#grid li")).to_have_count(1)
    expect(visitor.locator("#notice")).to_contain_text("1 result")
    expect(visitor).to_have_url(re.compile(r"/search/\?q=an(\+|%20)alb$"))
    expect(box).to_be_focused()

    box.fill("eight leg")
    expect(visitor.get_by_role("link", name="Eight legs")).to_be_visible()

    box.fill("nothing like that")
    expect(visitor.get_by_text("Nothing has all of these words.")).to_be_visible()


def test_only_the_last_of_what_was_typed_is_shown(visitor, full):
    """An answer that comes late must not replace a later one."""
    visitor.goto("/search/")
    held = hold(visitor, "**/search/?q=eight*")
    box = visitor.get_by_role("searchbox")
    with visitor.expect_request("**/search/?q=eight*"):
        box.fill("eight")
    until(visitor, lambda: held)

    box.fill("album")
    expect(visitor.locator("#grid li a")).to_have_attribute("aria-label", re.compile("An album"))
    with contextlib.suppress(Error):  # the browser has given it up already
        let_go(visitor, held)
    visitor.wait_for_timeout(500)

    expect(visitor.locator("#grid li a")).to_have_attribute("aria-label", re.compile("An album"))


def test_a_key_leads_there_and_back_leads_back(ben, full):
    ben.goto("/")
    ben.keyboard.press("/")
    expect(ben.get_by_role("searchbox")).to_be_focused()

    ben.keyboard.type("album")
    ben.get_by_role("link", name=re.compile("An album")).click()
    expect(ben.get_by_role("heading", level=1, name=re.compile("An album"))).to_be_visible()
    ben.go_back(wait_until="commit")

    expect(ben.get_by_role("searchbox")).to_have_value("album")
    expect(ben.locator("#grid li")).to_have_count(1)
    ben.locator("h1").focus()
    ben.evaluate("document.activeElement.blur()")
    ben.keyboard.press("/")
    expect(ben.get_by_role("searchbox")).to_be_focused()


def test_it_works_as_a_plain_form(open_page, full):
    page = open_page(java_script_enabled=False)
    page.goto("/search/")
    page.get_by_role("searchbox").fill("diary page")
    page.locator("main").get_by_role("button", name="Search").click()
    expect(page.locator("#grid li")).to_have_count(14)

    page.get_by_role("navigation", name="Kinds").get_by_role("link", name="People").click()
    expect(page.get_by_text("Nothing here has all of these words.")).to_be_visible()


def test_the_grid_shows_what_has_pictures_and_goes_on_as_one_scrolls(visitor, full):
    visitor.goto("/explore/")
    tiles = visitor.locator("#grid li")
    album = visitor.get_by_role("link", name=re.compile("An album"))
    while not album.count():
        shown = tiles.count()
        visitor.locator("#older").scroll_into_view_if_needed()
        expect(tiles).not_to_have_count(shown)

    expect(album).to_be_visible()
    expect(visitor.get_by_role("link", name="Diary page 1", exact=True)).to_have_count(0)
    ids = tiles.evaluate_all("tiles => tiles.map(tile => tile.id)")
    assert len(ids) == len(set(ids))
