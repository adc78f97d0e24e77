"""In development every mail is a file that can be read at /dev/mail/, on the same machine only."""

from __future__ import annotations

from dataclasses import replace

import pytest

from postways import jobs, mail
from postways.db import db
from postways.models import Mail
from tests.cast import letters


@pytest.fixture
def sent(app, ada, ben) -> None:
    with app.app_context():
        Mail.send("verify", ada)
        Mail.send("verify", ben)
        db.session.commit()
    letters(app)


def test_the_newest_mail_stands_on_top_and_can_be_read(guest, sent):
    page = guest.get("/dev/mail/").text
    assert page.index("ben@example.org") < page.index("ada@example.org")

    path = page.split('href="/dev/mail/')[1].split('"')[0]
    answer = guest.get(f"/dev/mail/{path}")

    assert 'href="http://localhost/email_verify/' in answer.text
    assert "<iframe sandbox" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", ["..%2fpostways.db", "none.eml", "%2e%2e", ".eml"])
def test_nothing_else_can_be_read(guest, sent, name):
    assert guest.get(f"/dev/mail/{name}/").status_code == 404


@pytest.mark.parametrize(
    ("environ", "headers"),
    [
        ({"REMOTE_ADDR": "192.0.2.1"}, {}),
        ({}, {"Host": "evil.example"}),
        ({}, {"Host": "localhost.evil.example:80"}),
        ({}, {"X-Forwarded-For": "192.0.2.1"}),
    ],
)
def test_nobody_reads_it_from_elsewhere(guest, sent, environ, headers):
    assert guest.client.get("/dev/mail/", environ_overrides=environ, headers=headers).status_code == 404


def test_nobody_reads_it_in_production(app, guest, sent, monkeypatch):
    monkeypatch.setitem(app.extensions, "config", replace(app.extensions["config"], env="production"))

    assert guest.get("/dev/mail/").status_code == 404


def test_a_mail_that_could_not_be_written_whole_leaves_nothing(app, ada, monkeypatch):
    with app.app_context():
        Mail.send("verify", ada)
        db.session.commit()

    def full(_: int) -> None:
        raise OSError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(mail.os, "fsync", full)
        assert letters(app) == []

    folder = app.extensions["config"].data_dir / "mail"
    assert list(folder.iterdir()) == []
    with app.app_context():
        assert db.session.query(Mail.state).scalar() == "waiting"
    assert jobs  # the worker lives
