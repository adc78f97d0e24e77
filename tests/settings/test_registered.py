"""Apps that people allow, and apps that they make: seen, changed and removed by their own people alone."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine

from postways.db import db, now
from postways.models import Audit, Client
from tests.cast import Browser, make_user
from tests.oauth.flow import BACK, Prints, words, wrong

APPS = "/settings/apps/"
ADD = f"{APPS}registered/add/"
PRINTS = {"name": "Prints", "redirect_uris": BACK, "kind": "confidential", "scopes": ["read", "create"]}


def add(browser: Browser, **data):
    return browser.post(ADD, PRINTS | data, page=ADD)


def field(answer, name: str) -> str:
    return unescape(re.search(rf'<input id="{name}" value="([^"]+)"', answer.text).group(1))


def clients(app) -> list[Client]:
    with app.app_context():
        return db.session.query(Client).order_by(Client.id).all()


def test_an_app_is_registered_and_its_secret_shown_once(app, ada, as_ada):
    answer = add(as_ada, redirect_uris=f"{BACK}\r\n  org.example.prints:/back \n\n")
    (client,) = clients(app)

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert (field(answer, "client-id"), client.has_secret(field(answer, "client-secret"))) == (client.client_id, True)
    assert (client.owner_id, client.scope) == (ada.id, "read create")
    assert client.redirect_uris == [BACK, "org.example.prints:/back"]
    for path in (APPS, f"{APPS}registered/{client.id}/"):
        page = as_ada.get(path).text
        assert "Prints" in page
        assert "prints.example" in page
        assert field(answer, "client-secret") not in page


def test_what_shows_nothing_is_not_in_the_name_of_an_app(app, as_ada):
    assert add(as_ada, name="Pri\u200bnts\u2060 \u202eshop\ufe0f").status_code == 200
    assert [client.name for client in clients(app)] == ["Prints shop"]


def test_a_public_app_gets_no_secret(app, as_ada):
    answer = add(as_ada, kind="public")

    assert "client-secret" not in answer.text
    (client,) = clients(app)
    assert client.public
    assert "/o/authorize/" in answer.text and "/o/token/" in answer.text and "/api/v1/docs/" in answer.text
    assert "A new secret" not in as_ada.get(f"{APPS}registered/{client.id}/").text
    assert as_ada.post(f"{APPS}registered/{client.id}/secret/").status_code == 422


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"name": ""}, "Give the app a name"),
        ({"name": "\x00"}, "Give the app a name"),
        ({"name": "x" * 61}, "at most 60"),
        ({"name": "ＰＯＳＴ-\u200bways official"}, "people would take it for ours"),
        ({"name": "P\u043estw\u0430ys"}, "people would take it for ours"),  # with Cyrillic о and а
        ({"name": "Pöstvváy$"}, "people would take it for ours"),
        ({"redirect_uris": ""}, "to which address"),
        ({"redirect_uris": "http://prints.example/"}, "not safe to come back to"),
        ({"redirect_uris": f"{BACK}\njavascript:alert(1)"}, "javascript:alert(1)"),
        ({"redirect_uris": "x" * 501}, "at most 500"),
        ({"kind": "other"}, "Not a valid choice"),
        ({"scopes": []}, "Choose at least one"),
        ({"scopes": ["moderate"]}, "valid choice"),
    ],
    ids=str,
)
def test_what_can_not_be_is_refused_by_its_field_and_kept(app, as_ada, data, said):
    answer = add(as_ada, **data)

    assert answer.status_code == 422
    assert said in unescape(answer.text)
    assert (PRINTS | data)["redirect_uris"] in unescape(answer.text)
    assert clients(app) == []


def test_a_form_that_was_open_for_too_long_comes_back_filled(app, as_ada):
    answer = as_ada.post(ADD, PRINTS, token="stale")

    assert answer.status_code == 403
    assert BACK in answer.text
    assert clients(app) == []


def test_an_old_log_in_has_to_be_proved_again(app, as_ada):
    token = as_ada.token()
    with time_machine.travel(now() + timedelta(hours=2, minutes=1), tick=True):
        assert as_ada.post(ADD, PRINTS, token=token).location.startswith("/settings/prove/")
    assert clients(app) == []


def test_after_the_proof_for_a_new_secret_its_maker_is_back_at_the_app(app, ada, as_ada):
    path, token = f"{APPS}registered/{Prints(app, ada).row}/", as_ada.token()
    with time_machine.travel(now() + timedelta(hours=2, minutes=1), tick=True):
        assert as_ada.post(f"{path}secret/", token=token).location == f"/settings/prove/?next={path}"


def test_its_maker_changes_it_gets_a_new_secret_and_removes_it(app, ada, as_ada, as_ben):
    prints = Prints(app, ada)
    path = f"{APPS}registered/{prints.row}/"
    issued = prints.tokens(as_ben)

    changed = as_ada.post(path, {"name": "Posters", "redirect_uris": "https://posters.example/"}, page=path)
    assert changed.location == f"{path}?notice=saved"
    (client,) = clients(app)
    assert (client.name, client.redirect_uris) == ("Posters", ["https://posters.example/"])
    refused = as_ada.post(path, {"name": "", "redirect_uris": "ftp://x"}, page=path)
    assert (refused.status_code, "Posters" in refused.text) == (422, True)
    assert as_ben.get(prints.address()).status_code == 400  # the former address is none any more

    answer = as_ada.post(f"{path}secret/")
    assert "A new secret for Posters" in words(answer) and "is registered" not in answer.text
    secret = field(answer, "client-secret")
    assert wrong(prints.refresh(issued["refresh_token"])) == (401, "invalid_client")
    prints.secret = secret
    assert prints.refresh(issued["refresh_token"]).status_code == 200

    assert "1 person" in words(as_ada.get(f"{path}remove/"))
    assert as_ada.post(f"{path}remove/").location == f"{APPS}?notice=app-removed"
    assert as_ada.post(f"{path}remove/").status_code == 404
    assert prints.works(issued["access_token"]) == 401
    with app.app_context():
        entries = db.session.query(Audit).filter(Audit.kind.like("app-%")).order_by(Audit.id).all()
    assert [entry.kind for entry in entries] == [
        "app-made",
        "app-allowed",
        "app-changed",
        "app-changed",
        "app-removed",
    ]
    assert secret not in repr([entry.details for entry in entries])


def test_nobody_else_sees_or_changes_it(app, ada, as_ben, as_mod):
    prints = Prints(app, ada)
    path = f"{APPS}registered/{prints.row}/"

    for browser in (as_ben, as_mod):
        assert browser.get(path).status_code == browser.post(path, {"name": "Mine"}).status_code == 404
        assert browser.post(f"{path}secret/").status_code == browser.post(f"{path}remove/").status_code == 404
    assert clients(app)[0].name == "Prints"
    assert as_mod.get("/moderation/apps/").status_code == 403


def test_an_admin_registers_for_others_and_looks_after_all(app, ada, crowd, monkeypatch):
    make_user(app, "chief", "admin")
    chief = Browser(app).log_in("chief")
    add(chief, owner="@ada")
    add(chief, owner="", scopes=["read", "admin"])
    add(chief, owner="chief")
    nobody = add(chief, owner="nobody-here")

    assert (nobody.status_code, "nobody with that name" in nobody.text) == (422, True)
    assert [client.owner_id and client.owner_id != ada.id for client in clients(app)] == [False, None, True]
    assert words(chief.get("/moderation/apps/")).count("Prints") >= 3
    monkeypatch.setattr("postways.models.oauth.PAGE_SIZE", 2)
    older = re.search(r'href="([^"]+cursor=[^"]+)"', chief.get("/moderation/apps/").text).group(1)
    assert "by @ada" in words(chief.get(unescape(older)))
    own = f"{APPS}registered/{clients(app)[0].id}/"
    assert chief.post(own, {"name": "Better", "redirect_uris": BACK}, page=own).status_code == 303
    assert clients(app)[0].name == "Better"


def test_a_member_registers_for_nobody_else(app, ada, ben, as_ben):
    add(as_ben, owner="ada")

    assert [client.owner_id for client in clients(app)] == [ben.id]


def test_an_app_that_is_allowed_is_named_and_removed(app, ada, ben, as_ada, as_ben):
    prints = Prints(app, ben)
    issued, other = prints.tokens(as_ada), prints.tokens(as_ben)

    page = as_ada.get(APPS)
    assert all(part in words(page) for part in ("Prints by @ben", "See what you can see", "last used"))
    assert "No app is logged in" in page.text
    path = re.search(r'action="([^"]+allowed/\d+/end/)"', page.text).group(1)
    assert as_ben.post(path).status_code == 404
    assert as_ada.post(path).location == f"{APPS}?notice=leave-ended"
    assert as_ada.post(path).status_code == 404

    assert prints.works(issued["access_token"]) == 401
    assert wrong(prints.refresh(issued["refresh_token"])) == (400, "invalid_grant")
    assert prints.works(other["access_token"]) == 200
    assert "You let no app act for you" in as_ada.get(APPS).text
