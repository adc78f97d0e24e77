"""Another address: only its own link makes it anybody's, and the old address hears of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from postways.db import db, now
from postways.models import Audit, User
from tests.cast import PASSWORD, Browser, letters, link_in, make_user
from tests.together import at_once

CHANGE = "/email_change/"
NEW = "new@example.org"


def ask(browser, email=NEW, password=PASSWORD):
    return browser.post(CHANGE, {"new_email": email, "password": password}, page=CHANGE)


def links_to(app, address):
    return [link_in(letter) for letter in letters(app) if letter["To"] == address and "link" in letter.as_string()]


def link_for(app, browser, email=NEW):
    assert ask(browser, email).status_code == 303
    return links_to(app, email)[-1]


def press(browser, path):
    return browser.post(path, page="/theme/")


def email_of(app, user):
    with app.app_context():
        return db.session.get(User, user.id).email


def test_the_button_behind_the_link_changes_it(app, ada, as_ada):
    path = link_for(app, as_ada)
    assert "new@example.org, once its link" in as_ada.get("/settings/account/").text
    page = Browser(app).get(path)
    assert (page.headers["Referrer-Policy"], page.headers["Cache-Control"]) == ("no-referrer", "no-store")
    assert NEW in page.text
    assert email_of(app, ada) == "ada@example.org"  # opening it changes nothing

    assert press(as_ada, path).status_code == 303

    assert email_of(app, ada) == NEW
    assert Browser(app).log_in(NEW)
    with app.app_context():
        assert db.session.get(User, ada.id).verified_at is not None
        entry = db.session.query(Audit).filter_by(kind="email-changed").one()
        assert (entry.actor_id, "@" in repr(entry.details)) == (ada.id, False)


def test_the_old_address_hears_of_the_wish_and_of_the_change(app, ada, as_ada):
    path = link_for(app, as_ada)
    told = [letter["Subject"] for letter in letters(app) if letter["To"] == "ada@example.org"]
    assert told == ["Another address was asked for"]
    assert not links_to(app, "ada@example.org") or path not in links_to(app, "ada@example.org")

    press(as_ada, path)

    told = [letter["Subject"] for letter in letters(app) if letter["To"] == "ada@example.org"]
    assert told == ["Another address was asked for", "Your address was changed"]


def test_a_link_works_once(app, ada, as_ada):
    path = link_for(app, as_ada)
    press(as_ada, path)

    for answer in (as_ada.get(path), press(as_ada, path)):
        assert answer.status_code == 410
    assert email_of(app, ada) == NEW


@pytest.mark.parametrize(("hours", "status"), [(23.9, 303), (24.1, 410)])
def test_a_link_works_for_a_day(app, ada, as_ada, hours, status):
    path = link_for(app, as_ada)
    with time_machine.travel(now() + timedelta(hours=hours), tick=False):
        assert press(Browser(app), path).status_code == status


def test_a_second_wish_ends_the_first(app, ada, as_ada):
    first = link_for(app, as_ada)
    second = link_for(app, as_ada, "other@example.org")

    assert press(as_ada, first).status_code == 410
    assert press(as_ada, second).status_code == 303
    assert email_of(app, ada) == "other@example.org"


def test_a_mail_that_went_out_late_holds_no_link_for_a_newer_wish(app, ada, as_ada):
    ask(as_ada)
    ask(as_ada, "other@example.org")

    late = next(letter for letter in letters(app) if letter["To"] == NEW)

    assert "/email_verify/" not in late.as_string()
    assert "Another address was asked for since" in late.get_body(("plain",)).get_content()


def test_a_new_password_ends_the_link(app, ada, as_ada):
    path = link_for(app, as_ada)
    new = "quiet harbour 9 lamps"
    data = {"old_password": PASSWORD, "new_password": new, "new_password2": new}
    assert as_ada.post("/password_change/", data).status_code == 303

    assert press(as_ada, path).status_code == 410


def test_links_of_other_purposes_do_not_open_it(app, ada, as_ada, guest):
    ask(as_ada)
    guest.post("/password_reset/", {"email": "ada@example.org"}, page="/password_reset/")
    token = links_to(app, NEW)[-1].strip("/").split("/")[-1]
    reset = next(link_in(x) for x in letters(app) if "/password_reset/" in x.as_string() and x["To"] != NEW)

    assert guest.get(f"/password_reset/{token}/").status_code == 410
    assert guest.get(f"/email_verify/{reset.strip('/').split('/')[-1]}/").status_code == 410


def test_of_two_who_want_the_same_address_one_gets_it(app, ada, ben, as_ada, as_ben):
    people = [as_ada, as_ben]
    for browser in people:
        ask(browser)
    paths = links_to(app, NEW)
    tokens = [browser.token() for browser in people]

    answers = at_once([lambda n=n: people[n].post(paths[n], token=tokens[n]) for n in range(2)])

    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert "Another account has that address now" in "".join(answer.text for answer in answers)
    assert sorted([email_of(app, ada), email_of(app, ben)])[1] == NEW


@pytest.mark.parametrize(
    ("email", "words"),
    [
        ("", "Type your new address"),
        ("ada", "not an email address"),
        ("a\x00@example.org", "not an email address"),
        ("🐦@", "not an email address"),
        ("x" * 250 + "@example.org", "at most 254"),
        ("ada@example.org", "your address already"),
        ("ADA@example.ORG", "your address already"),
        ("zoe@example.org", "Another account"),
        ("Zoe@Example.org", "Another account"),
    ],
)
def test_what_is_refused_comes_back_filled(app, as_ada, email, words):
    answer = ask(as_ada, email)

    assert answer.status_code == 422
    assert words in answer.text
    assert PASSWORD not in answer.text
    assert letters(app) == []


def test_it_needs_the_password(app, as_ada):
    answer = ask(as_ada, password="wrong")

    assert (answer.status_code, "not your password" in answer.text, NEW in answer.text) == (422, True, True)
    assert letters(app) == []


def test_five_wishes_in_five_minutes_are_enough(app, ada, as_ada, as_ben):
    for n in range(5):
        assert ask(as_ada, f"new{n}@example.org").status_code == 303
    answer = ask(as_ada)

    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 301
    assert ask(as_ben).status_code == 303
    with time_machine.travel(now() + timedelta(minutes=5, seconds=1), tick=False):
        assert ask(as_ada).status_code == 303


def test_whose_name_is_an_address_changes_the_name_first(app):
    make_user(app, "eva")
    with app.app_context():
        eva = User.named("eva")
        eva.username = eva.username_key = "eva@example.org"
        db.session.commit()

    assert "Change your username first" in ask(Browser(app).log_in("eva@example.org")).text
