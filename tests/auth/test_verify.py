"""A new account's address: a mail with a link, a button that uses it, and what an unconfirmed address may not do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from postways.db import db, now
from postways.models import Audit, Post, User
from tests.cast import Browser, letters, link_in, make_post
from tests.clock import in_
from tests.house.test_queries import statements

GRACE = {"username": "grace", "email": "grace@example.org", "password": "correct horse 7 battery"}


@pytest.fixture
def as_grace(app, crowd) -> Browser:
    """Somebody who has just signed up."""
    browser = Browser(app)
    browser.post("/signup/", {**GRACE, "password2": GRACE["password"]}, page="/signup/")
    return browser


@pytest.fixture
def path(app, as_grace) -> str:
    """Where the mail to grace leads."""
    (letter,) = letters(app)
    assert letter["To"] == "grace@example.org"
    return link_in(letter)


def verified(app, name: str = "grace") -> bool:
    with app.app_context():
        return User.named(name).verified_at is not None


def noted(app) -> list[str]:
    with app.app_context():
        return [entry.kind for entry in db.session.query(Audit).filter_by(kind="email-verified")]


@pytest.mark.parametrize("who", ["grace", "visitor", "ada"])
def test_the_button_confirms_the_address_once_whoever_is_logged_in(app, as_grace, as_ada, path, who):
    browser = {"grace": as_grace, "visitor": Browser(app), "ada": as_ada}[who]

    answer = browser.post(path, page=path)

    assert answer.status_code == 303
    to = {"grace": "/@grace/?notice=verified", "visitor": "/login/?notice=verified", "ada": "/?notice=verified-other"}
    assert answer.location == to[who]
    assert verified(app)
    assert not verified(app, "ada" if who == "ada" else "zoe")
    assert noted(app) == ["email-verified"]
    assert browser.post(path).status_code == browser.get(path).status_code == 410
    assert noted(app) == ["email-verified"]


def test_opening_the_link_changes_nothing_and_tells_nobody(app, guest, path):
    answer = guest.get(path)
    guest.client.head(path)

    assert "grace@example.org" in answer.text
    assert (answer.headers["Referrer-Policy"], answer.headers["Cache-Control"]) == ("no-referrer", "no-store")
    assert not verified(app)


def test_a_link_dies_after_three_days(app, guest, path):
    with in_(days=2, hours=23):
        assert guest.get(path).status_code == 200
    with in_(days=3, minutes=1):
        assert guest.post(path).status_code == 410
    assert not verified(app)


@pytest.mark.parametrize(
    "change", [lambda token: token[:-9] + ("a" if token[-9] != "a" else "b") + token[-8:], lambda token: "x", str.upper]
)
def test_a_link_that_was_changed_is_dead(app, guest, path, change):
    token = path.split("/")[2]

    assert guest.post(f"/email_verify/{change(token)}/").status_code == 410
    assert not verified(app)


def test_a_reset_link_does_not_confirm_an_address(app, guest, ada):
    guest.post("/password_reset/", {"email": "ada@example.org"}, page="/password_reset/")
    token = link_in(letters(app)[-1]).split("/")[2]

    assert guest.post(f"/email_verify/{token}/").status_code == 410
    assert not verified(app, "ada")


def test_the_profile_reminds_until_it_is_done_and_only_its_owner(app, as_grace, as_ben, path):
    assert "Confirm your address" in as_grace.get("/@grace/").text
    assert "Confirm your address" not in as_ben.get("/@grace/").text

    as_grace.post(path)

    page = as_grace.get("/@grace/?notice=verified").text
    assert "Your address is confirmed." in page
    assert "Send it again" not in page


def test_the_mail_is_sent_again_three_times_in_six_hours(app, as_grace, as_ben):
    with time_machine.travel(now(), tick=False) as clock:
        for _ in range(3):
            assert as_grace.post("/email_verify/").status_code == 303
        refused = as_grace.post("/email_verify/")
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) > 6 * 3600 - 10
        assert as_ben.post("/email_verify/").status_code == 303  # each has the own limit

        clock.shift(timedelta(hours=6, seconds=1))
        assert as_grace.post("/email_verify/").status_code == 303
        assert [letter["To"] for letter in letters(app)].count("grace@example.org") == 5


def test_somebody_confirmed_is_not_mailed_again(app, as_grace, path):
    as_grace.post(path)

    as_grace.post("/email_verify/")

    assert len(letters(app)) == 1


def test_signing_up_costs_little_more_with_its_mail(app, crowd, guest):
    token = guest.token("/signup/")
    with statements(app) as seen:
        guest.post("/signup/", {**GRACE, "password2": GRACE["password"]}, token=token)

    assert sum("INSERT INTO mails" in one for one in seen) == 1


@pytest.fixture
def strict(app, monkeypatch) -> None:
    """A site that wants confirmed addresses."""
    monkeypatch.setitem(app.extensions, "config", replace(app.extensions["config"], require_verified_email=True))


def test_without_a_confirmed_address_there_are_only_drafts(app, strict, as_grace, path, ada):
    post = make_post(app, ada)
    words = {"title": "First", "content": "Kept words"}

    refused = as_grace.post("/posts/add/", words, page="/posts/add/")
    assert refused.status_code == 422
    assert "Confirm your address first" in refused.text
    assert "Kept words" in refused.text
    liked = as_grace.click(f"/posts/{post.id}/like/")
    assert liked.status_code == 422
    assert "Confirm your address first" in liked.text
    draft = as_grace.post("/posts/add/", {**words, "action": "draft"}, page="/posts/add/").location
    assert as_grace.post(f"{draft}publish/").status_code == 422
    with app.app_context():
        assert Post.counts([post.id])[post.id].likes == 0

    as_grace.post(path)
    assert as_grace.post(f"{draft}publish/").status_code == 303
    assert as_grace.click(f"/posts/{post.id}/like/").status_code == 200


def test_elsewhere_nobody_is_limited(app, as_grace, ada):
    post = make_post(app, ada)

    assert as_grace.click(f"/posts/{post.id}/like/").status_code == 200
