"""Following somebody through the pages: at once, or by a request; with and without JavaScript."""

from __future__ import annotations

import re

import pytest

from postways.db import db
from postways.models import Follow, User
from tests.cast import Browser, make_post, make_user
from tests.together import at_once, second_tab

FORM = re.compile(r'<form id="follow-\d+"[^>]*action="([^"]+)".*?</form>', re.DOTALL)


def act(app, name, verb):
    """Let somebody do something."""
    with app.app_context():
        result = verb(User.named(name))
        db.session.commit()
        return result


@pytest.fixture
def private(app, ada):
    act(app, "ada", lambda ada: ada.keep_private(True))


def state(app, follower, followed) -> str | None:
    with app.app_context():
        follow = Follow.between(User.named(follower), User.named(followed))
        assert Follow.with_wrong_count() == {}
        return follow and follow.state


def button(browser: Browser, path: str = "/@ada/") -> tuple[str, str]:
    """Where the follow button leads, and what it says."""
    found = FORM.search(browser.get(path).text)
    words = re.sub(r"<[^>]+>", " ", found.group(0))
    return found.group(1), " ".join(words.split())


def test_a_button_follows_and_stops(app, ada, as_ben):
    assert button(as_ben) == ("/@ada/follow/", "Follow ada")

    answer = as_ben.post("/@ada/follow/", Referer="http://localhost/@ada/")
    assert (answer.status_code, answer.location) == (303, "/@ada/")
    assert button(as_ben) == ("/@ada/unfollow/", "Following ada; stop")
    assert '<span id="followers-count"><b>1</b> follower' in as_ben.get("/@ada/").text

    as_ben.post("/@ada/unfollow/")
    assert button(as_ben) == ("/@ada/follow/", "Follow ada")
    assert state(app, "ben", "ada") is None


def test_the_button_says_what_is_wanted_so_a_second_click_is_none(app, ada, as_ben):
    for _ in range(3):
        as_ben.post("/@ada/follow/")
    assert state(app, "ben", "ada") == "accepted"

    for _ in range(3):
        as_ben.post("/@ada/unfollow/")
    assert state(app, "ben", "ada") is None


def test_with_htmx_the_button_comes_back_alone_and_the_count_with_it(ada, as_ben):
    answer = as_ben.click("/@ada/follow/", on="profile")
    assert answer.text.lstrip().startswith("<form") and "<html" not in answer.text
    assert "/@ada/unfollow/" in answer.text
    assert 'hx-target="#followers-count" hx-swap="innerHTML"><b>1</b> follower' in answer.text

    assert "followers-count" not in as_ben.click("/@ada/unfollow/").text


def test_a_visitor_is_led_to_log_in(ada, guest):
    assert 'href="/login/?next=/@ada/"' in guest.get("/@ada/").text
    assert guest.post("/@ada/follow/").location.startswith("/login/?next=")


def test_nobody_follows_oneself(app, as_ada):
    answer = as_ada.post("/@ada/follow/")

    assert answer.status_code == 422
    assert "You can’t follow yourself." in answer.text or "You can&#39;t follow yourself." in answer.text
    assert not FORM.search(as_ada.get("/@ada/").text)


@pytest.mark.parametrize("name", ["nobody", "999999", "%00", "%F0%9F%98%80", "x" * 500, "%ED%A0%80"])
def test_who_is_not_there_is_missing(app, as_ben, name):
    for verb in ("follow", "unfollow", "accept", "remove", "block", "unblock", "mute", "unmute"):
        assert as_ben.post(f"/@{name}/{verb}/").status_code == 404, verb
    for which in ("followers", "following"):
        assert as_ben.get(f"/@{name}/{which}/").status_code == 404


def test_a_private_account_shows_its_header_and_a_button(app, ada, private, as_ben, guest):
    make_post(app, ada, title="Behind the door")
    for browser in (as_ben, guest):
        page = browser.get("/@ada/")
        assert page.status_code == 200
        assert "<h1>ada</h1>" in page.text and "This account is private" in page.text
        assert "Behind the door" not in page.text
        assert 'href="/@ada/followers/"' not in page.text
        for which in ("followers", "following"):
            assert browser.get(f"/@ada/{which}/").status_code == 404
    assert button(as_ben) == ("/@ada/follow/", "Ask to follow ada")


def test_a_request_is_accepted_and_the_page_opens(app, ada, private, as_ada, as_ben):
    make_post(app, ada, title="Behind the door")
    as_ben.post("/@ada/follow/")
    assert button(as_ben) == ("/@ada/unfollow/", "Requested ada; withdraw")
    assert "Behind the door" not in as_ben.get("/@ada/").text
    assert "ben" in as_ada.get("/settings/requests/").text
    assert "ben asks to follow you." in as_ada.get("/@ben/").text

    assert as_ada.post("/@ben/accept/").location == "/settings/requests/"

    assert "Behind the door" in as_ben.get("/@ada/").text
    assert "Nobody waits for an answer" in as_ada.get("/settings/requests/").text
    assert as_ben.get("/@ada/followers/").status_code == 200


def test_a_request_that_was_withdrawn_is_answered_in_words(app, private, as_ada, as_ben):
    as_ben.post("/@ada/follow/")
    assert "ada" in as_ben.get("/settings/requests/").text
    as_ben.post("/@ada/unfollow/")

    answer = as_ada.post("/@ben/accept/")
    assert answer.status_code == 404
    assert "This request is no longer there" in answer.text
    assert state(app, "ben", "ada") is None
    assert as_ada.post("/@ben/remove/").status_code == 303  # to refuse what is gone changes nothing


def test_a_refusal_is_silent_and_they_can_ask_again(app, private, as_ada, as_ben):
    as_ben.post("/@ada/follow/")
    as_ada.post("/@ben/remove/")

    assert state(app, "ben", "ada") is None
    assert button(as_ben) == ("/@ada/follow/", "Ask to follow ada")


def test_nobody_accepts_for_somebody_else(app, private, ada, as_ben):
    make_user(app, "fan")
    Browser(app).log_in("fan").post("/@ada/follow/")

    assert as_ben.post("/@fan/accept/").status_code == 404
    assert as_ben.post("/@fan/remove/").status_code == 303
    assert state(app, "fan", "ada") == "requested"


def test_a_follower_can_be_removed(app, ada, as_ada, as_ben):
    as_ben.post("/@ada/follow/")
    assert "/@ben/remove/" in as_ada.get("/@ada/followers/").text
    assert "/remove/" not in as_ben.get("/@ada/followers/").text

    as_ada.post("/@ben/remove/")
    assert state(app, "ben", "ada") is None


def test_the_lists_are_paged_and_load_more(app, ada, guest, as_ben):
    for n in range(32):
        make_user(app, f"fan{n}")
        act(app, f"fan{n}", lambda fan: Follow.begin(fan, User.named("ada")))
    first = as_ben.get("/@ada/followers/").text
    older = re.search(r'rel="next" href="([^"]+)"', first).group(1).replace("&amp;", "&")

    assert first.count('<li id="person-') == 30
    assert guest.get("/@ada/followers/").text.count('<li id="person-') == 30
    assert as_ben.get(older).text.count('<li id="person-') == 2
    more = as_ben.get(older, HX_Request="true").text
    assert more.count('<li id="person-') == 2 and "<html" not in more
    assert as_ben.get("/@ada/followers/?cursor=x").status_code == 400
    assert "Nobody yet." in as_ben.get("/@ada/following/").text


def test_a_list_says_how_each_stands_to_the_reader(app, ada, crowd, as_ben):
    act(app, "zoe", lambda zoe: Follow.begin(zoe, User.named("ada")))
    assert button(as_ben, "/@ada/followers/")[0] == "/@zoe/follow/"

    as_ben.post("/@zoe/follow/")
    assert button(as_ben, "/@ada/followers/")[0] == "/@zoe/unfollow/"


def test_who_blocked_the_reader_is_in_no_list(app, ada, crowd, as_ben):
    act(app, "zoe", lambda zoe: Follow.begin(zoe, User.named("ada")))
    Browser(app).log_in("zoe").post("/@ben/block/")

    assert "zoe" not in as_ben.get("/@ada/followers/").text


def test_too_many_follows_in_an_hour_are_refused_with_a_time(app, ada, as_ben, monkeypatch):
    from limits import RateLimitItemPerHour

    from postways import limits

    monkeypatch.setitem(limits.AN_HOUR, "follow", RateLimitItemPerHour(2, namespace="few"))
    monkeypatch.setattr(app.extensions["limits"], "_enabled", True)
    answers = [as_ben.post("/@ada/follow/") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [303, 303, 429]
    assert answers[2].headers["Retry-After"]


def test_fifty_clicks_at_once_are_one_follow(app, ada, as_ben):
    token = as_ben.token()
    tabs = [second_tab(as_ben) for _ in range(50)]

    answers = at_once([lambda tab=tab: tab.post("/@ada/follow/", token=token).status_code for tab in tabs])

    assert set(answers) == {303}
    assert state(app, "ben", "ada") == "accepted"
