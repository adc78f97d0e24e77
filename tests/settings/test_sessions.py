"""Where somebody is logged in, in words, and how each of these browsers is logged out."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from postways.db import db
from postways.models import Audit, Session
from postways.settings.devices import browser_and_system
from tests.cast import PASSWORD, Browser

SESSIONS = "/settings/sessions/"
START = datetime(2026, 3, 1, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Safari/604.1"


def log_in(app, name, device, address="192.0.2.7"):
    browser = Browser(app)
    browser.client.environ_base.update(HTTP_USER_AGENT=device, REMOTE_ADDR=address)
    return browser.log_in(name)


def logged_in(browser):
    return "/logout/" in browser.get("/").text


def end_buttons(text):
    return re.findall(r'action="(/settings/sessions/\d+/end/)"', text)


@pytest.fixture
def desk(app, ada, as_ben):
    return log_in(app, "ada", FIREFOX, "2001:db8:1:2:3:4:5:6")


@pytest.fixture
def phone(app, ada, desk):
    return log_in(app, "ada", SAFARI)


def test_the_page_names_every_own_browser_and_no_other(desk, phone):
    text = desk.get(SESSIONS).text

    assert re.findall(r"<b>(.*?)</b>", text) == ["Firefox on Linux", "Safari on iPhone"]
    assert "192.0.2.7" in text
    assert "2001:db8:1:2::/64" in text
    assert text.count("this browser") == 1
    assert len(end_buttons(text)) == 1


def test_one_can_be_ended(app, ada, desk, phone):
    (path,) = end_buttons(desk.get(SESSIONS).text)

    answer = desk.post(path)

    assert answer.location == "/settings/sessions/?notice=session-ended"
    assert (logged_in(desk), logged_in(phone)) == (True, False)
    assert desk.post(path).status_code == 404
    with app.app_context():
        assert db.session.query(Audit).filter_by(kind="session-ended", actor_id=ada.id).count() == 1


def test_all_others_can_be_ended(app, desk, phone, as_ben):
    third = log_in(app, "ada", "")

    assert desk.post("/settings/sessions/end/").status_code == 303

    assert [logged_in(browser) for browser in (desk, phone, third, as_ben)] == [True, False, False, True]
    assert "End all others" not in desk.get(SESSIONS).text


def test_nobody_ends_the_session_of_somebody_else(app, desk, as_ben):
    with app.app_context():
        ids = [row.id for row in db.session.query(Session)]

    for session_id in (ids[-1], 999_999_999_999):
        assert as_ben.post(f"/settings/sessions/{session_id}/end/").status_code == 404
    assert logged_in(desk)


def test_what_has_run_out_is_not_shown(app, ada):
    with time_machine.travel(START, tick=False) as clock:
        log_in(app, "ada", SAFARI)
        clock.move_to(START + timedelta(days=14))
        text = log_in(app, "ada", FIREFOX).get(SESSIONS).text

    assert re.findall(r"<b>(.*?)</b>", text) == ["Firefox on Linux"]


def test_a_device_with_a_strange_name_does_no_harm(app, ada):
    log_in(app, "ada", "<script>alert(1)</script>" * 50)

    text = log_in(app, "ada", "🐦 Chrome/1 <b>").get(SESSIONS).text

    assert "A browser that does not say its name" in text
    assert "alert(1)" not in text


@pytest.mark.parametrize(
    ("user_agent", "names"),
    [
        (FIREFOX, ("Firefox", "Linux")),
        (SAFARI, ("Safari", "iPhone")),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/141.0 Safari/537.36 Edg/141.0", ("Edge", "Windows")),
        (
            "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/141.0 Safari/537.36",
            ("Chrome", "Android"),
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/18 Safari/605", ("Safari", "macOS")),
        ("Mozilla/5.0 (iPad; CPU OS 18_0) AppleWebKit/605 CriOS/141.0 Mobile Safari/604.1", ("Chrome", "iPad")),
        ("curl/8.5.0", ("curl", "")),
        ("", ("", "")),
    ],
)
def test_a_user_agent_in_two_words(user_agent, names):
    assert browser_and_system(user_agent) == names


def test_coming_and_going_is_written_down(app, ada, guest):
    guest.post("/login/", {"username": "ada", "password": "wrong"}, page="/login/")
    guest.post("/login/", {"username": "nobody@example.org", "password": "wrong"}, page="/login/")
    browser = Browser(app).log_in("ada")
    browser.post("/logout/")
    data = {"username": "eva", "email": "eva@example.org", "password": PASSWORD, "password2": PASSWORD}
    guest.post("/signup/", data, page="/signup/")

    with app.app_context():
        entries = [(row.kind, row.target_id == ada.id) for row in db.session.query(Audit).order_by(Audit.id)]
        texts = repr([row.details for row in db.session.query(Audit)])
    failed = [("log-in-failed", True), ("log-in-failed", False)]
    assert entries == [*failed, ("log-in", True), ("log-out", True), ("sign-up", False), ("log-in", False)]
    assert "@" not in texts
    assert "wrong" not in texts
