"""A forgotten password: the same answer for everybody, one link that works once, and everybody else is out."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier

import pytest
import time_machine

from postways.db import db, now
from postways.models import Audit, Mail, Session, User
from tests.cast import PASSWORD, Browser, letters, link_in, make_user
from tests.clock import in_
from tests.house.test_queries import statements
from tests.together import at_once

NEW = "a new horse 9 battery"


def ask(browser: Browser, email: str = "ada@example.org"):
    return browser.post("/password_reset/", {"email": email}, page="/password_reset/")


def choose(browser: Browser, path: str, password: str = NEW, again: str | None = None):
    data = {"new_password": password, "new_password2": password if again is None else again}
    return browser.post(path, data, page="/login/")


@pytest.fixture
def path(app, ada, ben, guest) -> str:
    """Where the mail to ada leads."""
    ask(guest)
    (letter,) = letters(app)
    assert letter["To"] == "ada@example.org"
    return link_in(letter)


def may_come_in(app, name: str, password: str) -> bool:
    answer = Browser(app).post("/login/", {"username": name, "password": password}, page="/login/")
    return answer.status_code == 303


def test_the_link_sets_a_new_password_and_everybody_is_out(app, as_ada, as_ben, path):
    elsewhere = Browser(app).log_in("ben")
    guest = Browser(app)
    page = guest.get(path)
    assert (page.headers["Referrer-Policy"], page.headers["Cache-Control"]) == ("no-referrer", "no-store")

    answer = choose(guest, path)

    assert (answer.status_code, answer.location) == (303, "/login/?notice=password-reset")
    assert "Your password is changed" in guest.get(answer.location).text
    assert "/logout/" not in as_ada.get("/").text
    assert "/logout/" in elsewhere.get("/").text
    assert may_come_in(app, "ada", NEW)
    assert not may_come_in(app, "ada", PASSWORD)
    assert [letter["Subject"] for letter in letters(app)][-1] == "Your password was changed"
    with app.app_context():
        assert db.session.query(Audit).filter_by(kind="password-reset", target_id=2).count() == 1


@pytest.fixture
def as_ada(app, ada) -> Browser:
    """Ada logs in before she asks: a login after it would end the link."""
    return Browser(app).log_in("ada")


def test_a_link_works_once(app, guest, path):
    assert choose(guest, path).status_code == 303

    assert guest.get(path).status_code == 410
    assert guest.post(path, {"new_password": PASSWORD, "new_password2": PASSWORD}).status_code == 410
    assert may_come_in(app, "ada", NEW)


def test_a_link_used_twice_at_once_works_once(app, path, monkeypatch):
    browsers = [Browser(app) for _ in range(2)]
    tokens = [browser.token(path) for browser in browsers]
    both = Barrier(2)

    def hashed(password: str) -> str:
        both.wait(timeout=30)  # by now each has seen that the link works
        return f"hash of {password}"

    monkeypatch.setattr("postways.auth.passwords.hashed", hashed)

    def use(n: int) -> int:
        password = f"a new horse {n} battery"
        data = {"new_password": password, "new_password2": password}
        return browsers[n].post(path, data, token=tokens[n]).status_code

    assert sorted(at_once([lambda: use(0), lambda: use(1)])) == [303, 410]


@pytest.mark.parametrize("event", ["password", "email", "login", "newer", "suspended"])
def test_a_link_is_dead_after(app, guest, path, event):
    with app.app_context():
        ada = User.named("ada")
        match event:
            case "password":
                ada.password_hash = "another"
            case "email":
                ada.email = ada.email_key = "new@example.org"
            case "suspended":
                ada.suspended_at = now()
        db.session.commit()
    if event == "login":
        Browser(app).log_in("ada")
    if event == "newer":
        ask(guest)

    assert guest.get(path).status_code == 410
    assert choose(guest, path).status_code == 410
    if event == "newer":
        assert choose(guest, link_in(letters(app)[-1])).status_code == 303


def test_a_link_dies_after_an_hour(app, guest, path):
    with in_(minutes=59):
        assert guest.get(path).status_code == 200
    with in_(minutes=61):
        assert choose(guest, path).status_code == 410


def test_a_link_that_confirms_an_address_sets_no_password(app, as_ben, guest):
    as_ben.post("/email_verify/")
    token = link_in(letters(app)[-1]).split("/")[2]

    assert choose(guest, f"/password_reset/{token}/").status_code == 410


def test_asking_changes_nothing_for_the_person(app, as_ada, path):
    assert "/logout/" in as_ada.get("/").text
    assert may_come_in(app, "ada", PASSWORD)


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        ("", "", "Choose a password"),
        ("short", None, "at least 8"),
        ("password1", None, "tried first"),
        ("31415926535", None, "digits alone"),
        (NEW, "something else", "not the same"),
        ("x1" * 513, None, "at most 1024"),
    ],
)
def test_a_bad_new_password_stands_beside_its_field_and_the_link_lives_on(guest, path, password, again, said):
    answer = choose(guest, path, password, again)

    assert answer.status_code == 422
    assert said in answer.text
    assert NEW not in answer.text
    assert choose(guest, path).status_code == 303


@pytest.mark.parametrize("email", ["ada@example.org", "ADA@Example.org ", "nobody@example.org", "sus@example.org"])
def test_known_and_unknown_get_the_same_answer(app, ada, guest, email):
    make_user(app, "sus")
    with app.app_context():
        User.named("sus").suspended_at = now()
        db.session.commit()

    answer = ask(guest, email)

    assert (answer.status_code, answer.location) == (303, "/password_reset/?sent=1")
    page = guest.get(answer.location).text
    assert "If an account has that address" in page
    assert email.strip() not in page
    assert len(letters(app)) == email.strip().lower().startswith("ada")


def test_known_and_unknown_take_the_same_steps(app, ada):
    steps = []
    for email in ("ada@example.org", "nobody@example.org"):
        browser = Browser(app)
        token = browser.token("/password_reset/")
        with statements(app) as seen:
            browser.post("/password_reset/", {"email": email}, token=token)
        steps.append(seen)

    assert steps[0] == steps[1]
    with app.app_context():
        assert db.session.query(Mail).count() == 2


@pytest.mark.parametrize("email", ["", "nowhere", "x" * 300 + "@example.org"])
def test_what_is_no_address_is_refused_with_what_was_typed(guest, crowd, email):
    answer = ask(guest, email)

    assert answer.status_code == 422
    assert f'value="{email}"' in answer.text


def test_five_a_day_for_one_address_from_wherever(app, ada, ben):
    def ask_from(address: str, email: str = "ada@example.org"):
        browser = Browser(app)
        environ = {"REMOTE_ADDR": address}
        token = browser.token("/password_reset/")
        data = {"csrf_token": token, "email": email}
        return browser.client.post("/password_reset/", data=data, environ_overrides=environ)

    with time_machine.travel(now(), tick=False) as clock:
        for n in range(5):
            assert ask_from(f"192.0.2.{n}").status_code == 303
        refused = ask_from("192.0.2.99", "ADA@example.org")
        assert refused.status_code == 429
        assert "Retry-After" in refused.headers
        assert ask_from("192.0.2.99", "ben@example.org").status_code == 303

        clock.shift(timedelta(days=1, seconds=1))
        assert ask_from("192.0.2.1").status_code == 303


def test_five_a_day_from_one_address_whoever_is_meant(app, ada, guest):
    for n in range(5):
        assert ask(guest, f"nobody{n}@example.org").status_code == 303

    assert ask(guest).status_code == 429
    assert letters(app) == []


def test_somebody_logged_in_is_led_to_the_own_profile(as_ben):
    assert as_ben.get("/password_reset/").location == "/@ben/"
    assert as_ben.post("/password_reset/", {"email": "ben@example.org"}).location == "/@ben/"


def test_the_link_is_made_of_the_sites_own_address(app, ada, guest):
    token = guest.token("/password_reset/")
    guest.post("/password_reset/", {"email": "ada@example.org"}, token=token, X_Forwarded_Host="evil.example")

    (letter,) = letters(app)
    assert "http://localhost/password_reset/" in letter.get_body(("plain",)).get_content()
    assert "evil" not in letter.as_string()


def test_the_login_page_leads_there(guest, crowd):
    assert 'href="/password_reset/"' in guest.get("/login/").text


def test_nothing_of_the_token_is_kept(app, guest, path):
    choose(guest, path)
    token = path.split("/")[2]

    with app.app_context():
        for table in db.metadata.sorted_tables:
            assert token not in str(db.session.execute(table.select()).all())
        assert db.session.query(Session).filter_by(user_id=2).count() == 0
    assert all(token.encode() not in value for value in _everything(app.extensions["redis"]))


def _everything(redis) -> list[bytes]:
    return [redis.dump(key) or b"" for key in redis.scan_iter()]
