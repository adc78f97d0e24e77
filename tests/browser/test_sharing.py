"""Sharing photographs: from the file chooser to the picture that appears by itself."""

import base64
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import half_jpeg, hold, share
from tests.cast import picture


def _file(name, data=None, mime="image/jpeg"):
    return {"name": name, "mimeType": mime, "buffer": picture(1200, 800) if data is None else data}


def _choose(page: Page, *files):
    page.locator("#images").set_input_files(list(files))


def _shots(page: Page):
    return page.get_by_role("list", name="Photographs of this post").locator(":scope > li:not(.refusal)")


def _described(page: Page, n: int):
    return _shots(page).nth(n).get_by_label("What is in this picture?")


def _uploaded(page: Page, count: int):
    expect(page.locator("#shots > li:not(.refusal):not(.sending)")).to_have_count(count)


def _publish(page: Page, title: str):
    page.get_by_label("Title").fill(title)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()


def _transfer(page: Page, type_: str, name: str):
    """Bring a file by `paste` or `drop`, as the browser would."""
    page.evaluate(
        """([type, name, data]) => {
            const transfer = new DataTransfer();
            const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0));
            transfer.items.add(new File([bytes], name, {type: "image/jpeg"}));
            const event = type === "paste" ? new ClipboardEvent(type, {clipboardData: transfer, bubbles: true})
                : new DragEvent(type, {dataTransfer: transfer, bubbles: true, cancelable: true});
            document.querySelector("#drop").dispatchEvent(event);
        }""",
        [type_, name, base64.b64encode(picture(1200, 800)).decode()],
    )


def test_an_album_of_two_is_shared_and_its_pictures_appear_by_themselves(ada, visitor, site):
    with site.paused("postways.background worker"):
        ada.goto("/posts/add/")
        _choose(ada, _file("one.jpg"), _file("two.jpg", picture(800, 1200, colour="orange")))
        expect(_shots(ada).locator(".preview img")).to_have_count(2)
        _uploaded(ada, 2)
        _described(ada, 0).fill("A teal field")
        _described(ada, 1).fill("An orange field")
        _publish(ada, "Two fields")
        visitor.goto(ada.url)
        for page in (ada, visitor):
            expect(page.get_by_text("Being prepared…")).to_have_count(2)

    for page in (ada, visitor):
        for alt in ("A teal field", "An orange field"):
            expect(page.get_by_role("img", name=alt)).to_be_visible()
        expect(page.get_by_text("Being prepared…")).to_have_count(0)


def test_progress_is_shown_and_the_post_waits_for_its_uploads(ada):
    held = hold(ada, "**/posts/uploads/")
    ada.goto("/posts/add/")
    _choose(ada, _file("slow.jpg"))

    expect(_shots(ada).get_by_role("progressbar")).to_be_visible()
    expect(_shots(ada).locator(".progress")).to_contain_text("MB")
    _described(ada, 0).fill("Typed while it was on its way")
    ada.get_by_label("Title").fill("Sent too early")
    ada.get_by_role("button", name="Publish").click()
    expect(ada.locator("#notice")).to_contain_text("Waiting for the uploads")
    for route in held:
        route.continue_()

    expect(ada.get_by_role("heading", level=1, name="Sent too early")).to_be_visible()
    expect(ada.get_by_role("img", name="Typed while it was on its way")).to_be_visible()


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_a_file_can_be_dropped_or_pasted(ada, way):
    ada.goto("/posts/add/")

    _transfer(ada, way, f"{way}.jpg")

    _uploaded(ada, 1)
    expect(ada.locator("#notice")).to_contain_text(f"Uploaded: {way}.jpg")


def test_photographs_are_moved_and_removed(ada):
    ada.goto("/posts/add/")
    _choose(ada, *[_file(f"{n}.jpg") for n in range(3)])
    _uploaded(ada, 3)
    for n, words in enumerate(("first", "second", "third")):
        _described(ada, n).fill(words)

    _shots(ada).nth(2).get_by_role("button", name="Earlier").click()
    expect(ada.locator("#notice")).to_contain_text("Now photograph 2.")
    expect(_shots(ada).nth(1).get_by_role("button", name="Earlier")).to_be_focused()
    _shots(ada).nth(0).get_by_role("button", name="Remove").click()
    expect(ada.locator("#notice")).to_contain_text("Removed.")
    expect(_described(ada, 0)).to_be_focused()
    _publish(ada, "Two of three")

    expect(ada.locator("figure details p")).to_have_text(["third", "second"], use_inner_text=False)


def test_photographs_are_dragged_into_order(ada):
    ada.goto("/posts/add/")
    _choose(ada, _file("a.jpg"), _file("b.jpg"))
    _uploaded(ada, 2)
    _described(ada, 0).fill("was first")
    expect(ada.locator("#shots .preview[data-waiting]")).to_have_count(0)  # or they would be put in anew meanwhile

    _shots(ada).nth(0).locator(".preview img").drag_to(_shots(ada).nth(1))

    expect(_described(ada, 1)).to_have_value("was first")


def test_a_refused_file_is_named_in_words_and_the_others_stay(ada, troubles):
    troubles.expect("status of 422")
    ada.goto("/posts/add/")

    _choose(ada, _file("good.jpg"), _file("notes.jpg", b"Dear diary, this is no picture."), _file("also good.jpg"))

    _uploaded(ada, 2)
    refusal = ada.locator("#shots .refusal")
    expect(refusal).to_contain_text("notes.jpg")
    expect(refusal).to_contain_text("The file holds text, not a picture.")
    refusal.get_by_role("button", name="Dismiss").click()
    expect(refusal).to_have_count(0)


def test_a_refused_post_comes_back_with_everything_in_it(ada, troubles):
    troubles.expect("status of 422")
    ada.goto("/posts/add/")
    _choose(ada, _file("kept.jpg"))
    _uploaded(ada, 1)
    _described(ada, 0).fill("Still described")
    ada.get_by_label("Text").fill("Still here")
    ada.get_by_label("Title").evaluate("title => title.removeAttribute('required')")

    ada.get_by_role("button", name="Publish").click()

    expect(ada.get_by_role("alert")).to_be_focused()
    expect(ada.get_by_label("Text")).to_have_value("Still here")
    expect(_described(ada, 0)).to_have_value("Still described")
    _publish(ada, "Now with a title")


def test_an_upload_that_broke_off_is_sent_again(ada, troubles):
    troubles.expect("ERR_FAILED")
    ada.route("**/posts/uploads/", lambda route: route.abort())
    ada.goto("/posts/add/")
    _choose(ada, _file("broken off.jpg"))
    expect(_shots(ada)).to_contain_text("The connection broke; the picture is still here.")
    ada.unroute("**/posts/uploads/")

    _shots(ada).get_by_role("button", name="Try again").click()

    _uploaded(ada, 1)


def test_a_failed_picture_says_why_and_can_be_retried_and_replaced(ada, site):
    ada.goto("/posts/add/")
    _choose(ada, _file("half.jpg", half_jpeg()))
    expect(_shots(ada)).to_contain_text("The file ends early.")
    _publish(ada, "Half a picture")
    expect(ada.locator("figure")).to_contain_text("The file ends early.")

    with site.paused("postways.background worker"):
        ada.get_by_role("button", name="Try again").click()
        expect(ada.locator("figure")).to_contain_text("Being prepared…")
    expect(ada.locator("figure")).to_contain_text("The file ends early.")
    ada.get_by_role("link", name="Replace it").click()
    _shots(ada).nth(0).get_by_role("button", name="Remove").click()
    _choose(ada, _file("whole.jpg"))
    _uploaded(ada, 1)
    _described(ada, 0).fill("Whole again")
    ada.get_by_role("button", name="Save").click()

    expect(ada.get_by_role("img", name="Whole again")).to_be_visible()


def test_a_draft_is_published_from_its_page_and_a_post_is_deleted(ada, visitor, troubles):
    draft = share(ada.context, "Perhaps", draft=True)
    ada.goto(f"/posts/{draft}/")
    ada.get_by_role("button", name="Publish").click()
    visitor.goto(f"/posts/{draft}/")
    expect(visitor.get_by_role("heading", level=1, name="Perhaps")).to_be_visible()

    ada.get_by_role("link", name="Delete").click()
    ada.get_by_role("button", name="Delete it").click()

    expect(ada).to_have_url(re.compile(r"/@ada/(\?|$)"))
    troubles.expect("status of 404")
    assert visitor.reload().status == 404


def test_an_album_is_shared_without_scripts(open_page):
    page = open_page("ada", java_script_enabled=False)
    page.goto("/posts/add/")
    _choose(page, _file("one.jpg"), _file("two.jpg", picture(800, 1200)))
    page.get_by_role("button", name="Upload these and go on").click()
    expect(_shots(page)).to_have_count(2)
    _described(page, 0).fill("came second")
    _described(page, 1).fill("came first")
    _shots(page).nth(0).get_by_role("button", name="Later").click()
    expect(_described(page, 0)).to_have_value("came first")
    _publish(page, "By hand")

    like = page.get_by_role("button", name="Like “By hand”")
    like.click()
    expect(like).to_have_attribute("aria-pressed", "true")
    expect(like).to_contain_text("1")
    expect(page.locator("figure details p")).to_have_text(["came first", "came second"], use_inner_text=False)


def test_a_refused_file_is_named_without_scripts_too(open_page, troubles):
    troubles.expect("status of 422")
    page = open_page("ada", java_script_enabled=False)
    page.goto("/posts/add/")
    page.get_by_label("Title").fill("One of two")
    _choose(page, _file("good.jpg"), _file("notes.jpg", b"Dear diary, this is no picture."))

    page.get_by_role("button", name="Publish").click()

    expect(page.locator("#shots .refusal")).to_contain_text("notes.jpg")
    expect(_shots(page)).to_have_count(1)
    expect(page.get_by_label("Title")).to_have_value("One of two")
