"""What other sites and programs read: the same for everybody, and never what is not public."""

from __future__ import annotations

import json
import re
from urllib.parse import quote
from xml.etree import ElementTree

import pytest

from postways.db import db
from postways.models import Post, User
from tests.cast import make_post

ATOM = "{http://www.w3.org/2005/Atom}"
FEEDS = ("/atom/", "/@ada/atom/", "/tags/harbour/atom/")
LOC = re.compile(r"<loc>([^<]+)</loc>")


@pytest.fixture
def post(app, ada):
    return make_post(app, ada, title="Boats & <nets>", content="By the #harbour, *early*.", pictures=2)


@pytest.fixture(params=["draft", "private", "suspended", "trash", "held"])
def hidden(request, app, ada, mod):
    """A post that visitors may not know of, in every way there is."""
    post = make_post(app, ada, title="Secret #harbour", pictures=1, published=request.param != "draft")
    with app.app_context():
        owner, staff = db.session.get(User, ada.id), db.session.get(User, mod.id)
        found = Post.find(post.id, owner)
        match request.param:
            case "private":
                owner.keep_private(True)
            case "suspended":
                owner.suspend(staff, "Spam")
            case "trash":
                found.delete(owner)
            case "held":
                found.unpublish(staff, "Not here")
        db.session.commit()
    return post


def entries(answer):
    return ElementTree.fromstring(answer.data).findall(f"{ATOM}entry")


def embed(browser, post, **more):
    query = "".join(f"&{name}={value}" for name, value in more.items())
    return browser.get(f"/oembed/?url={quote(f'http://localhost/posts/{post.id}/', safe='')}{query}")


class TestAtom:
    @pytest.mark.parametrize("path", FEEDS)
    def test_a_feed_holds_the_newest_posts_with_their_pictures(self, guest, post, path):
        answer = guest.get(path)

        assert answer.content_type == "application/atom+xml; charset=utf-8"
        (entry,) = [one for one in entries(answer) if one.find(f"{ATOM}title").text == "Boats & <nets>"]
        assert entry.find(f"{ATOM}id").text == f"http://localhost/posts/{post.id}/"
        assert [one.get("term") for one in entry.findall(f"{ATOM}category")] == ["harbour"]
        body = entry.find(f"{ATOM}content").text
        assert "<em>early</em>" in body
        for photo in post.photos:
            assert f"http://localhost/media/{photo.key}/" in body

    @pytest.mark.parametrize("path", FEEDS)
    def test_what_is_not_public_is_in_no_feed_even_for_those_who_may_see_it(self, as_ada, as_mod, guest, hidden, path):
        for browser in (guest, as_ada, as_mod):
            assert "Secret" not in browser.get(path).text

    def test_a_private_or_unknown_person_has_no_feed(self, app, guest, as_ada, ada, post):
        with app.app_context():
            db.session.get(User, ada.id).keep_private(True)
            db.session.commit()

        assert guest.get("/@ada/atom/").status_code == as_ada.get("/@ada/atom/").status_code == 404
        assert guest.get("/@nobody/atom/").status_code == 404

    def test_a_feed_that_has_not_changed_is_not_sent_again(self, app, guest, ada, post):
        first = guest.get("/atom/")
        assert "Set-Cookie" not in first.headers and first.headers["Cache-Control"].startswith("public, max-age=0")

        assert guest.get("/atom/", If_None_Match=first.headers["ETag"]).status_code == 304
        make_post(app, ada, title="News")
        assert guest.get("/atom/", If_None_Match=first.headers["ETag"]).status_code == 200

    def test_signs_that_xml_may_not_hold_are_left_out(self, app, guest, ada):
        make_post(app, ada, title="Be\x07ll \x1b \ufffe 🙂 ]]>", content="\x01 &amp; <script>")

        assert entries(guest.get("/atom/"))[0].find(f"{ATOM}title").text == "Bell   🙂 ]]>"

    def test_a_post_with_a_warning_comes_without_its_picture(self, app, guest, ada):
        post = warned(app, ada)

        (entry,) = entries(guest.get("/@ada/atom/"))
        assert "Content warning: A spider" in entry.find(f"{ATOM}content").text
        assert post.photos[0].key not in guest.get("/@ada/atom/").text

    def test_pages_name_their_feed(self, guest, post):
        for page, feed in (("/", "/atom/"), ("/@ada/", "/@ada/atom/"), ("/tags/harbour/", "/tags/harbour/atom/")):
            assert f'href="{feed}"' in guest.get(page).text


class TestEmbedding:
    def test_a_public_post_is_described(self, guest, post):
        told = embed(guest, post).json

        assert (told["type"], told["version"], told["title"]) == ("photo", "1.0", "Boats & <nets>")
        assert told["author_url"] == "http://localhost/@ada/"
        assert (told["width"], told["height"]) == (48, 32)
        assert told["url"] == f"http://localhost/media/{post.photos[0].key}/48.jpg"
        assert guest.get(told["url"].removeprefix("http://localhost")).headers["Cross-Origin-Resource-Policy"] == (
            "cross-origin"
        )

    @pytest.mark.parametrize("asked", [{"maxwidth": 20}, {"maxheight": 9}, {"maxwidth": 0}, {"maxwidth": "x"}])
    def test_it_is_never_larger_than_asked(self, guest, post, asked):
        told = embed(guest, post, **asked).json

        assert told["width"] <= (asked.get("maxwidth") or 48 if asked != {"maxwidth": "x"} else 48)
        assert told["height"] <= asked.get("maxheight", 32)

    def test_the_page_names_it(self, guest, post):
        link = re.search(
            r'type="application/json\+oembed"[^>]* href="http://localhost([^"]+)"', guest.get(f"/posts/{post.id}/").text
        )

        assert guest.get(link.group(1)).json["title"] == "Boats & <nets>"

    def test_what_is_not_public_is_missing_for_everybody(self, guest, as_ada, as_mod, hidden):
        for browser in (guest, as_ada, as_mod):
            assert embed(browser, hidden).status_code == 404

    @pytest.mark.parametrize(
        "url", ["", "http://evil.example/posts/1/", "http://localhost/@ada/", "/posts/x/", "http://[", "//", "posts/1/"]
    )
    def test_other_addresses_are_missing(self, guest, post, url):
        assert guest.get(f"/oembed/?url={quote(url)}").status_code == 404

    def test_other_formats_are_not_made(self, guest, post):
        assert embed(guest, post, format="xml").status_code == 501

    def test_a_post_with_a_warning_is_a_link(self, app, guest, ada):
        told = embed(guest, warned(app, ada)).json

        assert told["type"] == "link"
        assert "url" not in told


class TestMaps:
    def test_the_map_leads_to_everything_public(self, app, guest, crowd, post):
        slices = LOC.findall(guest.get("/sitemap.xml").text)
        pages = [url for one in slices for url in LOC.findall(guest.get(one.removeprefix("http://localhost")).text)]

        assert f"http://localhost/posts/{post.id}/" in pages
        assert {"http://localhost/@ada/", "http://localhost/@zoe/"} <= set(pages)
        ElementTree.fromstring(guest.get("/sitemap-posts-0.xml").data)

    def test_what_is_not_public_is_not_on_it(self, guest, as_mod, hidden):
        for browser in (guest, as_mod):
            assert f"/posts/{hidden.id}/" not in browser.get("/sitemap-posts-0.xml").text

    def test_people_who_are_hidden_or_have_nothing_public_are_not_on_it(self, app, guest, ada, ben, post):
        assert "/@ben/" not in guest.get("/sitemap-people-0.xml").text
        with app.app_context():
            db.session.get(User, ada.id).keep_private(True)
            db.session.commit()
        assert "/@ada/" not in guest.get("/sitemap-people-0.xml").text

    @pytest.mark.parametrize("n", [1, 10**10, 10**18 - 1])
    def test_a_slice_beyond_the_last_is_empty_or_missing(self, guest, post, n):
        answer = guest.get(f"/sitemap-posts-{n}.xml")

        assert (answer.status_code, LOC.findall(answer.text)) in ((200, []), (404, []))

    def test_robots_are_told_where_it_is_and_what_to_leave(self, guest, crowd):
        text = guest.get("/robots.txt").text

        assert "Sitemap: http://localhost/sitemap.xml" in text
        assert "Disallow: /settings/" in text
        assert "Set-Cookie" not in guest.get("/robots.txt").headers


class TestPages:
    def data(self, browser, post):
        found = re.search(r'<script type="application/ld\+json">(.*?)</script>', browser.get(f"/posts/{post.id}/").text)
        return json.loads(found.group(1)) if found else []

    def test_each_picture_names_its_licence_and_its_author(self, guest, ada, post):
        images = self.data(guest, post)

        assert len(images) == 2
        assert images[0]["@type"] == "ImageObject"
        assert images[0]["creator"] == {"@type": "Person", "name": "ada", "url": "http://localhost/@ada/"}
        assert images[0]["license"] == f"http://localhost/posts/{post.id}/"  # all rights reserved has no text

    def test_words_of_people_can_not_end_the_data(self, app, guest, ada):
        post = make_post(app, ada, title="</script><b>", pictures=1)

        assert self.data(guest, post)[0]["name"] == "</script><b>"

    def test_nothing_is_told_of_what_is_not_public_or_carries_a_warning(self, app, as_mod, guest, crowd, hidden):
        answer = as_mod.get(f"/posts/{hidden.id}/")
        assert "ld+json" not in answer.text and "oembed" not in answer.text and 'id="link"' not in answer.text
        assert self.data(guest, warned(app, crowd)) == []

    def test_the_link_of_a_public_post_stands_there_to_be_copied(self, guest, post):
        assert f'id="link" readonly value="http://localhost/posts/{post.id}/"' in guest.get(f"/posts/{post.id}/").text


def warned(app, author):
    post = make_post(app, author, title="Eight legs", pictures=1)
    with app.app_context():
        row = db.session.get(Post, post.id)
        row.warning = "A spider"
        row.version += 1
        db.session.commit()
    return post
