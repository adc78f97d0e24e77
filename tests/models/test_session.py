"""Sessions: rows that the server can end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from postways.db import db
from postways.models import Session

IDLE, WHOLE = timedelta(days=14), timedelta(days=90)
START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def token(ada, inside):
    with time_machine.travel(START, tick=False):
        token = Session.begin(db.session.merge(ada), "a browser", "192.0.2.1")
        db.session.commit()
    return token


def person_after(token, **later):
    with time_machine.travel(START + timedelta(**later), tick=False):
        return Session.person(token, IDLE, WHOLE)


def test_a_session_knows_its_person(token, ada):
    assert person_after(token).id == ada.id


def test_the_row_does_not_hold_the_secret(token):
    row = db.session.query(Session).one()

    assert token.encode() not in row.token_hash
    assert len(token) >= 43  # 256 bits


def test_another_secret_opens_nothing(token):
    for other in ("", "x", token[:-1], token + "x", token.upper(), "\x00"):
        assert person_after(other) is None


def test_it_ends_when_it_is_not_used(token):
    assert person_after(token, days=13, hours=23)
    assert person_after(token, days=14, seconds=1) is None


def test_use_keeps_it_until_its_days_are_over(token, ada):
    for day in range(10, 90, 10):
        with time_machine.travel(START + timedelta(days=day), tick=False):
            Session.seen(token, ada.id)

    assert person_after(token, days=89, hours=23)
    assert person_after(token, days=90, seconds=1) is None


def test_ending_one_leaves_the_others(token, ada):
    second = Session.begin(db.session.merge(ada), "a phone", "192.0.2.2")
    Session.end(token)

    assert person_after(token) is None
    assert Session.person(second, IDLE, WHOLE)


def test_ending_all_leaves_other_people(token, ada, ben):
    others = Session.begin(db.session.merge(ben), "a phone", "192.0.2.2")
    Session.end_all(ada)

    assert person_after(token) is None
    assert Session.person(others, IDLE, WHOLE).id == ben.id


def test_rows_of_ended_sessions_are_forgotten(token):
    with time_machine.travel(START + timedelta(days=15), tick=False):
        assert Session.forget_ended(IDLE, WHOLE) == 1

    assert db.session.query(Session).count() == 0


def test_what_a_browser_says_of_itself_is_cut(ada, inside):
    Session.begin(db.session.merge(ada), "x" * 10_000, "y" * 100)
    db.session.commit()

    row = db.session.query(Session).one()
    assert (len(row.device), len(row.address)) == (200, 45)
