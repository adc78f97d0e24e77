"""Renewing, looking at and ending tokens."""

from __future__ import annotations

import pytest

from postways.db import db
from postways.models import ApiToken, Audit, Family, RefreshToken, Session, User
from tests.api.client import Client
from tests.api.test_auth_login import ADA, works
from tests.cast import Browser, letters
from tests.clock import in_
from tests.together import at_once

OURS = {"Origin": "http://localhost"}
SAME = {"Sec-Fetch-Site": "same-origin"}
REFRESH = "auth/token/refresh/"


@pytest.fixture
def pair(app, ada, ben) -> dict[str, str]:
    return Client(app).post("auth/login/", ADA).get_json()


def refresh(app, secret: str, **options):
    return Client(app).post(REFRESH, {"refresh": secret}, **options)


def bearer(pair: dict[str, str]) -> str:
    return f"Bearer {pair['access']}"


# ---- refresh


def test_a_refresh_token_gets_the_next_pair(app, pair):
    answer = refresh(app, pair["refresh"])

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(answer.get_json()) == {"access", "refresh"}
    assert answer.get_json()["refresh"] != pair["refresh"]
    assert works(app, bearer(answer.get_json()))
    assert works(app, bearer(pair))  # until its five minutes are over


def test_an_access_token_works_for_five_minutes(app, pair):
    with in_(minutes=4, seconds=57):
        assert works(app, bearer(pair))
    with in_(minutes=5, seconds=1):
        assert not works(app, bearer(pair))


def test_an_old_one_ends_everything_that_came_of_it_and_a_mail_says_so(app, pair):
    second = refresh(app, pair["refresh"]).get_json()
    third = refresh(app, second["refresh"]).get_json()
    with in_(seconds=3):
        answers = [refresh(app, old) for old in (pair["refresh"], third["refresh"], pair["refresh"])]
        (letter,) = letters(app)

    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert len({answer.text for answer in answers}) == 1
    assert not any(works(app, bearer(one)) for one in (pair, second, third))
    assert letter["To"] == "ada@example.org"
    with app.app_context():
        assert db.session.query(Audit).filter_by(kind="token-reuse").count() == 1


def test_of_eight_at_once_one_wins_and_nobody_is_alarmed(app, pair):
    secret = pair["refresh"]
    for _ in range(3):
        clients = [Client(app) for _ in range(8)]
        answers = at_once([lambda c=c, s=secret: c.post(REFRESH, {"refresh": s}) for c in clients])

        assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7
        secret = next(answer.get_json()["refresh"] for answer in answers if answer.status_code == 200)
    assert refresh(app, secret).status_code == 200
    with app.app_context():
        assert db.session.query(Audit).filter_by(kind="token-reuse").count() == 0


@pytest.mark.parametrize("secret", ["", "x", "pwr_" + "x" * 43, "\x00", "é" * 1_000, "x" * 100_000])
def test_what_is_no_refresh_token_is_401(app, pair, secret):
    assert refresh(app, secret).status_code == 401


@pytest.mark.parametrize("secret", [7, [], {}, True, "\ud800"], ids=repr)
def test_what_can_not_be_one_is_400(app, pair, secret):
    answer = refresh(app, secret)

    assert answer.status_code == 400
    assert set(answer.get_json()) == {"refresh"}


def test_with_nothing_at_all_it_is_401(app):
    assert Client(app).post(REFRESH).status_code == 401
    assert Client(app).post(REFRESH, {}).status_code == 401


def test_a_log_in_has_all_of_a_role_that_came_later_and_other_tokens_what_they_were_given(app, ada, pair):
    opaque = f"Token {Client(app).post('auth/token/', ADA).get_json()['token']}"
    personal = Client.token(app, ada, "read write").authorization

    def statuses(access: str) -> list[int]:
        return [Client(app, one).get("users/").status_code for one in (access, opaque, personal)]

    for role, expected in (("moderator", [200, 200, 403]), ("member", [403, 403, 403])):
        with app.app_context():
            User.find(ada.id).become(role)
            db.session.commit()
        assert not works(app, bearer(pair))
        pair = refresh(app, pair["refresh"]).get_json()
        assert statuses(bearer(pair)) == expected


# ---- by cookie


@pytest.fixture
def browser(app, ada) -> Client:
    """A page of scripts in ada's browser."""
    client = Client(app)
    client.post("auth/mylogin/", ADA)
    return client


def cookie(client: Client) -> str | None:
    found = client.client.get_cookie("refresh_token", path="/api/v1/auth/")
    return found.value if found else None


@pytest.mark.parametrize("headers", [OURS, SAME, OURS | SAME, SAME | {"Origin": "null"}], ids=str)
def test_the_cookie_gets_the_next_one_from_a_page_of_ours(app, browser, headers):
    before = cookie(browser)

    answer = browser.post(REFRESH, headers=headers)

    assert answer.status_code == 200
    assert set(answer.get_json()) == {"access"}
    assert works(app, bearer(answer.get_json()))
    assert cookie(browser) != before
    assert browser.post(REFRESH, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        OURS | {"Sec-Fetch-Site": "cross-site"},
        SAME | {"Origin": "https://evil.example"},
    ],
    ids=str,
)
def test_the_cookie_alone_is_nothing_from_elsewhere(app, browser, headers):
    before = cookie(browser)

    answer = browser.post(REFRESH, headers=headers)

    assert answer.status_code == 403
    assert list(answer.get_json()) == ["detail"]
    assert cookie(browser) == before
    assert browser.post(REFRESH, headers=OURS).status_code == 200


def test_the_cookie_goes_nowhere_else(app, browser):
    assert browser.post("likes/toggle/", {"post": 1}).status_code == 401
    assert browser.get("posts/").status_code != 500
    assert browser.client.get_cookie("refresh_token", path="/") is None


# ---- looking


def test_an_access_token_that_works_is_200_and_every_other_is_401(app, ada, pair):
    opaque = Client.token(app, ada).authorization.removeprefix("Token ")
    answer = Client(app).post("auth/token/verify/", {"token": pair["access"]})
    assert (answer.status_code, answer.get_json()) == (200, {})

    for other in (pair["refresh"], opaque, "", "x", "a.b.c", "é", "\x00", "x" * 100_000, pair["access"][:-2]):
        assert Client(app).post("auth/token/verify/", {"token": other}).status_code == 401
    with in_(minutes=5, seconds=1):
        assert Client(app).post("auth/token/verify/", {"token": pair["access"]}).status_code == 401


@pytest.mark.parametrize("body", [{}, {"token": None}, {"token": 7}, {"token": "\ud800"}], ids=repr)
def test_what_can_not_be_looked_at_is_400(app, body):
    answer = Client(app).post("auth/token/verify/", body)

    assert answer.status_code == 400
    assert set(answer.get_json()) == {"token"}


def test_no_token_opens_another_ones_door(app, ada, pair):
    opaque = Client.token(app, ada).authorization.removeprefix("Token ")
    with app.app_context():
        session = Session.begin(User.find(ada.id), "", "")
        db.session.commit()

    for wrong in (
        f"Bearer {pair['refresh']}",
        f"Token {pair['refresh']}",
        f"Token {pair['access']}",
        f"Bearer {opaque}",
        f"Bearer {session}",
        f"Token {session}",
    ):
        assert Client(app, wrong).get("likes/").status_code == 401
    for wrong in (pair["access"], opaque, session):
        assert refresh(app, wrong).status_code == 401


# ---- ending


def test_log_out_ends_this_log_in_and_no_other(app, ada, pair):
    other = Client(app).post("auth/login/", ADA).get_json()
    answer = Client(app, bearer(pair)).post("auth/logout/")

    assert (answer.status_code, answer.data) == (204, b"")
    assert not works(app, bearer(pair))
    assert refresh(app, pair["refresh"]).status_code == 401
    assert Client(app, bearer(pair)).post("auth/logout/").status_code == 401
    assert works(app, bearer(other))
    with app.app_context():
        assert db.session.query(Audit).filter_by(kind="log-out", actor_id=ada.id).count() == 1


def test_log_out_ends_an_opaque_token_also_at_the_old_address(app, ada):
    for path in ("auth/logout/", "/api/auth/logout"):
        token = f"Token {Client(app).post('auth/token/', ADA).get_json()['token']}"
        other = Client.token(app, ada).authorization

        assert Client(app, token).post(path).status_code == 204
        assert not works(app, token)
        assert works(app, other)


def test_log_out_with_a_refresh_token_ends_its_log_in(app, ada, pair):
    opaque = Client.token(app, ada)
    newer = refresh(app, pair["refresh"]).get_json()

    assert opaque.post("auth/logout/", {"refresh": newer["refresh"]}).status_code == 204
    assert refresh(app, newer["refresh"]).status_code == 401
    assert not works(app, bearer(newer))
    assert works(app, opaque.authorization)
    assert opaque.post("auth/logout/", {"refresh": newer["refresh"]}).status_code == 401


def test_a_refresh_token_alone_logs_out_too(app, pair):
    assert Client(app).post("auth/logout/", {"refresh": pair["refresh"]}).status_code == 204
    assert not works(app, bearer(pair))


def test_nobody_logs_somebody_else_out(app, ben, pair):
    stranger = Client.bearer(app, ben)

    assert stranger.post("auth/logout/", {"refresh": pair["refresh"]}).status_code == 401
    assert works(app, bearer(pair))
    assert works(app, stranger.authorization)


def test_without_any_token_there_is_nothing_to_end(app):
    assert Client(app).post("auth/logout/").status_code == 401
    assert Client(app).post("auth/logout/all/").status_code == 401


def test_log_out_takes_the_cookie_away(app, browser):
    access = browser.post(REFRESH, headers=OURS).get_json()["access"]
    old = cookie(browser)

    assert browser.post("auth/logout/", headers={"Authorization": f"Bearer {access}"}).status_code == 204

    assert cookie(browser) is None
    assert refresh(app, old).status_code == 401


def test_the_cookie_alone_logs_out_from_a_page_of_ours(app, browser):
    assert browser.post("auth/logout/").status_code == 403
    assert browser.post("auth/logout/", headers=SAME).status_code == 204
    assert cookie(browser) is None


def test_a_session_of_the_pages_is_ended_too(app, as_ada):
    assert Client.cookie(as_ada).post("auth/logout/").status_code == 204
    assert "/logout/" not in as_ada.get("/").text


def test_everywhere_means_everywhere_and_nobody_else(app, ada, ben, pair):
    browser, others = Browser(app).log_in("ada"), Browser(app).log_in("ben")
    mine = [bearer(pair), Client.token(app, ada).authorization, Client.bearer(app, ada).authorization]
    bens = [Client.token(app, ben).authorization, Client.bearer(app, ben).authorization]

    assert Client.token(app, ada, "read").post("auth/logout/all/").status_code == 204

    assert not any(works(app, one) for one in mine)
    assert all(works(app, one) for one in bens)
    assert refresh(app, pair["refresh"]).status_code == 401
    assert "/logout/" not in browser.get("/").text
    assert "/logout/" in others.get("/").text


# ---- what stops them at once


@pytest.mark.parametrize("what", ["suspend", "leave", "become"])
def test_rights_that_are_gone_are_gone_at_once(app, ada, pair, what):
    opaque = Client.token(app, ada).authorization
    acts = {
        "suspend": lambda user: user.suspend(None, "Because."),
        "leave": lambda user: user.leave(),
        "become": lambda user: user.become("moderator"),
    }
    with app.app_context():
        acts[what](User.find(ada.id))
        db.session.commit()

    assert not works(app, bearer(pair))
    assert works(app, opaque) is (what == "become")
    assert (refresh(app, pair["refresh"]).status_code == 200) is (what == "become")
    if what != "become":
        assert Client(app).post("auth/login/", ADA).status_code == 401


def test_nothing_secret_is_kept(app, ada, pair):
    token = Client(app).post("auth/token/", ADA).get_json()["token"]
    with app.app_context():
        rows = [
            str({column.name: getattr(row, column.key) for column in row.__table__.columns})
            for noun in (Family, RefreshToken, ApiToken, Audit, User)
            for row in db.session.query(noun)
        ]
    redis = app.extensions["redis"]
    kept = [*rows, *(str(key) for key in redis.scan_iter())]

    for secret in (token, pair["refresh"], pair["access"]):
        assert not any(secret in row for row in kept)
