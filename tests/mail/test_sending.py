"""Mail goes out once, from a worker, as text and HTML; a mail server that is away only delays it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from rq import Queue
from rq.serializers import JSONSerializer

from postways import jobs, mail, sweep
from postways.db import db, now
from postways.models import Mail, User
from postways.models.mail import GIVEN_UP_AFTER, KEPT, LEASE
from tests.cast import letters
from tests.clock import in_
from tests.mail.sink import Sink, sink
from tests.together import at_once


@pytest.fixture
def server(app: Flask, monkeypatch) -> Sink:
    """The mail server of the site."""
    with sink() as running:
        config = replace(app.extensions["config"], mail_url=running.url)
        monkeypatch.setitem(app.extensions, "config", config)
        monkeypatch.setitem(app.extensions, "mail", app.extensions["mail"])
        mail.init_app(app, config)
        jobs.use(app)
        yield running


@pytest.fixture
def asked(app: Flask, ada: User) -> int:
    """A mail to ada that waits."""
    with app.app_context():
        Mail.send("verify", ada)
        db.session.commit()
        return db.session.query(Mail.id).scalar()


def row(app: Flask, mail_id: int) -> Mail:
    with app.app_context():
        return db.session.get(Mail, mail_id)


def rung(app: Flask) -> list[str]:
    return Queue("mail", connection=app.extensions["redis"], serializer=JSONSerializer).job_ids


def test_a_mail_is_one_letter_in_text_and_html(app, server, asked):
    jobs.send_mail(asked)

    (letter,) = server.accepted
    assert letter["Subject"] == "Confirm your address for Postways"
    assert (letter["From"], letter["To"]) == ("postways@localhost", "ada@example.org")
    text, html = (letter.get_body((kind,)).get_content() for kind in ("plain", "html"))
    link = text.split("http://localhost/email_verify/")[1].split()[0]
    assert "@ada" in text
    assert f'href="http://localhost/email_verify/{link.split("/")[0]}' in html
    assert row(app, asked).state == "sent"


def test_asking_talks_to_no_mail_server(app, server, ada):
    server.shutdown()
    server.server_close()

    with app.app_context():
        Mail.send("verify", ada)
        db.session.commit()

    assert rung(app) == ["send_mail-1"]


@pytest.mark.parametrize("mood", ["busy", "away"])
def test_what_the_server_does_not_take_waits_longer_each_time_and_goes_out_in_the_end(
    app, server, asked, mood, monkeypatch
):
    server.mood = mood
    if mood == "away":
        monkeypatch.setattr(app.extensions["mail"], "port", 9)
    pauses, moment = [], now()
    for _ in range(12):
        with time_machine.travel(moment, tick=False):
            jobs.send_mail(asked)
        waiting = row(app, asked)
        assert waiting.state == "waiting"
        pauses.append(waiting.due_at - moment)
        moment = waiting.due_at
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[1], pauses[-1]) == (timedelta(seconds=15), timedelta(seconds=30), timedelta(minutes=30))
    assert server.accepted == []

    server.mood = "kind"
    monkeypatch.undo()
    config = replace(app.extensions["config"], mail_url=server.url)
    monkeypatch.setitem(app.extensions, "config", config)
    mail.init_app(app, config)
    with time_machine.travel(moment, tick=False):
        jobs.send_mail(asked)
    assert (len(server.accepted), row(app, asked).state) == (1, "sent")


def test_before_its_time_it_is_left_alone(app, server, asked):
    server.mood = "busy"
    jobs.send_mail(asked)
    server.mood = "kind"

    jobs.send_mail(asked)

    assert (server.accepted, row(app, asked).tries) == ([], 1)


def test_two_workers_send_it_once(app, server, asked):
    at_once([lambda: jobs.send_mail(asked) for _ in range(4)])

    assert len(server.accepted) == 1


def test_a_server_that_hangs_up_after_it_accepted_gets_no_second_copy(app, server, asked):
    server.mood = "rude"

    jobs.send_mail(asked)

    assert (len(server.accepted), row(app, asked).state) == (1, "sent")


def test_a_mail_whose_worker_died_is_sent_by_another(app, server, asked):
    with app.app_context():
        assert db.session.get(Mail, asked).claim(now())
        db.session.commit()
    jobs.send_mail(asked)
    assert server.accepted == []

    with in_(seconds=LEASE.total_seconds() + 1):
        jobs.send_mail(asked)

    assert len(server.accepted) == 1


def test_a_mail_that_can_not_be_written_waits_too(app, server, ada):
    with app.app_context():
        Mail.send("no-such-kind", ada)
        db.session.commit()

    jobs.send_mail(1)

    assert row(app, 1).state == "waiting"


def test_after_three_days_it_is_given_up(app, server, asked):
    server.mood = "busy"
    with in_(seconds=GIVEN_UP_AFTER.total_seconds() + 1):
        jobs.send_mail(asked)

    assert row(app, asked).state == "failed"


def test_the_log_names_neither_address_nor_token(app, server, asked, caplog):
    server.mood = "busy"
    with caplog.at_level("DEBUG"):
        jobs.send_mail(asked)

    assert "has to wait" in caplog.text
    assert "@example.org" not in caplog.text
    assert "email_verify" not in caplog.text


def test_a_mail_that_redis_forgot_is_rung_again_when_it_is_due(app, asked):
    app.extensions["redis"].flushall()
    with app.app_context():
        sweep.put_back()
        assert rung(app) == []
        with in_(seconds=6):
            sweep.put_back()

    assert rung(app) == [f"send_mail-{asked}"]


def test_what_has_gone_is_forgotten_after_a_week(app, asked):
    letters(app)
    with app.app_context():
        with in_(seconds=KEPT.total_seconds() - 60):
            sweep.forget()
            assert db.session.query(Mail).count() == 1
        with in_(seconds=KEPT.total_seconds() + 60):
            sweep.forget()
            assert db.session.query(Mail).count() == 0


def test_a_name_in_a_mail_is_text_in_both_forms(app, ada):
    with app.app_context():
        User.find(ada.id).display_name = "<b>Ada</b>\nBcc: x@example.org"
        Mail.send("verify", ada)
        db.session.commit()

    (letter,) = letters(app)

    assert "&lt;b&gt;Ada&lt;/b&gt;" in letter.get_body(("html",)).get_content()
    assert "<b>Ada</b>" in letter.get_body(("plain",)).get_content()
    assert letter["Bcc"] is None
