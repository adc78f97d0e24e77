"""Revocation, introspection, the description of the server, and what no door of programs takes."""

from __future__ import annotations

import json
from itertools import product

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata

from postways.db import db
from postways.models import Attempt, Audit, Family
from tests.cast import PASSWORD, Browser
from tests.oauth.flow import Prints, wrong

DOORS = ("/o/token/", "/o/revoke_token/", "/o/introspect/")


def asked(one: Prints, token: str, **data) -> dict:
    answer = one.post("/o/introspect/", {"token": token} | data)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.json


# ---- letting go


@pytest.mark.parametrize(("kind", "hint"), [("refresh_token", None), ("access_token", "nonsense")])
def test_an_app_lets_go_of_a_token_and_everything_beside_it(app, as_ada, phone, prints, kind, hint):
    for one in (phone, prints):
        issued = one.tokens(as_ada)
        answer = one.post("/o/revoke_token/", {"token": issued[kind], "token_type_hint": hint})

        assert answer.status_code == 200
        assert one.works(issued["access_token"]) == 401
        assert wrong(one.refresh(issued["refresh_token"])) == (400, "invalid_grant")
        assert one.post("/o/revoke_token/", {"token": issued[kind]}).status_code == 200  # twice is once
    with app.app_context():
        assert db.session.query(Audit).filter_by(kind="token-ended").count() == 2


def test_nobody_lets_go_of_the_token_of_another_app_or_of_a_log_in(app, ada, as_ada, phone, prints):
    theirs = prints.tokens(as_ada)
    login = prints.client.post("/api/v1/auth/login/", json={"username": "ada", "password": PASSWORD}).json

    for token in (theirs["refresh_token"], theirs["access_token"], login["refresh"], login["access"]):
        assert wrong(phone.post("/o/revoke_token/", {"token": token})) == (400, "invalid_grant")
    assert prints.works(theirs["access_token"]) == prints.works(login["access"]) == 200


def test_a_token_that_is_none_is_let_go_of_without_a_word(app, prints, as_ada):
    for token in ("nothing", "pwr_guessed", "x" * 4_000, "a.b.c", prints.code(as_ada)):
        assert prints.post("/o/revoke_token/", {"token": token}).status_code == 200
    assert wrong(prints.post("/o/revoke_token/")) == (400, "invalid_request")


# ---- asking


def test_an_app_learns_what_its_own_tokens_are_good_for(app, ada, as_ada, prints):
    issued = prints.tokens(as_ada)
    access, refresh = asked(prints, issued["access_token"]), asked(prints, issued["refresh_token"], token_type_hint="x")

    for told in (access, refresh):
        assert told["active"] is True
        assert (told["client_id"], told["username"], told["sub"]) == (prints.client_id, "ada", str(ada.id))
        assert (told["scope"], told["iss"]) == ("read create", "http://localhost")
    assert (access["token_type"], access["aud"]) == ("Bearer", "http://localhost/api/v1/")
    assert refresh["exp"] > access["exp"]
    assert 0 < access["iat"] < access["exp"] and 0 < refresh["iat"] < refresh["exp"]

    following = prints.refresh(issued["refresh_token"], scope="read").json
    assert asked(prints, issued["refresh_token"]) == {"active": False}
    assert asked(prints, following["access_token"])["scope"] == "read"
    with app.app_context():
        db.session.merge(ada).log_out_everywhere()
        db.session.commit()
    assert asked(prints, following["access_token"]) == asked(prints, following["refresh_token"]) == {"active": False}


def test_of_tokens_that_are_not_its_own_an_app_learns_nothing(app, ada, ben, as_ada, phone, prints):
    issued = phone.tokens(as_ada)
    login = prints.client.post("/api/v1/auth/login/", json={"username": "ada", "password": PASSWORD}).json
    other = Prints(app, ben)

    tokens = (*issued.values(), *login.values(), "nothing", "x" * 4_000, phone.code(as_ada))
    for token in filter(lambda value: isinstance(value, str), tokens):
        assert asked(prints, token) == asked(other, token) == {"active": False}


def test_an_app_without_a_secret_asks_nothing(app, as_ada, phone):
    issued = phone.tokens(as_ada)

    assert wrong(phone.post("/o/introspect/", {"token": issued["access_token"]})) == (401, "invalid_client")


# ---- the description


def test_the_description_says_what_is_so(app, guest):
    answer = guest.get("/.well-known/oauth-authorization-server")
    told = answer.json

    assert answer.headers["Cache-Control"].startswith("public")
    assert "Set-Cookie" not in answer.headers
    assert told["issuer"] == "http://localhost"
    AuthorizationServerMetadata(_over_tls(told)).validate()
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["authorization_response_iss_parameter_supported"] is True
    with app.app_context():
        rules = {rule.rule for rule in app.url_map.iter_rules()}
    for name in ("authorization", "token", "revocation", "introspection"):
        assert told[f"{name}_endpoint"].removeprefix("http://localhost") in rules


def _over_tls(told: dict) -> dict:
    return json.loads(json.dumps(told).replace("http://", "https://"))


# ---- what no door takes


BODIES = [
    (b"[]", "application/json"),
    (b"null", "application/json"),
    (b'"text"', "application/json"),
    (b"{", "application/json"),
    (b"\xff", "application/json"),
    (b"[" * 100_000, "application/json"),
    (b'{"grant_type": ["refresh_token"], "token": ["x"]}', "application/json"),
    (b'{"grant_type": {"a": 1}, "token": {"a": 1}}', "application/json"),
    (b'{"grant_type": 1, "token": 1}', "application/json"),
    (b'{"grant_type": true, "token": true}', "application/json"),
    (b'{"grant_type": "a", "grant_type": "b", "token": "a", "token": "b"}', "application/json"),
    (b'{"client_id": "\\ud800", "token": "x"}', "application/json"),
    (b'{"client_id": "\\u0000", "token": "x"}', "application/json"),
    (b"grant_type=a&grant_type=b&token=a&token=b", "application/x-www-form-urlencoded"),
    (b"client_id=%00&client_secret=x&token=x", "application/x-www-form-urlencoded"),
    (b"client_id=%22&token=x", "application/x-www-form-urlencoded"),
    (b"client_id=" + b"x" * 5_000, "application/x-www-form-urlencoded"),
    (b"token=x&" + b"x" * 1_100_000, "application/x-www-form-urlencoded"),
    (b"grant_type=refresh_token&token=x", "text/plain"),
    (b"--x", "multipart/form-data"),
    (b"<xml/>", "application/xml"),
]


def test_what_can_not_be_read_is_400_in_the_form_of_oauth(app, guest, crowd):
    for body, kind in BODIES:
        for path in DOORS:
            answer = guest.client.post(path, data=body, content_type=kind)
            empty = body == b"--x" and path != "/o/token/"
            assert wrong(answer) == ((401, "invalid_client") if empty else (400, "invalid_request")), (path, body[:60])
    with app.app_context():
        assert db.session.query(Attempt).count() == 0


def test_other_methods_are_405(guest, crowd):
    for path, method in product(DOORS, ("GET", "PUT", "PATCH", "DELETE")):
        assert wrong(guest.client.open(path, method=method)) == (405, "invalid_request")


def test_no_session_counts_at_these_doors_and_no_form_token_is_asked(app, as_ada, prints):
    issued = prints.tokens(as_ada)
    headers = {"Origin": "https://prints.example", "Sec-Fetch-Site": "cross-site"}

    answer = as_ada.client.post("/o/introspect/", data={"token": issued["access_token"]}, headers=headers)
    assert wrong(answer) == (401, "invalid_client")
    secret = {"client_id": prints.client_id, "client_secret": prints.secret, "token": issued["access_token"]}
    answer = as_ada.client.post("/o/introspect/", data=secret, headers=headers)
    assert answer.json["active"] is True
    assert "Set-Cookie" not in answer.headers


def test_the_eleventh_wrong_secret_waits_at_every_door_of_passwords(app, ada, as_ben, prints):
    for number in range(10):
        path = DOORS[number % 3]
        data = {"grant_type": "refresh_token", "refresh_token": "x", "token": "x", "client_secret": f"wrong {number}"}
        assert wrong(prints.post(path, data)) == (401, "invalid_client")

    for path in DOORS:
        answer = prints.post(path, {"grant_type": "refresh_token", "token": "x"})
        assert wrong(answer) == (429, "temporarily_unavailable")
        assert int(answer.headers["Retry-After"]) > 0
    guest = Browser(app)
    answer = guest.post("/login/", {"username": "ada", "password": PASSWORD}, page="/login/")
    assert answer.status_code == 429
    with app.app_context():
        assert db.session.query(Family).count() == 0


def test_too_many_requests_wait(app, guest, crowd, monkeypatch):
    monkeypatch.setitem(__import__("postways.limits").limits.A_MINUTE, "address", 2)
    answers = [guest.client.post("/o/token/") for _ in range(4)]

    assert 429 in {answer.status_code for answer in answers}
    assert all("Retry-After" in a.json["error_description"] for a in answers if a.status_code == 429)
    assert all(wrong(answer)[1] in ("invalid_request", "temporarily_unavailable") for answer in answers)


def test_a_crash_says_nothing_of_its_cause(app, prints, monkeypatch):
    def broken(*_):
        raise RuntimeError("the secret cause")

    monkeypatch.setattr("postways.models.Client.working", broken)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    answer = prints.refresh("x")

    assert wrong(answer) == (500, "server_error")
    assert "cause" not in answer.text


def test_pages_of_other_sites_read_the_doors_of_public_apps_alone(as_ada, prints):
    elsewhere = {"Origin": "https://app.example"}
    for path, method, allowed in (
        ("/o/token/", "POST", "*"),
        ("/o/revoke_token/", "POST", "*"),
        ("/.well-known/oauth-authorization-server", "GET", "*"),
        ("/o/introspect/", "POST", None),
        (prints.address(), "GET", None),
        ("/", "GET", None),
        ("/login/", "GET", None),
    ):
        first = as_ada.client.options(path, headers=elsewhere | {"Access-Control-Request-Method": method})
        answer = as_ada.client.open(path, method=method, headers=elsewhere)
        assert {one.headers.get("Access-Control-Allow-Origin") for one in (first, answer)} == {allowed}, path
        assert "Access-Control-Allow-Credentials" not in answer.headers
