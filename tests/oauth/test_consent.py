"""The page on which a person lets an app act for them."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

import time_machine

from postways.db import db, now
from postways.models import Allowance, Audit, Client, Code, Session, User
from tests.cast import PASSWORD, Browser, letters, make_user
from tests.oauth.flow import BACK, PKCE, Prints, brought, words


def rows(app) -> tuple[int, int]:
    with app.app_context():
        return db.session.query(Code).count(), db.session.query(Allowance).count()


def test_the_page_names_the_app_its_maker_where_it_leads_and_what_it_wants(as_ada, prints):
    answer = as_ada.get(prints.address(scope="read delete"))
    said = words(answer)

    assert answer.status_code == 200
    for part in ("Let “Prints” act for you?", "An app by @ben", "See what you can see", "Take back likes", "@ada"):
        assert part in said
    assert "prints.example" in said
    assert "Share, like" not in said


def test_the_page_can_not_be_framed_kept_or_sent_elsewhere_than_to_the_app(as_ada, prints, app, ben):
    headers = as_ada.get(prints.address()).headers

    policy = headers["Content-Security-Policy"].split("; ")
    assert "form-action 'self' https://prints.example" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["Cache-Control"] == "no-store"
    assert "form-action 'self'" in as_ada.get("/").headers["Content-Security-Policy"].split("; ")
    phone = Prints(app, ben, public=True, back="org.example.prints:/back")
    assert "form-action 'self' org.example.prints:" in as_ada.get(phone.address()).headers["Content-Security-Policy"]


def test_an_app_of_the_site_is_named_so_and_its_name_is_text(app, as_ada, crowd):
    own = Prints(app, None, name="<b>Bold</b>")

    answer = as_ada.get(own.address())
    assert "the people who run this site have registered" in words(answer)
    assert "<b>Bold</b>" not in answer.text


def test_allowing_leads_back_with_a_code_the_state_and_the_name_of_the_site(app, as_ada, prints):
    back = prints.answered(as_ada)

    assert set(back) == {"code", "state", "iss"}
    assert (back["state"], back["iss"]) == ("xyz", "http://localhost")
    assert rows(app) == (1, 1)


def test_cancelling_leads_back_with_the_refusal_and_leaves_nothing(app, as_ada, prints):
    for decision in ("cancel", "", "ALLOW"):
        back = prints.answered(as_ada, decision, state="a b&c=é")
        assert (back["error"], back["state"], back["iss"]) == ("access_denied", "a b&c=é", "http://localhost")
        assert "code" not in back
    assert rows(app) == (0, 0)


def test_without_a_state_none_comes_back(as_ada, prints):
    assert "state" not in prints.answered(as_ada, state=None)


def test_opening_the_page_allows_nothing_and_it_asks_every_time(app, as_ada, prints):
    prints.code(as_ada)
    answer = as_ada.get(prints.address())

    assert answer.status_code == 200
    assert "Allow" in words(answer)
    assert rows(app) == (1, 1)


def test_an_address_to_come_back_to_keeps_its_own_query(app, ben, as_ada):
    prints = Prints(app, ben, back="https://prints.example/back?from=postways")

    assert prints.answered(as_ada)["from"] == "postways"


def test_an_app_on_a_phone_is_come_back_to_by_its_own_scheme(app, ben, as_ada):
    phone = Prints(app, ben, public=True, back="org.example.prints:/back", more=["http://127.0.0.1:5010/back"])

    assert phone.tokens(as_ada)["scope"] == "read create"
    assert phone.answered(as_ada, redirect_uri="http://127.0.0.1:5010/back")["code"]
    for other in ("org.example.prints:/other", "http://127.0.0.1:5011/back", "http://localhost:5010/back"):
        assert as_ada.get(phone.address(redirect_uri=other)).status_code == 400


def test_the_only_address_need_not_be_named(app, as_ada, prints, ben):
    assert "code" in prints.answered(as_ada, redirect_uri=None)
    two = Prints(app, ben, more=["https://prints.example/other"])
    assert as_ada.get(two.address(redirect_uri=None)).status_code == 400


def test_a_visitor_logs_in_first_and_comes_back(app, ada, guest, prints):
    address = prints.address()
    answer = guest.get(address)
    assert answer.status_code == 303
    assert answer.location.startswith("/login/?next=")

    answer = guest.post(answer.location, {"username": "ada", "password": PASSWORD}, page=answer.location)
    assert answer.location == address
    assert "Let “Prints” act for you?" in words(guest.get(answer.location))


def test_an_old_log_in_is_proved_again_and_comes_back(app, as_ada, prints):
    address, token = prints.address(), as_ada.token()
    with time_machine.travel(now() + timedelta(hours=2, minutes=1), tick=True):
        answer = as_ada.get(address)
        assert answer.location.startswith("/settings/prove/?next=")
        for referer in (None, "http://localhost/"):  # which a browser may leave out, or cut short
            told = {"Referer": referer} if referer else {}
            assert as_ada.post(address, {"decision": "allow"}, token=token, **told).location == answer.location
        assert rows(app) == (0, 0)
        cancelled = as_ada.post(address, {"decision": "cancel"}, token=token)
        assert brought(cancelled)["error"] == "access_denied"

        answer = as_ada.post(answer.location, {"password": PASSWORD}, page=answer.location)
        assert answer.location == address
        assert as_ada.get(address).status_code == 200


def test_leave_is_given_from_the_page_alone(app, as_ada, prints):
    address = prints.address()

    for token, headers in (("wrong", {}), (as_ada.token(), {"Origin": "https://evil.example"})):
        assert as_ada.post(address, {"decision": "allow"}, token=token, **headers).status_code == 403
    assert rows(app) == (0, 0)


ELSEWHERE = [
    "https://prints.example/bac",
    "https://prints.example/back/",
    "https://prints.example/back/more",
    "https://prints.example/back?x=1",
    "https://prints.example/back#x",
    "https://prints.example/Back",
    "https://PRINTS.example/back",
    "HTTPS://prints.example/back",
    "https://prints.example:443/back",
    "https://prints.example:8443/back",
    "http://prints.example/back",
    "https://me@prints.example/back",
    "https://prints.example@evil.example/back",
    "https://evil.example/https://prints.example/back",
    "https://prints.example.evil.example/back",
    "https://prints.example/back/../evil",
    "https://prints.example/%62ack",
    " https://prints.example/back",
    "//prints.example/back",
    "javascript:alert(1)",
    'https://prints.example/"back',
    "https://prints.example/b\x00ack",
    "https://prints.example/back\r\nSet-Cookie: x=1",
    "https://bücher.example/",
    "x" * 5_000,
]


def test_nobody_is_sent_to_an_address_that_is_not_registered_to_the_letter(app, as_ada, prints):
    token = as_ada.token()
    for uri in ELSEWHERE:
        address = prints.address(redirect_uri=uri)
        for answer in (as_ada.get(address), as_ada.post(address, {"decision": "allow"}, token=token)):
            assert answer.status_code == 400, uri
            assert "Location" not in answer.headers
            assert "Nothing was allowed" in words(answer)
    assert rows(app) == (0, 0)


def test_an_address_that_browsers_can_not_be_led_to_is_told_instead_of_a_dead_button(app, as_ada, prints):
    dead = "https://prints_x.example/back"
    with app.app_context():
        db.session.get(Client, prints.row).redirect_uris = [dead]  # as it could be registered once
        db.session.commit()
    address, token = prints.address(redirect_uri=dead), as_ada.token()

    for answer in (as_ada.get(address), as_ada.post(address, {"decision": "allow"}, token=token)):
        assert answer.status_code == 400
        assert "browsers can't be led to" in words(answer)
    assert rows(app) == (0, 0)


UNREADABLE = [
    {"client_id": None},
    {"client_id": "nobody"},
    {"client_id": "\x00"},
    {"client_id": "x" * 5_000},
    {"client_id": ["a", "b"]},
    {"redirect_uri": [BACK, BACK]},
    {"redirect_uri": [BACK, "https://evil.example/"]},
    {"state": ["a", "b"]},
    {"state": "x\x00"},
    {"scope": "read\n"},
    {"response_type": 'code"'},
]


def test_what_can_not_be_read_is_told_to_the_person(as_ada, prints):
    for data in UNREADABLE:
        answer = as_ada.get(prints.address(**data))
        assert answer.status_code == 400, data
        assert "Nothing was allowed" in words(answer)
    for data in ({"state": "x\x00"}, {"response_type": "code\n"}):
        assert "can't be read" in words(as_ada.get(prints.address(**data))), data


WRONG = [
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"response_type": "code token"}, "unsupported_response_type"),
    ({"response_type": "id_token"}, "unsupported_response_type"),
    ({"response_type": None}, "invalid_request"),
    ({"response_mode": "fragment"}, "invalid_request"),
    ({"response_mode": "form_post"}, "invalid_request"),
    ({"scope": "everything"}, "invalid_scope"),
    ({"scope": "read moderate"}, "invalid_scope"),  # more than the app can ask for
    ({"code_challenge": None}, "invalid_request"),
    ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
    ({"code_challenge_method": None}, "invalid_request"),  # which would mean plain
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge_method": "s256"}, "invalid_request"),
    ({"code_challenge": "short"}, "invalid_request"),
    ({"code_challenge": "x" * 129}, "invalid_request"),
    ({"code_challenge": "x" * 42 + "!"}, "invalid_request"),
]


def test_what_an_app_asks_wrongly_is_told_to_the_app(app, as_ada, phone):
    token = as_ada.token()
    for data, error in WRONG:
        address = phone.address(**data)
        for answer in (as_ada.get(address), as_ada.post(address, {"decision": "allow"}, token=token)):
            assert answer.status_code == 303, data
            back = brought(answer)
            assert (back["error"], back["state"], back["iss"]) == (error, "xyz", "http://localhost"), data
            assert "token" not in back.get("error_description", ""), data  # nothing of what was sent
    assert rows(app) == (0, 0)


def test_the_one_way_in_which_answers_travel_can_be_asked_for(as_ada, prints):
    assert "code" in prints.answered(as_ada, response_mode="query")


def test_an_app_with_a_secret_may_leave_the_challenge_out_but_not_send_it_plain(as_ada, prints):
    without = dict.fromkeys(PKCE)

    assert "code" in prints.answered(as_ada, **without)
    answer = as_ada.get(prints.address(code_challenge_method="plain"))
    assert brought(answer)["error"] == "invalid_request"


def test_nobody_allows_more_than_they_can_do(app, as_ada, crowd):
    desk = Prints(app, None, scope="read write moderate")

    assert "moderator" not in words(as_ada.get(desk.address(scope="read moderate")))
    assert desk.tokens(as_ada, scope="read moderate")["scope"] == "read"
    assert brought(as_ada.get(desk.address(scope="moderate")))["error"] == "invalid_scope"
    make_user(app, "marta", "moderator")
    marta = Browser(app).log_in("marta")
    assert desk.tokens(marta, scope="read moderate")["scope"] == "read moderate"


def test_without_a_scope_the_page_says_all_that_the_app_can_ask_for(as_ada, prints):
    said = words(as_ada.get(prints.address(scope=None)))

    assert all(part in said for part in ("See what", "Share, like", "Change your posts", "Take back"))
    assert prints.tokens(as_ada, scope=None)["scope"] == "read write"


def test_the_app_of_somebody_suspended_asks_nobody(app, as_ada, ben, prints):
    with app.app_context():
        User.find(ben.id).suspend(None, "Spam.")
        db.session.commit()

    assert as_ada.get(prints.address()).status_code == 400


def test_the_first_leave_is_mailed_and_written_down_without_the_code(app, ada, as_ada, prints):
    codes = [prints.code(as_ada), prints.code(as_ada)]

    (letter,) = [one for one in letters(app) if one["To"] == "ada@example.org"]
    assert '"Prints" was allowed to act for @ada' in letter.get_body(("plain",)).get_content().replace("\n", " ")
    with app.app_context():
        entries = db.session.query(Audit).filter_by(kind="app-allowed", actor_id=ada.id).all()
        sessions = db.session.query(Session).count()
    assert [entry.details["scope"] for entry in entries] == ["read create"]
    assert not any(code in letter.as_string() + repr(entries[0].details) for code in codes)
    assert sessions == 1


def test_who_wants_no_page_hears_that_people_are_asked_and_who_wants_a_log_in_gets_one(as_ada, prints):
    back = brought(as_ada.get(prints.address(prompt="none")), BACK)
    assert (back["error"], back["state"], back["iss"]) == ("consent_required", "xyz", "http://localhost")

    assert as_ada.get(prints.address(prompt="login")).status_code == 200  # who has just logged in
    with time_machine.travel(now() + timedelta(minutes=5), tick=True):
        assert as_ada.get(prints.address(prompt="login")).location.startswith("/settings/prove/?next=/o/authorize/")
        assert as_ada.get(prints.address()).status_code == 200


def test_what_is_said_twice_is_told_so(as_ada, prints):
    assert "says the same thing twice" in words(as_ada.get(prints.address(state=["a", "b"])))


def test_the_way_to_log_in_names_the_app_that_leads_there_and_nothing_else(guest, prints):
    assert "“Prints” sent you here" in words(guest.get(guest.get(prints.address()).location))
    for other in (
        "/",
        "/o/authorize/?client_id=nobody",
        "/o/authorize/?client_id=%00",
        f"//x/o/authorize/?client_id={prints.client_id}",
    ):
        assert "sent you here" not in words(guest.get("/login/?" + urlencode({"next": other})))
