"""Turning and cropping: by dragging, by keyboard, and without scripts."""

import re

from playwright.sync_api import Page, expect

from tests.browser.site import share


def _edit(page: Page, title: str) -> int:
    """Share a picture and open the page where it is framed; answers with the post's id."""
    post = share(page.context, title, pictures=1, alt="One field")
    page.goto(f"/posts/{post}/")
    expect(page.get_by_role("img", name="One field")).to_be_visible()
    page.goto(f"/posts/{post}/edit/")
    page.get_by_role("link", name="Turn and crop").click()
    expect(page.get_by_role("heading", level=1, name="Turn and crop")).to_be_visible()
    page.wait_for_load_state()  # the scripts have run
    return post


def _drag(page: Page, grip: str, across: int, down: int):
    box = page.locator(f"[data-grip='{grip}']").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + across, y + down, steps=4)
    page.mouse.up()


def _number(page: Page, name: str) -> float:
    return float(page.get_by_label(name, exact=True).input_value())


def test_a_corner_is_dragged_the_frame_moved_and_the_picture_changes_by_itself(ada):
    _edit(ada, "Dragged")
    wide = ada.locator(".crop").bounding_box()["width"]
    _drag(ada, "se", round(-wide / 2), 0)
    assert abs(_number(ada, "Width") - 50) < 2 and _number(ada, "Height") == 100
    _drag(ada, "", round(wide / 4), 0)
    assert abs(_number(ada, "From the left") - 25) < 2

    ada.get_by_role("button", name="1:1").click()
    expect(ada.get_by_role("button", name="1:1")).to_have_attribute("aria-pressed", "true")
    _drag(ada, "nw", 60, 10)
    assert abs(_number(ada, "Width") * 12 - _number(ada, "Height") * 8) < 8
    ada.get_by_role("button", name="Save").click()

    picture = ada.get_by_role("img", name="One field")
    expect(picture).to_be_visible()
    expect(picture).to_have_attribute("width", re.compile(r"^(?!1200$)\d+$"))
    assert abs(int(picture.get_attribute("width")) - int(picture.get_attribute("height"))) <= 2


def test_the_keyboard_alone_turns_and_crops(ada):
    post = _edit(ada, "Typed")
    to_the_right = ada.get_by_role("button", name="To the right")
    expect(to_the_right).to_have_attribute("data-htmx-powered", "true")  # before that the browser sends the form itself
    to_the_right.press("Enter")
    expect(ada.locator("#framing [name=turns]")).to_have_value("1")
    expect(to_the_right).to_be_focused()
    expect(ada.get_by_label("Height", exact=True)).to_be_hidden()
    ada.get_by_text("By numbers").click()
    ada.get_by_label("Height", exact=True).fill("50")
    expect(ada.locator(".kept")).to_have_attribute("height", "600")
    ada.get_by_role("radio", name="Middle").press("ArrowDown")
    ada.get_by_role("button", name="Save").press("Enter")

    ada.wait_for_url(f"**/posts/{post}/#photo-1")
    expect(ada.get_by_role("img", name="One field")).to_have_attribute("width", "800")
    expect(ada.get_by_role("img", name="One field")).to_have_attribute("height", "600")


def test_it_works_without_scripts_and_can_be_undone(ada, open_page):
    post = _edit(ada, "By hand")
    page = open_page("ada", java_script_enabled=False)
    page.goto(ada.url)
    page.get_by_role("button", name="To the left").click()
    expect(page.locator("#framing image")).to_have_attribute("transform", re.compile("270"))
    page.get_by_role("button", name="Save").click()
    ada.goto(f"/posts/{post}/")
    expect(ada.get_by_role("img", name="One field")).to_have_attribute("width", "800")

    page.goto(f"/posts/{post}/edit/")
    page.get_by_role("link", name="Turn and crop").click()
    page.get_by_role("button", name="Back to the original").click()
    expect(ada.get_by_role("img", name="One field")).to_be_visible()
    ada.reload()
    expect(ada.get_by_role("img", name="One field")).to_have_attribute("width", "1200")
