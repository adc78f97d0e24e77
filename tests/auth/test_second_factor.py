"""The second step: a code of an app, a recovery code; each works once."""

import re
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import time_machine

from postways.db import db
from postways.models import Audit, Mail, Passkey, User
from tests.cast import PASSWORD, Browser, letters

MOMENT = (datetime.now(UTC) + timedelta(days=1)).replace(second=0, microsecond=0)  # after everybody logged in
SECRET = re.compile(r"<code>([A-Z2-7]{32})</code>")
CODE = re.compile(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>")
SEALED = re.compile(r'name="sealed"[^>]*value="([^"]+)"')


@pytest.fixture
def app_of_ada(as_ada):
    """Ada has set up an app at MOMENT: its secret, and her recovery codes."""
    with time_machine.travel(MOMENT, tick=False):
        page = as_ada.get("/settings/security/app/").text
        secret = SECRET.search(page).group(1)
        answer = as_ada.post(
            "/settings/security/app/",
            {"sealed": SEALED.search(page).group(1), "code": pyotp.TOTP(secret).now(), "password": PASSWORD},
        )
    assert answer.status_code == 200, answer.text
    return secret, CODE.findall(answer.text)


def half_way(app, name="ada"):
    browser = Browser(app)
    answer = browser.post("/login/", {"username": name, "password": PASSWORD}, page="/login/")
    assert answer.location.startswith("/login/second/"), answer.location
    return browser


def second(browser, code):
    return browser.post("/login/second/", {"code": code}, page="/login/second/")


def test_setting_up_shows_ten_codes_and_tells_by_mail(app, ada, app_of_ada):
    _, codes = app_of_ada

    assert len(set(codes)) == 10
    with app.app_context():
        assert db.session.query(Mail).filter_by(kind="second-factor-added", user_id=ada.id).count() == 1
        assert db.session.query(Audit).filter_by(kind="second-factor-added", actor_id=ada.id).count() == 1


def test_the_password_alone_opens_nothing_any_more(app, app_of_ada):
    with time_machine.travel(MOMENT + timedelta(minutes=5), tick=False):
        browser = half_way(app)

        assert browser.get("/posts/add/").status_code == 303


def test_the_code_of_the_app_opens_once(app, app_of_ada):
    secret, _ = app_of_ada
    with time_machine.travel(MOMENT + timedelta(minutes=5), tick=False):
        code = pyotp.TOTP(secret).now()

        assert second(half_way(app), code).status_code == 303
        assert second(half_way(app), code).status_code == 422


def test_the_code_that_set_it_up_does_not_log_in(app, app_of_ada):
    secret, _ = app_of_ada
    with time_machine.travel(MOMENT + timedelta(seconds=5), tick=False):
        assert second(half_way(app), pyotp.TOTP(secret).now()).status_code == 422


def test_a_recovery_code_opens_once_however_it_is_typed(app, app_of_ada):
    _, codes = app_of_ada
    with time_machine.travel(MOMENT + timedelta(minutes=5), tick=False):
        assert second(half_way(app), codes[3].upper().replace("-", " ")).status_code == 303
        assert second(half_way(app), codes[3]).status_code == 422


def test_eleven_wrong_codes_are_slowed_down(app, app_of_ada):
    with time_machine.travel(MOMENT + timedelta(minutes=5), tick=False):
        browser = half_way(app)
        answers = [second(browser, "000000").status_code for _ in range(11)]

    assert answers == [422] * 10 + [429]


def test_the_way_between_password_and_code_closes_after_ten_minutes(app, app_of_ada):
    secret, _ = app_of_ada
    with time_machine.travel(MOMENT + timedelta(minutes=5), tick=False):
        browser = half_way(app)
    with time_machine.travel(MOMENT + timedelta(minutes=16), tick=False):
        answer = browser.post("/login/second/", {"code": pyotp.TOTP(secret).now()}, page="/login/")

    assert answer.location == "/login/"


def test_nobody_reaches_the_second_step_without_the_first(guest, app_of_ada):
    assert guest.get("/login/second/").location == "/login/"


def test_a_wrong_first_code_sets_nothing_up(app, as_ada, ada):
    page = as_ada.get("/settings/security/app/").text
    answer = as_ada.post(
        "/settings/security/app/", {"sealed": SEALED.search(page).group(1), "code": "123", "password": PASSWORD}
    )

    assert answer.status_code == 422
    assert SECRET.search(answer.text).group(1) == SECRET.search(page).group(1)  # the same QR code as before
    with app.app_context():
        assert User.find(ada.id).totp_secret == ""


def test_removing_the_app_asks_for_the_password(app, as_ada, app_of_ada):
    with time_machine.travel(MOMENT + timedelta(minutes=5), tick=False):
        assert as_ada.post("/settings/security/app/remove/", {"password": "not hers"}).status_code == 422
        assert as_ada.post("/settings/security/app/remove/", {"password": PASSWORD}).status_code == 303
        Browser(app).log_in("ada")


def test_the_secret_is_not_kept_readable(app, ada, app_of_ada):
    secret, codes = app_of_ada
    with app.app_context():
        assert secret not in User.find(ada.id).totp_secret


def test_new_recovery_codes_end_the_old_ones(app, as_ada, app_of_ada):
    _, codes = app_of_ada
    with time_machine.travel(MOMENT + timedelta(minutes=5), tick=False):
        answer = as_ada.post("/settings/security/codes/", {"password": PASSWORD})
        fresh = CODE.findall(answer.text)

        assert answer.headers["Cache-Control"] == "no-store"
        assert second(half_way(app), codes[0]).status_code == 422
        assert second(half_way(app), fresh[0]).status_code == 303


def test_a_passkey_can_not_be_begun_without_the_password(as_ada):
    answer = as_ada.post("/settings/security/passkeys/options/")

    assert (answer.status_code, answer.json["sentence"]) == (422, "Type your password.")


def test_a_passkey_can_be_removed_by_its_owner_alone(app, as_ada, ada, as_ben, ben):
    with app.app_context():
        Passkey.add(ada, b"one", b"key", 0, "Phone")
        db.session.commit()
        passkey_id = Passkey.with_id(b"one").id
    path = f"/settings/security/passkeys/{passkey_id}/remove/"

    assert as_ben.post(path, {"password": PASSWORD}).status_code == 404
    assert as_ada.post(path, {"password": PASSWORD}).status_code == 303


@pytest.mark.parametrize("credential", ["", "nonsense", "[]", '{"id": "AAAA"}', '{"id": 7}', "[" * 5000])
def test_a_forged_passkey_is_refused_in_words(app, guest, ada, credential):
    guest.post("/login/passkey/options/", page="/login/")
    answer = guest.post("/login/passkey/", {"credential": credential}, page="/login/")

    assert answer.status_code == 422
    assert answer.json["sentence"]


def test_the_right_password_gives_no_new_tries_at_the_code(app, app_of_ada):
    with time_machine.travel(MOMENT + timedelta(minutes=5), tick=False):
        answers = []
        for _ in range(3):
            browser = half_way(app)
            answers += [second(browser, "000000").status_code for _ in range(3)]
        answers += [second(browser, "000000").status_code for _ in range(2)]

    assert answers == [422] * 10 + [429]


def test_a_recovery_code_that_was_used_is_told_by_mail_with_how_many_are_left(app, ada, app_of_ada):
    _, codes = app_of_ada
    with time_machine.travel(MOMENT + timedelta(minutes=5), tick=False):
        second(half_way(app), codes[0])
        second(half_way(app), codes[0])

        told = [letter for letter in letters(app) if letter["Subject"] == "A recovery code was used"]
        assert len(told) == 1
        assert "9 codes are left" in told[0].get_body(("plain",)).get_content()
    with app.app_context():
        assert db.session.query(Audit).filter_by(kind="recovery-code-used", actor_id=ada.id).count() == 1


@pytest.mark.parametrize("path", ["/settings/prove/", "/authors/{}/delete/"])
def test_sensitive_acts_ask_for_the_second_step_too(app, ada, as_ada, app_of_ada, path):
    secret, codes = app_of_ada
    path = path.format(ada.id)
    with time_machine.travel(MOMENT + timedelta(minutes=5), tick=False):
        assert 'name="code"' in as_ada.get(path).text

        for code, words in (("", "Type a code of your app"), ("000000", "That code is not right")):
            answer = as_ada.post(path, {"password": PASSWORD, "code": code})
            assert (answer.status_code, words in answer.text) == (422, True), code
        wrong = as_ada.post(path, {"password": "wrong", "code": codes[1]})
        assert (wrong.status_code, "not your password" in wrong.text) == (422, True)
        code = pyotp.TOTP(secret).now() if "prove" in path else codes[1]  # which the wrong password has not used up
        assert as_ada.post(path, {"password": PASSWORD, "code": code}).status_code == 303


def test_without_a_second_step_nobody_is_asked_for_one(ada, as_ada):
    for path in ("/settings/prove/", f"/authors/{ada.id}/delete/"):
        assert 'name="code"' not in as_ada.get(path).text


def test_wrong_codes_of_sensitive_acts_are_slowed_down(app, ada, as_ada, app_of_ada):
    path = f"/authors/{ada.id}/delete/"
    with time_machine.travel(MOMENT + timedelta(minutes=5), tick=False):
        answers = [as_ada.post(path, {"password": PASSWORD, "code": "000000"}).status_code for _ in range(11)]

    assert answers == [422] * 10 + [429]


def test_with_passkeys_alone_a_recovery_code_or_a_passkey_is_asked_for(app, ada, as_ada):
    with app.app_context():
        Passkey.add(ada, b"one", b"key", 0, "Phone")
        db.session.commit()

    page = as_ada.get("/settings/prove/").text
    assert 'data-options="/settings/prove/passkey/options/"' in page
    assert 'name="code"' in page
    assert as_ada.post("/settings/prove/", {"password": PASSWORD}).status_code == 422
    forged = as_ada.post("/settings/prove/passkey/", {"credential": '{"id": "b25l"}'})
    assert (forged.status_code, forged.json["sentence"]) == (422, "This passkey does not belong to your account.")
    assert as_ada.post("/settings/prove/", {"password": PASSWORD}).status_code == 422


def test_forged_passkeys_are_slowed_down(app, guest, ada):
    answers = [guest.post("/login/passkey/", {"credential": '{"id": "b25l"}'}, page="/login/") for _ in range(11)]

    assert [answer.status_code for answer in answers] == [422] * 10 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 200
