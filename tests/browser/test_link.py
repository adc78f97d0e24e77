"""The link of a post: copied by a button, sent on by the system, and there to be selected without scripts."""

from playwright.sync_api import expect

from tests.browser.site import share


def test_the_link_is_copied_and_sent_on(ada, open_page):
    post = share(ada.context, "Worth a look", pictures=1)
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.add_init_script("navigator.share = async (what) => { window.sent = what; }")
    page.goto(f"/posts/{post}/")
    page.get_by_text("Share", exact=True).click()
    link = page.get_by_label("Link to this post").input_value()
    assert link.endswith(f"/posts/{post}/")

    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#notice").filter(has_text="The link is copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == link
    page.get_by_role("button", name="Send it on").click()
    assert page.evaluate("window.sent") == {"title": "Worth a look", "url": link}


def test_a_new_token_is_copied(open_page):
    page = open_page("ada", permissions=["clipboard-read", "clipboard-write"])
    page.goto("/settings/apps/")
    page.get_by_label("Name").fill("Backup")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Make the token").click()
    secret = page.locator("#token").input_value()

    page.get_by_role("button", name="Copy it").click()

    expect(page.locator("#notice").filter(has_text="The token is copied.")).to_be_visible()
    assert secret and page.evaluate("navigator.clipboard.readText()") == secret


def test_without_scripts_the_link_stands_there(ada, open_page):
    post = share(ada.context, "By hand")
    page = open_page(java_script_enabled=False)
    page.goto(f"/posts/{post}/")
    page.get_by_text("Share", exact=True).click()

    expect(page.get_by_label("Link to this post")).to_be_visible()
    expect(page.get_by_role("button", name="Copy link")).to_have_count(0)
