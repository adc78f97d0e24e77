"""Coming in by the API: two tokens, a cookie, or one opaque token; the same tries and steps as on the page."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pyotp
import pytest

from postways.db import db, now
from postways.models import ApiToken, Audit, Family, Passkey, RecoveryCode, User
from postways.seal import seal
from tests.api.client import Client
from tests.cast import PASSWORD, Browser
from tests.clock import in_

ADA = {"username": "ada", "password": PASSWORD}
DOORS = ("auth/login/", "auth/mylogin/", "auth/token/")


def log_in(app, path: str = "auth/login/", **data):
    return Client(app).post(path, ADA | data)


def me(app, authorization: str) -> int:
    return Client(app, authorization).post("likes/toggle/", {"post": 999}).status_code  # 400 once one is in


def works(app, authorization: str) -> bool:
    return me(app, authorization) == 400


@pytest.mark.parametrize("name", ["ada", "ADA", "ada@example.org", " ada "])
def test_name_or_address_and_password_give_two_tokens(app, ada, ben, name):
    answer = log_in(app, username=name)

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(answer.get_json()) == {"access", "refresh"}
    assert works(app, f"Bearer {answer.get_json()['access']}")
    with app.app_context():
        (family,) = db.session.query(Family)
        assert (family.user_id, family.scope) == (ada.id, "read write")
        assert now() - User.find(ada.id).last_login_at < timedelta(minutes=1)
        (entry,) = db.session.query(Audit).filter_by(kind="log-in")
        assert (entry.actor_id, entry.details) == (ada.id, {"door": "api.log_in"})


def test_staff_get_what_staff_can_do(app, mod):
    log_in(app, username="mod")

    with app.app_context():
        assert db.session.query(Family).one().scope == "read write moderate"


def test_a_form_does_as_well_as_json(app, ada):
    answer = Client(app).ask("POST", "auth/login/", data=ADA)

    assert answer.status_code == 200


def test_the_cookie_variant_keeps_the_refresh_token_from_scripts(app, ada):
    answer = log_in(app, "auth/mylogin/")

    assert set(answer.get_json()) == {"access_token"}
    assert works(app, f"Bearer {answer.get_json()['access_token']}")
    cookie = answer.headers["Set-Cookie"]
    assert re.match(r"refresh_token=pwr_[\w-]{43};", cookie)
    assert {"HttpOnly", "SameSite=Strict", "Path=/api/v1/auth/", "Max-Age=86400"} <= set(cookie.split("; "))


def test_in_production_the_cookie_is_bound_to_tls(app, ada, monkeypatch):
    monkeypatch.setattr("postways.config.Config.production", True)
    cookie = log_in(app, "auth/mylogin/").headers["Set-Cookie"]

    assert cookie.startswith("__Secure-refresh_token=")
    assert "Secure" in cookie.split("; ")


def test_another_site_can_not_log_its_visitors_in_with_a_cookie(app, ada):
    answer = Client(app).post("auth/mylogin/", ADA, headers={"Origin": "https://evil.example"})

    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers


def test_an_opaque_token_comes_with_its_person_and_its_end(app, ada):
    answer = log_in(app, "auth/token/")

    assert answer.status_code == 200
    body = answer.get_json()
    assert set(body) == {"user", "token", "expiry"}
    assert (body["user"]["id"], body["user"]["username"], body["user"]["email"]) == (ada.id, "ada", "ada@example.org")
    assert body["expiry"].endswith("Z")
    assert works(app, f"Token {body['token']}")
    with in_(hours=9, minutes=59):
        assert works(app, f"Token {body['token']}")
    with in_(hours=10, seconds=1):
        assert me(app, f"Token {body['token']}") == 401


def test_the_old_address_does_the_same(app, ada):
    assert set(Client(app).post("/api/auth/login", ADA).get_json()) == {"user", "token", "expiry"}


@pytest.mark.parametrize("door", DOORS)
def test_whatever_is_wrong_the_answer_is_the_same(app, ada, ben, door):
    with app.app_context():
        User.find(ben.id).suspend(None, "Because.")
        db.session.commit()

    answers = [
        log_in(app, door, **data)
        for data in (
            {"password": "wrong"},
            {"password": PASSWORD + " "},
            {"username": "nobody"},
            {"username": "ben", "password": "wrong"},
            {"username": "nobody@example.org"},
            {"password": "\x00"},
            {"password": "x" * 100_000},
        )
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert list(answers[0].get_json()) == ["detail"]
    assert answers[0].headers["WWW-Authenticate"].startswith("Bearer")
    assert not any("Set-Cookie" in answer.headers for answer in answers)


@pytest.mark.parametrize("door", DOORS)
def test_somebody_suspended_reads_why_and_gets_nothing(app, ada, door):
    with app.app_context():
        User.find(ada.id).suspend(None, "Too many boats.")
        db.session.commit()

    answer = log_in(app, door)

    assert (answer.status_code, set(answer.get_json())) == (401, {"detail"})
    assert "Too many boats." in answer.get_json()["detail"]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("data", "fields"),
    [
        ({}, {"username", "password"}),
        ({"username": "ada"}, {"password"}),
        ({"password": "x"}, {"username"}),
        ({"username": "", "password": ""}, {"username", "password"}),
        ({"username": "  ", "password": "x"}, {"username"}),
        ({"username": 7, "password": ["x"]}, {"username", "password"}),
        ({"username": None, "password": {}}, {"username", "password"}),
        ({"username": "a\x00", "password": "x"}, {"username"}),
        ({"username": "a", "password": "\ud800"}, {"password"}),
        ({"username": "a", "password": "x", "otp": 7}, {"otp"}),
        ([], {"non_field_errors"}),
        ("x", {"non_field_errors"}),
    ],
    ids=range(12),
)
def test_what_is_missing_is_named(app, ada, door, data, fields):
    answer = Client(app).post(door, data)

    assert answer.status_code == 400
    assert set(answer.get_json()) == fields


def test_the_eleventh_try_waits_whichever_door_it_comes_through(app, ada):
    browser = Browser(app)
    statuses = [log_in(app, DOORS[n % 3], password="wrong").status_code for n in range(9)]
    browser.post("/login/", {"username": "ada", "password": "wrong"}, page="/login/")
    eleventh = log_in(app)

    assert statuses == [401] * 9
    assert eleventh.status_code == 429
    assert int(eleventh.headers["Retry-After"]) > 200
    assert list(eleventh.get_json()) == ["detail"]
    assert browser.post("/login/", ADA, page="/login/").status_code == 429
    with in_(minutes=5, seconds=2):
        assert log_in(app).status_code == 200


def test_the_right_password_forgives(app, ada):
    for round_ in range(2):
        for n in range(6):
            client = Client(app)
            client.client.environ_base["REMOTE_ADDR"] = f"192.0.2.{round_ * 10 + n}"
            assert client.post("auth/login/", ADA | {"password": "wrong"}).status_code == 401
        assert log_in(app).status_code == 200


def test_a_wrong_try_is_written_down_without_what_was_typed(app, ada):
    log_in(app, password="my secret guess")

    with app.app_context():
        (entry,) = db.session.query(Audit).filter_by(kind="log-in-failed")
        assert entry.target_id == ada.id
        assert "guess" not in repr(entry.details)


def test_a_session_of_the_pages_counts_for_nothing_here(app, as_ben, ada):
    client = Client.cookie(as_ben)
    client.headers = {}

    assert client.post("auth/login/", ADA).status_code == 200


def test_a_wrong_credential_beside_the_right_password_is_refused(app, ada):
    assert Client(app, "Bearer wrong").post("auth/login/", ADA).status_code == 401


# ---- the second step


@pytest.fixture
def guarded(app, ada) -> str:
    """Ada's account asks for the code of an app; its key."""
    secret = pyotp.random_base32()
    with app.app_context():
        User.find(ada.id).add_totp(seal().close(secret, "totp"), 0)
        db.session.commit()
    return secret


def code(secret: str) -> str:
    return pyotp.TOTP(secret).at(int(time.time()))


@pytest.mark.parametrize("door", DOORS)
def test_the_password_alone_is_not_enough(app, guarded, door):
    answer = log_in(app, door)

    assert answer.status_code == 401
    assert "otp" in answer.get_json()["detail"]
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Postways", error="otp_required"'
    assert "Set-Cookie" not in answer.headers
    with app.app_context():
        assert db.session.query(Family).count() == db.session.query(ApiToken).count() == 0


@pytest.mark.parametrize("door", DOORS)
def test_a_code_lets_in_once(app, guarded, door):
    now_code = code(guarded)

    assert log_in(app, door, otp=now_code).status_code == 200
    assert log_in(app, door, otp=now_code).status_code == 401


def test_wrong_codes_count_as_wrong_passwords(app, guarded):
    answers = [log_in(app, otp="000000").status_code for _ in range(11)]

    assert answers == [401] * 10 + [429]


def test_a_recovery_code_does_too_also_for_a_passkey(app, ada):
    with app.app_context():
        Passkey.add(User.find(ada.id), b"id", b"key", 0, "Phone")
        codes = RecoveryCode.renew(User.find(ada.id))
        db.session.commit()

    assert log_in(app).status_code == 401
    assert log_in(app, otp=codes[0]).status_code == 200
    assert log_in(app, otp=codes[0]).status_code == 401


def test_a_code_without_the_password_is_nothing(app, guarded):
    assert log_in(app, password="wrong", otp=code(guarded)).status_code == 401


def test_the_tries_that_are_left_are_announced(app, ada):
    fresh = Client(app).post("auth/login/", ADA)
    wrong = [log_in(app, password="wrong") for _ in range(11)]

    assert fresh.headers["RateLimit-Policy"] == '"requests";q=300;w=60, "password";q=10;w=300'
    assert '"password";r=10;t=300' in fresh.headers["RateLimit"]
    assert [re.search('"password";r=(.+?);', answer.headers["RateLimit"])[1] for answer in wrong] == [
        *map(str, range(9, -1, -1)),
        "0",
    ]
    assert wrong[-1].status_code == 429


def test_how_often_others_tried_an_account_is_not_announced(app, ada):
    for n in range(5):
        Client(app).post("auth/login/", ADA | {"password": "x"}, environ_base={"REMOTE_ADDR": f"10.1.1.{n}"})

    assert '"password";r=9;' in log_in(app, password="wrong").headers["RateLimit"]
