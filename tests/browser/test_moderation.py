"""The staff's pages in a real browser: sound at every width, and acting in place."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site
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


@pytest.fixture(scope="module")
def admin(site: Site) -> str:
    """The name of one."""
    site.create("root-mia")
    site.command("users", "role", "root-mia", "admin")
    site.come_back("root-mia")
    return "root-mia"


@pytest.fixture
def root(admin: str, full: dict[str, int], open_page) -> Page:
    """The admin's page."""
    return open_page(admin)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_the_staff_is_sound(root, full, path):
    assert root.goto(path.format(**full)).status == 200
    assert root.url.endswith(path.format(**full))  # and not where people go who are none of the staff

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
