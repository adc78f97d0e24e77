"""Taking a change of the address back: by the link to the old address, once, for a week, by whoever reads it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from postways.db import db, now
from postways.models import Audit, EmailChange, Passkey, RecoveryCode, Session, User
from tests.cast import PASSWORD, Browser, letters, link_in
from tests.together import at_once

NEW = "intruder@example.org"
REVERT = "/email_revert/"


def change(app, browser, email=NEW):
    """Ask for the address and press the button behind its link."""
    browser.post("/email_change/", {"new_email": email, "password": PASSWORD}, page="/email_change/")
    path = next(link_in(letter) for letter in reversed(letters(app)) if letter["To"] == email)
    assert browser.post(path, page="/theme/").status_code == 303


def notice(app, address="ada@example.org") -> str:
    """The path in the newest mail to the old address that takes the change back."""
    told = [letter for letter in letters(app) if letter["To"] == address and REVERT in letter.as_string()]
    return link_in(told[-1])


@pytest.fixture
def path(app, as_ada) -> str:
    change(app, as_ada)
    return notice(app)


def state(app, user):
    with app.app_context():
        found = db.session.get(User, user.id)
        return found.email, found.verified_at is not None, found.pending_email


def subjects(app, address):
    return [letter["Subject"] for letter in letters(app) if letter["To"] == address]


def test_the_button_puts_the_address_back_and_logs_everybody_out(app, ada, as_ada, guest, path):
    as_ada.post("/email_change/", {"new_email": "third@example.org", "password": PASSWORD})

    answer = guest.post(path)

    assert (answer.status_code, answer.location) == (303, "/login/?notice=email-back")
    assert "for a new password is on its way" in guest.get(answer.location).text
    assert state(app, ada) == ("ada@example.org", True, None)
    assert "/logout/" not in as_ada.get("/").text
    with app.app_context():
        assert db.session.query(Session).filter_by(user_id=ada.id).count() == 0
        assert db.session.query(Audit).filter_by(kind="email-change-undone", target_id=ada.id).count() == 1


def test_a_new_password_is_offered_and_the_other_address_is_told(app, ada, guest, path):
    guest.post(path)

    assert subjects(app, "ada@example.org")[-1] == "Your address is back: choose a new password"
    assert subjects(app, NEW)[-1] == "A change of address was taken back"
    reset = link_in(letters(app)[-2] if letters(app)[-1]["To"] == NEW else letters(app)[-1])
    new = "quiet harbour 9 lamps"
    assert guest.post(reset, {"new_password": new, "new_password2": new}).status_code == 303
    assert Browser(app).log_in("ada", new)


def test_opening_the_link_changes_nothing(app, ada, as_ada, guest, path):
    answer = guest.get(path)
    guest.client.head(path)

    for words in ("ada@example.org", "@ada", "take it back"):
        assert words in answer.text
    assert (answer.headers["Referrer-Policy"], answer.headers["Cache-Control"]) == ("no-referrer", "no-store")
    assert state(app, ada)[0] == NEW
    assert "/logout/" in as_ada.get("/").text


def test_it_works_once(app, ada, guest, path):
    guest.post(path)

    for answer in (guest.get(path), guest.post(path)):
        assert answer.status_code == 410
        assert "Mail me a link for a new password" in answer.text
        assert "mailto:" in answer.text


def test_of_many_at_once_one_is_the_first(app, ada, path):
    browsers = [Browser(app) for _ in range(8)]
    tokens = [browser.token() for browser in browsers]

    answers = at_once([lambda n=n: browsers[n].post(path, token=tokens[n]).status_code for n in range(8)])

    assert sorted(answers) == [303] + [410] * 7
    with app.app_context():
        assert db.session.query(Audit).filter_by(kind="email-change-undone").count() == 1


@pytest.mark.parametrize(("days", "status"), [(6.99, 200), (7.01, 410)])
def test_it_works_for_a_week(app, guest, path, days, status):
    with time_machine.travel(now() + timedelta(days=days), tick=False):
        assert guest.get(path).status_code == status


def test_after_a_week_the_old_address_is_forgotten(app, path):
    with app.app_context():
        assert EmailChange.forget_old() == 0
        with time_machine.travel(now() + timedelta(days=7, seconds=1), tick=False):
            assert EmailChange.forget_old() == 1


@pytest.mark.parametrize("forged", ["x", "{}x", "a{}", "{}."])
def test_a_link_that_was_changed_is_dead(app, ada, guest, path, forged):
    token = path.split("/")[2]

    assert guest.post(f"{REVERT}{forged.format(token)}/").status_code == 410
    assert state(app, ada)[0] == NEW


def test_links_of_other_purposes_do_not_open_it(app, ada, as_ada, guest, path):
    token = path.split("/")[2]
    guest.post("/password_reset/", {"email": NEW}, page="/password_reset/")
    reset = next(link_in(x) for x in letters(app) if "/password_reset/" in x.as_string() and x["To"] == NEW)

    assert guest.get(f"{REVERT}{reset.split('/')[2]}/").status_code == 410
    assert guest.get(f"/email_verify/{token}/").status_code == 410
    assert guest.get(f"/password_reset/{token}/").status_code == 410


def test_the_first_address_comes_back_over_several_changes_and_the_later_links_are_dead(app, ada, as_ada, guest, path):
    change(app, as_ada, "second@example.org")
    later = notice(app, NEW)

    assert guest.post(path).status_code == 303
    assert state(app, ada)[0] == "ada@example.org"
    assert guest.post(later).status_code == 410
    assert state(app, ada)[0] == "ada@example.org"


def test_what_was_added_to_log_in_with_is_gone_and_what_was_there_stays(app, ada, as_ada, guest):
    with app.app_context(), time_machine.travel(now() - timedelta(days=1)):
        Passkey.add(ada, b"own", b"key", 0, "Phone")
        db.session.commit()
    change(app, as_ada)
    with app.app_context():
        user = User.find(ada.id)
        Passkey.add(user, b"foreign", b"key", 0, "Intruder")
        user.add_totp("sealed", 1)
        Audit.note("second-factor-added", user, user, factor="app")
        RecoveryCode.renew(user)
        db.session.commit()

    guest.post(notice(app))

    with app.app_context():
        user = User.find(ada.id)
        assert [passkey.label for passkey in Passkey.of(user)] == ["Phone"]
        assert (user.totp_secret, RecoveryCode.left(user)) == ("", 0)


def test_an_address_that_somebody_else_has_by_now_is_not_taken_away(app, ada, as_ada, guest, path):
    data = {"username": "eva", "email": "ada@example.org", "password": PASSWORD, "password2": PASSWORD}
    assert Browser(app).post("/signup/", data, page="/signup/").status_code == 303

    answer = guest.post(path)

    assert answer.status_code == 409
    assert "Another account has that address by now" in answer.text
    assert "mailto:" in answer.text
    assert state(app, ada)[0] == NEW
    assert "/logout/" in as_ada.get("/").text


@pytest.mark.parametrize("state_now", ["suspended", "deleted"])
def test_for_an_account_that_is_closed_it_does_nothing(app, ada, guest, path, state_now):
    with app.app_context():
        user = User.find(ada.id)
        user.suspend(None, "Spam") if state_now == "suspended" else user.leave()
        db.session.commit()

    assert guest.post(path).status_code == 410


def test_somebody_elses_browser_is_told_whose_link_it_is_and_stays_logged_in(app, ada, as_ben, path):
    assert "You are logged in as @ben, but this link is for the account @ada" in as_ben.get(path).text

    answer = as_ben.post(path)

    assert (answer.status_code, answer.location) == (303, "/?notice=email-back-other")
    assert "/@ben/" in as_ben.get(answer.location).text
    assert state(app, ada)[0] == "ada@example.org"
    with app.app_context():
        assert db.session.query(User).filter_by(username="ben").one().email == "ben@example.org"


def test_somebody_else_who_opens_a_reset_or_email_link_stays_who_they_are(app, ada, as_ada, as_ben, guest):
    as_ada.post("/email_change/", {"new_email": NEW, "password": PASSWORD})
    asked = next(link_in(letter) for letter in letters(app) if letter["To"] == NEW)
    assert "but this link is for the account @ada" in as_ben.get(asked).text
    assert as_ben.post(asked).location == "/?notice=verified-other"
    assert state(app, ada)[0] == NEW

    guest.post("/password_reset/", {"email": NEW}, page="/password_reset/")
    reset = next(link_in(x) for x in letters(app) if "/password_reset/" in x.as_string() and x["To"] == NEW)
    assert "but this link is for the account @ada" in as_ben.get(reset).text
    new = "quiet harbour 9 lamps"
    answer = as_ben.post(reset, {"new_password": new, "new_password2": new})
    assert answer.location == "/?notice=password-reset-other"
    assert "/@ben/" in as_ben.get("/").text
    assert Browser(app).log_in("ada", new)
    assert Browser(app).log_in("ben", PASSWORD)


def test_a_dead_link_leads_to_a_new_one(app, ada, as_ada, guest):
    assert "/login/?next=/settings/account/" in guest.get("/email_verify/never-made/").text
    page = as_ada.get("/email_verify/never-made/").text
    assert "Mail a new link to ada@example.org" in page
    assert 'action="/email_verify/"' in page
    assert 'href="/password_reset/"' in guest.get("/password_reset/never-made/").text
