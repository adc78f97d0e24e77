"""Likes through the pages: intent, not toggle; right under many hands; nothing for those who may not see."""

from __future__ import annotations

import re

import pytest

from postways.db import db
from postways.models import Like, Post
from tests.cast import Browser, make_post, make_user
from tests.together import at_once, second_tab


@pytest.fixture
def post(app, ada):
    return make_post(app, ada)


def count(app, post):
    with app.app_context():
        rows = db.session.query(Like).where(Like.post_id == post.id).count()
        assert Post.counts([post.id])[post.id].likes == rows
        return rows


def shown(text, post):
    return int(re.search(rf'id="like-count-{post.id}">(\d+)<', text).group(1))


def test_htmx_gets_the_button_with_the_other_intent(app, as_ben, post):
    answer = as_ben.click(f"/posts/{post.id}/like/")

    assert answer.status_code == 200
    assert f'action="/posts/{post.id}/unlike/"' in answer.text
    assert 'aria-pressed="true"' in answer.text
    assert shown(answer.text, post) == 1
    assert "<html" not in answer.text

    answer = as_ben.click(f"/posts/{post.id}/unlike/")
    assert f'action="/posts/{post.id}/like/"' in answer.text
    assert shown(answer.text, post) == 0


@pytest.mark.parametrize("verb", ["like", "unlike"])
def test_twice_is_once(app, as_ben, crowd, verb):
    post = make_post(app, crowd, likes=[crowd])
    answers = [as_ben.click(f"/posts/{post.id}/{verb}/") for _ in range(3)]

    assert {answer.status_code for answer in answers} == {200}
    assert count(app, post) == (2 if verb == "like" else 1)


@pytest.mark.parametrize(
    ("referer", "place"),
    [
        ("http://localhost/popular/?period=week", "/popular/?period=week"),
        ("http://localhost/@ada/#top", "/@ada/"),
        ("https://evil.example/", "/posts/{id}/"),
        ("", "/posts/{id}/"),
    ],
)
def test_without_javascript_it_leads_back_to_the_same_place(as_ben, post, referer, place):
    answer = as_ben.post(f"/posts/{post.id}/like/", Referer=referer)

    assert answer.status_code == 303
    assert answer.location == place.format(id=post.id) + f"#post-{post.id}"


def test_the_count_is_right_on_every_page_and_the_heart_only_ones_own(app, as_ada, as_ben, guest, post):
    for browser in (as_ada, as_ben, guest):
        browser.get("/")
    as_ben.click(f"/posts/{post.id}/like/")

    for path in ("/", "/popular/", f"/posts/{post.id}/"):
        for browser, pressed in ((as_ben, True), (as_ada, False), (guest, False)):
            text = browser.get(path).text
            assert shown(text, post) == 1
            assert (f'action="/posts/{post.id}/unlike/"' in text) is pressed


def test_everybody_gets_a_token_of_the_own_session(app, as_ada, as_ben, post):
    as_ada.get("/")
    token = re.search(r'id="like-.*?name="csrf_token" value="([^"]+)"', as_ben.get("/").text, re.S).group(1)

    assert as_ben.post(f"/posts/{post.id}/like/", token=token).status_code == 303
    assert as_ada.post(f"/posts/{post.id}/like/", token=token).status_code == 403


def test_visitors_see_the_count_and_are_asked_to_log_in(app, guest, ada, ben):
    post = make_post(app, ada, likes=[ben])
    text = guest.get(f"/posts/{post.id}/").text

    assert shown(text, post) == 1
    assert f'href="/login/?next=/posts/{post.id}/"' in text
    assert f'action="/posts/{post.id}/like/"' not in text


@pytest.mark.parametrize("verb", ["like", "unlike"])
def test_a_draft_of_others_is_like_no_post_at_all(app, as_ben, ada, verb):
    draft = make_post(app, ada, published=False)
    hidden, missing = (as_ben.click(f"/posts/{post_id}/{verb}/") for post_id in (draft.id, 999_999))

    assert hidden.status_code == missing.status_code == 404
    assert hidden.data == missing.data
    assert count(app, draft) == 0


def test_an_own_draft_is_refused_in_words(app, as_ada, as_mod, ada):
    draft = make_post(app, ada, published=False)

    for browser in (as_ada, as_mod):
        answer = browser.click(f"/posts/{draft.id}/like/")
        assert answer.status_code == 422
        assert "publish it first" in answer.text
        assert answer.headers["HX-Retarget"] == "#notice"
        assert browser.post(f"/posts/{draft.id}/like/").status_code == 422
    assert count(app, draft) == 0


@pytest.mark.parametrize("odd", ["abc", "-1", "0", "1.5", "9" * 19, str(2**63), "9" * 400, "%00", "1%20", "٣"])
def test_ids_that_are_none_are_missing(as_ben, odd):
    assert as_ben.click(f"/posts/{odd}/like/").status_code == 404
    assert as_ben.get(f"/posts/{odd}/").status_code == 404


def test_fifty_threads_are_counted_right(app, post):
    people = [Browser(app).log_in(make_user(app, f"fan{number}").username) for number in range(5)]
    tokens = [person.token() for person in people]
    tabs = [(second_tab(person), token) for person, token in zip(people, tokens, strict=True) for _ in range(10)]

    answers = at_once(
        [lambda tab=tab, token=token: tab.post(f"/posts/{post.id}/like/", token=token) for tab, token in tabs]
    )

    assert [answer.status_code for answer in answers] == [303] * 50
    assert count(app, post) == 5


def test_liking_and_unliking_at_once_ends_in_a_count_that_is_true(app, as_ben, post):
    token = as_ben.token()
    tabs = [(second_tab(as_ben), verb) for verb in ("like", "unlike") * 10]

    answers = at_once(
        [lambda tab=tab, verb=verb: tab.post(f"/posts/{post.id}/{verb}/", token=token) for tab, verb in tabs]
    )

    assert {answer.status_code for answer in answers} == {303}
    assert count(app, post) in (0, 1)
