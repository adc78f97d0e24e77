"""The staff's pages in a real browser: sound at every width, and acting in place."""

import subprocess
import sys

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.site import ROOT, Site, log_in
from tests.browser.test_every_page import check

PAGES = (
    "/authors/",
    "/authors/?q=nobody",
    "/posts/",
    "/posts/?q=nothing+like+it",
    "/moderation/posts/{album}/",
    "/moderation/people/1/",
    "/moderation/log/",
    "/moderation/log/?person=eve",
    "/moderation/reports/",
    "/moderation/reports/?state=closed",
    "/report/?post={album}",
)


@pytest.fixture
def root(site: Site, full: dict[str, int], chromium: Browser, open_page) -> Page:
    """The admin's page."""
    if "root-mia" not in site._states:
        site.create("root-mia")
        role = [sys.executable, "-m", "flask", "--app", "wsgi", "users", "role", "root-mia", "admin"]
        subprocess.run(role, cwd=ROOT, env=site._environment, check=True, capture_output=True)
        context = chromium.new_context(base_url=site.url)
        log_in(context.new_page(), "root-mia")
        site._states["root-mia"] = context.storage_state()
        context.close()
    return open_page("root-mia")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_the_staff_is_sound(root, full, path):
    assert root.goto(path.format(**full)).status == 200

    check(root)


def test_a_post_is_taken_back_and_given_back_in_place(root, full, ben):
    root.goto("/posts/?q=words+alone")
    row = root.locator(f"#row-{full['words']}")
    for button, state in (("Unpublish", "unpublished"), ("Give back", "published")):
        row.locator("summary").click()
        row.get_by_label("Reason").fill("To see whether it works.")
        row.get_by_role("button", name=button).click()
        expect(row.locator(".state")).to_have_text(state)
        expect(root.locator("#notice")).to_contain_text("Done")
        row = root.locator(f"#row-{full['words']}")
    assert "/posts/?q=words+alone" in root.url

    assert ben.goto(f"/posts/{full['words']}/").status == 200


def test_a_report_goes_its_way_without_scripts(open_page, root, full, site):
    ben = open_page("ben", java_script_enabled=False)
    ben.goto(f"/posts/{full['album']}/")
    ben.get_by_role("link", name="Report this post").click()
    ben.get_by_label("What is wrong?").fill("It is mine.")
    ben.get_by_role("button", name="Report").click()
    expect(ben.locator("#notice")).to_contain_text("Thank you")

    root.goto("/moderation/reports/")
    root.get_by_role("link", name="An album of three").click()
    root.get_by_role("button", name="Take this report").click()
    check(root)
    root.get_by_label("Note").fill("It is not.")
    root.get_by_role("button", name="Close the report").click()
    expect(root.get_by_text("Nothing is waiting here.")).to_be_visible()
