"""Everybody reads and types days and times by a clock of their own choice, else by the site's; each says whose."""

from __future__ import annotations

import re
import zoneinfo
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from postways import zones
from postways.db import db, now
from postways.errors import Refused
from postways.models import Audit, Conversation, Copy, Mute, Post, User
from tests.auth.test_signup import sign_up
from tests.cast import Browser, letters, make_post

TOKYO = "Asia/Tokyo"  # nine hours before UTC, summer and winter
LATE = datetime(2026, 3, 1, 15, 30, tzinfo=UTC)  # half past midnight there, on the second of March


def choose(browser: Browser, zone: str):
    return browser.post("/theme/", {"theme": "system", "time_zone": zone}, page="/theme/")


def become(app, name: str, **values: str) -> None:
    with app.app_context():
        db.session.execute(update(User).where(User.username == name).values(**values))
        db.session.commit()


def chosen(app, name: str = "ada") -> str:
    with app.app_context():
        return User.named(name).time_zone


def selected(browser: Browser) -> list[str]:
    return re.findall(r"<option[^>]* selected>([^<]+)", browser.get("/theme/").text)


@pytest.fixture
def in_tokyo(as_ada) -> Browser:
    assert choose(as_ada, TOKYO).status_code == 303
    return as_ada


def test_a_zone_is_chosen_kept_and_given_up(app, as_ada):
    assert selected(as_ada) == [] and "As this site (UTC)" in as_ada.get("/theme/").text

    assert choose(as_ada, TOKYO).location == "/theme/"
    assert (chosen(app), selected(as_ada)) == (TOKYO, [TOKYO])
    as_ada.post("/theme/", {"theme": "dark"})  # a form that does not speak of it
    assert chosen(app) == TOKYO

    choose(as_ada, "")
    assert (chosen(app), selected(as_ada)) == ("", [])


@pytest.mark.parametrize(
    "zone", ["Mars/Olympus", "localtime", "posix/Asia/Tokyo", "asia/tokyo", "a" * 200, "\x00", "Etc/GMT+5"]
)
def test_a_zone_that_is_not_offered_is_refused_by_its_field(app, in_tokyo, zone):
    answer = choose(in_tokyo, zone)

    assert answer.status_code == 422
    assert "Choose a time zone from the list." in answer.text and 'aria-invalid="true"' in answer.text
    assert chosen(app) == TOKYO and re.findall(r"<option[^>]* selected>([^<]+)", answer.text) == [TOKYO]


@pytest.mark.parametrize(
    ("earlier", "today"),
    [
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("America/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("Asia/Saigon", "Asia/Ho_Chi_Minh"),
        ("America/Godthab", "America/Nuuk"),
        ("US/Eastern", "America/New_York"),
    ],
)
def test_browsers_may_say_the_name_that_a_zone_had_before(app, guest, crowd, earlier, today):
    sign_up(guest, time_zone=earlier)

    assert chosen(app, "grace") == today and selected(guest) == [today]


@pytest.mark.parametrize("places", [zoneinfo.TZPATH, ()], ids=["as here", "on a machine that knows none"])
def test_every_zone_that_is_offered_is_one_and_is_kept_whole(places):
    zoneinfo.reset_tzpath(to=places)
    zoneinfo.ZoneInfo.clear_cache()
    try:
        for name in zones.CHOICES:
            assert zones.named(name).key == name and len(name) <= zones.LONGEST_ZONE
    finally:
        zoneinfo.reset_tzpath()
        zoneinfo.ZoneInfo.clear_cache()


def test_a_zone_that_maps_have_given_up_is_the_sites_again(app, as_ada, ada):
    become(app, "ada", time_zone="Asia/Atlantis")
    assert as_ada.get("/messages/?box=sent").status_code == 200
    assert "Day (UTC)" in as_ada.get("/messages/?box=sent").text


def test_visitors_have_none_to_choose(guest):
    assert "time_zone" not in guest.get("/theme/").text
    assert choose(guest, TOKYO).status_code == 303


@pytest.mark.parametrize(("sent", "kept"), [(TOKYO, TOKYO), ("", ""), ("Mars/Olympus", ""), ("x" * 5_000, "")])
def test_who_signs_up_brings_the_zone_of_the_device(app, guest, crowd, sent, kept):
    assert 'name="time_zone" data-zone' in guest.get("/signup/").text

    assert sign_up(guest, time_zone=sent).status_code == 303
    assert chosen(app, "grace") == kept


def test_messages_stand_by_the_readers_clock_and_day(app, in_tokyo, as_ben, ada, ben):
    with app.app_context():
        message = Conversation.write(User.named("ben"), User.named("ada"), "Good night")
        db.session.execute(update(Copy).where(Copy.message_id == message.id).values(created_at=LATE))
        message.created_at = LATE
        db.session.commit()

    hers, his = in_tokyo.get("/messages/ben/").text, as_ben.get("/messages/ada/").text
    assert ">00:30</time>" in hers and 'data-day="2026-03-02"' in hers and TOKYO in hers
    assert ">15:30</time>" in his and 'data-day="2026-03-01"' in his and TOKYO not in his

    found = in_tokyo.get("/messages/?box=received&date=2026-03-02").text
    assert "Good night" in found and f"2 Mar 2026 00:30 ({TOKYO})" in found and f"Day ({TOKYO})" in found
    assert "Good night" not in in_tokyo.get("/messages/?box=received&date=2026-03-01").text
    assert "Good night" in as_ben.get("/messages/?box=sent&date=2026-03-01").text


def test_a_post_appears_when_the_authors_clock_says_so(app, in_tokyo, ada):
    at = (now() + timedelta(days=2)).replace(hour=15, minute=30, second=0, microsecond=0)
    typed = f"{at + timedelta(hours=9):%Y-%m-%dT%H:%M}"
    form = {"title": "Soon", "action": "publish", "publish_at": typed, "key": "soon"}
    answer = in_tokyo.post("/posts/add/", form, page="/posts/add/")

    number = int(answer.location.split("/")[2])
    with app.app_context():
        assert Post.find(number, User.named("ada")).publish_at == at
    assert f"00:30 ({TOKYO})" in in_tokyo.get(f"/posts/{number}/").text
    edit = in_tokyo.get(f"/posts/{number}/edit/").text
    assert f'value="{typed}"' in edit and f"By your clock ({TOKYO})" in edit


def test_a_word_is_muted_until_the_day_ends_where_one_is(app, in_tokyo, ada):
    in_tokyo.post("/settings/privacy/words/", {"word": "rain", "until": "2099-03-01"}, page="/settings/privacy/")

    with app.app_context():
        (mute,) = Mute.words_of(User.named("ada"))
        assert mute.until == datetime(2099, 3, 1, 15, tzinfo=UTC)
    assert f"2 Mar 2099 00:00 ({TOKYO})" in in_tokyo.get("/settings/privacy/").text


def test_mails_tell_times_by_the_clock_of_whom_they_are_for(app, in_tokyo, ada):
    with app.app_context():
        User.named("ada").become_premium(datetime(2099, 1, 31, 15, 30, tzinfo=UTC), None, door="page")
        db.session.commit()

    (letter,) = letters(app)
    for kind in ("plain", "html"):
        assert f"1 Feb 2099 00:30 ({TOKYO})" in letter.get_body((kind,)).get_content()
    assert f"1 Feb 2099 00:30 ({TOKYO})" in in_tokyo.get("/membership/").text


def test_the_staff_types_and_reads_days_by_their_own_clock(app, ada, mod, as_mod):
    become(app, "mod", role="admin")
    with app.app_context():
        Audit.note("warned", User.named("mod"), User.named("ada"))
        db.session.flush()
        db.session.execute(update(Audit).where(Audit.kind == "warned").values(at=LATE))
        db.session.commit()
    choose(as_mod, TOKYO)

    record = as_mod.get("/moderation/log/?kind=warned&from=2026-03-02&to=2026-03-02").text
    assert "2026-03-02 00:30:00" in record and f"When ({TOKYO})" in record
    assert "00:30:00" not in as_mod.get("/moderation/log/?kind=warned&to=2026-03-01").text
    page = f"/moderation/people/{ada.id}/"
    as_mod.post(f"{page}premium/", {"premium_until": "2099-03-01"}, page=page)
    shown = as_mod.get(page).text
    assert f"1 Mar 2099 23:59 ({TOKYO})" in shown and 'value="2099-03-01"' in shown
    with app.app_context():
        assert User.named("ada").premium_until == datetime(2099, 3, 1, 14, 59, 59, tzinfo=UTC)


def test_what_is_rendered_once_for_all_readers_has_one_date(app, in_tokyo, guest, as_ben, ada):
    """Cards are kept: whoever looks first must not decide the day that others read."""
    post = make_post(app, ada, title="Long ago")
    with app.app_context():
        db.session.execute(update(Post).where(Post.id == post.id).values(published_at=LATE))
        db.session.commit()
    days = {re.search(r">(\d+ Mar 2026)</time>", browser.get("/").text)[1] for browser in (in_tokyo, guest, as_ben)}

    assert days == {"1 Mar 2026"}


@pytest.mark.parametrize("day", ["9999-12-31", "9001-01-01", "0001-01-01", "1969-12-31"])
def test_a_day_beyond_every_calendar_is_refused_by_its_field_at_every_door(app, in_tokyo, ada, as_mod, day):
    muted = in_tokyo.post("/settings/privacy/words/", {"word": "rain", "until": day}, page="/settings/privacy/")
    page = f"/moderation/people/{ada.id}/"
    form = {"reason": "To see whether it works.", "until": day}
    suspended = as_mod.post(f"{page}suspend/", form, page=page)

    for answer in (muted, suspended):
        assert answer.status_code == 422
        assert "Write a day between the years 1970 and 9000." in answer.text and day in answer.text


def test_programs_mute_up_to_the_year_9000_too(app, ada):
    with app.app_context():
        person = User.named("ada")
        Mute.begin_word(person, "rain", datetime(9000, 12, 31, tzinfo=UTC))
        with pytest.raises(Refused) as refused:
            Mute.begin_word(person, "snow", datetime(9999, 12, 31, 23, 59, tzinfo=UTC))
    assert refused.value.field == "until"
