"""What an account rests on, changed by a program: password, username, address; and opening one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from postways.db import db
from postways.links import links
from postways.models import ApiToken, Attempt, Audit, Mail, Session, User
from tests.api.client import Client
from tests.api.test_auth_login import ADA, works
from tests.api.test_auth_tokens import bearer, refresh
from tests.cast import PASSWORD, Browser, letters, link_in
from tests.clock import in_
from tests.together import at_once

NEW = "nine boats 4 the sea"
BOTH = {"new_password": NEW, "new_password2": NEW}
RECOVERY, RESET = "auth/token/recovery/", "auth/password/reset/"


def comes_in(app, password: str, name: str = "ada") -> bool:
    return Client(app).post("auth/login/", {"username": name, "password": password}).status_code == 200


@pytest.fixture
def api(app, ada, ben) -> Client:
    """Ada's program."""
    return Client.bearer(app, ada)


# ---- recovery


def token_in(letter) -> str:
    words = letter.get_body(("plain",)).get_content().split()
    (token,) = [word for word in words if word.count(".") == 2 and "/" not in word and len(word) > 60]
    return token


@pytest.fixture
def recovery(app, ada, ben) -> str:
    """The token that a mail brought to ada."""
    Client(app).post(RECOVERY, {"email": "ada@example.org"})
    (letter,) = letters(app)
    assert letter["To"] == "ada@example.org"
    return token_in(letter)


def reset(app, token: str, body: object = BOTH, kind: str = "Bearer"):
    return Client(app, f"{kind} {token}").post(RESET, body)


def test_the_answer_is_the_same_whoever_has_that_address(app, ada, ben):
    with app.app_context():
        User.find(ben.id).suspend(None, "Because.")
        db.session.commit()
    addresses = ("ada@example.org", "ADA@example.org ", "nobody@example.org", "ben@example.org")
    answers = [Client(app).post(RECOVERY, {"email": address}) for address in addresses]

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    kinds = [(letter["To"], letter["Subject"]) for letter in letters(app)]
    assert [to for to, subject in kinds if "recovery" in subject] == ["ada@example.org"] * 2


def test_asking_ends_nothing(app, api, ada):
    browser = Browser(app).log_in("ada")
    browser_of_stranger = Browser(app)
    browser_of_stranger.post("/password_reset/", {"email": "ada@example.org"}, page="/password_reset/")
    link = link_in(letters(app)[-1])
    Client(app).post(RECOVERY, {"email": "ada@example.org"})

    assert works(app, api.authorization)
    assert "/logout/" in browser.get("/").text
    assert comes_in(app, PASSWORD) is True
    with app.app_context():
        assert db.session.query(Audit).filter_by(kind="password-reset").count() == 0
    assert link.startswith("/password_reset/")


def test_the_links_of_the_page_stay_as_they_are(app, ada):
    Browser(app).post("/password_reset/", {"email": "ada@example.org"}, page="/password_reset/")
    link = link_in(letters(app)[-1])
    Client(app).post(RECOVERY, {"email": "ada@example.org"})

    assert Browser(app).get(link).status_code == 200


@pytest.mark.parametrize("email", ["", "x", "x@", "ada@example.org\x00", "x" * 300 + "@example.org", 7, None, "\ud800"])
def test_what_is_no_address_is_400(app, email):
    answer = Client(app).post(RECOVERY, {"email": email})

    assert answer.status_code == 400
    assert set(answer.get_json()) == {"email"}


def test_five_mails_a_day_are_enough_over_both_doors(app, ada):
    browser = Browser(app)
    for n in range(5):
        if n % 2:
            browser.post("/password_reset/", {"email": "ada@example.org"}, page="/password_reset/")
        else:
            Client(app).post(RECOVERY, {"email": "ada@example.org"})

    answer = Client(app).post(RECOVERY, {"email": "ada@example.org"})

    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 3_600


def test_a_recovery_token_sets_a_password_and_everybody_is_out(app, ada, ben, api, recovery):
    pair = Client(app).post("auth/login/", ADA).get_json()
    opaque, browser, others = Client.token(app, ada), Browser(app).log_in("ada"), Client.bearer(app, ben)

    answer = reset(app, recovery)

    assert (answer.status_code, answer.get_json()) == (200, {"detail": "Password reset successfully."})
    assert not any(works(app, one) for one in (api.authorization, opaque.authorization, bearer(pair)))
    assert refresh(app, pair["refresh"]).status_code == 401
    assert "/logout/" not in browser.get("/").text
    assert works(app, others.authorization)
    assert not comes_in(app, PASSWORD)
    assert comes_in(app, NEW)
    with app.app_context():
        assert db.session.query(Audit).filter_by(kind="password-reset").one().actor_id == ada.id
        assert db.session.query(Mail).filter_by(kind="password-changed").count() == 1


def test_it_works_once_and_for_a_quarter_of_an_hour(app, recovery):
    with in_(minutes=15, seconds=2):
        assert reset(app, recovery).status_code == 401
    assert reset(app, recovery).status_code == 200
    assert reset(app, recovery).status_code == 401


def test_of_eight_at_once_one_sets_it(app, recovery):
    clients = [Client(app, f"Bearer {recovery}") for _ in range(8)]
    bodies = [{"new_password": f"{NEW} {n}", "new_password2": f"{NEW} {n}"} for n in range(8)]

    answers = at_once([lambda c=c, b=b: c.post(RESET, b).status_code for c, b in zip(clients, bodies, strict=True)])

    assert sorted(answers) == [200] + [401] * 7


def test_a_recovery_token_opens_nothing_else(app, recovery):
    assert Client(app, f"Bearer {recovery}").get("likes/").status_code == 401
    assert Client(app, f"Token {recovery}").post("auth/logout/").status_code == 401
    assert refresh(app, recovery).status_code == 401
    assert Client(app).post("auth/token/verify/", {"token": recovery}).status_code == 401
    assert Client(app).post("auth/email/verify/", {"token": recovery}).status_code == 400
    assert Browser(app).get(f"/password_reset/{recovery}/").status_code == 410
    assert reset(app, recovery, kind="Token").status_code == 401


def test_nothing_else_opens_the_reset(app, api, ada):
    with app.app_context():
        user = User.find(ada.id)
        others = [links().token(purpose, user) for purpose in ("reset", "verify")]
    for token in (*others, "x", "", "a.b.c", "00"):
        assert reset(app, token).status_code == 401
    assert Client(app).post(RESET, BOTH).status_code == 401
    assert api.post(RESET, BOTH).status_code == 403
    assert Client.token(app, ada).post(RESET, BOTH).status_code == 403
    browser = Browser(app).log_in("ada")
    assert Client.cookie(browser).post(RESET, BOTH).status_code == 401
    assert comes_in(app, PASSWORD)


WEAK = [
    ({"new_password": "short", "new_password2": "short"}, {"new_password"}),
    ({"new_password": "password", "new_password2": "password"}, {"new_password"}),
    ({"new_password": "123456789", "new_password2": "123456789"}, {"new_password"}),
    ({"new_password": "ada@example.org", "new_password2": "ada@example.org"}, {"new_password"}),
    ({"new_password": NEW, "new_password2": NEW + " "}, {"new_password2"}),
    ({"new_password": "", "new_password2": "x"}, {"new_password", "new_password2"}),
    ({"new_password": "x" * 1_025, "new_password2": "x" * 1_025}, {"new_password"}),
    ({"new_password": NEW}, {"new_password2"}),
    ({"new_password": 7, "new_password2": []}, {"new_password", "new_password2"}),
    ({"new_password": "\ud800" * 9, "new_password2": "\ud800" * 9}, {"new_password", "new_password2"}),
]


@pytest.mark.parametrize(("body", "fields"), WEAK, ids=range(len(WEAK)))
def test_a_weak_password_is_refused_by_its_field_and_the_token_stays_good(app, recovery, body, fields):
    answer = reset(app, recovery, body)

    assert answer.status_code == 400
    assert set(answer.get_json()) == fields
    assert reset(app, recovery).status_code == 200


# ---- password


def change(client: Client, **data):
    return client.post("auth/password/change/", {"old_password": PASSWORD, **BOTH} | data)


@pytest.mark.parametrize("kind", ["bearer", "token", "session"])
def test_a_new_password_ends_every_token_and_session(app, ada, ben, kind):
    browser, elsewhere, others = Browser(app).log_in("ada"), Browser(app).log_in("ada"), Client.token(app, ben)
    pair = Client(app).post("auth/login/", ADA).get_json()
    clients = {"bearer": Client.bearer(app, ada), "token": Client.token(app, ada), "session": Client.cookie(browser)}

    answer = change(clients[kind])

    assert (answer.status_code, answer.get_json()) == (200, {"detail": "Password changed successfully."})
    assert not works(app, clients["bearer"].authorization)
    assert not works(app, clients["token"].authorization)
    assert refresh(app, pair["refresh"]).status_code == 401
    assert "/logout/" not in browser.get("/").text + elsewhere.get("/").text
    assert works(app, others.authorization)
    assert not comes_in(app, PASSWORD)
    assert comes_in(app, NEW)


def test_every_character_of_a_password_counts(app, api):
    spaced = "  nine boats \U0001f6a4 " + "ü" * 100 + " "
    assert change(api, new_password=spaced, new_password2=spaced).status_code == 200

    assert not comes_in(app, spaced.strip())
    assert not comes_in(app, spaced[:-2])
    assert comes_in(app, spaced)


@pytest.mark.parametrize(("body", "fields"), WEAK, ids=range(len(WEAK)))
def test_a_weak_one_is_refused_here_too(app, api, body, fields):
    answer = api.post("auth/password/change/", {"old_password": PASSWORD} | body)

    assert answer.status_code == 400
    assert set(answer.get_json()) == fields
    assert comes_in(app, PASSWORD)


def test_the_old_password_is_asked_for_and_guesses_count(app, api):
    answers = [change(api, old_password="wrong") for _ in range(10)]

    assert {answer.status_code for answer in answers} == {400}
    assert set(answers[0].get_json()) == {"old_password"}
    assert change(api).status_code == 429
    assert Client(app).post("auth/login/", ADA).status_code == 429


@pytest.mark.parametrize("path", ["auth/password/change/", "auth/username/change/", "auth/email/change/"])
def test_who_may_only_read_changes_nothing(app, ada, path):
    assert Client.token(app, ada, "read create delete").post(path, {}).status_code == 403
    assert Client(app).post(path, {}).status_code == 401


# ---- username


def rename(client: Client, name: object, password: object = PASSWORD):
    return client.post("auth/username/change/", {"password": password, "new_username": name})


def test_a_name_changes_and_tokens_stay(app, api, ada):
    answer = rename(api, "  grace ")

    assert answer.status_code == 200
    assert answer.get_json() == {"detail": "Username changed successfully.", "username": "grace"}
    assert works(app, api.authorization)
    assert comes_in(app, PASSWORD, "grace")


@pytest.mark.parametrize(
    "name", ["", " ", "ada", "ben", "BEN", "admin", "12345", "a b", "a\x00", "x" * 151, 7, None, "\ud800"]
)
def test_a_name_that_can_not_be_is_400(app, api, name):
    answer = rename(api, name)

    assert answer.status_code == 400
    assert set(answer.get_json()) == {"new_username"}
    assert comes_in(app, PASSWORD, "ada")


def test_once_in_thirty_days_and_the_days_are_named(app, api, ada):
    rename(api, "grace")
    answer = rename(api, "hopper")
    assert (answer.status_code, "30 days are left" in answer.get_json()["new_username"][0]) == (400, True)

    with in_(days=28, hours=1):
        assert "2 days are left" in rename(Client.token(app, ada), "hopper").get_json()["new_username"][0]
    with in_(days=30, seconds=1):
        assert rename(Client.token(app, ada), "hopper").status_code == 200


def test_a_name_needs_the_password(app, api):
    answer = rename(api, "grace", "wrong")

    assert (answer.status_code, set(answer.get_json())) == (400, {"password"})
    assert rename(api, "grace", None).status_code == 400


# ---- address


def ask(client: Client, email: object, password: object = PASSWORD):
    return client.post("auth/email/change/", {"password": password, "new_email": email})


def address_token(app) -> str:
    (letter,) = [letter for letter in letters(app) if letter["To"] == "grace@example.org"]
    path = link_in(letter)
    assert path.startswith("/email_verify/")
    return path.split("/")[2]


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_an_address_changes_once_the_link_has_answered(app, api, ada, method):
    answer = ask(api, " grace@example.org ")
    assert answer.get_json() == {"detail": "Verification email sent to your new email address."}
    token = address_token(app)
    with app.app_context():
        assert User.find(ada.id).email == "ada@example.org"

    path = "auth/email/verify/"
    clients = [Client(app) for _ in range(2)]
    answers = [
        client.get(path, query_string={"token": token}) if method == "GET" else client.post(path, {"token": token})
        for client in clients
    ]

    assert answers[0].status_code == 200
    assert answers[0].get_json() == {"detail": "Email changed successfully.", "email": "grace@example.org"}
    assert (answers[1].status_code, set(answers[1].get_json())) == (400, {"token"})
    with app.app_context():
        user = User.find(ada.id)
        assert (user.email, user.verified_at is not None) == ("grace@example.org", True)
        assert db.session.query(Audit).filter_by(kind="email-changed").count() == 1


def test_a_look_at_the_head_changes_nothing(app, api, ada):
    ask(api, "grace@example.org")
    token = address_token(app)

    assert Client(app).ask("HEAD", "auth/email/verify/", query_string={"token": token}).status_code == 200

    with app.app_context():
        assert User.find(ada.id).email == "ada@example.org"
    assert Client(app).post("auth/email/verify/", {"token": token}).status_code == 200


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é", "x" * 5_000])
def test_a_wrong_link_is_400(app, ada, token):
    for answer in (
        Client(app).post("auth/email/verify/", {"token": token}),
        Client(app).get("auth/email/verify/", query_string={"token": token}),
    ):
        assert (answer.status_code, set(answer.get_json())) == (400, {"token"})


def test_without_a_token_it_is_named(app):
    for answer in (Client(app).post("auth/email/verify/", {}), Client(app).get("auth/email/verify/")):
        assert (answer.status_code, set(answer.get_json())) == (400, {"token"})


def test_two_people_want_one_address_and_one_gets_it(app, api, ben):
    ask(api, "grace@example.org")
    first = address_token(app)
    with app.app_context():
        other = User.find(ben.id)
        other.ask_for_email("grace@example.org")
        db.session.commit()
        second = links().token("email", other)

    answers = [Client(app).post("auth/email/verify/", {"token": token}).status_code for token in (first, second)]

    assert answers == [200, 409]


@pytest.mark.parametrize("email", ["", "x", "ada@example.org", "BEN@example.org", "a\x00@example.org", 7, None])
def test_an_address_that_can_not_be_is_400(app, api, email):
    answer = ask(api, email)

    assert (answer.status_code, set(answer.get_json())) == (400, {"new_email"})


def test_an_address_needs_the_password(app, api, ada):
    answer = ask(api, "grace@example.org", "wrong")

    assert (answer.status_code, set(answer.get_json())) == (400, {"password"})
    with app.app_context():
        assert User.find(ada.id).pending_email is None


def test_five_changes_in_five_minutes_are_enough_over_both_doors(app, api, ada):
    browser = Browser(app).log_in("ada")
    form = {"password": PASSWORD, "new_email": "form@example.org"}
    for n in range(5):
        if n % 2:
            assert browser.post("/email_change/", form, page="/email_change/").status_code == 303
        else:
            assert ask(api, f"grace{n}@example.org").status_code == 200

    assert ask(api, "grace@example.org").status_code == 429


# ---- opening an account


GRACE = {"username": "grace", "password": NEW}


@pytest.mark.parametrize("path", ["auth/register/", "/api/auth/register", "/api/auth/register/"])
def test_somebody_opens_an_account_and_is_in(app, crowd, path):
    answer = Client(app).post(path, GRACE | {"email": "grace@example.org"})

    assert answer.status_code == 201
    body = answer.get_json()
    assert set(body) == {"user", "token", "expiry"}
    assert body["user"]["username"] == "grace"
    assert works(app, f"Token {body['token']}")
    assert [letter["To"] for letter in letters(app)] == ["grace@example.org"]
    with app.app_context():
        user = User.named("grace")
        assert user.role == "member"
        assert db.session.query(Audit).filter_by(kind="sign-up", actor_id=user.id).count() == 1
        assert db.session.query(ApiToken).one().kind == "login"
        assert db.session.query(Session).count() == 0


def test_without_an_address_it_goes_too_unless_the_site_wants_one(app, crowd, monkeypatch):
    assert Client(app).post("auth/register/", GRACE).status_code == 201
    config = app.extensions["config"]
    monkeypatch.setitem(app.extensions, "config", replace(config, require_email=True))

    answer = Client(app).post("auth/register/", GRACE | {"username": "hopper"})

    assert (answer.status_code, set(answer.get_json())) == (400, {"email"})


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        ({"username": "zoe"}, {"username"}),
        ({"username": "ＺＯＥ"}, {"username"}),
        ({"username": "me"}, {"username"}),
        ({"username": ""}, {"username"}),
        ({"username": "", "password": "x"}, {"username", "password"}),
        ({"email": "zoe@example.org"}, {"email"}),
        ({"email": "x"}, {"email"}),
        ({"password": "grace"}, {"password"}),
        ({"password2": "something else"}, {"password2"}),
        ({"username": ["x"]}, {"username"}),
    ],
    ids=range(10),
)
def test_what_can_not_be_is_named(app, crowd, data, fields):
    answer = Client(app).post("auth/register/", GRACE | data)

    assert (answer.status_code, set(answer.get_json())) == (400, fields)
    with app.app_context():
        assert User.count() == 1


def test_nobody_makes_themselves_staff(app, crowd):
    body = GRACE | {"role": "admin", "is_staff": True, "scope": "admin", "verified_at": "2026-01-01", "id": 7}
    answer = Client(app).post("auth/register/", body)

    assert answer.status_code == 201
    with app.app_context():
        user = User.named("grace")
        assert (user.role, user.verified_at) == ("member", None)


def test_twenty_in_an_hour_from_one_address_are_enough(app, crowd):
    with app.app_context():
        for _ in range(20):
            Attempt.note("sign-up", "127.0.0.1")
        db.session.commit()

    answer = Client(app).post("auth/register/", GRACE)
    assert answer.status_code == 429
    assert '"sign-up";q=20;w=3600' in answer.headers["RateLimit-Policy"]
    assert '"sign-up";r=0;' in answer.headers["RateLimit"]


@pytest.mark.parametrize("path", ["auth/register/", "users/"])
def test_no_address_is_as_good_as_none(app, crowd, path):
    answer = Client(app).post(path, GRACE | {"email": None})

    assert answer.status_code == 201
    assert answer.get_json().get("user", answer.get_json())["email"] is None


def test_the_address_of_a_new_account_is_confirmed_in_the_same_words(app, ada):
    with app.app_context():
        token = links().token("verify", User.find(ada.id))

    answer = Client(app).post("auth/email/verify/", {"token": token})

    assert answer.get_json() == {"detail": "Email changed successfully.", "email": "ada@example.org"}


def test_of_ten_at_once_one_gets_the_name(app, crowd):
    clients = [Client(app) for _ in range(10)]
    answers = at_once([lambda c=c: c.post("auth/register/", GRACE).status_code for c in clients])

    assert sorted(answers) == [201] + [400] * 9
