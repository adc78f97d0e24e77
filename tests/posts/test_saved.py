"""What somebody keeps: theirs to find again, nobody else's to know of."""

from __future__ import annotations

import re

import pytest

from postways import sweep
from postways.db import db
from postways.errors import Forbidden
from postways.models import Block, Follow, Guest, Mute, Post, Save, User
from postways.posts import cards
from tests.cast import Browser, make_post, make_user
from tests.posts.test_finding import older, titles
from tests.together import at_once, second_tab


@pytest.fixture
def post(app, ada):
    return make_post(app, ada)


def kept(app, post):
    """By how many, in the row and as rows."""
    with app.app_context():
        rows = db.session.query(Save).where(Save.post_id == post.id).count()
        assert db.session.query(Post.save_count).filter_by(id=post.id).scalar() == rows
        return rows


def do(app, verb, one, other):
    with app.app_context():
        verb(User.find(one.id), User.find(other.id))
        db.session.commit()


def test_htmx_gets_the_bookmark_with_the_other_intent_and_twice_is_once(app, as_ben, post):
    for verb, other, pressed, count in (("save", "unsave", "true", 1), ("unsave", "save", "false", 0)):
        for _ in range(2):
            answer = as_ben.click(f"/posts/{post.id}/{verb}/")

            assert answer.status_code == 200
            assert f'action="/posts/{post.id}/{other}/"' in answer.text
            assert f'aria-pressed="{pressed}"' in answer.text
            assert "<html" not in answer.text
            assert kept(app, post) == count


def test_without_javascript_it_leads_back_to_the_same_place(as_ben, post):
    answer = as_ben.post(f"/posts/{post.id}/save/", Referer="http://localhost/popular/?period=week")

    assert (answer.status_code, answer.location) == (303, f"/popular/?period=week#post-{post.id}")
    assert as_ben.post(f"/posts/{post.id}/unsave/").location == f"/posts/{post.id}/#post-{post.id}"


def test_everybody_sees_the_own_bookmark_alone_on_cards_that_others_have_seen_before(app, as_ada, as_ben, guest, post):
    for browser in (as_ada, as_ben, guest):
        browser.get("/")
    as_ben.click(f"/posts/{post.id}/save/")
    third = Browser(app).log_in(make_user(app, "cyd").username)

    for path in ("/", f"/posts/{post.id}/"):
        for browser, saved in ((as_ben, True), (as_ada, False), (third, False), (guest, False)):
            assert (f"/posts/{post.id}/unsave/" in browser.get(path).text) is saved
        assert f"/posts/{post.id}/save/" not in guest.get(path).text
    kept_cards = [html for key, html in cards._kept.items() if key.post == post.id]
    assert kept_cards
    assert not any("Saved by" in html or "ben" in html for html in kept_cards)


def test_its_author_and_staff_learn_how_many_and_nobody_else(as_ada, as_ben, as_mod, guest, post):
    as_ben.click(f"/posts/{post.id}/save/")

    told = {who: "saved by 1 person" in who.get(f"/posts/{post.id}/").text for who in (as_ada, as_mod, as_ben, guest)}

    assert list(told.values()) == [True, True, False, False]
    assert "@ben" not in as_ada.get(f"/posts/{post.id}/").text
    assert "No news" in as_ada.get("/notifications/").text or "ben" not in as_ada.get("/notifications/").text


@pytest.mark.parametrize("verb", ["save", "unsave"])
def test_a_draft_of_others_is_like_no_post_at_all(app, as_ben, ada, verb):
    draft = make_post(app, ada, published=False)
    hidden, missing = (as_ben.click(f"/posts/{post_id}/{verb}/") for post_id in (draft.id, 999_999))

    assert hidden.status_code == missing.status_code == 404
    assert hidden.data == missing.data


def test_an_own_draft_is_refused_in_words_and_a_guest_keeps_nothing(app, as_ada, ada, post, inside):
    draft = make_post(app, ada, published=False)

    answer = as_ada.click(f"/posts/{draft.id}/save/")

    assert (answer.status_code, answer.headers["HX-Retarget"]) == (422, "#notice")
    assert "publish it first" in answer.text
    for verb in (Post.save, Post.unsave):
        with pytest.raises(Forbidden):
            verb(Post.find(post.id, Guest()), Guest())


def test_saving_and_unsaving_at_once_ends_in_a_count_that_is_true(app, post):
    people = [Browser(app).log_in(make_user(app, f"fan{number}").username) for number in range(5)]
    tokens = [person.token() for person in people]
    tabs = [(second_tab(one), token) for one, token in zip(people, tokens, strict=True) for _ in range(10)]

    answers = at_once([lambda tab=tab, key=key: tab.post(f"/posts/{post.id}/save/", token=key) for tab, key in tabs])

    assert [answer.status_code for answer in answers] == [303] * 50
    assert kept(app, post) == 5
    both = [(second_tab(people[0]), verb) for verb in ("save", "unsave") * 5]
    at_once([lambda tab=tab, verb=verb: tab.post(f"/posts/{post.id}/{verb}/", token=tokens[0]) for tab, verb in both])
    assert kept(app, post) in (4, 5)


class TestThePage:
    def test_shows_what_was_kept_the_latest_first_to_its_owner(self, app, ada, as_ada, as_ben, guest):
        first, second = make_post(app, ada, title="First"), make_post(app, ada, title="Second")
        for post in (second, first):
            as_ben.click(f"/posts/{post.id}/save/")

        assert titles(as_ben.get("/saved/").text) == ["First", "Second"]
        assert "is kept here" in as_ada.get("/saved/").text
        assert guest.get("/saved/").location == "/login/?next=/saved/"
        assert 'href="/saved/"' in as_ben.get("/@ben/").text
        assert 'href="/saved/"' not in as_ben.get("/@ada/").text
        assert as_ben.get("/saved/?cursor=nonsense").status_code == 400

    def test_goes_on_by_key(self, app, ada, ben, as_ben):
        posts = [make_post(app, ada, title=f"{number:02}") for number in range(26)]
        with app.app_context():
            for post in posts:
                Post.find(post.id, ben).save(ben)
            db.session.commit()

        first = as_ben.get("/saved/").text
        second = as_ben.get(older(first)).text
        part = as_ben.get(older(first), HX_Request="true").text

        assert titles(first) + titles(second) == [f"{number:02}" for number in reversed(range(26))]
        assert titles(part) == titles(second)

    def test_loses_what_can_not_be_seen_any_more_and_has_it_again(self, app, ada, ben, mod, as_ben, post):
        closed = make_post(app, ada, title="For followers", audience="followers")
        do(app, Follow.begin, ben, ada)
        for one in (post, closed):
            as_ben.click(f"/posts/{one.id}/save/")

        def change(verb, back, left):
            verb()
            assert titles(as_ben.get("/saved/").text) == left
            back()
            assert titles(as_ben.get("/saved/").text) == ["For followers", post.title]

        def on_post(verb, who, *words):
            def work():
                with app.app_context():
                    getattr(Post.in_any_state(post.id), verb)(who, *words)
                    db.session.commit()

            return work

        def on_ada(verb, *words):
            def work():
                with app.app_context():
                    getattr(User.in_any_state(ada.id), verb)(*words)
                    db.session.commit()

            return work

        one = [post.title]
        change(on_post("unpublish", mod, "No."), on_post("give_back", mod, "Yes."), ["For followers"])
        change(on_post("delete", ada), on_post("restore", ada), ["For followers"])
        change(on_ada("suspend", mod, "Spam."), on_ada("restore", mod, "Sorry."), [])
        change(lambda: do(app, Follow.end, ben, ada), lambda: do(app, Follow.begin, ben, ada), one)
        do(app, Mute.begin, ben, ada)
        assert titles(as_ben.get("/saved/").text) == ["For followers", post.title]
        do(app, Block.begin, ada, ben)
        assert titles(as_ben.get("/saved/").text) == []
        do(app, Block.end, ada, ben)
        assert titles(as_ben.get("/saved/").text) == one

    def test_costs_three_statements(self, app, ada, ben, as_ben):
        from tests.house.test_queries import statements

        posts = [make_post(app, ada, pictures=2, ready=False) for _ in range(3)]
        with app.app_context():
            for post in posts:
                Post.find(post.id, ben).save(ben)
            db.session.commit()

        with statements(app) as seen:
            as_ben.get("/saved/")

        assert len(seen) <= 3, "\n".join(seen)


def test_a_wrong_count_is_put_right_in_the_night(app, ben, as_ben, post):
    as_ben.click(f"/posts/{post.id}/save/")
    with app.app_context():
        Post.set_save_count(post.id, 7)
        db.session.commit()
        assert sweep.check_counters() == 1
        db.session.commit()

    assert kept(app, post) == 1


def test_the_post_takes_it_along_when_it_goes_for_good(app, ada, as_ben, post):
    as_ben.click(f"/posts/{post.id}/save/")
    with app.app_context():
        Post.find(post.id, ada).purge()
        db.session.commit()
        assert db.session.query(Save).count() == 0


def test_the_button_is_part_of_the_row_and_says_what_it_is_for(as_ben, post):
    text = as_ben.get("/").text

    assert re.search(rf'id="save-button-{post.id}" aria-pressed="false".*?Save “{post.title}”', text, re.S)
