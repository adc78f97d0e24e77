"""What a browser loads for a first view of the home page.

`python -m bench.weighing CHROMIUM URL WIDTH DENSITY` prints bytes by kind as they came over the line, without headers;
pictures by card, each of which is scrolled into view.
"""

from __future__ import annotations

import json
import sys
from collections import Counter

from playwright.sync_api import Page, Request, sync_playwright

CARDS = 12
PICTURES = "card => [...card.querySelectorAll('img')].map(img => img.currentSrc).filter(src => src.startsWith('http'))"


def main(browser: str, url: str, width: str, density: str) -> None:
    """Load it once, with nothing kept from before."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": int(width), "height": 844}, device_scale_factor=float(density))
        finished: list[Request] = []
        page.on("requestfinished", lambda request: finished.append(request))  # noqa: PLW0108 it can't hold a builtin
        page.goto(url, wait_until="load")
        known = {"document", "stylesheet", "script", "image"}
        others = [one.url for one in finished if one.resource_type not in known and not _picture_or_news(one)]
        cards = _cards(page)
        kinds: Counter[str] = Counter()
        pictures: dict[str, int] = {}
        for request in finished:
            size = request.sizes()["responseBodySize"]
            kinds[request.resource_type] += size
            if request.resource_type == "image":
                pictures[request.url] = size
        weights = [sum(pictures.get(source, 0) for source in card) for card in cards]
        told = {kind: kinds[kind] for kind in known}
        told |= {"others": others, "mean": round(sum(weights) / len(weights)), "heaviest": max(weights)}
        print(json.dumps(told))
        chromium.close()


def _picture_or_news(request: Request) -> bool:
    """The icon of the site is a picture of another kind, and the event stream stays open."""
    answer = request.response()
    kind = answer.headers.get("content-type", "") if answer else ""
    return kind.startswith(("image/", "text/event-stream"))


def _cards(page: Page) -> list[list[str]]:
    """The addresses of the pictures that each of the first cards shows."""
    found = []
    for place in range(CARDS):
        card = page.locator("article").nth(place)
        card.scroll_into_view_if_needed()
        page.wait_for_load_state("load")
        page.wait_for_timeout(150)
        found.append(list(dict.fromkeys(card.evaluate(PICTURES))))
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])
