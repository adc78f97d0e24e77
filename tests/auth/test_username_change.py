"""Another username: once in 30 days, old links lead on, and nobody slips into the old name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from postways.db import db
from postways.models import Audit, PastUsername, User
from tests.cast import PASSWORD, Browser, make_post
from tests.together import at_once

CHANGE = "/username_change/"
START = datetime(2026, 3, 1, tzinfo=UTC)


def rename(browser, name, password=PASSWORD):
    return browser.post(CHANGE, {"new_username": name, "password": password}, page="/settings/profile/")


def sign_up(app, name):
    data = {"username": name, "email": "new@example.org", "password": PASSWORD, "password2": PASSWORD}
    return Browser(app).post("/signup/", data, page="/signup/")


def test_old_links_lead_to_the_new_name(app, ada, as_ada, guest):
    make_post(app, ada)
    guest.get("/")  # the card is kept from now on

    assert rename(as_ada, "Eva").location == "/settings/account/?notice=username-changed"

    assert 'href="/@Eva/"' in guest.get("/").text
    for old in ("/@ada/", "/@ADA/"):
        answer = guest.get(old)
        assert (answer.status_code, answer.location) == (302, "/@Eva/")
    assert Browser(app).log_in("eva").get("/@eva/").status_code == 200
    with app.app_context():
        assert db.session.query(Audit).filter_by(kind="username-changed", actor_id=ada.id).count() == 1


def test_it_can_be_done_once_in_30_days(app, ada):
    with time_machine.travel(START, tick=False) as clock:
        browser = Browser(app).log_in("ada")
        rename(browser, "eva")
        for after, words in (
            (timedelta(), "30 days are left"),
            (timedelta(days=1, seconds=1), "29 days are left"),
            (timedelta(days=29), "one day is left"),
            (timedelta(days=30, seconds=-1), "one day is left"),
        ):
            clock.move_to(START + after)
            browser = Browser(app).log_in("eva")
            assert words in browser.get(CHANGE).text
            answer = rename(browser, "eve")
            assert (answer.status_code, words in answer.text) == (422, True), words
        clock.move_to(START + timedelta(days=30))

        assert rename(browser, "eve").status_code == 303
        assert [browser.get(f"/@{old}/").location for old in ("ada", "eva")] == ["/@eve/", "/@eve/"]


def test_nobody_gets_the_old_name_for_30_days(app, ada, as_ben):
    with time_machine.travel(START, tick=False) as clock:
        rename(Browser(app).log_in("ada"), "eva")
        clock.move_to(START + timedelta(days=30, seconds=-1))
        ben = Browser(app).log_in("ben")
        for answer in (sign_up(app, "ADA"), rename(ben, "ada")):
            assert (answer.status_code, "That username is taken" in answer.text) == (422, True)
        clock.move_to(START + timedelta(days=30))

        assert sign_up(app, "Ada").status_code == 303
        assert ben.get("/@ada/").status_code == 200  # the new person's own page


def test_the_person_may_have_the_own_old_name_back(app, ada, guest):
    with time_machine.travel(START, tick=False) as clock:
        rename(Browser(app).log_in("ada"), "eva")
        clock.move_to(START + timedelta(days=30))
        assert rename(Browser(app).log_in("eva"), "ada").status_code == 303

        assert guest.get("/@ada/").status_code == 200
        assert guest.get("/@eva/").location == "/@ada/"


def test_only_the_case_may_change(app, as_ada, guest):
    assert rename(as_ada, "ADA").status_code == 303

    assert "@ADA" in guest.get("/@ada/").text
    with app.app_context():
        assert db.session.query(PastUsername).count() == 0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Choose a username"),
        ("  ", "Choose a username"),
        ("ada", "your username already"),
        ("ben", "taken"),
        ("BEN", "taken"),
        ("ｂｅｎ", "taken"),
        ("12345", "digits alone"),
        ("admin", "kept for the site"),
        ("a b", "only letters"),
        ("e\x00va", "only letters"),
        ("e\u200bva", "only letters"),
        ("🐦", "only letters"),
        ("x" * 151, "at most 150"),
        ("ben@example.org", "your own address"),
    ],
)
@pytest.mark.usefixtures("ben")
def test_what_is_refused_comes_back_filled(app, ada, as_ada, name, words):
    answer = rename(as_ada, name)

    assert answer.status_code == 422
    assert words in answer.text
    assert PASSWORD not in answer.text
    with app.app_context():
        assert db.session.get(User, ada.id).username == "ada"


def test_it_needs_the_password(as_ada, guest):
    answer = rename(as_ada, "eva", "wrong")

    assert (answer.status_code, 'value="eva"' in answer.text) == (422, True)
    assert guest.get("/@eva/").status_code == 404


@pytest.mark.parametrize("gone", ["suspended_at", "deleted_at"])
def test_the_old_link_of_somebody_who_is_gone_tells_nothing(app, ada, as_ada, guest, gone):
    rename(as_ada, "eva")
    with app.app_context():
        db.session.query(User).filter_by(id=ada.id).update({gone: START})
        db.session.commit()

    assert guest.get("/@ada/").status_code == 404


def test_of_two_who_want_the_same_name_one_gets_it(app, ada, ben):
    people = [Browser(app).log_in(name) for name in ("ada", "ben")]
    tokens = [browser.token() for browser in people]

    def ask(n):
        data = {"new_username": "Eva", "password": PASSWORD}
        return lambda: people[n].post(CHANGE, data, token=tokens[n]).status_code

    assert sorted(at_once([ask(0), ask(1)])) == [303, 422]


def test_one_person_can_not_change_it_twice_at_once(app, ada):
    tabs = [Browser(app).log_in("ada") for _ in range(2)]
    tokens = [browser.token() for browser in tabs]

    def ask(n):
        data = {"new_username": f"eva{n}", "password": PASSWORD}
        return lambda: tabs[n].post(CHANGE, data, token=tokens[n]).status_code

    assert sorted(at_once([ask(0), ask(1)])) == [303, 422]
