"""What holds on every page: axe finds nothing, nothing scrolls sideways, every picture has its size and words."""

from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.cast import picture

WIDTHS = (320, 390, 768, 1280, 1920)
PAGES = {
    "home": ("", "/"),
    "home of a member": ("ben", "/"),
    "reposts": ("ben", "/@ada/reposts/"),
    "feed": ("ben", "/feed/"),
    "feed, empty": ("ada", "/feed/"),
    "popular": ("", "/popular/?period=week"),
    "tag": ("", "/tags/harbour/"),
    "tag without posts": ("ben", "/tags/nothing/"),
    "explore": ("", "/explore/"),
    "search": ("", "/search/"),
    "search with results": ("ben", "/search/?q=a"),
    "search for people": ("", "/search/?q=ada&kind=people"),
    "search without results": ("ben", "/search/?q=nothing+like+that"),
    "who likes a post": ("ben", "/posts/{album}/likes/"),
    "what I like": ("ben", "/likes/"),
    "what I keep": ("ben", "/saved/"),
    "own profile with a draft": ("ada", "/@ada/"),
    "profile of somebody else": ("ben", "/@ada/"),
    "own profile, empty": ("ben", "/@ben/"),
    "profile of somebody else, empty": ("", "/@ben/"),
    "own post": ("ada", "/posts/{album}/"),
    "post of somebody else": ("ben", "/posts/{album}/"),
    "post for a visitor": ("", "/posts/{album}/"),
    "one thread": ("ben", "/posts/{album}/?comment={reply}"),
    "one thread for a visitor": ("", "/posts/{album}/?comment={reply}"),
    "answering": ("ben", "/posts/{album}/?reply={reply}"),
    "a comment that has gone": ("", "/posts/{album}/?comment=999999"),
    "edit a comment": ("ada", "/comments/{comment}/edit/"),
    "delete a comment": ("ada", "/comments/{comment}/delete/"),
    "report a comment": ("ben", "/report/?comment={comment}"),
    "post of words": ("", "/posts/{words}/"),
    "post with a content warning": ("ben", "/posts/{warned}/"),
    "photograph with a content warning": ("", "/posts/{warned}/photos/1/"),
    "post for premium members": ("cleo", "/posts/{premium}/"),
    "post for premium members, for a visitor": ("", "/posts/{premium}/"),
    "draft": ("ada", "/posts/{draft}/"),
    "own post with a failed picture": ("ada", "/posts/{failed}/"),
    "post with a failed picture": ("", "/posts/{failed}/"),
    "photograph alone": ("", "/posts/{album}/photos/2/"),
    "new post": ("ada", "/posts/add/"),
    "edit": ("ada", "/posts/{album}/edit/"),
    "edit a draft": ("ada", "/posts/{draft}/edit/"),
    "edit a failed picture": ("ada", "/posts/{failed}/edit/"),
    "turn and crop": ("ada", "/photos/{framed}/edit/"),
    "delete": ("ada", "/posts/{album}/delete/"),
    "log in": ("", "/login/"),
    "the API": ("", "/api/v1/docs/"),
    "sign up": ("", "/signup/"),
    "display": ("", "/theme/"),
    "display of a member": ("ben", "/theme/"),
    "who to follow": ("ben", "/people/suggested/"),
    "messages": ("ada", "/messages/"),
    "messages sent": ("ada", "/messages/?box=sent&receiver=ben&date=2026-11-21"),
    "messages, somebody new": ("ben", "/messages/?q=ad"),
    "message requests, empty": ("ada", "/messages/?box=requests"),
    "a conversation": ("ben", "/messages/ada/"),
    "membership": ("ben", "/membership/"),
    "notifications": ("ada", "/notifications/"),
    "notifications, empty": ("ben", "/notifications/"),
    "what I want to hear of": ("ben", "/settings/notifications/"),
    "is it still you": ("ben", "/settings/prove/"),
    "dead link": ("", "/email_verify/never-made/"),
    "dead link of a member": ("ben", "/email_verify/never-made/"),
    "dead link that takes an address back": ("", "/email_revert/never-made/"),
    "report of the own post": ("ada", "/report/?post={album}"),
    "nothing here": ("", "/posts/999999/"),
    "not allowed": ("ben", "/posts/{album}/edit/"),
}
ANSWERS = {"nothing here": 404, "not allowed": 403, "report of the own post": 403} | {
    name: 410 for name in PAGES if name.startswith("dead link")
}


@pytest.mark.parametrize("name", PAGES)
def test_this_page_is_sound(name, full, open_page, troubles):
    who, path = PAGES[name]
    status = ANSWERS.get(name, 200)
    troubles.expect(*([f"status of {status}"] if status != 200 else []))
    page = open_page(who)

    assert page.goto(path.format(**full)).status == status

    check(page)


def test_the_api_is_sound_where_everything_is_unfolded(visitor):
    visitor.goto("/api/v1/docs/#like_post")
    expect(visitor.locator("#like_post")).to_be_visible()  # the address of one operation opens it
    visitor.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")

    check(visitor)


def test_a_refused_log_in_is_sound(visitor, troubles):
    troubles.expect("status of 422")
    visitor.goto("/login/")
    visitor.get_by_label("Username or email").fill("ada")
    visitor.get_by_label("Password").fill("wrong")
    visitor.locator("main").get_by_role("button", name="Log in", exact=True).click()
    expect(visitor.locator("#errors")).to_be_visible()

    check(visitor)


def test_a_refused_sign_up_is_sound(visitor, troubles):
    troubles.expect("status of 422")
    visitor.goto("/signup/")
    visitor.locator("main form").evaluate("form => { form.noValidate = true; form.requestSubmit() }")
    expect(visitor.locator("#errors")).to_be_visible()

    check(visitor)


def test_a_new_post_with_photographs_and_a_refusal_is_sound(ada, troubles):
    troubles.expect("status of 422")
    ada.goto("/posts/add/")
    _bring_files(ada)

    check(ada)


def test_a_refused_post_is_sound(ada, troubles):
    troubles.expect("status of 422")
    ada.goto("/posts/add/")
    _bring_files(ada)
    ada.locator("#post-form").evaluate(
        "form => { form.noValidate = true; form.requestSubmit(form.querySelector('.send button')) }"
    )
    expect(ada.locator("#errors")).to_be_visible()

    check(ada)


def test_the_empty_home_page_is_sound(own_site, open_page):
    for who in ("", "ada"):
        page = open_page(who, at=own_site)
        page.goto("/")
        expect(page.locator(".empty")).to_be_visible()
        check(page)


def check(page: Page) -> None:
    """All of it, on the page as it stands."""
    assert page.evaluate(PICTURES_WITHOUT) == []
    assert {width: excess for width in WIDTHS if (excess := _sideways(page, width))} == {}
    assert {width: links for width in WIDTHS if (links := _one_over_the_other(page, width))} == {}
    page.evaluate(_axe())
    for width, scheme in ((390, "light"), (1280, "dark")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        violations = page.evaluate(VIOLATIONS)
        assert not violations, "\n".join([f"{scheme} at {width} pixels", *violations])


PICTURES_WITHOUT = """() => [...document.images].filter(
    image => !["width", "height", "alt"].every(name => image.hasAttribute(name))).map(image => image.outerHTML)"""

LINKS_UNDER_THE_BRAND = """() => {
    const brand = document.querySelector(".brand")?.getBoundingClientRect()
    return [...document.querySelectorAll(".tabs a")].filter(link => {
        const place = link.getBoundingClientRect()
        return brand?.width && place.left < brand.right && place.right > brand.left
            && place.top < brand.bottom && place.bottom > brand.top
    }).map(link => link.textContent)}"""

VIOLATIONS = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations.flatMap(
    violation => violation.nodes.map(node => `${violation.id}: ${node.html} ${node.failureSummary}`))"""


def _sideways(page: Page, width: int) -> int:
    page.set_viewport_size({"width": width, "height": 800})
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def _one_over_the_other(page: Page, width: int) -> list[str]:
    page.set_viewport_size({"width": width, "height": 800})
    return page.evaluate(LINKS_UNDER_THE_BRAND)


def _bring_files(page: Page) -> None:
    files = [
        {"name": "good.jpg", "mimeType": "image/jpeg", "buffer": picture(1200, 800)},
        {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"Dear diary, this is no picture."},
    ]
    page.locator("#images").set_input_files(files)
    expect(page.locator("#shots .refusal")).to_be_visible()
    expect(page.locator("#shots > li:not(.refusal):not(.sending)")).to_have_count(1)


@cache
def _axe() -> str:
    return Path(__file__).with_name("axe.min.js").read_text(encoding="utf-8")
