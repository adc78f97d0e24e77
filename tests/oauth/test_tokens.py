"""Codes and refresh tokens are changed for tokens by the app that they were given to, once, and by nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from postways.db import db, now
from postways.models import Allowance, Attempt, Audit, Client, Family, RefreshToken, User
from tests.api.client import Client as Program
from tests.cast import PASSWORD, letters, make_post
from tests.clock import in_
from tests.oauth.flow import BACK, VERIFIER, Prints, wrong
from tests.together import at_once


def forgive(app) -> None:
    """Forget the wrong secrets so far."""
    with app.app_context():
        db.session.query(Attempt).delete()
        db.session.commit()


def going_on(app) -> int:
    """How many families go on."""
    with app.app_context():
        return db.session.query(Family).filter_by(ended_at=None).count()


@pytest.mark.parametrize("way", [{}, {"basic": True}, {"as_json": True}, {"basic": True, "as_json": True}], ids=str)
def test_a_code_is_changed_for_tokens_in_a_form_or_json_whichever_way_the_app_says_who_it_is(app, as_ada, prints, way):
    answer = prints.change(prints.code(as_ada), **way)

    assert answer.status_code == 200
    assert set(answer.json) == {"access_token", "expires_in", "refresh_token", "scope", "token_type"}
    assert (answer.json["expires_in"], answer.json["scope"], answer.json["token_type"]) == (
        300,
        "read create",
        "Bearer",
    )
    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")
    assert answer.mimetype == "application/json"
    assert "Set-Cookie" not in answer.headers
    assert prints.works(answer.json["access_token"]) == 200
    following = prints.refresh(answer.json["refresh_token"], **way)
    assert set(following.json) == set(answer.json)
    assert prints.works(following.json["access_token"]) == 200


def test_a_public_app_needs_no_secret(app, as_ada, phone):
    issued = phone.tokens(as_ada)

    assert phone.works(issued["access_token"]) == 200
    assert phone.refresh(issued["refresh_token"]).status_code == 200


def test_the_access_token_says_whose_app_it_is_and_when_the_person_proved_it(app, ada, as_ada, prints):
    from postways import access

    with app.app_context():
        claims = access.read(prints.tokens(as_ada)["access_token"])

    assert (claims.user_id, claims.client_id, claims.scope) == (ada.id, prints.client_id, "read create")
    assert now() - claims.authenticated_at < timedelta(minutes=5)


# ---- what TK7 tries


LACKING = [
    ({"code_verifier": None}, "invalid_request"),
    ({"code_verifier": "wrong-verifier-wrong-verifier-wrong-verifier"}, "invalid_grant"),
    ({"code_verifier": VERIFIER[:-1]}, "invalid_grant"),
    ({"code_verifier": "short"}, "invalid_request"),
    ({"code_verifier": VERIFIER + "\n"}, "invalid_request"),
    ({"code_verifier": "x" * 129}, "invalid_request"),
    ({"redirect_uri": None}, "invalid_grant"),
    ({"redirect_uri": BACK + "/"}, "invalid_grant"),
    ({"redirect_uri": "https://prints.example/other"}, "invalid_grant"),
    ({"code": None}, "invalid_request"),
    ({"code": "pwo_guessed"}, "invalid_grant"),
    ({"grant_type": None}, "invalid_request"),
    ({"grant_type": "password", "username": "ada", "password": PASSWORD}, "unsupported_grant_type"),
    ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
    ({"grant_type": "implicit"}, "unsupported_grant_type"),
    ({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"}, "unsupported_grant_type"),
]


def test_without_everything_that_belongs_to_the_code_there_are_no_tokens(app, ben, as_ada):
    for public in (True, False):
        one = Prints(app, ben, public=public, more=["https://prints.example/other"])
        code = one.code(as_ada)
        for data, error in LACKING:
            assert wrong(one.change(**({"code": code} | data))) == (400, error), data
    assert going_on(app) == 0


def test_who_left_the_address_out_can_name_none_but_the_one_that_was_meant(app, ben, as_ada):
    one = Prints(app, ben)
    code = one.code(as_ada, redirect_uri=None)

    for other in ("https://evil.example/", BACK + "/"):
        assert wrong(one.change(code, redirect_uri=other)) == (400, "invalid_grant")
    assert one.change(code, redirect_uri=BACK).status_code == 200
    assert one.change(one.code(as_ada, redirect_uri=None), redirect_uri=None).status_code == 200


def test_what_was_sent_is_not_repeated(app, prints):
    answer = prints.post("/o/token/", {"grant_type": "my-own-type"})

    assert wrong(answer) == (400, "unsupported_grant_type")
    assert "my-own-type" not in answer.text


def test_a_verifier_without_a_challenge_is_a_downgrade(app, as_ada, prints):
    code = prints.code(as_ada, code_challenge=None, code_challenge_method=None)

    assert wrong(prints.change(code)) == (400, "invalid_request")
    assert prints.change(code, code_verifier=None).status_code == 200


def test_the_second_use_of_a_code_ends_what_the_first_gave(app, as_ada, phone):
    code = phone.code(as_ada)
    issued = phone.change(code).json
    other = phone.tokens(as_ada)

    assert wrong(phone.change(code, code_verifier=None)) == (400, "invalid_grant")

    assert phone.works(issued["access_token"]) == 401
    assert wrong(phone.refresh(issued["refresh_token"])) == (400, "invalid_grant")
    assert phone.works(other["access_token"]) == 200
    with app.app_context():
        assert db.session.query(Audit).filter_by(kind="token-reuse").count() == 1
    assert "key that an app keeps" in letters(app)[-1].get_body(("plain",)).get_content()


def test_the_second_use_of_a_code_by_another_app_ends_it_too(app, as_ada, prints, phone):
    code = phone.code(as_ada)
    issued = phone.change(code).json

    assert wrong(prints.change(code)) == (400, "invalid_grant")

    assert phone.works(issued["access_token"]) == 401
    assert wrong(phone.refresh(issued["refresh_token"])) == (400, "invalid_grant")


def test_a_code_is_dead_after_a_minute(app, as_ada, phone):
    code = phone.code(as_ada)

    with in_(seconds=61):
        assert wrong(phone.change(code)) == (400, "invalid_grant")


def test_another_app_gets_nothing_for_a_code_or_a_refresh_token(app, ben, as_ada, prints, phone):
    code, issued = phone.code(as_ada), phone.tokens(as_ada)
    for other in (prints, Prints(app, ben, public=True)):
        assert wrong(other.change(code)) == (400, "invalid_grant")
        assert wrong(other.refresh(issued["refresh_token"])) == (400, "invalid_grant")

    assert phone.change(code).status_code == 200
    assert phone.refresh(issued["refresh_token"]).status_code == 200


UNPROVEN = [
    {"client_secret": "wrong"},
    {"client_secret": None},
    {"client_secret": ""},
    {"client_id": "nobody"},
    {"client_id": None},
    {"client_id": "", "client_secret": ""},
]


def test_an_app_with_a_secret_has_to_prove_it_at_every_door(app, as_ada, prints):
    code, issued = prints.code(as_ada), prints.tokens(as_ada)
    for path, data in (
        ("/o/token/", {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}),
        ("/o/token/", {"grant_type": "refresh_token", "refresh_token": issued["refresh_token"]}),
        ("/o/revoke_token/", {"token": issued["refresh_token"]}),
        ("/o/introspect/", {"token": issued["access_token"]}),
    ):
        for way in UNPROVEN:
            forgive(app)
            answer = prints.post(path, data | way)
            assert wrong(answer) == (401, "invalid_client"), way
            assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert going_on(app) == 1
    assert prints.works(issued["access_token"]) == 200


HEADERS = [
    "Basic",
    "Basic ",
    "Basic !!!",
    "Basic bm9jb2xvbg==",
    "Basic //79",
    "Basic w6k6w6k=",
    "Basic bm9ib2R5Ong=",
    "Bearer x",
    "Token x",
    "\xff",
    "x" * 6_000,
]


def test_a_header_that_says_nothing_is_401(app, prints):
    data = {"grant_type": "refresh_token"}
    for header in HEADERS:
        answer = prints.client.post("/o/token/", data=data, headers={"Authorization": header})
        assert wrong(answer) == (401, "invalid_client"), header
        assert answer.headers["WWW-Authenticate"].startswith('Basic realm="Postways"')
        assert "[" not in answer.json["error_description"]


def test_an_app_says_who_it_is_in_one_way_alone(app, as_ada, prints):
    code = prints.code(as_ada)

    for data in ({"client_secret": prints.secret}, {"client_id": "another"}):
        assert wrong(prints.change(code, basic=True, **data)) == (400, "invalid_request")
    assert prints.change(code, basic=True, client_id=prints.client_id).status_code == 200


def test_nothing_counts_that_stands_in_the_address(app, as_ada, phone):
    data = {"grant_type": "authorization_code", "code": phone.code(as_ada), "code_verifier": VERIFIER}
    query = data | {"client_id": phone.client_id, "redirect_uri": BACK}

    assert wrong(phone.client.post("/o/token/", query_string=query)) == (400, "invalid_request")


# ---- refreshing


def test_an_old_refresh_token_ends_the_family_but_two_tabs_do_not(app, as_ada, prints):
    first = prints.tokens(as_ada)
    second = prints.refresh(first["refresh_token"]).json
    assert wrong(prints.refresh(first["refresh_token"])) == (400, "invalid_grant")
    assert prints.works(second["access_token"]) == 200  # within two seconds it is a race

    third = prints.refresh(second["refresh_token"]).json
    with in_(seconds=3):
        assert wrong(prints.refresh(first["refresh_token"])) == (400, "invalid_grant")
        assert prints.works(third["access_token"]) == 401
        assert wrong(prints.refresh(third["refresh_token"])) == (400, "invalid_grant")


@pytest.mark.parametrize("scope", ["read create delete", "write", "admin", "everything", "moderate"])
def test_a_refresh_does_not_widen_what_was_allowed(app, as_ada, prints, scope):
    issued = prints.tokens(as_ada)

    assert wrong(prints.refresh(issued["refresh_token"], scope=scope)) == (400, "invalid_scope")
    assert prints.refresh(issued["refresh_token"]).json["scope"] == "read create"


def test_a_refresh_may_ask_for_less_which_the_api_then_holds_to(app, ada, as_ada, prints):
    post = make_post(app, ada)
    less = prints.refresh(prints.tokens(as_ada)["refresh_token"], scope="read").json

    assert less["scope"] == "read"
    headers = {"Authorization": f"Bearer {less['access_token']}"}
    assert prints.client.put(f"/api/v1/posts/{post.id}/like/", headers=headers).status_code == 403
    more = prints.refresh(less["refresh_token"]).json  # what was allowed has not become less
    headers = {"Authorization": f"Bearer {more['access_token']}"}
    assert prints.client.put(f"/api/v1/posts/{post.id}/like/", headers=headers).status_code == 200


def test_a_refresh_token_opens_its_own_door_alone(app, ada, as_ada, prints):
    issued = prints.tokens(as_ada)
    program = prints.client
    login = program.post("/api/v1/auth/login/", json={"username": "ada", "password": PASSWORD}).json

    for token in (issued["refresh_token"], issued["access_token"], login["access"]):
        assert program.post("/api/v1/auth/token/refresh/", json={"refresh": token}).status_code == 401
    for token in (login["refresh"], login["access"], issued["access_token"], prints.code(as_ada)):
        assert wrong(prints.refresh(token)) == (400, "invalid_grant")
    for token in (login["refresh"], issued["refresh_token"], issued["access_token"]):
        assert wrong(prints.change(token)) == (400, "invalid_grant")
    for token in (issued["refresh_token"], prints.code(as_ada), prints.secret):
        assert prints.works(token) == 401
    assert prints.refresh(issued["refresh_token"]).status_code == 200


def test_of_many_refreshes_at_once_one_gets_a_successor_and_nothing_ends(app, as_ada, prints):
    issued = prints.tokens(as_ada)
    twins = [Twin(prints) for _ in range(8)]
    answers = at_once([lambda twin=twin: twin.refresh(issued["refresh_token"]) for twin in twins])

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
    assert going_on(app) == 1
    with app.app_context():
        assert db.session.query(RefreshToken).count() == 2


def test_of_many_who_bring_one_code_none_keeps_what_it_got(app, as_ada, prints):
    code = prints.code(as_ada)
    twins = [Twin(prints) for _ in range(8)]
    answers = at_once([lambda twin=twin: twin.change(code) for twin in twins])

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
    assert going_on(app) == 0


class Twin(Prints):
    """The same app in another thread."""

    def __init__(self, one: Prints) -> None:
        vars(self).update(vars(one))
        self.client = one.app.test_client()


# ---- what ends tokens


@pytest.mark.parametrize("event", ["password", "suspended", "deleted", "removed", "client", "owner", "owner gone"])
def test_tokens_end_at_once_with(app, ada, ben, as_ada, prints, event):
    issued, code = prints.tokens(as_ada), prints.code(as_ada)
    with app.app_context():
        person = User.find(ada.id)
        {
            "password": lambda: person.change_password("another hash"),
            "suspended": lambda: person.suspend(None, "Spam."),
            "deleted": person.leave,
            "removed": lambda: Allowance.end_one(Allowance.of(person)[0].id, person),
            "client": lambda: Client.named(prints.client_id).remove(None),
            "owner": lambda: User.find(ben.id).suspend(None, "Spam."),
            "owner gone": lambda: User.find(ben.id).leave(),
        }[event]()
        db.session.commit()

    gone = event in ("client", "owner", "owner gone")
    status, error = (401, "invalid_client") if gone else (400, "invalid_grant")
    assert wrong(prints.refresh(issued["refresh_token"])) == (status, error)
    assert wrong(prints.change(code)) == (status, error)
    assert prints.works(issued["access_token"]) == 401


def test_another_role_counts_for_tokens_that_exist(app, mod, as_mod):
    desk = Prints(app, None, scope="read write moderate")
    issued = desk.tokens(as_mod, scope="read moderate")
    with app.app_context():
        User.find(mod.id).become("member")
        db.session.commit()

    assert desk.works(issued["access_token"]) == 401
    following = desk.refresh(issued["refresh_token"]).json
    assert following["scope"] == "read"
    assert desk.works(following["access_token"]) == 200


# ---- what a token of an app is good for


@pytest.mark.parametrize(
    ("scope", "expected"),
    [("read", [200, 403, 403, 403]), ("create", [200, 201, 403, 403]), ("update", [200, 403, 200, 403]),
     ("delete", [200, 403, 403, 204]), ("write", [200, 201, 200, 204])],
)  # fmt: skip
def test_each_scope_opens_what_it_says_at_the_api(app, ada, as_ada, prints, scope, expected):
    post = make_post(app, ada)
    headers = {"Authorization": f"Bearer {prints.tokens(as_ada, scope=scope)['access_token']}"}
    ask = prints.client.open

    path = f"/api/v1/posts/{post.id}/"
    assert [
        ask(path, headers=headers).status_code,
        ask("/api/v1/posts/", method="POST", json={"title": "Fog"}, headers=headers).status_code,
        ask(path, method="PATCH", json={"title": "Mist"}, headers=headers).status_code,
        ask(path, method="DELETE", headers=headers).status_code,
    ] == expected
    assert prints.works(headers["Authorization"][7:], "users/") == 403  # for staff


def test_a_read_token_of_an_app_gets_what_any_read_token_gets(app, ada, as_ada, prints):
    mine = {"Authorization": f"Bearer {prints.tokens(as_ada, scope='read')['access_token']}"}
    other = Program.bearer(app, ada, "read")

    for method, path in (("GET", "users/me/"), ("GET", "notifications/"), ("PATCH", "users/me/"), ("POST", "blocks/")):
        answer = prints.client.open(
            f"/api/v1/{path}", method=method, headers=mine, json={} if method != "GET" else None
        )
        assert answer.status_code == other.ask(method, path, {} if method != "GET" else None).status_code, path


def test_an_app_closes_no_account_and_changes_no_password(app, ada, as_ada, prints):
    headers = {"Authorization": f"Bearer {prints.tokens(as_ada, scope='read write')['access_token']}"}

    assert prints.client.delete(f"/api/v1/users/{ada.id}/", headers=headers).status_code == 403
    new = {"old_password": PASSWORD, "new_password": "nine boats 4 the sea", "new_password2": "nine boats 4 the sea"}
    proof = {"password": PASSWORD, "new_username": "other", "new_email": "other@example.org"}
    for method, path, body in (
        ("POST", "auth/password/change/", new),
        ("POST", "auth/username/change/", proof),
        ("POST", "auth/email/change/", proof),
        ("DELETE", "users/me/", proof),
    ):
        answer = prints.client.open(f"/api/v1/{path}", method=method, json=body, headers=headers)
        assert answer.status_code == 403 and "An app can't do this" in answer.json["detail"], path
    assert prints.client.post("/api/v1/auth/login/", json={"username": "ada", "password": PASSWORD}).status_code == 200
    assert prints.client.get("/settings/apps/", headers=headers).location.startswith("/login/")
    assert prints.client.get("/o/authorize/", headers=headers).location.startswith("/login/")


def test_an_app_ends_itself_and_nobody_else(app, ada, as_ada, prints, phone):
    mine, other = (one.tokens(as_ada, scope="read")["access_token"] for one in (prints, phone))

    def log_out(path: str):
        return prints.client.post(f"/api/v1/auth/{path}", headers={"Authorization": f"Bearer {mine}"}, json={})

    assert log_out("logout/all/").status_code == 403
    assert as_ada.get("/settings/sessions/").status_code == 200
    assert log_out("logout/").status_code == 204
    assert (prints.works(mine), phone.works(other)) == (401, 200)
    assert Program.token(app, ada, "read").post("auth/logout/all/", {}).status_code == 204
    assert phone.works(other) == 401
