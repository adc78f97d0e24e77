"""The webhook believes who can sign, once, while it is fresh; everybody else learns nothing and changes nothing."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from standardwebhooks.webhooks import Webhook

from postways import limits, sweep
from postways.db import db, now
from postways.membership.webhook import MOST_BYTES, NOT_GENUINE
from postways.models import Audit, Delivery, User
from postways.models.delivery import KEPT
from tests.cast import letters, make_user
from tests.membership.provider import KEY, OLD_KEY, PATH, rows, said, secret, send, signature
from tests.membership.state import until
from tests.together import at_once

END = "2099-01-31T00:00:00Z"
pytestmark = pytest.mark.usefixtures("provider", "ada")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def provider(app, crowd, monkeypatch):
    """The webhook is open, for two secrets."""
    config = replace(
        app.extensions["config"], membership_webhook_secret=f"{secret(OLD_KEY)}  {secret(KEY)}", ratelimit_enabled=True
    )
    monkeypatch.setitem(app.extensions, "config", config)


def test_a_signed_message_makes_somebody_a_premium_member(app):
    answer = send(app, said())

    assert (answer.status_code, answer.json) == (200, {"detail": "The membership is as you say."})
    assert "Set-Cookie" not in answer.headers
    assert until(app) == END
    with app.app_context():
        entry = db.session.query(Audit).filter_by(kind="premium-changed").one()
        assert (entry.actor_id, entry.details) == (None, {"door": "webhook", "before": None, "after": END})
    assert "31 Jan 2099" in letters(app)[-1].get_body(("plain",)).get_content()

    assert send(app, said(until=None, minutes_ago=0)).status_code == 200
    assert until(app) is None


def test_who_is_meant_is_said_by_name_id_or_confirmed_address(app, ada):
    for user in ("ADA", ada.id, str(ada.id)):
        assert send(app, said(user, END)).status_code == 200
    unconfirmed = send(app, said(None, None, data={"email": "Ada@Example.org"}))
    assert (unconfirmed.status_code, list(unconfirmed.json)) == (400, ["email"])
    with app.app_context():
        User.named("ada").verify()
        db.session.commit()
    assert send(app, said(None, None, data={"email": "Ada@Example.org"}, minutes_ago=0)).status_code == 200
    assert until(app) is None


def test_the_vector_of_the_standard_verifies(app, monkeypatch):
    """From the standard's own libraries; it is of another type, so that nothing changes."""
    config = app.extensions["config"]
    key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    monkeypatch.setitem(app.extensions, "config", replace(config, membership_webhook_secret=key))
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    with time_machine.travel(datetime.fromtimestamp(1614265330 + 299, UTC), tick=False):
        answer = send(app, b'{"test": 2432232314}', headers=headers)
    assert (answer.status_code, list(answer.json)) == (400, ["type"])


def test_what_the_standards_own_library_signs_is_believed(app):
    body, sent = said().decode(), int(time.time())
    signed = Webhook(secret(KEY)).sign("msg_own", datetime.fromtimestamp(sent, UTC), body)

    headers = {"webhook-id": "msg_own", "webhook-timestamp": str(sent), "webhook-signature": signed}
    assert send(app, body.encode(), headers=headers).status_code == 200


def test_secrets_are_rotated_and_several_signatures_tried(app):
    assert send(app, said(), key=OLD_KEY).status_code == 200
    body, sent = said(until=None, minutes_ago=0), str(int(time.time()))
    right = signature(KEY, "msg_x", sent, body)
    several = f"v1a,abcd v2,{right[3:]}  v1,{base64.b64encode(b'x' * 32).decode()} {right}"
    answer = send(app, body, headers={"webhook-id": "msg_x", "webhook-timestamp": sent, "webhook-signature": several})
    assert answer.status_code == 200
    assert until(app) is None


def forgeries() -> dict[str, dict]:
    body, sent, wrong = said(), int(time.time()), base64.b64encode(b"x" * 32).decode()
    return {
        "late": {"ago": 301},
        "ahead": {"ago": -301},
        "another secret": {"key": b"somebody else's key of 32 bytes."},
        "no signature": {"headers": {"webhook-signature": None}},
        "no id": {"headers": {"webhook-id": None}},
        "no time": {"headers": {"webhook-timestamp": None}},
        "nothing": {"headers": dict.fromkeys(("webhook-id", "webhook-timestamp", "webhook-signature"))},
        "empty": {"headers": {"webhook-signature": ""}},
        "another id": {"headers": {"webhook-id": "msg_other"}},
        "another time": {"headers": {"webhook-timestamp": str(sent - 60)}},
        "time with a point": {"headers": {"webhook-timestamp": f"{sent}.5"}},
        "time in words": {"headers": {"webhook-timestamp": "now"}},
        "no time at all": {"headers": {"webhook-timestamp": "nan"}},
        "endless time": {"headers": {"webhook-timestamp": "9" * 12}},
        "other digits": {"headers": {"webhook-timestamp": "１٢"}}
        if False
        else {"headers": {"webhook-timestamp": "-1"}},
        "forged": {"headers": {"webhook-signature": f"v1,{wrong}"}},
        "two forged": {"headers": {"webhook-signature": f"v1,{wrong} v1,{wrong}"}},
        "no version": {"headers": {"webhook-signature": signature(KEY, "m", sent, body)[3:]}},
        "later version": {
            "headers": {"webhook-signature": f"v2,{signature(KEY, 'm', sent, body)[3:]}", "webhook-id": "m"}
        },
        "no base64": {"headers": {"webhook-signature": "v1,%%%"}},
        "many commas": {"headers": {"webhook-signature": "v1,a,b,c"}},
    }


def test_what_is_not_genuine_is_refused_in_the_same_words_whatever_was_wrong(app):
    for name, how in forgeries().items():
        answer = send(app, said(), **how)

        assert (answer.status_code, answer.json) == (401, {"detail": NOT_GENUINE}), name
        assert answer.headers["WWW-Authenticate"].startswith("StandardWebhooks")
    assert rows(app) == (0, 0, 0)


def test_a_time_has_one_way_to_be_written(app):
    """What the library reads as the same second is another header, so it would not be the very same message."""
    body, sent = said(), int(time.time())
    for written in (f"+{sent}", f"0{sent}", f"{sent}.0", f"{sent // 100}e2", f"{str(sent)[:4]}_{str(sent)[4:]}"):
        signed = signature(KEY, "m", sent, body)
        headers = {"webhook-id": "m", "webhook-timestamp": written, "webhook-signature": signed}
        assert send(app, body, headers=headers).status_code == 401, written
    assert until(app) is None


def test_one_changed_byte_of_the_body_is_noticed(app):
    body, sent = said(), str(int(time.time()))
    headers = {"webhook-id": "m", "webhook-timestamp": sent, "webhook-signature": signature(KEY, "m", sent, body)}

    for other in (body.replace(b"ada", b"zoe"), body + b" ", b"", b"\xff" + body):
        assert send(app, other, headers=headers).status_code == 401
    assert until(app) is None


SENSELESS = [
    (b"", "type"),
    (b"[]", "non_field_errors"),
    (b"null", "non_field_errors"),
    (b"{", "non_field_errors"),
    (b'{"type": NaN}', "non_field_errors"),
    (b"[" * 8_000, "non_field_errors"),
    (b'{"type": 5}', "type"),
    (b'{"type": "membership.updated"}', "timestamp"),
    (b'{"type": "membership.updated", "timestamp": "2026-01-01", "data": []}', "data"),
    (said(timestamp=5), "timestamp"),
    (said(timestamp="yesterday"), "timestamp"),
    (said(timestamp="2098-01-01T00:00:00Z"), "timestamp"),
    (said(user="nobody-here"), "user"),
    (said(user="a\x00da"), "user"),
    (said(user="\ud800"), "user"),
    (said(user=999_999), "user"),
    (said(user=10**30), "user"),
    (said(user=True), "user"),
    (said(user={}), "user"),
    (said(user=""), "user"),
    (said(user=None), "user"),
    (said(data={"email": "ada@example.org"}), "user"),
    (said(user=None, data={"email": "nobody@example.org"}), "email"),
    (said(until="10000-01-01T00:00:00Z"), "premium_until"),
    (said(until="9999-12-31T23:59:59-01:00"), "premium_until"),
    (said(until="2200-01-01"), "premium_until"),
    (said(until="2020-01-01"), "premium_until"),
    (said(until="soon"), "premium_until"),
    (said(until=""), "premium_until"),
    (said(until=4_000_000_000), "premium_until"),
    (said(until=False), "premium_until"),
    (said().replace(b"premium_until", b"premium_untill"), "premium_until"),
]


def test_a_genuine_message_that_makes_no_sense_is_refused_by_field(app):
    for body, field in SENSELESS:
        answer = send(app, body)

        assert (answer.status_code, field in answer.json) == (400, True), body[:200]
        assert all(isinstance(sentence, str) for sentence in answer.json[field])
    assert rows(app) == (0, 0, 0)


def test_who_is_suspended_gets_none_and_who_has_left_is_nobody(app):
    with app.app_context():
        User.named("ada").suspend(None, "Spam.")
        db.session.commit()
    suspended = send(app, said())
    assert (suspended.status_code, "Restore it first" in suspended.json["user"][0]) == (400, True)
    with app.app_context():
        User.named("ada").leave()
        db.session.commit()
    assert send(app, said()).json == {"user": ["There is nobody with that name, id or confirmed address."]}
    assert rows(app) == (0, 0, 0)


@pytest.mark.parametrize("data", [{}, {"user": "ada", "premium_until": None}, []])
def test_other_kinds_of_messages_are_acknowledged_and_change_nothing(app, data):
    send(app, said())
    before = rows(app)

    answer = send(app, json.dumps({"type": "invoice.paid", "data": data}).encode())

    assert (answer.status_code, answer.data) == (204, b"")
    assert (until(app), rows(app)) == (END, before)


def test_the_very_same_message_again_is_refused(app):
    body, second = said(), int(time.time()) - 10
    assert send(app, body, message_id="msg_1", sent=second).status_code == 200
    with app.app_context():
        User.named("ada").become_premium(None, door="page")
        db.session.commit()
    before = rows(app)

    replayed = send(app, body, message_id="msg_1", sent=second)

    assert (replayed.status_code, "before" in replayed.json["detail"]) == (409, True)
    assert (until(app), rows(app)) == (None, before)


def test_a_sender_that_tries_again_is_told_that_it_was_done(app):
    body, second = said(), int(time.time()) - 60
    send(app, body, message_id="msg_1", sent=second)
    with app.app_context():
        User.named("ada").become_premium(None, door="page")
        db.session.commit()
    before = rows(app)

    again = send(app, body, message_id="msg_1", sent=second + 50)
    assert (again.status_code, again.json["detail"]) == (200, "This was done when the message came first.")
    assert send(app, body, message_id="msg_1", sent=second + 50).status_code == 409  # this one again
    assert send(app, body, message_id="msg_1", sent=second).status_code == 409
    other = send(app, said(until=None), message_id="msg_1")
    assert (other.status_code, "Another message" in other.json["detail"]) == (409, True)
    assert (until(app), rows(app)) == (None, before)


def test_a_refused_message_may_come_again_once_it_can_be(app):
    body = said("late-comer")
    assert send(app, body, message_id="msg_1", ago=60).status_code == 400
    make_user(app, "late-comer")
    assert send(app, body, message_id="msg_1", ago=1).status_code == 200
    assert until(app, "late-comer") == END


def test_twenty_at_once_count_once(app):
    body, second = said(), int(time.time())

    def one(ago: int) -> int:
        return send(app, body, message_id="msg_1", headers=_at(body, second - ago)).status_code

    answers = at_once([lambda: one(5)] * 20)

    assert sorted(answers) == [200] + [409] * 19
    assert rows(app) == (1, 1, 1)

    retried = at_once([lambda: one(4)] * 5 + [lambda: one(3)] * 5)
    assert set(retried) == {200, 409}
    assert rows(app) == (1, 1, 1)


def _at(body: bytes, sent: int) -> dict[str, str]:
    return {"webhook-timestamp": str(sent), "webhook-signature": signature(KEY, "msg_1", sent, body)}


def test_what_happened_earlier_never_undoes_what_happened_later(app):
    send(app, said(until="2098-01-01T00:00:00Z", minutes_ago=1))
    before = rows(app)

    for late in (said(until=None, minutes_ago=3), said(until="2020-01-01", minutes_ago=2)):
        answer = send(app, late)
        assert (answer.status_code, "Something newer" in answer.json["detail"]) == (200, True)

    assert until(app) == "2098-01-01T00:00:00Z"
    assert rows(app)[:2] == before[:2]


def test_what_staff_decided_is_not_undone_by_what_happened_before(app, run_cli):
    stale = said(minutes_ago=1)
    run_cli("users", "premium", "ada", "2040-12-31")

    assert send(app, stale).status_code == 200
    assert until(app) == "2040-12-31T23:59:59Z"


@pytest.fixture
def run_cli(app):
    return lambda *words: app.test_cli_runner().invoke(args=words)


def test_messages_of_the_same_moment_all_count(app):
    happened = now().isoformat()
    for end in ("2098-01-01", "2099-01-01"):
        assert send(app, said(until=end, timestamp=happened)).status_code == 200
    assert until(app) == "2099-01-01T23:59:59Z"


def test_ids_are_forgotten_when_nobody_sends_them_again(app):
    body, ahead = said(), int(time.time()) + 290
    send(app, body, message_id="msg_1", sent=ahead)  # the sender's clock is ahead
    with app.app_context(), time_machine.travel(now() + KEPT, tick=True):
        assert Delivery.forget_old() == 0
        db.session.commit()
    with time_machine.travel(now() + timedelta(minutes=9), tick=True):
        assert send(app, body, message_id="msg_1", sent=ahead).status_code == 409
    with time_machine.travel(now() + KEPT + timedelta(minutes=5), tick=True):
        with app.app_context():
            sweep.forget()
            assert db.session.query(Delivery).count() == 0
        send(app, body, message_id="msg_1")  # a sender that never gives up
    assert rows(app)[:2] == (1, 1)


def test_a_long_body_is_refused_before_it_is_looked_at(app):
    long = send(app, said(note="x" * MOST_BYTES))

    assert (long.status_code, list(long.json)) == (413, ["detail"])
    assert rows(app) == (0, 0, 0)


def test_programs_that_send_too_much_wait(app, monkeypatch):
    monkeypatch.setitem(limits.A_MINUTE, "address", 3)
    with time_machine.travel(now().replace(second=5), tick=False):
        statuses = [send(app, b"{}", headers={"webhook-signature": "v1,x"}).status_code for _ in range(4)]
        limited = send(app, said())
    assert statuses == [401, 401, 401, 429]
    assert limited.status_code == 429
    assert 0 < int(limited.headers["Retry-After"]) <= 60
    assert list(limited.json) == ["detail"]


def test_no_session_counts_here_and_other_methods_are_none(app, as_ben):
    assert as_ben.client.post(PATH, json={}).status_code == 401
    for method in ("get", "put", "delete"):
        answer = getattr(as_ben.client, method)(PATH)
        assert (answer.status_code, list(answer.json)) == (405, ["detail"])
    assert (
        send(app, said(), headers={"Origin": "https://pay.example", "Sec-Fetch-Site": "cross-site"}).status_code == 200
    )
    assert send(app, said(), kind="text/plain").status_code == 415
    assert send(app, said(), kind="application/x-www-form-urlencoded").status_code == 415


def test_no_secret_and_no_body_is_logged_or_kept(app, caplog, capsys):
    send(app, said(email="x@pay.example"), message_id="msg_secret")
    send(app, said(), key=b"y" * 32)

    told = caplog.text + capsys.readouterr().out
    with app.app_context():
        kept = repr([vars(row) for kind in (Audit, Delivery) for row in db.session.query(kind)])
    for word in (secret(KEY), secret(OLD_KEY), "pay.example", "msg_secret", "membership.updated"):
        assert word not in told + kept


def test_without_a_secret_there_is_no_such_door(made_app, app, monkeypatch):
    monkeypatch.setitem(app.extensions, "config", replace(app.extensions["config"], membership_webhook_secret=""))
    closed = send(app, said())
    assert (closed.status_code, list(closed.json)) == (404, ["detail"])
    assert until(app) is None


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
def test_the_example_of_the_docs_makes_what_is_believed(app, tmp_path):
    """Word for word, with curl replaced by something that shows what it was given."""
    text = (ROOT / "docs/membership.md").read_text(encoding="utf-8")
    script = re.search(r"```bash\n(secret=.*?)```", text, re.DOTALL).group(1)
    assert "curl" in script
    curl = tmp_path / "curl"
    curl.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    curl.chmod(0o755)
    script = re.sub("whsec_[^ \n'\"]+", secret(KEY), script, count=1)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    shown = subprocess.run(["bash", "-euc", script], env=environment, capture_output=True, text=True, check=True)
    given = shown.stdout.splitlines()
    headers = dict(line.split(": ", 1) for line in given if line.startswith("webhook-"))
    body = given[given.index("--data-raw") + 1].encode()
    assert any(line.endswith(PATH) for line in given)

    answer = app.test_client().post(PATH, data=body, headers=headers, content_type="application/json")
    assert answer.status_code == 200, answer.text
    assert until(app)
