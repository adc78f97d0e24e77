"""Lists of posts: newest, popular, by tag; page after page without gap or repeat."""

from __future__ import annotations

import re
from html import unescape

import pytest

from postways.models.listed import PAGE_SIZE
from tests.cast import make_post

CARD = re.compile(r'<article class="card[^"]*" id="post-(\d+)"')
OLDER = re.compile(r'<a class="button older"[^>]*rel="next" href="([^"]+)"')


def cards(answer):
    return [int(post_id) for post_id in CARD.findall(answer.text)]


def older(answer):
    found = OLDER.search(answer.text)
    return unescape(found.group(1)) if found else None


def walk(browser, path, **headers):
    """The cards of each page, by the link at its end."""
    pages = []
    while path and len(pages) < 10:
        answer = browser.get(path, **headers)
        assert answer.status_code == 200
        pages.append(cards(answer))
        path = older(answer)
    return pages


@pytest.fixture
def many(app, ada):
    """More than two pages of ada's, the newest first, each with a tag."""
    posts = [make_post(app, ada, title=f"Number {n} #sea", days_ago=n + 1) for n in range(2 * PAGE_SIZE + 3)]
    return [post.id for post in posts]


@pytest.mark.parametrize("path", ["/", "/popular/", "/popular/?period=month", "/tags/sea/", "/tags/SEA/"])
def test_a_list_is_walked_without_gap_or_repeat(guest, many, path):
    found = sum(walk(guest, path), [])

    assert [post_id for post_id in found if post_id in many] == many
    assert len(found) == len(set(found))


def test_the_end_says_so(guest, many):
    assert [len(page) for page in walk(guest, "/tags/sea/")] == [12, 12, 3]
    assert "That is everything" in guest.get("/").text or older(guest.get("/"))


def test_posting_meanwhile_moves_nothing(app, guest, ada, many):
    first = guest.get("/tags/sea/")
    make_post(app, ada, title="Meanwhile #sea")
    second = guest.get(older(first))

    assert cards(first) + cards(second) == many[: 2 * PAGE_SIZE]


def test_htmx_gets_only_the_next_posts(guest, many):
    next_page = older(guest.get("/"))
    part, whole = guest.get(next_page, HX_Request="true"), guest.get(next_page)

    assert cards(part) == cards(whole)
    assert "<html" not in part.text
    assert "<html" in whole.text
    assert "HX-Request" in part.headers["Vary"]
    assert older(part) == older(whole)


def test_back_in_the_browser_brings_the_whole_page(guest, many):
    answer = guest.get(older(guest.get("/")), HX_Request="true", HX_History_Restore_Request="true")

    assert "<html" in answer.text


def test_three_pages_come_by_themselves(guest, many):
    assert "intersect" in guest.get("/?n=2").text
    assert "intersect" not in guest.get("/?n=3").text
    for odd in ("x", "-1", "9" * 5_000, "1e9"):
        assert guest.get(f"/?n={odd}").status_code == 200


@pytest.mark.parametrize("path", ["/", "/popular/", "/tags/other/", "/@zoe/"])
@pytest.mark.parametrize(
    "cursor", ["x", "W10", "WzEsMl0x", "%00", "é", "bnVsbA", "W3RydWUsMV0", "WzEuNSwxXQ", "A" * 5_000]
)
def test_a_cursor_that_was_changed_is_explained(guest, crowd, path, cursor):
    answer = guest.get(f"{path}?cursor={cursor}")

    assert answer.status_code == 400
    assert "was changed on its way" in answer.text
    fragment = guest.get(f"{path}?cursor={cursor}", HX_Request="true")
    assert fragment.status_code == 400
    assert "<html" not in fragment.text


def test_popular_orders_by_likes_then_by_time(app, guest, ada, ben, crowd):
    two = make_post(app, ada, likes=[ben, crowd], days_ago=40).id
    one_old = make_post(app, ada, likes=[ben], days_ago=10).id
    one_new = make_post(app, ada, likes=[ben], days_ago=2).id
    none = make_post(app, ada).id

    def mine(path):
        return [post_id for post_id in cards(guest.get(path)) if post_id in (two, one_old, one_new, none)]

    assert mine("/popular/") == [two, one_new, one_old, none]
    assert mine("/popular/?period=month") == [one_new, one_old, none]
    assert mine("/popular/?period=week") == [one_new, none]


@pytest.mark.parametrize("period", ["year", "", "week'", "%00"])
def test_there_is_no_other_period(guest, crowd, period):
    assert guest.get(f"/popular/?period={period}").status_code == 404


def test_the_period_is_kept_on_the_next_page(guest, many):
    assert "period=month" in older(guest.get("/popular/?period=month"))


def test_drafts_and_other_peoples_stay_out(app, as_ada, as_mod, guest, ada):
    make_post(app, ada, title="A draft #other", published=False)

    for browser in (as_ada, as_mod, guest):
        for path in ("/", "/popular/", "/tags/other/"):
            assert "A draft" not in browser.get(path).text


def test_tags_are_one_in_every_spelling(app, guest, ada):
    post = make_post(app, ada, title="#Straße", content="#日本")

    for tag in ("straße", "STRASSE", "Strasse", "日本"):
        assert cards(guest.get(f"/tags/{tag}/")) == [post.id]


@pytest.mark.parametrize("tag", ["nothing", "%00", "%FF", "x" * 5_000, "<script>", "..", "%E2%80%8B"])
def test_an_unknown_tag_is_an_empty_list(guest, crowd, tag):
    answer = guest.get(f"/tags/{tag}/")

    assert answer.status_code == 200
    assert "Nothing carries this tag." in answer.text
    assert "<script>" not in answer.text


def test_an_empty_site_invites(app, guest):
    text = guest.get("/").text

    assert "Yours can be the first" in text
    assert 'href="/signup/"' in text


def test_what_people_write_is_not_markup(app, guest, ada):
    make_post(app, ada, title="<b>bold</b><script>alert(1)</script>", content='"><img src=x onerror=alert(1)>')

    for path in ("/", "/@ada/"):
        text = guest.get(path).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
    assert "&lt;b&gt;bold" in guest.get("/").text
