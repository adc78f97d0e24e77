"""Following, asking and blocking in real browsers, seen by the other without a reload where it must be."""

from playwright.sync_api import Page, expect

from tests.browser.site import say, share
from tests.browser.test_every_page import check


def test_the_pages_of_people_are_sound(full, open_page):
    ben, eva = open_page("ben"), open_page("eva")
    ben.goto("/@ada/")
    ben.get_by_role("button", name="Follow ada").click()
    expect(ben.get_by_role("button", name="Following ada; stop")).to_be_visible()
    expect(ben.locator("#followers-count")).to_have_text("1 follower")
    ben.locator("summary", has_text="More").click()
    check(ben)
    for path in ("/@ada/followers/", "/@ben/following/", "/@ben/followers/", "/settings/requests/"):
        assert ben.goto(path).status == 200
        check(ben)
    ben.goto("/@ada/")
    ben.get_by_role("button", name="Following ada; stop").click()
    expect(ben.get_by_role("button", name="Follow ada")).to_be_visible()

    _go(eva, private=True)
    ben.goto("/@eva/")
    check(ben)
    ben.get_by_role("button", name="Ask to follow eva").click()
    expect(ben.get_by_role("button", name="Requested eva; withdraw")).to_be_visible()
    check(ben)
    eva.goto("/settings/requests/")
    check(eva)
    eva.goto("/@ben/")
    check(eva)
    eva.get_by_role("button", name="Accept ben").click()
    ben.goto("/@eva/")
    expect(ben.get_by_role("button", name="Following eva; stop")).to_be_visible()
    eva.goto("/@eva/followers/")
    check(eva)
    eva.get_by_role("button", name="Remove ben").click()
    expect(eva.get_by_text("Nobody yet.")).to_be_visible()
    _go(eva, private=False)


def test_a_block_is_made_seen_and_undone(full, open_page):
    ben, eva = open_page("ben"), open_page("eva")
    post = share(ben.context, "Seen until it is not", pictures=1)
    eva.goto("/")
    expect(eva.locator(f"#post-{post}")).to_be_visible()

    ben.goto("/@eva/")
    ben.locator("summary", has_text="More").click()
    ben.get_by_role("button", name="Block").click()
    expect(ben.get_by_text("You blocked eva")).to_be_visible()
    check(ben)
    eva.goto("/")
    expect(eva.locator(f"#post-{post}")).to_have_count(0)

    ben.goto("/settings/privacy/")
    check(ben)
    ben.get_by_role("button", name="Unblock eva").click()
    expect(ben.get_by_text("You have blocked nobody.")).to_be_visible()
    eva.goto("/")
    expect(eva.locator(f"#post-{post}")).to_be_visible()


def test_a_block_empties_what_the_other_has_open(full, open_page):
    ben, eva = open_page("ben"), open_page("eva")
    post = share(ben.context, "Open in three windows", pictures=1)
    say(ben.context, post, "A word to it")
    windows = [eva, eva.context.new_page(), eva.context.new_page()]
    for window, path in zip(windows, ("/", f"/posts/{post}/", "/@ben/"), strict=True):
        window.goto(path)
        expect(window.locator(f"#post-{post} img").first).to_be_attached()
    windows[1].locator("textarea").first.fill("What I was about to say")

    ben.goto("/@eva/")
    ben.locator("summary", has_text="More").click()
    ben.get_by_role("button", name="Block").click()

    for window in windows:
        expect(window.locator(f"#post-{post}")).to_have_text("This post is not shown to you any more.")
        expect(window.locator(f"#post-{post} img")).to_have_count(0)
    expect(windows[1].get_by_text("A word to it")).to_have_count(0)
    expect(windows[1].locator("textarea").first).to_have_value("What I was about to say")
    ben.goto("/settings/privacy/")
    ben.get_by_role("button", name="Unblock eva").click()
    expect(ben.get_by_text("You have blocked nobody.")).to_be_visible()


def test_a_muted_word_is_added_and_let_go(full, open_page):
    eva = open_page("eva")
    eva.goto("/settings/privacy/")
    eva.get_by_label("Word or #tag").fill("#harbour")
    eva.get_by_role("button", name="Mute", exact=True).click()
    expect(eva.get_by_text("#harbour", exact=True)).to_be_visible()
    check(eva)

    eva.get_by_role("button", name="Unmute “#harbour”").click()
    expect(eva.get_by_role("button", name="Unmute “#harbour”")).to_have_count(0)


def _go(page: Page, *, private: bool) -> None:
    page.goto("/settings/privacy/")
    page.get_by_label("Private account").set_checked(private)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
