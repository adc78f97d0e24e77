"""Who to follow: friends of friends, then who cares for the same, then who is popular; each with a reason."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
import time_machine
from rq import Queue
from rq.serializers import JSONSerializer

from postways import jobs, sweep
from postways.db import db, now
from postways.errors import Forbidden
from postways.models import Block, Follow, Guest, Mute, Suggestion, User
from tests.cast import Browser, make_post, make_user
from tests.together import at_once


@pytest.fixture
def people(app, ada, ben):
    """Ben follows dan and eve, who both follow fay; dan follows gus; hal is popular; everybody shared something."""
    names = ("dan", "eve", "fay", "gus", "hal")
    found = {name: make_user(app, name) for name in names} | {"ada": ada, "ben": ben}
    for name in names:
        make_post(app, found[name], likes=[ada, ben] if name == "hal" else [])
    follow(app, ("ben", "dan"), ("ben", "eve"), ("dan", "fay"), ("eve", "fay"), ("dan", "gus"), ("dan", "ben"))
    work_out(app, "ben")
    return found


def follow(app, *pairs):
    with app.app_context():
        for one, other in pairs:
            Follow.begin(User.named(one), User.named(other))
        db.session.commit()


def work_out(app, *names):
    """What scheduler and worker do."""
    jobs.use(app)
    with app.app_context():
        sweep.rank()
        ids = [User.named(name).id for name in names]
        db.session.rollback()
    for person_id in ids:
        jobs.suggest(person_id)


def said(suggestion):
    reason = suggestion.reason
    return (reason.one if reason.number == 1 else reason.many) % {"num": reason.number, **reason.names}


def found(app, name):
    """Whom, and why."""
    with app.app_context():
        return {one.person.username: said(one) for one in Suggestion.of(User.named(name))}


def act(app, verb, *names):
    with app.app_context():
        verb(*(User.named(name) for name in names))
        db.session.commit()


def test_friends_of_friends_come_before_the_popular_and_the_more_friends_the_sooner(app, people):
    assert list(found(app, "ben").items())[:4] == [
        ("fay", "Followed by dan and 1 other you follow"),
        ("gus", "Followed by dan"),
        ("hal", "Popular here"),
        ("zoe", "Popular here"),
    ]
    assert not {"ben", "dan", "eve", "ada"} & set(found(app, "ben"))  # ada has shared nothing


def test_somebody_new_meets_the_popular_at_once_and_nobody_the_private(app, people):
    make_user(app, "ida")
    act(app, lambda person: person.keep_private(True), "gus")

    assert list(found(app, "ida")) == ["fay", "dan", "eve", "hal", "zoe"]
    assert "gus" not in found(app, "ben")


def test_who_writes_of_the_same_is_suggested_with_the_tag(app, people):
    for name in ("ada", "eve"):
        make_post(app, people[name], title="Lines #street")

    work_out(app, "ada")

    assert found(app, "ada")["eve"] == "Shares photographs tagged #street, as you do"


@pytest.mark.parametrize(
    "verb",
    [
        lambda mod, ben, fay: Follow.begin(ben, fay),
        lambda mod, ben, fay: Block.begin(ben, fay),
        lambda mod, ben, fay: Block.begin(fay, ben),
        lambda mod, ben, fay: Mute.begin(ben, fay),
        lambda mod, ben, fay: fay.suspend(mod, "Spam."),
        lambda mod, ben, fay: fay.leave(),
        lambda mod, ben, fay: fay.keep_private(True),
        lambda mod, ben, fay: Suggestion.dismiss(ben, fay),
    ],
    ids=["followed", "blocked", "blocked by", "muted", "suspended", "left", "private", "dismissed"],
)
def test_who_must_not_be_suggested_is_gone_at_once_and_stays_away(app, people, mod, verb):
    assert "fay" in found(app, "ben")

    act(app, partial(verb, mod), "ben", "fay")

    assert "fay" not in found(app, "ben")
    work_out(app, "ben")
    assert "fay" not in found(app, "ben")


def test_the_friend_who_stands_for_it_is_named_only_while_followed(app, people):
    act(app, Follow.end, "ben", "dan")

    assert found(app, "ben")["gus"] == "Followed by 1 person you follow"
    work_out(app, "ben")
    assert found(app, "ben")["gus"] == "Popular here"


def test_it_is_worked_out_when_somebody_looks_and_it_is_old(app, people, as_ben):
    queue = Queue("default", connection=app.extensions["redis"], serializer=JSONSerializer)

    def rung():
        waiting = [job_id for job_id in queue.job_ids if job_id.startswith("suggest-")]
        queue.empty()
        return waiting

    as_ben.get("/people/suggested/")
    assert rung() == []
    follow(app, ("ben", "hal"))
    with time_machine.travel(now() + timedelta(seconds=31)):
        as_ben.get("/people/suggested/", HX_Request="true")
        assert rung() == [f"suggest-{people['ben'].id}"]
    work_out(app, "ben")
    with time_machine.travel(now() + timedelta(hours=1, seconds=1)):
        as_ben.get("/people/suggested/")
        assert rung() == [f"suggest-{people['ben'].id}"]


def test_the_page_the_column_and_home_without_scripts(people, as_ben, guest):
    page = as_ben.get("/people/suggested/").text
    beside = as_ben.get("/people/suggested/", HX_Request="true").text

    assert "Followed by dan and 1 other you follow" in page and "Popular here" in page
    assert beside.count("<li") == 4 and "<html" not in beside
    assert 'action="/@fay/follow/"' in beside and 'action="/@fay/dismiss/"' in beside
    assert '<a class="quiet" href="/people/suggested/">' in as_ben.get("/").text
    assert "/people/suggested/" not in guest.get("/").text


def test_an_empty_feed_says_whom_to_follow_and_a_full_one_keeps_it_beside(app, people, as_ben):
    as_ida = Browser(app).log_in(make_user(app, "ida").username)

    empty, full = as_ida.get("/feed/").text, as_ben.get("/feed/").text

    assert 'action="/@fay/follow/"' in empty and 'class="meet"' not in empty
    assert 'action="/@fay/follow/"' not in full and 'class="meet"' in full


def test_not_interested_is_said_once_and_for_good(app, people, as_ben, guest):
    for _ in range(2):
        answer = as_ben.click("/@fay/dismiss/")
        assert answer.status_code == 200 and "fay is not suggested to you any more." in answer.text
    plain = as_ben.post("/@hal/dismiss/", Referer="http://localhost/")

    assert (plain.status_code, plain.location) == (303, "/")
    assert as_ben.post("/@ben/dismiss/").status_code == 422
    assert as_ben.post("/@nobody/dismiss/").status_code == 404
    assert guest.post("/@fay/dismiss/").location.startswith("/login/")
    assert {"fay", "hal"}.isdisjoint(found(app, "ben"))
    assert "hal" in found(app, "ada")
    with app.app_context(), pytest.raises(Forbidden):
        Suggestion.dismiss(Guest(), User.named("fay"))


def test_many_at_once_keep_one_row_each(app, people):
    def work():
        jobs.suggest(people["ben"].id)

    def dismiss():
        act(app, Suggestion.dismiss, "ben", "fay")

    at_once([work, dismiss] * 5)

    assert "fay" not in found(app, "ben")
    assert "gus" in found(app, "ben")


def test_nobody_to_suggest_leads_somewhere(app, crowd):
    browser = Browser(app).log_in(make_user(app, "ida").username)

    assert 'href="/explore/"' in browser.get("/people/suggested/").text
    assert "<ul" not in browser.get("/people/suggested/", HX_Request="true").text


def test_it_costs_two_statements(people, as_ben, app):
    from tests.house.test_queries import statements

    with statements(app) as seen:
        as_ben.get("/people/suggested/")

    assert len(seen) <= 3, "\n".join(seen)
