"""Comments: where one writes them at once, elsewhere by themselves, and nothing moves while it is read."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import say, share


@pytest.fixture
def post(ada):
    return share(ada.context, "Harbour at six", pictures=1)


def _write(page: Page, body: str, within: str = "#say") -> None:
    page.locator(f"{within} textarea").fill(body)
    page.locator(f"{within} .primary").click()


def _pill(page: Page):
    return page.locator("#comments .pill a")


def test_a_comment_is_seen_live_by_others_without_moving_what_they_read(ada, ben, visitor, post):
    first = say(ada.context, post, "Where is this?")
    for page in (ada, ben, visitor):
        page.goto(f"/posts/{post}/")
    place = ada.locator(f"#comment-{first}").evaluate("one => one.getBoundingClientRect().top + scrollY")

    _write(ben, "In the old harbour")

    expect(ben.locator("#threads > li").first).to_contain_text("In the old harbour")
    expect(ben.locator("#notice")).to_have_text("Your comment is there.")
    expect(ben.locator("#say textarea")).to_have_value("")
    expect(_pill(ben)).to_have_count(0)
    for page in (ada, visitor):
        expect(_pill(page)).to_have_text("1 new comment")
        expect(page.locator(f"#comment-count-{post}")).to_have_text("2")
    assert ada.locator(f"#comment-{first}").evaluate("one => one.getBoundingClientRect().top + scrollY") == place

    _pill(ada).click()
    expect(ada.locator("#threads > li").first).to_contain_text("In the old harbour")
    expect(_pill(ada)).to_have_count(0)

    _write(ben, "Pier four")
    expect(_pill(ada)).to_have_text("1 new comment")
    expect(_pill(visitor)).to_have_text("2 new comments")


def test_a_reply_joins_its_thread_here_and_there(ada, ben, post):
    top = say(ada.context, post, "Where is this?")
    for page in (ada, ben):
        page.goto(f"/posts/{post}/")

    ben.locator(f"#comment-{top}").get_by_role("link", name="Reply").click()
    expect(ben.locator(f"#say{top} textarea")).to_be_focused()
    _write(ben, "In the old harbour", f"#say{top}")

    expect(ben.locator(f"#replies-{top} > li")).to_contain_text("In the old harbour")
    expect(ben.locator(f"#say{top}")).to_have_count(0)
    _pill(ada).click()
    expect(ada.locator(f"#replies-{top} > li")).to_contain_text("In the old harbour")


def test_an_answer_to_a_reply_is_written_behind_the_name(ada, ben, post):
    top = say(ada.context, post, "Where is this?")
    reply = say(ada.context, post, "At the pier", top)
    ben.goto(f"/posts/{post}/")

    ben.locator(f"#comment-{reply}").get_by_role("link", name="Reply").click()
    expect(ben.locator(f"#say{reply} textarea")).to_be_focused()
    ben.keyboard.type("which one?")
    expect(ben.locator(f"#say{reply} textarea")).to_have_value("@ada which one?")

    ben.goto(f"/posts/{post}/?reply={reply}#body{reply}")
    expect(ben.locator(f"#say{reply} textarea")).to_be_focused()
    ben.keyboard.type("which one?")
    expect(ben.locator(f"#say{reply} textarea")).to_have_value("@ada which one?")


def test_a_reply_can_be_thought_better_of(ben, ada, post):
    top = say(ada.context, post, "Where is this?")
    ben.goto(f"/posts/{post}/")
    ben.locator(f"#comment-{top}").get_by_role("link", name="Reply").click()

    ben.locator(f"#say{top}").get_by_role("link", name="Cancel").click()

    expect(ben.locator(f"#say{top}")).to_have_count(0)
    expect(ben.locator(f"#comment-{top}")).to_be_visible()


def test_likes_and_ends_of_comments_are_seen_live(ada, ben, visitor, post):
    liked, gone = say(ada.context, post, "Liked"), say(ben.context, post, "Regretted")
    for page in (ben, visitor):
        page.goto(f"/posts/{post}/")

    ben.locator(f"#comment-like-button-{liked}").click()
    expect(ben.locator(f"#comment-like-button-{liked}")).to_have_attribute("aria-pressed", "true")
    expect(visitor.locator(f"#comment-likes-{liked}")).to_have_text("1")

    ada.goto(f"/comments/{gone}/delete/")
    ada.get_by_role("button", name="Delete it").click()
    expect(visitor.locator(f"#comment-{gone}")).to_have_text("This comment was deleted.")
    expect(visitor.locator(f"#comment-count-{post}")).to_have_text("1")


def test_a_comment_is_changed_in_its_place_here_and_there(ben, visitor, post):
    made = say(ben.context, post, "Frist")
    visitor.goto(f"/posts/{post}/")
    ben.goto(f"/posts/{post}/")
    ben.locator(f"#comment-{made}").get_by_role("link", name="Edit").click()

    _write(ben, "First", f"#edit{made}")

    expect(ben.locator(f"#comment-{made} .text")).to_have_text("First")
    expect(ben.locator(f"#comment-{made} .edited")).to_be_visible()
    expect(visitor.locator(f"#comment-{made} .text")).to_have_text("First")
    expect(visitor.locator(f"#comment-{made} .edited")).to_be_visible()


def test_what_is_refused_stays_as_it_was_typed(ben, troubles, post):
    troubles.expect("status of 422")
    ben.goto(f"/posts/{post}/")
    ben.locator("#say").evaluate("form => (form.noValidate = true)")

    _write(ben, "   ")

    expect(ben.locator("#say [role=alert]")).to_have_text("Write something first.")
    expect(ben.locator("#say textarea")).to_be_focused()
    _write(ben, "Now")
    expect(ben.locator("#threads > li")).to_contain_text("Now")
    expect(ben.locator("#say [role=alert]")).to_have_count(0)


def test_what_was_typed_outlives_a_log_in(open_page, troubles, post):
    troubles.expect("status of 401")
    page = open_page("ben")
    page.goto(f"/posts/{post}/")
    page.context.clear_cookies()

    _write(page, "Long thoughts")

    expect(page.get_by_role("heading", level=1, name="Log in")).to_be_visible()
    page.get_by_label("Username or email").fill("ben")
    page.get_by_label("Password").fill("correct horse 7 battery")
    page.locator("main").get_by_role("button", name="Log in", exact=True).click()
    expect(page.locator("#say textarea")).to_have_value("Long thoughts")


def test_older_threads_and_replies_come_in_place(ada, visitor, post):
    top = say(ada.context, post, "The first one")
    for n in range(5):
        say(ada.context, post, f"Reply {n}", top)
    for n in range(20):
        say(ada.context, post, f"Number {n}")
    visitor.goto(f"/posts/{post}/")
    expect(visitor.locator(f"#comment-{top}")).to_have_count(0)

    visitor.get_by_role("link", name="Older comments").click()
    expect(visitor.locator("#threads > li")).to_have_count(21)
    expect(visitor.get_by_role("link", name="Older comments")).to_have_count(0)

    visitor.get_by_role("link", name="Older replies").click()
    expect(visitor.locator(f"#replies-{top} > li")).to_have_count(5)
    expect(visitor.locator(f"#replies-{top} > li").first).to_contain_text("Reply 0")


def test_the_key_c_leads_to_the_field(ben, post):
    ben.goto(f"/posts/{post}/")

    ben.keyboard.press("c")

    expect(ben.locator("#say textarea")).to_be_focused()
