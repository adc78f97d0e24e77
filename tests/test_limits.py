"""What one person may do in an hour."""

import re

import pytest
from limits import RateLimitItemPerHour
from redis import Redis

from postways import limits
from tests.cast import make_post

KEPT = re.compile(r'name="title"[^>]*value="([^"]*)"')


@pytest.fixture
def two_an_hour(monkeypatch):
    for kind in limits.AN_HOUR:
        monkeypatch.setitem(limits.AN_HOUR, kind, RateLimitItemPerHour(2, namespace=kind))


def share(browser, title):
    return browser.post("/posts/add/", {"title": title, "action": "publish"}, page="/posts/add/")


def test_a_post_too_many_comes_back_filled(as_ada, two_an_hour):
    answers = [share(as_ada, title) for title in ("One", "Two", "Three")]

    assert [answer.status_code for answer in answers] == [303, 303, 429]
    assert KEPT.search(answers[-1].text).group(1) == "Three"
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 3601


def test_people_are_counted_each_alone(as_ada, as_ben, two_an_hour):
    for browser in (as_ada, as_ben):
        assert share(browser, "One").status_code == 303
        assert share(browser, "Two").status_code == 303


def test_likes_too_many_are_refused_in_words(app, ada, as_ben, two_an_hour):
    post = make_post(app, ada)
    answers = [as_ben.click(f"/posts/{post.id}/{verb}/") for verb in ("like", "unlike", "like")]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "Wait" in answers[-1].text


def test_without_redis_each_process_counts_for_itself(app, config, as_ada, two_an_hour, monkeypatch):
    away = Redis.from_url("unix:///nowhere.sock")
    counting = app.extensions["limits"]
    monkeypatch.setattr(counting._shared.storage, "storage", away)
    monkeypatch.setattr(counting._shared.storage, "incr", lambda *_, **__: away.ping())
    monkeypatch.setattr(counting, "_rest_until", 0.0)
    counting._own.storage.reset()

    assert [share(as_ada, title).status_code for title in ("One", "Two", "Three")] == [303, 303, 429]
