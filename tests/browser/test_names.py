"""Typing an @name: people to choose from stand below the field."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import share
from tests.browser.test_every_page import check


@pytest.fixture
def form(ada, site) -> Page:
    """The form of a new post, on a site where Ben and Benno are."""
    for name in ("ben", "benno"):
        site.cookies_of(name)
    ada.goto("/posts/add/")
    return ada


def _text(page: Page):
    return page.get_by_label("Text")


def _names(page: Page):
    return page.get_by_role("listbox", name="People").get_by_role("option")


def test_arrows_choose_and_enter_takes_the_name(form):
    _text(form).press_sequentially("With @be")

    expect(_names(form)).to_have_count(2)
    expect(_names(form).nth(0)).to_have_attribute("aria-selected", "true")
    expect(form.get_by_text("2 people; arrow keys choose")).to_be_attached()
    _text(form).press("ArrowDown")
    expect(_text(form)).to_have_attribute("aria-activedescendant", _names(form).nth(1).get_attribute("id"))
    _text(form).press("Enter")

    expect(_text(form)).to_have_value("With @benno ")
    expect(_names(form)).to_have_count(0)
    _text(form).press_sequentially("again")
    expect(_text(form)).to_have_value("With @benno again")


def test_a_click_takes_the_name_and_the_field_keeps_the_focus(form):
    _text(form).press_sequentially("@ben, hello")
    for _ in ", hello":
        _text(form).press("ArrowLeft")
    _text(form).press("Backspace")
    _names(form).nth(0).click()

    expect(_text(form)).to_have_value("@ben , hello")
    expect(_text(form)).to_be_focused()


def test_escape_closes_and_what_is_no_name_opens_nothing(form):
    _text(form).press_sequentially("@be")
    expect(_names(form)).to_have_count(2)
    _text(form).press("Escape")
    expect(_names(form)).to_have_count(0)
    expect(_text(form)).to_have_value("@be")

    asked = []
    form.on("request", lambda request: asked.append(request.url))
    _text(form).fill("")
    _text(form).press_sequentially("mail ben@be")
    form.wait_for_timeout(400)
    assert not [url for url in asked if "/people/" in url]


def test_a_site_that_does_not_answer_disturbs_nobody(form, troubles):
    troubles.expect("status of 503")
    form.route("**/people/*", lambda route: route.fulfill(status=503, body="busy"))

    _text(form).press_sequentially("@ben is here")

    expect(_text(form)).to_have_value("@ben is here")
    expect(_names(form)).to_have_count(0)


def test_a_comment_has_them_too(ada, site):
    site.cookies_of("benno")
    ada.goto(f"/posts/{share(ada.context, 'Talk about it')}/")
    field = ada.get_by_label("Your comment")
    field.press_sequentially("Look, @benn")
    _names(ada).nth(0).click()
    ada.get_by_role("button", name="Comment", exact=True).click()

    expect(ada.get_by_role("link", name="@benno")).to_be_visible()


def test_the_open_list_is_sound(form):

    _text(form).press_sequentially("@be")
    expect(_names(form)).to_have_count(2)

    check(form)
