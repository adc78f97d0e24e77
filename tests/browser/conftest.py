"""Real browsers on the real site.

ada shares, ben reads and likes, visitor only looks: each is an open page. A test fails when one of its pages writes an
error to its console, breaks the policy or misses a file, unless the test expected that.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, expect, sync_playwright
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.browser.site import PATIENCE, Site, half_jpeg, say, share

Open = Callable[..., Page]


# they take as long as all others
ONE_HALF = {"test_accounts", "test_every_page", "test_moderation", "test_outages", "test_settings"}


class Halves(LoadScopeScheduling):
    """The same tests always run on the same worker, in the same order: what they find on its site is no luck."""

    def _split_scope(self, nodeid: str) -> str:
        return "one" if Path(nodeid.partition("::")[0]).stem in ONE_HALF else "other"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Halves:
    """Of this folder, where it runs by itself."""
    return Halves(config, log)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser of this run."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        pytest.skip("no Chromium is installed and CHROMIUM does not name one")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
            ignore_default_args=["--disable-back-forward-cache"],  # people's browsers have it
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site that the tests of a group share; what they find there by others must not matter to them."""
    site = Site(tmp_path_factory.mktemp("site"))
    yield site
    site.stop()
    assert not site.errors()


@pytest.fixture
def own_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of this test alone, empty, to be broken."""
    site = Site(tmp_path_factory.mktemp("own"))
    yield site
    site.stop()


class Troubles:
    """What browsers complained about."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self._expected: list[str] = []
        self._over = False

    def expect(self, *patterns: str) -> None:
        """These belong to the test."""
        self._expected += patterns

    def unexpected(self) -> list[str]:
        """The rest."""
        return [words for words in self.seen if not any(re.search(pattern, words) for pattern in self._expected)]

    def end(self) -> None:
        """What comes from now on comes of closing the pages."""
        self._over = True

    def watch(self, page: Page) -> None:
        """Listen to `page`."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._note(f"script: {error}"))
        page.on("requestfailed", self._failed)

    def _note(self, words: str) -> None:
        if not self._over:
            self.seen.append(words)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._note(f"{message.type}: {message.text} ({message.location.get('url')})")

    def _failed(self, request: Request) -> None:
        left = request.failure == "net::ERR_ABORTED"  # the page went away, as event streams and previews may see
        if not left:
            self._note(f"request: {request.failure} ({request.url})")


@pytest.fixture
def troubles() -> Iterator[Troubles]:
    """Collects them from every page of the test."""
    troubles = Troubles()
    yield troubles
    assert not troubles.unexpected(), "\n".join(troubles.unexpected())


@pytest.fixture
def open_page(chromium: Browser, troubles: Troubles, site: Site) -> Iterator[Open]:
    """Opens a page in a browser of its own: of somebody by name, or of a visitor."""
    contexts = []

    def open_page(name: str = "", at: Site = site, **options: object) -> Page:
        state = at.cookies_of(name) if name else None
        context = chromium.new_context(base_url=at.url, storage_state=state, reduced_motion="reduce", **options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.on("page", troubles.watch)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.cookies()  # what pages have complained about comes in before the answer
    troubles.end()
    for context in contexts:
        for page in context.pages:  # Chromium never closes one that is about to show another page: playwright#42366
            with contextlib.suppress(Error):
                page.goto("about:blank")
        context.close()


@pytest.fixture
def ada(open_page: Open) -> Page:
    """Shares photographs."""
    return open_page("ada")


@pytest.fixture
def ben(open_page: Open) -> Page:
    """Reads and likes."""
    return open_page("ben")


@pytest.fixture
def visitor(open_page: Open) -> Page:
    """Only looks."""
    return open_page()


@pytest.fixture(scope="session")
def full(site: Site, chromium: Browser) -> dict[str, int]:
    """A site with more posts than a page holds: the ids of those that tests ask for."""
    context = chromium.new_context(base_url=site.url, storage_state=site.cookies_of("ada"))
    diary = "Rain, then **sun** over the #harbour.\n\nNothing else happened."
    posts = {
        "premium": share(context, "A closed door", content="Nobody else reads this", audience="premium", pictures=1),
        "oldest": [share(context, f"Diary page {n}", content=diary) for n in range(14)][0],
        "words": share(context, "Words alone", content="> a quote\n\n- one\n- two\n\n*Said* by @ben about #harbour."),
        "warned": share(context, "Eight legs", warning="A spider, very close", pictures=2),
        "failed": share(context, "Half a file", files=(half_jpeg(),)),
        "album": share(context, "An album of three #harbour", content="First light.", pictures=3),
        "draft": share(context, "Not yet", pictures=1, draft=True),
    }
    posts["comment"] = say(context, posts["album"], "Where was this? *Lovely* light, @ben. #harbour")
    posts["reply"] = say(context, posts["album"], "By the old pier.", posts["comment"])
    page = context.new_page()
    page.goto(f"/posts/{posts['draft']}/")
    expect(page.locator("figure picture img")).to_be_visible()
    posts["framed"] = int(page.locator(".picture").get_attribute("id").removeprefix("picture-"))
    context.close()
    return posts


@pytest.fixture
def cleo(open_page: Open) -> Page:
    """Writes to dora."""
    return open_page("cleo")


@pytest.fixture
def dora(open_page: Open) -> Page:
    """Writes to cleo."""
    return open_page("dora")
