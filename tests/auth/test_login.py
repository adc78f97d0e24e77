"""Logging in: one message for every failure, a session of one's own, and a way back that stays on the site."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from postways.db import db
from postways.models import Attempt, Session, User
from tests.cast import PASSWORD, Browser, make_user
from tests.together import second_tab

WRONG = "Username or password are not right"
START = datetime(2026, 3, 1, tzinfo=UTC)


def log_in(browser, username="ada", password=PASSWORD, path="/login/", address="192.0.2.1", **data):
    token = browser.token("/login/")
    return browser.client.post(
        path,
        data={"csrf_token": token, "username": username, "password": password, **data},
        environ_overrides={"REMOTE_ADDR": address},
    )


def logged_in(browser):
    with browser.get("/") as answer:  # closed, as a server does: then it is noted that somebody was here
        return "/logout/" in answer.text


@pytest.mark.parametrize("name", ["ada", "ADA", "ａｄａ", "ada@example.org", "Ada@Example.ORG", " ada "])
def test_name_or_address_and_password_open_the_own_profile(guest, ada, name):
    answer = log_in(guest, name)

    assert (answer.status_code, answer.location) == (303, "/@ada/")
    assert logged_in(guest)


@pytest.mark.parametrize(
    ("name", "password"),
    [("ada", "wrong"), ("nobody", PASSWORD), ("nobody@example.org", PASSWORD), ("ada", PASSWORD + " ")],
)
def test_every_failure_reads_the_same(guest, ada, name, password):
    answer = log_in(guest, name, password)

    assert answer.status_code == 422
    assert WRONG in answer.text
    assert f'value="{name}"' in answer.text
    assert password not in answer.text
    assert not logged_in(guest)


@pytest.mark.parametrize(
    ("name", "password"), [("", PASSWORD), ("ada", ""), ("x" * 100_000, "x"), ("a\x00da", "\x00" * 9)]
)
def test_odd_input_is_refused_in_words(guest, ada, name, password):
    assert log_in(guest, name, password).status_code in (303, 422)
    assert log_in(guest, name + "?", password).status_code == 422


def test_somebody_logged_in_is_sent_to_the_own_profile(as_ada):
    for path in ("/login/", "/signup/"):
        assert (as_ada.get(path).status_code, as_ada.get(path).location) == (303, "/@ada/")


def test_a_page_of_this_site_is_the_way_back(guest, ada):
    answer = log_in(guest, next="/popular/?period=week")

    assert answer.location == "/popular/?period=week"


ELSEWHERE = [
    "https://evil.example/",
    "http:evil.example",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "//\x00evil.example",
    "/ /evil.example",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "//[::1",
    "/\\\\evil.example/x",
    "/x\r\nSet-Cookie: a=b",
    "?next=//evil.example",
]


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_the_way_back_never_leaves_the_site(guest, ada, elsewhere):
    page = guest.client.get("/login/", query_string={"next": elsewhere})
    assert 'name="next"' not in page.text

    answer = log_in(guest, next=elsewhere)
    assert (answer.status_code, answer.location) == (303, "/@ada/")


def test_a_way_back_in_any_script_is_an_address(guest, ada):
    assert log_in(guest, next="/tags/日本/").location == "/tags/%E6%97%A5%E6%9C%AC/"


def test_a_visitor_who_asks_for_a_members_page_comes_back_to_it(guest, ada):
    answer = guest.get("/posts/add/?a=b")
    assert (answer.status_code, answer.location) == (303, "/login/?next=/posts/add/?a%3Db")

    page = guest.get(answer.location)
    assert 'name="next" value="/posts/add/?a=b"' in page.text


def test_htmx_is_told_to_load_the_page_for_logging_in(guest):
    answer = guest.get("/posts/add/", HX_Request="true", HX_Current_URL="http://localhost/popular/")

    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/login/?next=/popular/"
    assert answer.text == ""


# --- sessions


def test_a_login_makes_a_session_of_its_own(guest, ada):
    log_in(guest)
    first = guest.client.get_cookie("session").value
    thief = second_tab(guest)
    guest.post("/logout/")
    log_in(guest)

    assert guest.client.get_cookie("session").value != first
    assert logged_in(guest)
    assert not logged_in(thief)


def test_a_planted_cookie_gains_nothing(guest, ada, app):
    guest.get("/login/")
    planted = second_tab(guest)
    log_in(guest)

    assert logged_in(guest)
    assert not logged_in(planted)


def test_the_cookie_is_for_this_site_and_not_for_scripts(guest, ada):
    cookie = log_in(guest).headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert len(cookie) < 4096
    assert "ada" not in cookie


def test_an_ended_session_is_nobody_at_every_door(app, as_ada, ada):
    with app.app_context():
        Session.end_all(ada)
        db.session.commit()

    assert not logged_in(as_ada)
    assert as_ada.get("/posts/add/").status_code == 303
    assert as_ada.get("/posts/add/", HX_Request="true").status_code == 401
    assert as_ada.post("/logout/").location.startswith("/login/")


def test_a_cookie_that_was_changed_is_nobody(as_ada):
    value = as_ada.client.get_cookie("session").value
    for changed in (value[:-3] + "xyz", "x", "", "é"):
        as_ada.client.set_cookie("session", changed)
        assert not logged_in(as_ada)


def test_a_session_ends_after_fourteen_days_without_use(guest, ada):
    with time_machine.travel(START, tick=False) as clock:
        log_in(guest)
        clock.shift(timedelta(days=13, hours=23))
        assert logged_in(guest)
        clock.shift(timedelta(days=13, hours=23))  # the visit in between counted
        assert logged_in(guest)
        clock.shift(timedelta(days=14, minutes=1))
        assert not logged_in(guest)


def test_a_session_ends_after_ninety_days_in_any_case(guest, ada):
    with time_machine.travel(START, tick=False) as clock:
        log_in(guest)
        for _ in range(8):
            clock.shift(timedelta(days=11))
            assert logged_in(guest)
        clock.shift(timedelta(days=2, seconds=1))
        assert not logged_in(guest)


def test_being_here_is_noted_once_a_minute(app, guest, ada):
    def noted():
        with app.app_context():
            return User.find(ada.id).last_activity_at

    with time_machine.travel(START, tick=False) as clock:
        log_in(guest)
        clock.shift(timedelta(seconds=59))
        guest.get("/").close()
        assert noted() == START
        clock.shift(timedelta(seconds=1))
        guest.get("/").close()
        assert noted() == START + timedelta(seconds=60)


# --- guessing


def test_the_eleventh_wrong_password_waits(guest, ada, ben):
    for number in range(10):
        assert log_in(guest, password="wrong", address=f"192.0.2.{number}").status_code == 422

    answer = log_in(guest, address="192.0.2.99")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 301
    assert "Too many tries" in answer.text
    assert 'value="ada"' in answer.text
    assert log_in(guest, "ben", address="192.0.2.99").status_code == 303


def test_after_five_minutes_the_right_password_opens(guest, ada):
    with time_machine.travel(START, tick=False) as clock:
        for _ in range(11):
            log_in(guest, password="wrong")
        clock.shift(timedelta(minutes=5, seconds=1))

        assert log_in(guest).status_code == 303


@pytest.mark.parametrize(
    ("addresses", "other"),
    [
        (["192.0.2.1"] * 10, "192.0.2.2"),
        ([f"2001:db8:1:2::{number}" for number in range(10)], "2001:db8:1:3::1"),
    ],
    ids=["IPv4", "a /64"],
)
def test_guessing_from_one_address_waits_whatever_the_account(app, guest, ada, addresses, other):
    for number, address in enumerate(addresses):
        assert log_in(guest, f"somebody{number}", "wrong", address=address).status_code == 422

    assert log_in(guest, address=addresses[0]).status_code == 429
    assert log_in(guest, address=other).status_code == 303


def test_a_forged_address_counts_for_nothing(guest, ada):
    for number in range(10):
        guest.client.post(
            "/login/",
            data={"csrf_token": guest.token("/login/"), "username": f"somebody{number}", "password": "wrong"},
            headers={"X-Forwarded-For": f"198.51.100.{number}", "Forwarded": f"for=198.51.100.{number}"},
            environ_overrides={"REMOTE_ADDR": "192.0.2.1"},
        )

    assert log_in(guest).status_code == 429


def test_all_spellings_of_a_name_are_one_account(guest, ada):
    for number, name in enumerate(["ada", "ADA", "Ada", "aDA", "ａｄａ"] * 2):
        log_in(guest, name, "wrong", address=f"192.0.2.{number}")

    assert log_in(guest, address="192.0.2.99").status_code == 429


# --- the demo's people


@pytest.mark.parametrize(("host", "status"), [("127.0.0.1", 303), ("0.0.0.0", 422)])
def test_the_demos_people_come_in_only_on_their_own_machine(app, guest, monkeypatch, host, status):
    user = make_user(app, "demo1")
    with app.app_context():
        db.session.get(User, user.id).demo = True
        db.session.commit()
    monkeypatch.setitem(app.extensions, "config", replace(app.extensions["config"], host=host))

    answer = log_in(guest, "demo1")

    assert answer.status_code == status
    assert (WRONG in answer.text) is (status == 422)


def test_two_browsers_of_a_person_are_two_sessions(app, as_ada):
    phone = Browser(app).log_in("ada")
    as_ada.post("/logout/")

    assert logged_in(phone)
    assert not logged_in(as_ada)


def test_wrong_passwords_count_together_by_name_and_by_address(app, guest, ada):
    def wrong(name):
        return guest.post("/login/", {"username": name, "password": "not hers"}, page="/login/").status_code

    assert [wrong("ada") for _ in range(5)] + [wrong("ada@example.org") for _ in range(6)] == [422] * 10 + [429]


def test_strangers_can_not_lock_somebody_out_of_a_known_browser(app, guest, as_ada):
    as_ada.post("/logout/")
    for _ in range(11):
        guest.post("/login/", {"username": "ada", "password": "not hers"}, page="/login/", X_Forwarded_For="10.0.0.1")
    with app.app_context():  # the strangers came from elsewhere
        Attempt.forgive("password", "address 127.0.0.1")
        db.session.commit()

    assert guest.post("/login/", {"username": "ada", "password": PASSWORD}, page="/login/").status_code == 429
    as_ada.log_in("ada")


def test_a_known_browser_is_known_for_its_own_account_alone(app, as_ada, ben):
    as_ada.post("/logout/")
    cookie = as_ada.client.get_cookie("device")

    assert cookie.http_only and "ada" not in cookie.value
    for _ in range(10):
        as_ada.post("/login/", {"username": "ben", "password": "not his"}, page="/login/")
    assert as_ada.post("/login/", {"username": "ben", "password": PASSWORD}, page="/login/").status_code == 429
