"""A new password for somebody who knows the old one: everybody else is logged out and the person is told."""

from __future__ import annotations

import pytest

from postways.db import db
from postways.models import Audit, Mail, Session, User
from tests.cast import PASSWORD, Browser
from tests.together import at_once, second_tab

CHANGE = "/password_change/"
NEW = "quiet harbour 9 lamps"


def change(browser, old=PASSWORD, new=NEW, again=None):
    data = {"old_password": old, "new_password": new, "new_password2": new if again is None else again}
    return browser.post(CHANGE, data, page=CHANGE)


def logged_in(browser):
    return "/logout/" in browser.get("/").text


def enters(app, password):
    answer = Browser(app).post("/login/", {"username": "ada", "password": password}, page="/login/")
    return answer.status_code == 303


def test_this_browser_stays_and_every_other_is_out(app, as_ada, as_ben):
    phone, thief = Browser(app).log_in("ada"), second_tab(as_ada)

    answer = change(as_ada)

    assert answer.location == "/settings/account/?notice=password-changed"
    assert logged_in(as_ada)
    assert logged_in(as_ben)
    assert not logged_in(phone)
    assert not logged_in(thief)  # the id changes, so a copied cookie is dead too
    assert enters(app, NEW)
    assert not enters(app, PASSWORD)


def test_the_person_is_told_and_it_is_written_down(app, ada, as_ada):
    change(as_ada)

    with app.app_context():
        assert [mail.user_id for mail in db.session.query(Mail).filter_by(kind="password-changed")] == [ada.id]
        entry = db.session.query(Audit).filter_by(kind="password-changed").one()
        assert (entry.actor_id, entry.target_id, entry.address) == (ada.id, ada.id, "127.0.0.1")
        assert db.session.get(User, ada.id).password_changed_at is not None


@pytest.mark.parametrize(
    ("old", "new", "again", "words"),
    [
        ("wrong", NEW, None, "not your password"),
        (PASSWORD + " ", NEW, None, "not your password"),
        ("", NEW, None, "present password"),
        (PASSWORD, "", None, "Choose a password"),
        (PASSWORD, "sh0rt!", None, "at least 8"),
        (PASSWORD, "password1", None, "lists that are tried first"),
        (PASSWORD, "1029384756473", None, "digits alone"),
        (PASSWORD, "x" * 1_025, None, "at most 1024"),
        (PASSWORD, NEW, NEW + " ", "not the same"),
        ("\x00", NEW, None, "not your password"),
    ],
)
def test_what_is_refused_changes_nothing_and_comes_back_empty(app, as_ada, old, new, again, words):  # noqa: PLR0917 a table
    phone = Browser(app).log_in("ada")

    answer = change(as_ada, old, new, again)

    assert answer.status_code == 422
    assert words in answer.text
    assert NEW not in answer.text
    assert PASSWORD not in answer.text
    assert logged_in(phone)
    assert enters(app, PASSWORD)


def test_a_password_of_emoji_and_blanks_is_taken_byte_for_byte(app, as_ada):
    assert change(as_ada, new="  🐦 née 鳥 \x00 ").status_code == 303

    assert not enters(app, "🐦 née 鳥 \x00")
    assert enters(app, "  🐦 née 鳥 \x00 ")


def test_guessing_the_old_one_is_slowed_down(as_ada):
    for _ in range(10):
        assert change(as_ada, "wrong").status_code == 422

    answer = change(as_ada)

    assert (answer.status_code, bool(answer.headers["Retry-After"])) == (429, True)


def test_of_two_tabs_that_change_it_at_once_one_wins(app, as_ada):
    tabs = [as_ada, Browser(app).log_in("ada")]
    tokens = [tab.token(CHANGE) for tab in tabs]

    def send(n):
        data = {"old_password": PASSWORD, "new_password": f"{NEW} {n}", "new_password2": f"{NEW} {n}"}
        return lambda: tabs[n].post(CHANGE, data, token=tokens[n]).headers.get("Location", "")

    won = ["password-changed" in place for place in at_once([send(0), send(1)])]

    assert sorted(won) == [False, True]  # the other is refused, or led to the log-in when it was slower than a log-out
    assert [enters(app, f"{NEW} {n}") for n in range(2)] == won
    with app.app_context():
        assert db.session.query(Mail).filter_by(kind="password-changed").count() == 1
        assert db.session.query(Session).count() == 2  # the winner's, and the one that looked
