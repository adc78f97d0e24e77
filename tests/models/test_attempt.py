"""Guessing is slowed down per account and per address, without Redis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from postways.db import db
from postways.errors import TooMany
from postways.models import Attempt
from postways.models.attempt import network

START = datetime(2026, 3, 1, tzinfo=UTC)


def at(**later):
    return time_machine.travel(START + timedelta(**later), tick=False)


def test_the_eleventh_try_in_five_minutes_is_too_many(inside):
    for second in range(10):
        with at(seconds=second):
            Attempt.check("password", "ada")
            Attempt.note("password", "ada")

    with at(seconds=60), pytest.raises(TooMany) as refused:
        Attempt.check("password", "ada")

    assert 239 <= refused.value.retry_after <= 242


def test_after_five_minutes_there_is_another_try(inside):
    with at():
        for _ in range(10):
            Attempt.note("password", "ada")

    with at(minutes=5, seconds=1):
        Attempt.check("password", "ada")


def test_others_are_not_slowed_down(inside):
    for _ in range(10):
        Attempt.note("password", "ada", "192.0.2.1")

    Attempt.check("password", "ben", "192.0.2.2")
    Attempt.check("sign-up", "192.0.2.1")
    for whom in (("ada", "192.0.2.2"), ("ben", "192.0.2.1")):
        with pytest.raises(TooMany):
            Attempt.check("password", *whom)


def test_the_right_password_forgives(inside):
    for _ in range(10):
        Attempt.note("password", "ada", "192.0.2.1")

    Attempt.forgive("password", "ada")

    Attempt.check("password", "ada")
    with pytest.raises(TooMany):
        Attempt.check("password", "192.0.2.1")


def test_rows_tell_neither_name_nor_address(inside):
    Attempt.note("password", "ada", "192.0.2.1")
    db.session.flush()

    rows = db.session.query(Attempt).all()
    assert all(b"ada" not in row.whom and b"192" not in row.whom for row in rows)


def test_old_rows_are_forgotten(inside):
    with at():
        Attempt.note("password", "ada")
        db.session.flush()
    with at(days=1, minutes=1):  # no limit looks further back
        Attempt.note("password", "ada")
        db.session.flush()
        assert Attempt.forget_old() == 1


@pytest.mark.parametrize(
    ("address", "one"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("somewhere", "somewhere"),
        ("", ""),
    ],
)
def test_a_line_of_ipv6_is_one_address(address, one):
    assert network(address) == one


def test_an_ipv4_address_is_itself_in_ipv6():
    assert network("::ffff:192.0.2.7") != network("::ffff:192.0.2.8")
