"""Accounts: who may have which name, address and password."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from postways.db import db, now
from postways.errors import Missing, Refused
from postways.models import Guest, User
from postways.models.credentials import RESERVED, check_password
from tests.cast import make_user
from tests.together import at_once

HASH = "not a hash"


@pytest.mark.parametrize("name", ["a", "Ada.Lovelace+1@work-_", "Жанна", "日本", "é" * 150, "a1", "1.5", "ada@"])
def test_any_script_and_four_marks_make_a_name(inside, name):
    assert User.sign_up(name, "somebody@example.org", HASH).username == name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "Choose a username"),
        ("  ", "Choose a username"),
        ("x" * 151, "at most 150"),
        ("ada lovelace", "only letters"),
        ("ada/../", "only letters"),
        ("ada<b>", "only letters"),
        ("a\u200bda", "only letters"),
        ("a\u202eda", "only letters"),
        ("ada\ufe0f", "only letters"),
        ("\u3164", "only letters"),
        ("a\x00da", "only letters"),
        ("🎞", "only letters"),
        ("@.+-_", "at least one letter"),
        ("2026", "digits alone"),
        ("２０２６", "digits alone"),
        ("٢٠٢٦", "digits alone"),
        ("else@example.org", "your own address"),
    ],
)
def test_other_names_are_refused_in_words(inside, name, said):
    with pytest.raises(Refused, match=said) as refused:
        User.sign_up(name, "somebody@example.org", HASH)

    assert refused.value.field == "username"


@pytest.mark.parametrize("name", [*sorted(RESERVED), "ADMIN", "Ｍｅ", "Api"])
def test_names_of_the_site_are_kept(inside, name):
    with pytest.raises(Refused, match="kept for the site"):
        User.sign_up(name, "somebody@example.org", HASH)


@pytest.mark.parametrize("twin", ["ADA", "Ada", "ａｄａ", " ada "])
def test_a_name_is_taken_in_every_spelling(ada, inside, twin):
    with pytest.raises(Refused, match="taken"):
        User.sign_up(twin, "other@example.org", HASH)


@pytest.mark.parametrize("twin", ["ADA@example.org", "ada@EXAMPLE.ORG", " ada@example.org "])
def test_an_address_has_one_account(ada, inside, twin):
    with pytest.raises(Refused, match="exists already") as refused:
        User.sign_up("somebody", twin, HASH)

    assert refused.value.field == "email"


@pytest.mark.parametrize(
    "email", ["ada", "ada@", "@example.org", "a b@example.org", "ada@example..org", "\ufdfa" * 60 + "@example.org"]
)
def test_what_is_no_address_is_refused(inside, email):
    with pytest.raises(Refused) as refused:
        User.sign_up("somebody", email, HASH)

    assert refused.value.field == "email"


def test_an_own_address_may_be_the_name(inside):
    assert User.sign_up("me@example.org", "ME@example.org", HASH).username == "me@example.org"


def test_the_same_name_at_once_is_one_account(app, crowd):
    def sign_up(number):
        with app.app_context():
            try:
                User.sign_up("Grace" if number % 2 else "ｇｒａｃｅ", f"grace{number}@example.org", HASH)
                db.session.commit()
            except Refused as error:
                return error.field
            return "made"

    assert sorted(at_once([lambda n=n: sign_up(n) for n in range(12)])) == ["made"] + ["username"] * 11


@pytest.mark.parametrize("typed", ["ada", "ADA", "ａｄａ", " ada ", "ada@example.org", "Ada@Example.org"])
def test_people_are_known_by_name_or_address(ada, inside, typed):
    assert User.logging_in_as(typed).id == ada.id


def test_an_address_is_tried_as_an_email_first(app, inside):
    owner = make_user(app, "owner")
    with app.app_context():
        User.sign_up("second@example.org", "second@example.org", HASH)
        db.session.commit()

    assert User.logging_in_as("owner@example.org").id == owner.id
    assert User.logging_in_as("second@example.org").username == "second@example.org"


@pytest.mark.parametrize("typed", ["", " ", "nobody", "nobody@example.org", "\x00", "x" * 100_000])
def test_nobody_is_nobody(ada, inside, typed):
    assert User.logging_in_as(typed) is None


def test_an_unknown_name_or_id_is_missing(ada, inside):
    for look in (lambda: User.named("nobody"), lambda: User.find(10**17)):
        with pytest.raises(Missing):
            look()


def test_there_are_three_roles(ada, inside):
    user = User.find(ada.id)
    user.become("admin")

    assert user.is_staff
    with pytest.raises(Refused, match="no role"):
        user.become("king")


@pytest.mark.parametrize(
    "password",
    [
        "correct horse 7 battery",
        "x7#kq!mz",
        "ünïcödé π",
        "🐎🔋📎🐎🔋📎🐎🔋",
        " leading and trailing ",
        "w" * 63 + "q7",
        "w1" * 512,
        "        q",
    ],
)
def test_long_and_odd_passwords_are_taken(password):
    check_password(password, "ada", "ada@example.org")


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("", "at least 8"),
        ("x7#kq!m", "at least 8"),
        ("x" * 1_025, "at most 1024"),
        ("8415926535", "digits alone"),
        ("password1", "tried first"),
        ("PassWord1", "tried first"),
        ("iloveyou1", "tried first"),
        ("lovelace", "too close"),
        ("Lovelace1815", "too close"),
        ("1lovelace!", "too close"),
        ("ecalevol", "too close"),
        ("lovelacelovelace", "too close"),
        ("countess", "too close"),
        ("countess@example.org", "too close"),
    ],
)
def test_what_is_quickly_guessed_is_refused(password, said):
    with pytest.raises(Refused, match=said) as refused:
        check_password(password, "lovelace", "countess@example.org")

    assert refused.value.field == "password"


def test_the_list_of_common_passwords_is_long():
    from postways.models.credentials import _common_passwords

    assert len(_common_passwords()) >= 10_000


def test_a_membership_runs_until_its_moment_and_not_beyond(inside):
    ada = User.sign_up("ada", None, HASH)
    assert not ada.premium
    assert not Guest().premium

    with time_machine.travel(now(), tick=False) as clock:
        ada.premium_until = now() + timedelta(seconds=1)
        assert ada.premium
        clock.shift(timedelta(seconds=1))
        assert not ada.premium
