"""Bringing a post to one's followers: once per person, for what everybody may see, with a count that is true."""

from __future__ import annotations

import json
import re

import pytest
from sqlalchemy import func, select

from postways import exports, sweep
from postways.db import db
from postways.errors import Forbidden, Missing, Refused
from postways.models import Follow, Guest, Notification, Post, Repost, User, departure
from tests.cast import Browser, make_post, make_user
from tests.together import at_once, second_tab


@pytest.fixture
def post(app, ada):
    return make_post(app, ada)


def count(app, post):
    with app.app_context():
        rows = db.session.scalar(select(func.count()).where(Repost.post_id == post.id))
        assert Post.counts([post.id])[post.id].reposts == rows
        return rows


def shown(text, post):
    return int(re.search(rf'id="repost-count-{post.id}">(\d+)<', text).group(1))


def test_htmx_gets_the_button_with_the_other_intent_and_twice_is_once(app, as_ben, post):
    for _ in range(2):
        answer = as_ben.click(f"/posts/{post.id}/repost/")
        assert answer.status_code == 200
        assert f'action="/posts/{post.id}/unrepost/"' in answer.text
        assert 'aria-pressed="true"' in answer.text
        assert shown(answer.text, post) == 1 == count(app, post)

    for _ in range(2):
        answer = as_ben.click(f"/posts/{post.id}/unrepost/")
        assert f'action="/posts/{post.id}/repost/"' in answer.text
        assert shown(answer.text, post) == 0 == count(app, post)


def test_without_javascript_it_leads_back_to_the_same_place(as_ben, post):
    answer = as_ben.post(f"/posts/{post.id}/repost/", Referer="http://localhost/popular/?period=week")

    assert (answer.status_code, answer.location) == (303, f"/popular/?period=week#post-{post.id}")


def test_everybody_reads_the_count_and_the_sign_is_ones_own(as_ada, as_ben, guest, post):
    for browser in (as_ada, as_ben, guest):
        assert shown(browser.get("/").text, post) == 0  # what is remembered of cards must not outlive it
    as_ben.click(f"/posts/{post.id}/repost/")

    for path in ("/", f"/posts/{post.id}/"):
        for browser, own in ((as_ben, True), (as_ada, False), (guest, False)):
            text = browser.get(path).text
            assert shown(text, post) == 1
            assert (f'action="/posts/{post.id}/unrepost/"' in text) is own
    assert f'href="/login/?next=/posts/{post.id}/"' in guest.get("/").text
    assert "/@ben/" in guest.get(f"/posts/{post.id}/reposts/").text


def test_only_what_everybody_may_see_is_reposted(app, ada, ben, as_ben, post):
    private = make_user(app, "petra")
    with app.app_context():
        Follow.begin(ben, ada)
        Follow.begin(ben, private)
        User.find(private.id).keep_private(True)
        db.session.commit()
    closed = [make_post(app, ada, audience="followers"), make_post(app, private)]
    for one in closed:
        assert "repost-count" not in as_ben.get(f"/posts/{one.id}/").text
        answer = as_ben.click(f"/posts/{one.id}/repost/")
        assert (answer.status_code, "everybody may see" in answer.text) == (422, True)
        assert count(app, one) == 0

    as_ben.click(f"/posts/{post.id}/repost/")
    rights = {"licence": "CC0-1.0", "credit": "", "audience": "followers"}
    with app.app_context():  # what becomes closed later can be let go of
        Post.find(post.id, ada).edit(ada, title="Quiet", content="", photos=[], **rights)
        db.session.commit()
    assert f'action="/posts/{post.id}/unrepost/"' in as_ben.get(f"/posts/{post.id}/").text
    assert as_ben.click(f"/posts/{post.id}/unrepost/").status_code == 200
    assert count(app, post) == 0


def test_visitors_drafts_and_the_deleted(app, ada, ben, post, inside):
    draft = make_post(app, ada, published=False)
    for verb in (Post.repost, Post.unrepost):
        with pytest.raises(Forbidden):
            verb(Post.find(post.id, Guest()), Guest())
    with pytest.raises(Refused):
        Post.find(draft.id, ada).repost(ada)
    found = Post.find(post.id, ben)
    found.repost(ben)
    Post.find(post.id, ada).delete(ada)
    with pytest.raises(Missing):
        Post.find(post.id, ben)
    found.restore(ada)
    assert Post.find(post.id, ben).reposted
    assert Post.find(post.id, ada).repost_count == 1


def test_its_author_is_told_and_no_longer_when_it_is_taken_back(app, ada, as_ada, as_ben, post):
    as_ben.click(f"/posts/{post.id}/repost/")
    assert re.search(r"ben</a>\s+reposted", as_ada.get("/notifications/").text)

    as_ben.click(f"/posts/{post.id}/unrepost/")
    with app.app_context():
        assert not db.session.scalar(select(func.count(Notification.id)).where(Notification.person_id == ada.id))

    kinds = ["like", "comment"]
    as_ada.post("/settings/notifications/", {"kinds": kinds, "digest": "never"})
    as_ben.click(f"/posts/{post.id}/repost/")
    with app.app_context():
        assert Notification.unread_of([ada.id])[ada.id] == 0


def test_a_deleted_account_takes_its_reposts_along_and_an_export_names_them(app, ben, post, as_ben):
    as_ben.click(f"/posts/{post.id}/repost/")
    with app.app_context():
        documents, _ = exports.contents(User.find(ben.id))
        assert json.dumps(documents["reposts.json"][0]["post_id"]) == str(post.id)
        User.find(ben.id).leave()
        db.session.commit()
        while departure.erase_some(ben.id):
            db.session.commit()
        db.session.commit()

    assert count(app, post) == 0


def test_a_wrong_count_is_put_right_at_night(app, ada, ben, post):
    with app.app_context():
        Post.find(post.id, ben).repost(ben)
        Post.set_repost_count(post.id, 7)
        db.session.commit()
        assert sweep.check_counters() == 1
        db.session.commit()

    assert count(app, post) == 1


@pytest.mark.parametrize("odd", ["0", "9" * 400, "%00", "999999"])
def test_ids_that_are_none_are_missing(as_ben, odd):
    assert as_ben.click(f"/posts/{odd}/repost/").status_code == 404
    assert as_ben.get(f"/posts/{odd}/reposts/").status_code == 404


def test_fifty_threads_are_counted_right(app, post):
    people = [Browser(app).log_in(make_user(app, f"fan{number}").username) for number in range(5)]
    tokens = [person.token() for person in people]
    tabs = [(second_tab(person), token) for person, token in zip(people, tokens, strict=True) for _ in range(10)]

    verbs = [verb for _ in range(5) for verb in ["repost"] * 9 + ["unrepost"]]
    answers = at_once(
        [
            lambda tab=tab, token=token, verb=verb: tab.post(f"/posts/{post.id}/{verb}/", token=token)
            for (tab, token), verb in zip(tabs, verbs, strict=True)
        ]
    )

    assert [answer.status_code for answer in answers] == [303] * 50
    assert count(app, post) <= 5


def test_a_profile_shows_reposts_on_a_page_of_their_own(app, ada, as_ada, as_ben, guest, post):
    closed = make_post(app, ada, title="Closed later")
    for one in (post, closed):
        as_ben.click(f"/posts/{one.id}/repost/")
    with app.app_context():
        db.session.get(Post, closed.id).closed = True
        db.session.commit()

    assert 'href="/@ben/reposts/"' in guest.get("/@ben/").text
    for browser, seen in ((guest, False), (as_ben, False), (as_ada, True)):
        text = browser.get("/@ben/reposts/").text
        assert "Harbour at six" in text
        assert ("Closed later" in text) is seen
    assert "has not reposted anything yet" in guest.get("/@ada/reposts/").text
    with app.app_context():
        User.named("ben").keep_private(True)
        db.session.commit()
    assert guest.get("/@ben/reposts/").status_code == 404
