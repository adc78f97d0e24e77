"""Pictures with a content warning: covered until clicked, by mouse or key, with scripts or without."""

from playwright.sync_api import Page, expect

from tests.browser.site import share

REASON = "A spider, very close"


def _covers(page: Page):
    return page.locator("details.cover")


def _share(ada: Page, pictures: int = 1) -> int:
    post = share(ada.context, "Many legs", warning=REASON, pictures=pictures, alt="Many eyes")
    ada.goto(f"/posts/{post}/")
    expect(_covers(ada)).to_have_count(pictures)
    return post


def test_a_cover_says_why_and_opens_in_place(ada, visitor):
    post = _share(ada)
    asked = []
    visitor.on("request", lambda request: asked.append(request.url))
    visitor.goto(f"/posts/{post}/")
    picture = visitor.get_by_role("img", name="Many eyes")
    expect(_covers(visitor)).to_contain_text(REASON)
    expect(picture).to_have_count(0)
    assert not [url for url in asked if "/media/" in url]

    before = _covers(visitor).bounding_box()["height"]
    _covers(visitor).locator("summary").click()

    expect(picture).to_be_visible()
    assert abs(_covers(visitor).bounding_box()["height"] - before) < 2
    visitor.get_by_text("Hide", exact=True).click()
    expect(picture).to_have_count(0)


def test_the_keyboard_opens_it_and_leads_on_to_the_uncovered_page(ada, visitor):
    post = _share(ada, pictures=2)
    visitor.goto(f"/posts/{post}/")
    _covers(visitor).first.locator("summary").focus()
    visitor.keyboard.press("Enter")
    visitor.get_by_role("img", name="Many eyes").first.click()

    expect(visitor.locator(".zoom img")).to_be_visible()
    visitor.keyboard.press("ArrowRight")
    visitor.wait_for_url(f"**/posts/{post}/photos/2/?show=1")
    expect(visitor.locator(".zoom img")).to_be_visible()


def test_every_picture_is_shown_by_one_link_without_scripts(ada, open_page):
    post = _share(ada, pictures=2)
    page = open_page(java_script_enabled=False)
    page.goto(f"/posts/{post}/")
    expect(page.get_by_text("Show", exact=True)).to_have_count(2)

    page.get_by_role("link", name="Show every picture").click()

    expect(page.get_by_role("img", name="Many eyes")).to_have_count(2)
