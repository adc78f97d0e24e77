"""Giving the password again: once, for two hours, under a new session id."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from postways.db import db
from postways.models import Audit, Session
from tests.cast import PASSWORD, Browser
from tests.together import second_tab

START = datetime(2026, 3, 1, tzinfo=UTC)
PROVE = "/settings/prove/"


@pytest.fixture
def vault(app, monkeypatch) -> str:
    """A page that wants a fresh proof."""
    monkeypatch.setattr(app.view_functions["settings.profile"], "needs_proof", True, raising=False)
    return "/settings/profile/"


def test_a_login_is_a_proof_for_two_hours(app, ada, vault, monkeypatch):
    monkeypatch.setattr(app.view_functions["auth.logout"], "needs_proof", True, raising=False)
    alone = "/logout/"  # which is no page
    with time_machine.travel(START, tick=False) as clock:
        browser = Browser(app).log_in("ada")
        clock.move_to(START + timedelta(hours=2, seconds=-1))
        assert browser.get(vault).status_code == 200
        clock.move_to(START + timedelta(hours=2))

        assert browser.get(vault).location == f"{PROVE}?next={vault}"
        assert browser.post(vault, Referer="http://localhost/@ada/").location == f"{PROVE}?next={vault}"
        assert browser.post(alone, Referer="http://localhost/@ada/").location == f"{PROVE}?next=/@ada/"
        assert browser.click(vault).headers["HX-Redirect"].startswith(PROVE)

        answer = browser.post(PROVE, {"password": PASSWORD, "next": vault}, page=PROVE)
        assert (answer.status_code, answer.location) == (303, vault)
        assert browser.get(vault).status_code == 200


def test_a_visitor_is_sent_to_log_in(guest, vault):
    assert guest.get(vault).location == f"/login/?next={vault}"


def test_the_session_goes_on_under_a_new_id(app, as_ada):
    thief = second_tab(as_ada)

    as_ada.post(PROVE, {"password": PASSWORD}, page=PROVE)

    assert "/logout/" in as_ada.get("/").text
    assert "/logout/" not in thief.get("/").text
    with app.app_context():
        assert db.session.query(Session).count() == 1


def test_a_form_of_another_tab_still_counts(as_ada):
    token = as_ada.token("/theme/")

    as_ada.post(PROVE, {"password": PASSWORD}, page=PROVE)

    assert as_ada.post("/settings/profile/", {"display_name": "Ada"}, token=token).status_code == 303


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD + " ", "\x00" * 9])
def test_a_wrong_password_proves_nothing(app, as_ada, password):
    answer = as_ada.post(PROVE, {"password": password, "next": "/vault/"}, page=PROVE)

    assert answer.status_code == 422
    assert 'name="next" value="/vault/"' in answer.text


def test_wrong_ones_are_counted_with_those_of_the_login(app, as_ada, guest):
    for _ in range(5):
        as_ada.post(PROVE, {"password": "wrong"}, page=PROVE)
        guest.post("/login/", {"username": "Ada", "password": "wrong"}, page="/login/")

    answer = as_ada.post(PROVE, {"password": PASSWORD}, page=PROVE)

    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 200
    with app.app_context():
        assert db.session.query(Audit).filter_by(kind="log-in-failed").count() == 10


def test_the_way_on_stays_on_the_site(as_ada):
    answer = as_ada.post(PROVE, {"password": PASSWORD, "next": "//evil.example"}, page=PROVE)

    assert answer.location == "/settings/account/"
