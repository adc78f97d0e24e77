"""Rows of security.md that hold at several doors at once: passwords, and what production sends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from postways import create_app
from postways.auth import passwords
from postways.db import db
from postways.models import User
from tests.cast import PASSWORD, TOKEN, letters, link_in

GOOD = ["x7 " * 22, "quiet harbour " * 9 + "lamp", "          ", "🐎🌊⛵🗼 🌁🌉🏝", "trailing blank 7 "]
BAD = ["seven 7", "password1", "iloveyou", "12345678901", "grace1234", "x" * 1_025]


@pytest.fixture
def grace(app, guest) -> User:
    """Signed up, with a mail that is read."""
    data = {"username": "grace", "email": "grace@example.org", "password": PASSWORD, "password2": PASSWORD}
    guest.post("/signup/", data, page="/signup/")
    with app.app_context():
        return User.named("grace")


def sign_up(app, guest, password):
    data = {"username": "grace2", "email": "grace@example.com", "password": password, "password2": password}
    name = "grace" if "grace" in password else "grace2"
    guest.client.delete_cookie("session")
    answer = guest.post("/signup/", {**data, "username": name if name != "grace" else "Grace"}, page="/signup/")
    return answer.status_code == 303, answer.text


def change(app, guest, password):
    data = {"old_password": PASSWORD, "new_password": password, "new_password2": password}
    answer = guest.post("/password_change/", data)
    return answer.status_code == 303, answer.text


def reset(app, guest, password):
    guest.client.delete_cookie("session")
    guest.post("/password_reset/", {"email": "grace@example.org"}, page="/password_reset/")
    link = next(link_in(x) for x in reversed(letters(app)) if "/password_reset/" in x.as_string())
    answer = guest.post(link, {"new_password": password, "new_password2": password})
    return answer.status_code == 303, answer.text


def command(app, guest, password):
    arguments = ["users", "create", "grace3", "grace3@example.org", "--password-stdin"]
    done = app.test_cli_runner().invoke(args=arguments, input=f"{password}\n")
    return done.exit_code == 0, done.output


DOORS = [sign_up, change, reset, command]


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
@pytest.mark.parametrize("password", GOOD, ids=range(len(GOOD)))
def test_a_good_password_is_taken_byte_for_byte_at_every_door(app, guest, grace, door, password):
    taken, words = door(app, guest, password)

    assert taken, words
    name = {sign_up: "grace2", command: "grace3"}.get(door, "grace")
    with app.app_context():
        kept = User.named(name).password_hash
        db.session.rollback()
    assert passwords.matches(kept, password)
    assert not passwords.matches(kept, password[:-1])


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
@pytest.mark.parametrize("password", BAD, ids=range(len(BAD)))
def test_a_bad_password_is_refused_at_every_door(app, guest, grace, door, password):
    if "grace" in password and door is command:
        pytest.skip("its account has another name")
    taken, words = door(app, guest, password)

    assert not taken
    assert "assword" in words


def test_in_production_answers_ask_for_tls_and_every_cookie_is_bound_to_this_host(tmp_path, config):
    production = replace(
        config,
        env="production",
        data_dir=tmp_path,
        testing=True,
        secret_key=("k" * 40,),
        base_url="https://photos.example",
        mail_url="smtp://mail.example",
    )
    client = create_app(production).test_client()
    page = client.get("/login/", base_url="https://photos.example")
    data = {"csrf_token": TOKEN.search(page.text).group(1), "username": "nobody", "password": "nothing 7"}
    refused = client.post("/login/", data=data, base_url="https://photos.example")

    for answer in (page, refused, client.get("/nowhere/"), client.get("/static/app.css"), client.get("/healthz")):
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
        assert "Server" not in answer.headers
        for cookie in answer.headers.getlist("Set-Cookie"):
            assert cookie.startswith("__Host-")
            assert all(flag in cookie for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
            assert len(cookie) < 4_096
