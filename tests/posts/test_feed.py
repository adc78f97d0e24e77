"""The feed as a page: in the order one chose, each post once with who brought it, and nothing for visitors."""

from __future__ import annotations

import re
from html import unescape

import pytest

from postways.db import db
from postways.models import Follow, Post, User
from tests.cast import make_post, make_user


@pytest.fixture
def followed(app, ada, ben):
    """Ben follows ada and two others."""
    people = [ada, make_user(app, "dora"), make_user(app, "emil")]
    with app.app_context():
        for person in people:
            Follow.begin(ben, person)
        db.session.commit()
    return people


def repost(app, post, *people):
    with app.app_context():
        for person in people:
            Post.find(post.id, person).repost(User.find(person.id))
        db.session.commit()


def titles(text):
    return [unescape(title) for title in re.findall(r'<h2 id="title-\d+"><a [^>]+>([^<]+)<', text)]


def plain(text):
    return " ".join(re.sub(r"<[^>]+>", "", text).split())


def test_what_the_followed_share_and_repost_stands_together(app, followed, crowd, as_ben):
    ada, dora, emil = followed
    strange, own = make_post(app, crowd, title="Of a stranger"), make_post(app, ada, title="Of ada")
    make_post(app, crowd, title="Nobody brings it")
    repost(app, strange, dora, emil)
    repost(app, own, dora)
    text = as_ben.get("/feed/").text

    assert titles(text) == ["Of a stranger", "Of ada"]
    assert "dora and emil reposted" in plain(text)
    assert plain(text).count("reposted") == 2
    assert 'href="/feed/" aria-current="page"' in text
    assert 'href="/feed/"' in as_ben.get("/").text
    assert "\x00" not in text + as_ben.get("/").text


def test_more_than_two_who_brought_it_are_counted(app, followed, crowd, as_ben):
    strange = make_post(app, crowd, title="Of a stranger")
    repost(app, strange, *followed)

    text = as_ben.get("/feed/").text
    assert "ada, dora and 1 other reposted" in plain(text)
    assert f'href="/posts/{strange.id}/reposts/"' in text


def test_the_order_is_remembered_and_a_ranked_card_says_why(app, ada, followed, as_ben):
    make_post(app, ada, title="Liked by many, yesterday", likes=followed, days_ago=0.9)
    make_post(app, ada, title="New")
    assert "Why this?" not in as_ben.get("/feed/").text

    answer = as_ben.post("/feed/", {"ranking": "score"})
    text = as_ben.get(answer.location).text
    assert (answer.status_code, answer.location) == (303, "/feed/")
    assert titles(text) == ["Liked by many, yesterday", "New"]
    assert text.count("Why this?") == 2
    assert "It has 3 likes, comments and reposts." in text

    assert as_ben.post("/feed/", {"ranking": "by chance"}).status_code == 422
    as_ben.post("/feed/", {"ranking": "time"})
    assert titles(as_ben.get("/feed/").text) == ["New", "Liked by many, yesterday"]


@pytest.mark.parametrize("ranking", ["time", "score"])
def test_older_pages_by_link_and_by_htmx_repeat_nothing(app, ada, followed, as_ben, ranking):
    as_ben.post("/feed/", {"ranking": ranking})
    for number in range(14):
        make_post(app, ada, title=f"Number {number}")
    first = as_ben.get("/feed/").text
    older = unescape(re.search(r'rel="next" href="([^"]+)"', first).group(1))
    make_post(app, ada, title="Meanwhile")
    page, part = as_ben.get(older).text, as_ben.get(older, HX_Request="true").text

    assert len(titles(first)) == 12
    assert titles(page) == titles(part)
    assert sorted(titles(first) + titles(page)) == sorted(f"Number {number}" for number in range(14))
    assert "<html" not in part


def test_an_empty_feed_leads_to_people(app, ben, as_ben, followed):
    assert "have not shared anything yet" in as_ben.get("/feed/").text
    with app.app_context():
        for person in followed:
            Follow.end(ben, person)
        db.session.commit()
    text = as_ben.get("/feed/").text
    assert "Follow people" in text
    assert 'href="/explore/"' in text


@pytest.mark.parametrize("cursor", ["x", "t", "%00", "t" * 300, "WzEsMl0", "s" + "_" * 24])
def test_a_bad_cursor_is_answered_in_words(as_ben, cursor):
    assert as_ben.get(f"/feed/?cursor={cursor}").status_code == as_ben.get("/?cursor=x").status_code
