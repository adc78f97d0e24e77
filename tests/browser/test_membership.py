"""The page of the membership: it changes by itself, and does without scripts."""

from datetime import timedelta

from playwright.sync_api import expect

from postways.db import now
from tests.browser.site import share


def test_a_membership_appears_and_goes_on_the_open_page(site, open_page):
    pia = open_page("pia")
    pia.goto("/settings/profile/")
    pia.get_by_role("navigation", name="Settings").get_by_role("link", name="Membership").click()
    mine = pia.locator("#mine")
    expect(mine).to_contain_text("You are not a premium member.")

    site.command("users", "premium", "pia", "2099-01-31")
    expect(mine).to_contain_text("You are a premium member.")
    expect(mine.locator("time")).to_have_text("31 Jan 2099 23:59 (UTC)")

    site.command("users", "premium", "pia", "none")
    expect(mine).to_contain_text("You are not a premium member.")


def test_a_post_opens_on_the_open_page_when_the_membership_begins_and_closes_at_its_end(
    site, full, open_page, troubles
):
    pia, post = open_page("pia"), full["premium"]
    pia.goto(f"/posts/{post}/")
    expect(pia.locator(".sealed")).to_contain_text("This post is for premium members.")
    expect(pia.locator("main")).not_to_contain_text("Nobody else reads this")

    site.command("users", "premium", "pia", "2099-01-31")
    expect(pia.locator("main")).to_contain_text("Nobody else reads this")
    expect(pia.locator(".post picture")).to_have_count(1)

    site.command("users", "premium", "pia", "none")
    expect(pia.locator(f"#post-{post}")).to_contain_text("This post is for premium members.")
    expect(pia.locator("main")).not_to_contain_text("Nobody else reads this")
    pia.locator(f"#post-{post}").get_by_role("link", name="About membership").click()
    expect(pia.locator("#mine")).to_contain_text("You are not a premium member.")


def test_what_was_closed_in_place_opens_in_place_and_leaves_no_form(site, ada, open_page, troubles):
    home, own = open_page("pia"), open_page("pia")
    post = share(ada.context, "A door for a while", content="Not for long", audience="premium")
    site.command("users", "premium", "pia", "2099-01-31")
    home.goto("/")
    own.goto(f"/posts/{post}/")
    card = home.locator(f"#post-{post}")
    expect(card).to_contain_text("Not for long")
    own.get_by_label("Your comment").fill("Half a senten")
    home.evaluate("window.stayed = true")

    site.command("users", "premium", "pia", "none")
    expect(card).to_contain_text("This text is for premium members.")
    expect(own.locator(".sealed")).to_contain_text("This text is for premium members.")
    expect(own.locator("#say, #comments")).to_have_count(0)

    site.command("users", "premium", "pia", "2099-02-28")
    expect(card).to_contain_text("Not for long")
    expect(own.locator("main")).to_contain_text("Not for long")
    expect(own.get_by_label("Your comment")).to_have_value("Half a senten")
    card.get_by_role("button", name="Like “A door for a while”").click()
    expect(card.locator(".like button")).to_have_attribute("aria-pressed", "true")
    assert home.evaluate("window.stayed")
    site.command("users", "premium", "pia", "none")


def test_the_end_shows_by_itself_and_the_page_needs_no_scripts(site, open_page):
    pia, plain = open_page("pia"), open_page("pia", java_script_enabled=False)
    site.command("users", "premium", "pia", f"{now() + timedelta(seconds=25):%Y-%m-%dT%H:%M:%SZ}")
    for page in (pia, plain):
        page.goto("/membership/")
    expect(pia.locator("#mine")).to_contain_text("You are no premium member any more.")

    plain.reload()
    expect(plain.locator("#mine")).to_contain_text("You are no premium member any more.")
