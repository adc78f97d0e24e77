"""Views: once a person or visitor and day, counted behind the pages, told to the author, and nobody's trace."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from redis.exceptions import ConnectionError as Away
from sqlalchemy import text

from postways import sweep, viewing
from postways.db import db, now
from postways.models import Post, View
from tests.cast import Browser, make_post
from tests.house.test_queries import statements
from tests.together import at_once

READER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def post(app, ada):
    return make_post(app, ada, pictures=1)


def counted(app, post):
    """The number after the scheduler went by."""
    with app.app_context():
        sweep.count_views()
        return db.session.query(Post.view_count).filter_by(id=post.id).scalar()


def look(browser, post, page="", **headers):
    browser.get(f"/posts/{post.id}/{page}", **{"User_Agent": READER, **headers}).close()


def test_a_person_and_a_visitor_count_once_a_day_however_often_they_look(app, as_ben, guest, post):
    for _ in range(3):
        for browser in (as_ben, guest):
            look(browser, post)
            look(browser, post, "photos/1/")
        assert counted(app, post) == 2
    with time_machine.travel(now() + timedelta(days=1)):
        look(guest, post)
        assert counted(app, post) == 3


def test_another_browser_or_address_is_another_visitor_and_a_person_is_one_everywhere(app, as_ben, ben, guest, post):
    look(guest, post)
    look(guest, post, User_Agent="Another browser")
    guest.client.environ_base["REMOTE_ADDR"] = "198.51.100.7"
    look(guest, post)
    assert counted(app, post) == 3
    look(as_ben, post)
    look(Browser(app).log_in("ben"), post, User_Agent="Another browser")
    assert counted(app, post) == 4


def test_only_who_wants_to_see_it_counts(app, as_ada, guest, post):
    look(as_ada, post)  # its author
    for headers in (
        {"User_Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"User_Agent": "curl/8.5.0"},
        {"User_Agent": ""},
        {"Sec_Purpose": "prefetch"},
        {"Sec_Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
        {"HX_Request": "true"},
    ):
        look(guest, post, "?since=0" if "HX_Request" in headers else "", **headers)
    guest.client.head(f"/posts/{post.id}/", headers={"User-Agent": READER}).close()
    guest.get("/", User_Agent=READER).close()

    assert app.extensions["redis"].scard(viewing.PENDING) == 0
    assert counted(app, post) == 0


def test_what_can_not_be_seen_is_not_counted(app, ada, mod, as_mod, guest, post):
    draft = make_post(app, ada, published=False)
    look(as_mod, draft)
    look(guest, draft)

    assert app.extensions["redis"].scard(viewing.PENDING) == 0


def test_its_author_and_staff_are_told_and_nobody_else(app, as_ada, as_ben, as_mod, guest, post):
    look(as_ben, post)
    counted(app, post)

    told = ["Seen 1 time" in who.get(f"/posts/{post.id}/").text for who in (as_ada, as_mod, as_ben, guest)]

    assert told == [True, True, False, False]


def test_a_page_costs_no_statement_more_and_stands_while_redis_is_away(app, as_ben, post, monkeypatch):
    with statements(app) as seen:
        look(as_ben, post)
    assert len(seen) <= 4, "\n".join(seen)

    def away(*_):
        raise Away

    monkeypatch.setattr(app.extensions["viewing"]._redis, "scard", away)
    assert as_ben.get(f"/posts/{post.id}/", User_Agent=READER).status_code == 200


@pytest.mark.parametrize("moment", ["before the commit", "after the commit"])
def test_a_count_that_is_cut_off_is_neither_lost_nor_made_twice(app, as_ben, guest, post, monkeypatch, moment):
    other = make_post(app, post.author)
    for browser in (as_ben, guest):
        look(browser, post)
        look(browser, other)

    class Killed(BaseException):
        pass

    def dies(*_):
        raise Killed

    with monkeypatch.context() as patch, app.app_context():
        patch.setattr(*_where(moment), dies)
        with pytest.raises(Killed):
            sweep.count_views()
        db.session.rollback()

    assert counted(app, post) == 2
    assert counted(app, other) == 2
    assert app.extensions["redis"].scard(viewing.PENDING) == 0


def _where(moment):
    return (db.session, "commit") if moment == "before the commit" else (viewing, "done")


def test_two_schedulers_at_once_count_each_view_once(app, guest, post):
    for number in range(20):
        look(guest, post, User_Agent=f"{READER} {number}")

    def work():
        with app.app_context():
            return sweep.count_views()

    assert sum(at_once([work] * 4)) == 20
    assert counted(app, post) == 20


def test_nothing_of_the_viewer_is_kept_and_the_day_is_forgotten(app, guest, post):
    guest.client.environ_base["REMOTE_ADDR"] = "198.51.100.7"
    look(guest, post)
    entries = app.extensions["redis"].smembers(viewing.PENDING)
    assert not any(b"198.51" in entry or b"Firefox" in entry for entry in entries)
    assert 0 < app.extensions["redis"].ttl(f"{viewing.PENDING}:salt:{now():%Y-%m-%d}") <= 24 * 3600
    assert counted(app, post) == 1
    with app.app_context():
        assert "198.51" not in str(db.session.execute(text("SELECT * FROM views")).all())

    with time_machine.travel(now().replace(hour=1, minute=59) + timedelta(days=1)):
        counted(app, post)
        with app.app_context():
            assert db.session.query(View).count() == 1
    with time_machine.travel(now().replace(hour=2, minute=1) + timedelta(days=1)):
        counted(app, post)
        with app.app_context():
            assert db.session.query(View).count() == 0


def test_what_comes_too_late_or_makes_no_sense_or_has_gone_is_dropped(app, ada, guest, as_ben, post):
    look(guest, post)
    gone = make_post(app, ada)
    look(as_ben, gone)
    app.extensions["redis"].sadd(
        viewing.PENDING, "nonsense", "2026-13-01 1 x", b"\xff", f"2020-01-01 {post.id} {'a' * 24}"
    )
    with app.app_context():
        Post.find(gone.id, ada).purge()
        db.session.commit()

    assert counted(app, post) == 1
    assert app.extensions["redis"].scard(viewing.PENDING) == 0
