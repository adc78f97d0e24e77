"""Signing up: one account per name and address, and everything wrong is said at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from postways.db import db
from postways.models import User
from tests.cast import Browser
from tests.together import at_once

GRACE = {
    "username": "grace",
    "email": "grace@example.org",
    "password": "correct horse 7 battery",
    "password2": "correct horse 7 battery",
}


def sign_up(browser, **change):
    return browser.post("/signup/", {**GRACE, **change}, page="/signup/")


def accounts(app):
    with app.app_context():
        return db.session.query(User).count()


def test_a_new_person_is_logged_in_and_sees_the_own_profile(app, guest, crowd):
    answer = sign_up(guest)

    assert (answer.status_code, answer.location) == (303, "/@grace/")
    assert "@grace" in guest.get("/@grace/").text
    assert "/logout/" in guest.get("/").text
    assert Browser(app).log_in("grace@example.org", GRACE["password"])


def test_the_password_is_kept_byte_by_byte(app, guest, crowd):
    password = " π🐎" + "x7" * 60 + "  "
    sign_up(guest, password=password, password2=password)

    assert Browser(app).log_in("grace", password)
    for other in (password.strip(), password[:72], password + " "):
        with pytest.raises(AssertionError):
            Browser(app).log_in("grace", other)


def test_a_password_of_blanks_is_as_good_as_another(app, guest, crowd):
    assert sign_up(guest, password=" " * 12, password2=" " * 12).status_code == 303
    assert Browser(app).log_in("grace", " " * 12)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"username": ""}, "Choose a username."),
        ({"username": "x" * 151}, "at most 150 characters"),
        ({"username": "a b"}, "only letters, digits"),
        ({"username": "gr\u200bace"}, "only letters, digits"),
        ({"username": "1815"}, "digits alone"),
        ({"username": "admin"}, "kept for the site"),
        ({"username": "zoe"}, "That username is taken"),
        ({"username": "ＺＯＥ"}, "That username is taken"),
        ({"email": ""}, "Type your email address"),
        ({"email": "nowhere"}, "not an email address"),
        ({"email": "\ufdfa" * 60 + "@example.org"}, "not an email address"),
        ({"email": "ZOE@example.org"}, "exists already"),
        ({"password": "", "password2": ""}, "Choose a password"),
        ({"password": "short", "password2": "short"}, "at least 8"),
        ({"password": "password1", "password2": "password1"}, "tried first"),
        ({"password": "31415926535", "password2": "31415926535"}, "digits alone"),
        ({"username": "gracehopper", "password": "gracehopper1", "password2": "gracehopper1"}, "too close"),
        ({"username": "wanderer77", "password": "xwanderer77x", "password2": "xwanderer77x"}, "too close"),
        ({"password": "x1" * 513, "password2": "x1" * 513}, "at most 1024"),
        ({"password2": "something else"}, "not the same"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(app, guest, crowd, change, said):
    answer = sign_up(guest, **change)

    assert answer.status_code == 422
    assert said in answer.text
    assert 'role="alert"' in answer.text
    assert GRACE["password"] not in answer.text
    assert accounts(app) == 1


def test_everything_wrong_is_said_at_once_and_nothing_typed_is_lost(guest, crowd):
    text = sign_up(guest, username="a b", email="nowhere", password="short", password2="short").text

    for said in ("only letters, digits", "not an email address", "at least 8", 'value="a b"', 'value="nowhere"'):
        assert said in text


def test_the_way_back_is_kept_through_signing_up(guest, crowd):
    assert 'value="/popular/"' in guest.get("/signup/?next=/popular/").text
    assert 'name="next"' not in guest.get("/signup/?next=//evil.example/").text
    assert sign_up(guest, next="//evil.example/").location == "/@grace/"


def test_extra_fields_change_nothing(app, guest, crowd):
    sign_up(guest, role="admin", is_staff="1", id="99", demo="1", post_count="9")

    with app.app_context():
        grace = User.named("grace")
        assert (grace.role, grace.demo, grace.post_count) == ("member", False, 0)


def test_the_same_name_at_once_is_one_account(app, crowd):
    browsers = [Browser(app) for _ in range(8)]
    tokens = [browser.token("/signup/") for browser in browsers]

    def sign_up_with(number):
        name = "grace" if number % 2 else "GRACE"
        data = {**GRACE, "username": name, "email": f"grace{number}@example.org"}
        return browsers[number].post("/signup/", data, token=tokens[number]).status_code

    assert sorted(at_once([lambda n=n: sign_up_with(n) for n in range(8)])) == [303] + [422] * 7


def test_the_twenty_first_account_in_an_hour_waits(app, crowd, monkeypatch):
    monkeypatch.setattr("postways.auth.passwords.hashed", lambda password: "not a hash")
    with time_machine.travel(datetime(2026, 3, 1, tzinfo=UTC), tick=False) as clock:
        for number in range(20):
            name = f"grace{number}"
            assert sign_up(Browser(app), username=name, email=f"{name}@example.org").status_code == 303

        answer = sign_up(Browser(app))
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 3_000
        assert 'value="grace"' in answer.text

        clock.shift(timedelta(hours=1, seconds=1))
        assert sign_up(Browser(app)).status_code == 303


def test_a_taken_name_is_said_together_with_the_rest(guest, crowd):
    short = sign_up(guest, username="zoe", password="short", password2="other").text
    assert "That username is taken" in short
    assert "at least 8 characters" in short
    assert "not the same" in short

    both = sign_up(guest, username="Zoe", email="ZOE@example.org").text
    assert "That username is taken" in both
    assert "An account with that address exists already" in both


def test_who_has_an_address_is_not_told_to_who_only_looks(guest, crowd):
    assert "exists already" not in sign_up(guest, email="zoe@example.org", password="short", password2="short").text
