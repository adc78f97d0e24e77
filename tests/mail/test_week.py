"""The week's report: to the admins, on Saturday at ten by the site's clock, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from postways import sweep
from postways.db import db
from postways.models import Mail, User
from tests.cast import letters, make_post, make_user
from tests.together import at_once

SATURDAY = datetime(2026, 3, 14, tzinfo=UTC)
TEN = SATURDAY + timedelta(hours=10)


def report(app, moment: datetime) -> bool:
    with time_machine.travel(moment, tick=False), app.app_context():
        sent = sweep.report_week()
        db.session.commit()
        return sent


@pytest.fixture
def admins(app) -> list[User]:
    """Two, and others; all came long ago."""
    with time_machine.travel(SATURDAY - timedelta(days=100)):
        people = [make_user(app, "una", "admin"), make_user(app, "uwe", "admin")]
        make_user(app, "mod", "moderator")
        make_user(app, "ada")
    return people


def test_the_admins_are_told_what_was_new(app, admins):
    with time_machine.travel(SATURDAY - timedelta(days=2)):
        new = make_user(app, "new")
        make_post(app, new, likes=[new, *admins])
        make_post(app, new, published=False)
    with time_machine.travel(SATURDAY - timedelta(days=9)):
        make_post(app, make_user(app, "older"), likes=admins)

    assert report(app, TEN)

    with time_machine.travel(TEN):
        sent = letters(app)
    assert [letter["To"] for letter in sent] == ["una@example.org", "uwe@example.org"]
    assert sent[0]["Subject"] == "Postways from 2026-03-07 to 2026-03-14"
    lines = sent[0].get_body(("plain",)).get_content().splitlines()
    assert {"1 new person", "1 post", "3 likes"} <= set(lines)


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        (TEN - timedelta(seconds=1), False),
        (TEN, True),
        (TEN + timedelta(hours=23), True),
        (TEN + timedelta(hours=25), False),
        (TEN - timedelta(days=1), False),
    ],
)
def test_it_comes_on_saturday_at_ten_or_soon_after(app, admins, moment, told):
    assert report(app, moment) is told


def test_ten_is_by_the_clock_of_the_site(app, admins, monkeypatch):
    here = replace(app.extensions["config"], time_zone="Asia/Tokyo")
    monkeypatch.setitem(app.extensions, "config", here)

    assert not report(app, SATURDAY + timedelta(minutes=59))
    assert report(app, SATURDAY + timedelta(hours=1))


def test_it_comes_once_a_week_whoever_asks_how_often(app, admins):
    assert report(app, TEN)
    for hours in (0, 1, 5, 23):
        assert not report(app, TEN + timedelta(hours=hours))
    with app.app_context():
        assert db.session.query(Mail).filter_by(kind="weekly-report").count() == 2

    assert report(app, TEN + timedelta(days=7))


def test_two_schedulers_at_once_send_it_once(app, admins):
    def one() -> bool:
        with app.app_context():
            sent = sweep.report_week()
            db.session.commit()
            return sent

    with time_machine.travel(TEN, tick=True):
        assert sorted(at_once([one, one, one])) == [False, False, True]

    with app.app_context():
        assert db.session.query(Mail).filter_by(kind="weekly-report").count() == 2


def test_the_scheduler_itself_sends_it(app, admins, monkeypatch):
    monkeypatch.setattr(sweep.time, "sleep", lambda seconds: None)
    rounds = iter([False, False, True])
    with time_machine.travel(TEN, tick=False):
        sweep.run(app, lambda: next(rounds))
        assert len([letter for letter in letters(app) if "from 2026-03-07" in letter["Subject"]]) == 2
