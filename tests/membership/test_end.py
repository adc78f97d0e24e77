"""A membership ends by itself: told a week before and at the end, once, and over at that very moment everywhere."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
import time_machine

from postways import later, sweep
from postways.db import db, now
from postways.live.hub import Hub
from postways.live.stream import Stream
from postways.models import Audit, Mail, User
from tests.api.client import Client
from tests.cast import letters
from tests.membership.state import told, until
from tests.servers import own_hub
from tests.together import at_once

WEEK = timedelta(days=7)


@pytest.fixture
def clock():
    """Stands still until it is moved."""
    with time_machine.travel(now().replace(microsecond=0), tick=False) as traveller:
        yield traveller


def grant(app, name: str = "ada", **length: float) -> None:
    with app.app_context():
        User.named(name).become_premium(now() + timedelta(**length) if length else None, door="command")
        db.session.commit()


def tick(app) -> int:
    """What the scheduler does every few seconds."""
    with app.app_context():
        return sweep.tell_of_memberships()


def mailed(app, name: str = "ada") -> Counter[str]:
    """How many mails of which kind were asked for."""
    with app.app_context():
        kinds = db.session.query(Mail.kind).filter(
            Mail.kind.startswith("premium-"), Mail.user_id == User.named(name).id
        )
        return Counter(kind for (kind,) in kinds)


def test_a_mail_comes_a_week_before_the_end_and_one_at_the_end(app, ada, clock):
    grant(app, days=30)
    clock.shift(timedelta(days=23, seconds=-1))
    assert tick(app) == 0

    clock.shift(timedelta(seconds=1))
    assert [tick(app) for _ in range(3)] == [1, 0, 0]
    assert mailed(app) == {"premium-granted": 1, "premium-ends": 1}

    clock.shift(WEEK)
    assert [tick(app) for _ in range(3)] == [1, 0, 0]
    assert mailed(app) == {"premium-granted": 1, "premium-ends": 1, "premium-ended": 1}
    with app.app_context():
        entry = db.session.query(Audit).filter_by(kind="premium-ended").one()
        assert (entry.actor_id, entry.target_id) == (None, ada.id)
    texts = [letter.get_body(("plain",)).get_content() for letter in letters(app)]
    assert "ends on" in texts[1]
    assert "membership on Postways ended on" in texts[2]
    assert all("http://localhost/membership/" in text for text in texts)


def test_who_goes_on_is_reminded_before_the_new_end(app, ada, clock):
    grant(app, days=10)
    clock.shift(timedelta(days=4))
    assert tick(app) == 1

    grant(app, days=30)
    clock.shift(timedelta(days=6))
    assert tick(app) == 0  # the first end is none any more
    clock.shift(timedelta(days=17))
    assert tick(app) == 1
    assert mailed(app)["premium-ends"] == 2


def test_a_membership_of_less_than_a_week_is_told_by_the_mail_that_grants_it(app, ada, clock):
    grant(app, days=7)
    assert tick(app) == 0
    clock.shift(timedelta(days=3))
    assert tick(app) == 0
    clock.shift(timedelta(days=4))
    assert tick(app) == 1
    assert mailed(app) == {"premium-granted": 1, "premium-ended": 1}


def test_who_is_no_member_any_more_hears_nothing_of_an_end(app, ada, ben, clock):
    grant(app, days=10)
    grant(app)
    grant(app, "ben", days=10)
    with app.app_context():
        User.named("ben").leave()
        db.session.commit()
    before = told(app)

    for _ in range(2):
        clock.shift(timedelta(days=5))
        assert tick(app) == 0

    assert told(app) == before


def test_who_is_suspended_is_mailed_of_nothing_and_has_no_membership_left(app, ada, clock):
    grant(app, days=10)
    with app.app_context():
        User.named("ada").suspend(None, "Spam.")
        db.session.commit()
    clock.shift(timedelta(days=4))
    assert tick(app) == 0
    with app.app_context():
        User.named("ada").restore(None, "Enough.")
        db.session.commit()
    assert tick(app) == 1  # back before the end: told now
    with app.app_context():
        User.named("ada").suspend(None, "Spam again.")
        db.session.commit()
    clock.shift(timedelta(days=6))
    assert tick(app) == 1

    assert mailed(app) == {"premium-granted": 1, "premium-ends": 1}
    assert told(app)[0] == 2  # granted and ended


def test_four_schedulers_at_once_tell_each_once(app, ada, ben, clock):
    for name in ("ada", "ben", "zoe"):
        grant(app, name, days=8)
    for step in (timedelta(days=2), timedelta(days=6)):
        clock.shift(step)
        at_once([lambda: tick(app)] * 4)
        tick(app)

    for name in ("ada", "ben", "zoe"):
        assert mailed(app, name) == {"premium-granted": 1, "premium-ends": 1, "premium-ended": 1}
    with app.app_context():
        assert db.session.query(Audit).filter_by(kind="premium-ended").count() == 3


def test_a_scheduler_that_dies_in_between_has_told_nobody_and_the_next_tells_all(app, ada, clock, monkeypatch):
    grant(app, days=8)
    clock.shift(timedelta(days=8))
    with monkeypatch.context() as patch:
        patch.setattr("postways.models.membership.Mail.send", _dies)
        with app.app_context():
            with pytest.raises(ZeroDivisionError):
                sweep.tell_of_memberships()
            db.session.rollback()
    assert told(app) == (1, 1)

    assert tick(app) == 1
    assert told(app) == (2, 2)


def _dies(*_: object, **__: object) -> None:
    raise ZeroDivisionError


def test_it_is_over_at_that_very_moment_at_every_door_and_without_the_scheduler(app, ada, as_ada, clock):
    grant(app, days=1)
    program = Client.bearer(app, ada)
    clock.shift(timedelta(days=1, seconds=-1))
    assert "You are a premium member." in as_ada.get("/membership/").text
    end = until(app)

    clock.shift(timedelta(seconds=1))

    assert "You are no premium member any more." in as_ada.get("/membership/").text
    with app.app_context():
        assert not User.named("ada").premium
    assert program.get("users/me/").status_code == 401  # a token of a day ago
    assert Client.bearer(app, ada).get("users/me/").json["premium_until"] == end


def test_sooner_and_later_ends_are_told_of_anew(app, ada, clock):
    """A payment that fails shortens, one that comes after the end begins anew."""
    grant(app, days=30)
    grant(app, days=8)
    clock.shift(timedelta(days=2))
    assert tick(app) == 1
    clock.shift(timedelta(days=6))
    assert tick(app) == 1
    grant(app, days=8)
    clock.shift(timedelta(days=8))
    assert tick(app) == 1
    assert mailed(app) == {"premium-granted": 3, "premium-ends": 1, "premium-ended": 2}


# ---- open pages


@pytest.fixture
def hub(app) -> Hub:
    """A hub that reads only when a test says so."""
    with own_hub(app) as hub:
        yield hub


def heard(stream: Stream) -> list[bytes | None]:
    sent = []
    while not stream.queue.empty():
        sent.append(stream.queue.get_nowait())
    return sent


def test_an_open_page_hears_nothing_that_came_after_the_end(app, hub, ada, ben, clock):
    ends = Stream(ada.id, {}, home=False, until=now() + timedelta(seconds=10))
    stays = Stream(ben.id, {}, home=False)
    for stream in (ends, stays):
        hub.open(stream)
    clock.shift(timedelta(seconds=9))
    tell(app, ada, ben)
    hub._read()
    assert [len(heard(stream)) for stream in (ends, stays)] == [1, 1]

    clock.shift(timedelta(seconds=1))
    tell(app, ada, ben)
    hub._read()

    assert heard(ends) == [None]  # the end of the stream; the page comes back and asks anew
    assert len(heard(stays)) == 1


def tell(app, *people: User) -> None:
    with app.app_context():
        for person in people:
            later.tell("bell", person=person.id)
        db.session.commit()


def test_an_open_page_on_which_nothing_happens_is_cut_off_at_the_end_too(clock):
    stream = Stream(1, {}, home=False, until=now() + timedelta(seconds=5))
    assert stream._patience == 5
    clock.shift(timedelta(seconds=5))

    assert list(stream.events(b"first")) == [b"first"]


def test_grant_and_end_cut_open_pages_off_and_they_learn_it_when_they_come_back(app, hub, ada, as_ada, clock):
    for change in ({"seconds": 60}, {"days": 9}, {}, {"seconds": 60}):
        stream = Stream(ada.id, {}, home=False)
        hub.open(stream)
        grant(app, **change)
        hub._read()
        assert heard(stream)[-1:] == [None]
    clock.shift(timedelta(seconds=60))
    stream = Stream(ada.id, {}, home=False)
    hub.open(stream)
    tick(app)
    hub._read()
    assert heard(stream) == [None]
