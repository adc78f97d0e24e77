"""Likes: at once on one's own page, by themselves on everybody else's."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import hold, let_go, like, scroll_to, share


@pytest.fixture
def post(ada):
    return share(ada.context, "Harbour at six", pictures=1)


def _heart(page: Page, post: int):
    return page.locator(f"#like-button-{post}")


def _count(page: Page, post: int):
    return page.locator(f"#like-count-{post}")


def test_a_like_and_its_end_are_seen_on_other_open_pages_without_reload(ada, ben, visitor, post):
    pages = {ada: f"/posts/{post}/", visitor: "/", ben: "/"}
    for page, path in pages.items():
        page.goto(path)

    _heart(ben, post).click()
    expect(_heart(ben, post)).to_have_attribute("aria-pressed", "true")
    expect(_heart(ben, post)).to_be_focused()
    for page in pages:
        expect(_count(page, post)).to_have_text("1")
    expect(_heart(ada, post)).to_have_attribute("aria-pressed", "false")

    _heart(ben, post).click()
    expect(_heart(ben, post)).to_have_attribute("aria-pressed", "false")
    for page in pages:
        expect(_count(page, post)).to_have_text("0")


def test_a_page_is_live_even_when_a_script_comes_late(ada, visitor, post):
    held = hold(visitor, "**/vendor/hx-sse-*")
    with visitor.expect_event("requestfinished", lambda request: "/vendor/htmx-" in request.url):
        visitor.goto(f"/posts/{post}/", wait_until="commit")
    let_go(visitor, held)

    like(ada.context, post)

    expect(_count(visitor, post)).to_have_text("1")


def test_a_double_click_on_like_counts_once(ben, visitor, post):
    for page in (ben, visitor):
        page.goto(f"/posts/{post}/")

    _heart(ben, post).dblclick()

    expect(_count(visitor, post)).to_have_text("1")
    expect(_heart(ben, post)).to_have_attribute("aria-pressed", "true")
    ben.reload()
    expect(_count(ben, post)).to_have_text("1")


def test_the_second_of_a_double_click_takes_nothing_back_where_the_answer_comes_between_them(ben, post):
    ben.goto(f"/posts/{post}/")
    _heart(ben, post).click()
    expect(ben.locator(f"#like-{post}")).to_have_attribute("action", f"/posts/{post}/unlike/")

    for turn in (ben.mouse.down, ben.mouse.up):
        turn(click_count=2)
    ben.wait_for_timeout(300)
    expect(ben.locator(f"#like-{post}")).to_have_attribute("action", f"/posts/{post}/unlike/")
    expect(_heart(ben, post)).to_have_attribute("aria-pressed", "true")

    _heart(ben, post).click()
    expect(_heart(ben, post)).to_have_attribute("aria-pressed", "false")


def test_the_heart_moves_before_the_answer_comes(ben, post):
    ben.goto(f"/posts/{post}/")
    held = hold(ben, "**/like/")

    _heart(ben, post).click()

    expect(_heart(ben, post)).to_have_attribute("aria-pressed", "true")
    expect(_count(ben, post)).to_have_text("1")
    let_go(ben, held)
    expect(ben.locator(f"#like-{post}")).to_have_attribute("action", f"/posts/{post}/unlike/")


def test_a_bookmark_moves_at_once_by_mouse_and_key_and_goes_back_when_it_fails(ben, troubles, post):
    troubles.expect("/unsave/", "htmx:error: Failed to fetch")
    ben.goto("/")
    mark = ben.locator(f"#save-button-{post}")
    held = hold(ben, "**/save/")
    mark.click()

    expect(mark).to_have_attribute("aria-pressed", "true")
    let_go(ben, held)
    expect(ben.locator(f"#save-{post}")).to_have_attribute("action", f"/posts/{post}/unsave/")
    expect(mark).to_be_focused()
    ben.route("**/unsave/", lambda route: route.abort())
    ben.keyboard.press("s")
    expect(ben.locator("#notice")).to_have_text("That did not reach the site. Try again in a moment.")
    expect(mark).to_have_attribute("aria-pressed", "true")
    ben.goto("/saved/")
    expect(ben.locator(f"#grid #post-{post}")).to_be_visible()


@pytest.mark.parametrize("how", ["the line is cut", "the server stumbles"])
def test_a_like_that_fails_goes_back_and_says_so(ben, troubles, post, how):
    troubles.expect("/like/", "htmx:error: Failed to fetch")
    cut = how == "the line is cut"
    ben.route("**/like/", lambda route: route.abort() if cut else route.fulfill(status=500, body="<h1>Oh no</h1>"))
    ben.goto(f"/posts/{post}/")

    _heart(ben, post).click()

    expect(ben.locator("#notice")).to_have_text("That did not reach the site. Try again in a moment.")
    expect(_heart(ben, post)).to_have_attribute("aria-pressed", "false")
    expect(_count(ben, post)).to_have_text("0")
    ben.unroute("**/like/")
    _heart(ben, post).click()
    expect(ben.locator(f"#like-{post}")).to_have_attribute("action", f"/posts/{post}/unlike/")


def test_a_like_of_a_post_that_has_gone_says_so(ada, ben, troubles, post):
    troubles.expect("status of 404")
    hold(ben, "**/live/**")  # a page that is not live does not know that the post has gone
    ben.goto(f"/posts/{post}/")
    ada.goto(f"/posts/{post}/delete/")
    ada.get_by_role("button", name="Delete it").click()

    _heart(ben, post).click()

    expect(ben.locator("#notice")).to_contain_text("There is no such page")
    expect(_heart(ben, post)).to_have_attribute("aria-pressed", "false")


def test_a_post_that_has_gone_leaves_the_pages_that_show_it(ada, ben):
    post = share(ada.context, "Words alone")
    ben.goto(f"/posts/{post}/")
    ada.goto(f"/posts/{post}/delete/")
    ada.get_by_role("button", name="Delete it").click()

    expect(ben.locator(f"#post-{post}")).to_have_text("This post is not shown to you any more.")


def test_a_visitor_who_likes_is_led_to_log_in(visitor, post):
    visitor.goto(f"/posts/{post}/")

    visitor.locator("a.like").click()

    expect(visitor.get_by_role("heading", level=1, name="Log in")).to_be_visible()


def test_posts_that_were_loaded_later_are_live_too(ada, visitor, full):
    visitor.goto("/")
    scroll_to(visitor, full["oldest"])

    like(ada.context, full["oldest"])

    expect(_count(visitor, full["oldest"])).to_have_text("1")
    like(ada.context, full["oldest"], "unlike")
    expect(_count(visitor, full["oldest"])).to_have_text("0")
