"""Somebody suspended who gives the right password hears why, for how long, and whom to answer; nobody else does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from postways.db import db, now
from postways.models import Audit, User
from tests.cast import PASSWORD, TOKEN, Browser, letters

REASON = "Spam <b>everywhere</b>"
COMMON = "Username or password are not right"


def suspend(app, user, days: int | None = None) -> None:
    with app.app_context():
        User.find(user.id).suspend(None, REASON, now() + timedelta(days=days) if days else None)
        db.session.commit()


def log_in(guest: Browser, name: str = "ada", password: str = PASSWORD):
    return guest.post("/login/", {"username": name, "password": password}, page="/login/")


@pytest.mark.parametrize("name", ["ada", "ADA", "ada@example.org"])
def test_the_right_password_is_told_why_and_whom_to_answer(app, ada, guest, name):
    suspend(app, ada)

    answer = log_in(guest, name)

    assert answer.status_code == 422
    for words in ("This account is suspended", "Spam &lt;b&gt;everywhere", "To answer, write to", "mailto:postways@"):
        assert words in answer.text
    assert COMMON not in answer.text
    assert "/logout/" not in guest.get("/").text
    with app.app_context():
        entry = db.session.query(Audit).filter_by(kind="log-in-failed").one()
        assert (entry.target_id, entry.details) == (ada.id, {"suspended": True})


def test_an_end_is_told(app, ada, guest):
    suspend(app, ada, days=3)

    assert "You can log in again on" in log_in(guest).text


def test_a_wrong_password_hears_what_everybody_hears(app, ada, ben, guest):
    suspend(app, ada)
    names = ("ada", "ben", "eve")
    pages = [TOKEN.sub("", log_in(guest, name, "wrong words 7").text).replace(f'value="{name}"', "") for name in names]

    assert COMMON in pages[0]
    assert "suspended" not in pages[0]
    assert pages[0] == pages[1] == pages[2]


def test_somebody_deleted_hears_what_everybody_hears(app, ada, guest):
    suspend(app, ada)
    with app.app_context():
        User.find(ada.id).leave()
        db.session.commit()

    assert COMMON in log_in(guest).text


def test_the_mail_says_whom_to_answer(app, ada):
    suspend(app, ada)

    letter = letters(app)[-1]

    assert letter["Subject"] == "Your account is suspended"
    for kind in ("plain", "html"):
        assert "To answer, write to the people who run the site" in letter.get_body((kind,)).get_content()
        assert "postways@localhost" in letter.get_body((kind,)).get_content()
