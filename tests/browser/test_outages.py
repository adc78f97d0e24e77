"""Pages that stay open while a part of the site goes away and comes back."""

import pytest
from playwright.sync_api import expect

from tests.browser.site import like, share

pytestmark = pytest.mark.slow


@pytest.fixture
def open_post(own_site, open_page):
    """A visitor's page that is already live, and who likes what it shows from somewhere else."""
    ada, visitor = open_page("ada", at=own_site), open_page(at=own_site)
    post = share(ada.context, "Still here")
    visitor.goto(f"/posts/{post}/")
    like(ada.context, post)
    expect(visitor.locator(f"#like-count-{post}")).to_have_text("1")
    return ada, visitor, post


def test_an_open_page_finds_its_stream_again_after_a_restart(own_site, open_post, troubles):
    troubles.expect("net::ERR_", "htmx:sse:error", "/live/")
    ada, visitor, post = open_post

    own_site.kill("gunicorn")
    own_site.wait_until_ready()
    like(ada.context, post, "unlike")

    expect(visitor.locator(f"#like-count-{post}")).to_have_text("0")


def test_a_like_while_the_server_is_away_goes_back_and_says_so(own_site, open_post, troubles):
    troubles.expect("net::ERR_", "htmx:sse:error", "htmx:error: Failed to fetch")
    ada, _visitor, post = open_post
    ada.goto(f"/posts/{post}/")
    heart = ada.locator(f"#like-button-{post}")

    own_site.kill("gunicorn")
    heart.click()

    expect(ada.locator("#notice")).to_have_text("That did not reach the site. Try again in a moment.")
    expect(heart).to_have_attribute("aria-pressed", "true")


def test_likes_arrive_again_after_valkey_was_killed(own_site, open_post):
    ada, visitor, post = open_post

    own_site.kill("valkey")
    like(ada.context, post, "unlike")

    expect(visitor.locator(f"#like-count-{post}")).to_have_text("0")
    like(ada.context, post)
    expect(visitor.locator(f"#like-count-{post}")).to_have_text("1")
