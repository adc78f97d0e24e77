"""The pages on which one finds what one does not know yet: explore and search."""

import re
from html import unescape

import pytest

from postways.db import db
from postways.models import Block, Guest, Mute, Photo, Post, Tag, User
from tests.cast import make_post, make_user
from tests.test_search import STRANGE


def titles(html: str) -> list[str]:
    """The posts of a grid, in its order."""
    return [unescape(title) for title in re.findall(r'<li id="post-\d+"[^>]*><a[^>]*aria-label="([^"]*)"', html)]


def names(html: str) -> list[str]:
    """The people of a list, in its order."""
    return re.findall(r'<li><a class="who" href="/@([^"]+)/">.*?<br>', html)


def tags(html: str) -> list[str]:
    """The tags of a list, in its order."""
    return re.findall(r'<li><a href="/tags/[^"]+/">#([^<]+)</a></li>', html)


def older(html: str) -> str | None:
    """Where the link at the end leads."""
    found = re.search(r'rel="next" href="([^"]+)"', html)
    return unescape(found.group(1)) if found else None


class TestExplore:
    def test_shows_photographs_that_are_there_newest_first(self, app, ada, guest):
        make_post(app, ada, title="First", pictures=1)
        make_post(app, ada, title="Words alone")
        make_post(app, ada, title="Not ready", pictures=1, ready=False)
        make_post(app, ada, title="Draft", pictures=1, published=False)
        make_post(app, ada, title="Second", pictures=2)

        assert titles(guest.get("/explore/").text) == ["Second", "First"]

    def test_shows_nothing_of_what_is_hidden(self, app, ada, ben, mod, as_ben):
        make_post(app, ben, title="Of ben", pictures=1)
        make_post(app, ada, title="Of ada", pictures=1)
        trash = make_post(app, ada, title="Trash", pictures=1)
        with app.app_context():
            Post.find(trash.id, ada).delete(ada)
            User.find(ada.id).suspend(mod, "Spam.")
            db.session.commit()

        assert titles(as_ben.get("/explore/").text) == ["Of ben"]

    def test_goes_on_by_key(self, app, ada, guest):
        for number in range(30):
            make_post(app, ada, title=f"{number:02}", pictures=1, ready=False)
        with app.app_context():
            db.session.query(Photo).update({"state": "ready", "made": [320], "width": 3, "height": 2})
            db.session.commit()

        first = guest.get("/explore/").text
        make_post(app, ada, title="New meanwhile", pictures=1)
        second = guest.get(older(first)).text

        assert titles(first) + titles(second) == [f"{number:02}" for number in reversed(range(30))]
        assert older(second) is None
        part = guest.get(older(first), HX_Request="true").text
        assert titles(part) == titles(second)
        assert "<html" not in part

    def test_sets_a_visitor_no_cookie(self, app, ada, guest):
        make_post(app, ada, pictures=1)

        assert "Set-Cookie" not in guest.get("/explore/").headers

    def test_says_what_to_do_where_nothing_is(self, app, guest):
        assert "Nobody has shared a photograph yet." in guest.get("/explore/").text

    def test_refuses_a_place_that_it_did_not_name(self, app, guest):
        assert guest.get("/explore/?cursor=nonsense").status_code == 400


class TestSearch:
    def test_finds_posts_people_and_tags_as_one_types(self, app, ada, guest):
        make_user(app, "harbourmaster")
        make_post(app, ada, title="Harbour at six", content="#harbour #Harbourlight", pictures=1)

        page = guest.get("/search/?q=HARB")

        assert titles(page.text) == ["Harbour at six"]
        assert names(page.text) == ["harbourmaster"]
        assert tags(page.text) == ["Harbourlight", "harbour"]
        assert "Something else" not in page.text
        assert '<meta name="robots" content="noindex">' in page.text
        assert "Set-Cookie" not in page.headers
        assert "HX-Request" in page.headers["Vary"]

    @pytest.mark.parametrize("kind", ["posts", "people", "tags"])
    def test_finds_one_kind_alone(self, app, ada, guest, kind):
        make_user(app, "harbourmaster")
        make_post(app, ada, title="Harbour at six #harbour")

        page = guest.get(f"/search/?q=harbour&kind={kind}").text

        found = {"posts": titles(page), "people": names(page), "tags": tags(page)}
        assert [name for name in found if found[name]] == [kind]

    def test_answers_what_is_typed_with_the_results_alone(self, app, ada, guest):
        make_post(app, ada, title="Harbour at six")

        part = guest.get("/search/?q=har", HX_Request="true")

        assert titles(part.text) == ["Harbour at six"]
        assert "<html" not in part.text
        assert "1 result<" in part.text
        assert guest.get("/search/?q=har", HX_Request="true", HX_History_Restore_Request="true").text.startswith("<!")

    @pytest.mark.parametrize("question", ["harbour", "ben", "quiet"])
    def test_shows_nothing_of_what_is_hidden(self, app, ada, ben, mod, guest, as_ada, question):
        make_post(app, ben, title="Harbour #quiet")
        with app.app_context():
            User.find(ben.id).suspend(mod, "Spam.")
            db.session.commit()

        for browser in (guest, as_ada):
            page = browser.get(f"/search/?q={question}").text
            assert titles(page) == names(page) == []
            assert "#quiet" not in page
        with app.app_context():
            User.find(ben.id).restore(mod, "Sorry.")
            db.session.commit()
        page = guest.get(f"/search/?q={question}").text
        assert titles(page) or names(page) or tags(page)

    def test_does_not_find_ones_own_drafts(self, app, ada, as_ada):
        make_post(app, ada, title="Harbour", published=False)

        assert titles(as_ada.get("/search/?q=harbour").text) == []

    def test_names_first_whose_name_it_is(self, app, ada, guest):
        for number in range(8):
            make_user(app, f"ada-{number}")

        for question in ("ada", "@ADA"):
            page = guest.get(f"/search/?q={question}").text
            assert names(page) == ["ada", "ada-7", "ada-6", "ada-5", "ada-4", "ada-3"]
            assert 'kind=people">All people' in page

    def test_names_first_the_tag_that_it_is(self, app, ada, guest):
        make_post(app, ada, title="#sea #seaside")

        assert tags(guest.get("/search/?q=%23Sea").text) == ["sea", "seaside"]

    def test_goes_on_by_key(self, app, ada, guest):
        for number in range(30):
            make_post(app, ada, title=f"Harbour {number:02}", ready=False)

        first = guest.get("/search/?q=harbour").text
        make_post(app, ada, title="Harbour, new meanwhile")
        second = guest.get(older(first)).text
        part = guest.get(older(first), HX_Request="true").text

        assert titles(first) + titles(second) == [f"Harbour {number:02}" for number in reversed(range(30))]
        assert titles(part) == titles(second)
        assert "<html" not in part
        assert older(second) is None

    def test_lists_people_page_by_page(self, app, crowd, guest):
        for number in range(35):
            make_user(app, f"friend-{number:02}")

        first = guest.get("/search/?q=friend&kind=people").text
        second = guest.get(older(first)).text
        part = guest.get(older(first), HX_Request="true").text

        assert names(first) + names(second) == [f"friend-{number:02}" for number in reversed(range(35))]
        assert names(part) == names(second)
        assert 'hx-target="#people"' in part

    def test_lists_tags_page_by_page(self, app, ada, guest):
        for start in range(0, 75, 25):
            make_post(app, ada, title=" ".join(f"#sea{number:02}" for number in range(start, start + 12)))
            make_post(app, ada, title=" ".join(f"#sea{number:02}" for number in range(start + 12, start + 25)))

        first = guest.get("/search/?q=sea&kind=tags").text
        second = guest.get(older(first)).text
        part = guest.get(older(first), HX_Request="true").text

        assert tags(first) + tags(second) == [f"sea{number:02}" for number in reversed(range(75))]
        assert tags(part) == tags(second)

    def test_suggests_what_to_look_for(self, app, ada, guest):
        make_post(app, ada, title="One #sea #sky")
        make_post(app, ada, title="Two #sea")

        page = guest.get("/search/").text

        assert tags(page)[0] == "sea"
        assert "/explore/" in page
        assert "autofocus" in page

    def test_says_that_nothing_was_found_and_what_to_do(self, app, ada, guest):
        page = guest.get("/search/?q=nowhere").text

        assert "Nothing has all of these words." in page
        assert tags(page) == ["other"]
        assert 'value="nowhere"' in page
        assert "Look among the other kinds" in guest.get("/search/?q=other&kind=people").text

    @pytest.mark.parametrize("question", STRANGE)
    def test_is_never_an_error(self, app, ada, guest, question):
        query = {"q": question.encode("utf-8", "replace")}

        for kind in ("", "posts", "people", "tags"):
            for headers in ({}, {"HX-Request": "true"}):
                answer = guest.client.get("/search/", query_string={**query, "kind": kind}, headers=headers)
                assert answer.status_code == 200

    def test_is_never_an_error_for_what_is_no_text(self, app, guest):
        for query in ("q=%ff%fe", "q=%00", "q=%ed%a0%80", "q", "q=a&q=b", "kind=nothing&q=a", "q=a&cursor="):
            assert guest.get(f"/search/?{query}").status_code == 200

    @pytest.mark.parametrize("kind", ["", "posts", "people", "tags"])
    def test_refuses_a_place_that_it_did_not_name(self, app, guest, kind):
        assert guest.get(f"/search/?q=a&kind={kind}&cursor=nonsense").status_code == 400
        assert guest.get(f"/search/?q=a&kind={kind}&cursor=WyJhIl0").status_code == 400

    def test_shows_what_was_asked_for_as_text(self, app, guest):
        page = guest.get('/search/?q="><script>alert(1)</script>').text

        assert "<script>alert" not in page

    def test_is_one_key_away(self, app, guest):
        assert re.search(r'href="/search/"[^>]*data-key="/"', guest.get("/").text)
        assert "<kbd>/</kbd>" in guest.get("/theme/").text


class TestWhoMayFindWhom:
    def test_a_tag_of_followers_alone_is_nobody_elses_to_find(self, app, ada, ben, guest, as_ben, as_ada):
        make_post(app, ada, title="#hideout", audience="followers")

        for browser, found in ((guest, []), (as_ben, []), (as_ada, ["hideout"])):
            assert ("hideout" in tags(browser.get("/search/?q=hide").text)) == bool(found)
            assert ("hideout" in tags(browser.get("/search/").text)) == bool(found)

    def test_a_private_account_is_not_found_and_neither_is_what_it_shares(self, app, ada, guest):
        make_post(app, ada, title="Ada at home", pictures=1)
        with app.app_context():
            User.find(ada.id).keep_private(True)
            db.session.commit()

        page = guest.get("/search/?q=ada").text
        assert names(page) == []
        assert titles(page) == titles(guest.get("/explore/").text) == []

    @pytest.mark.parametrize("blocker", ["ada", "ben"])
    def test_a_block_hides_both_from_each_other(self, app, ada, ben, guest, as_ada, as_ben, blocker):
        make_post(app, ada, title="Ada at sea #sea-of-ada", pictures=1)
        make_post(app, ben, title="Ben at sea", pictures=1)
        with app.app_context():
            one, other = (User.find(ada.id), User.find(ben.id))[:: 1 if blocker == "ada" else -1]
            Block.begin(one, other)
            db.session.commit()

        for browser, other in ((as_ada, "ben"), (as_ben, "ada")):
            assert names(browser.get(f"/search/?q={other}").text) == []
            mine = "Ada at sea #sea-of-ada" if other == "ben" else "Ben at sea"
            assert titles(browser.get("/search/?q=at+sea").text) == titles(browser.get("/explore/").text) == [mine]
        assert len(titles(guest.get("/search/?q=at+sea").text)) == 2
        assert names(guest.get("/search/?q=ben").text) == ["ben"]

    def test_a_mute_hides_from_who_muted_alone(self, app, ada, ben, as_ada, as_ben):
        make_post(app, ada, title="Ada at sea", pictures=1)
        with app.app_context():
            Mute.begin(User.find(ben.id), User.find(ada.id))
            db.session.commit()

        assert names(as_ben.get("/search/?q=ada").text) == titles(as_ben.get("/search/?q=ada").text) == []
        assert titles(as_ben.get("/explore/").text) == []
        assert names(as_ada.get("/search/?q=ada").text) == ["ada"]
        assert titles(as_ada.get("/search/?q=ada").text) == ["Ada at sea"]

    def test_a_muted_word_hides_the_posts_that_have_it(self, app, ada, ben, as_ada, as_ben):
        make_post(app, ada, title="Ada at sea, seasick")
        with app.app_context():
            Mute.begin_word(User.find(ben.id), "seasick")
            db.session.commit()

        assert titles(as_ben.get("/search/?q=sea").text) == []
        assert len(titles(as_ada.get("/search/?q=sea").text)) == 1


def test_models_answer_what_no_page_could_ask(inside, ada):
    """The API reads questions from JSON, where half a surrogate pair can stand."""
    for question in STRANGE:
        for noun in (Post, User, Tag):
            noun.found(question, Guest(), None)
