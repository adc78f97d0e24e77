"""The record: who did what and when, for staff to read and for nobody to change."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from postways import sweep
from postways.db import db, now
from postways.models import Audit, PastUsername, User
from tests.cast import PASSWORD
from tests.house.test_queries import statements

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
ROW = re.compile(r'<th scope="row">([a-z-]+)</th>')


def note(app, kind: str, actor: User | None, target: User | None, at: datetime = NOON) -> None:
    with app.app_context(), time_machine.travel(at, tick=False):
        Audit.note(kind, actor, target, reason="Because.")
        db.session.commit()


def kinds(browser, query: str = "") -> list[str]:
    return ROW.findall(browser.get(f"/moderation/log/?{query}").text)


def test_the_record_is_filtered_by_person_kind_and_day(app, ada, ben, mod, as_mod):
    note(app, "suspended", mod, ada, NOON)
    note(app, "restored", mod, ada, NOON + timedelta(days=1))
    note(app, "warned", mod, ben, NOON + timedelta(days=2))

    assert kinds(as_mod)[:3] == ["warned", "restored", "suspended"]
    for query, found in (
        ("person=ada", ["restored", "suspended"]),
        ("person=%40ADA&kind=restored", ["restored"]),
        (f"person={ben.id}", ["warned"]),
        ("person=eve", []),
        ("kind=warned", ["warned"]),
        ("from=2026-03-11&to=2026-03-11", ["restored"]),
        ("to=2026-03-10", ["suspended"]),
        ("from=2026-03-12&kind=warned", ["warned"]),
    ):
        assert kinds(as_mod, query) == found, query


def test_days_are_those_of_the_place_where_the_site_is_at_home(app, ada, mod, as_mod, monkeypatch):
    monkeypatch.setitem(app.extensions, "config", replace(app.extensions["config"], time_zone="Asia/Tokyo"))
    note(app, "suspended", mod, ada, datetime(2026, 3, 9, 15, 30, tzinfo=UTC))  # half past midnight in Tokyo

    assert kinds(as_mod, "kind=suspended&from=2026-03-10&to=2026-03-10") == ["suspended"]
    assert kinds(as_mod, "kind=suspended&to=2026-03-09") == []


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("from=2026-02-30", "from"),
        ("from=soon", "from"),
        ("to=9999-12-31", "to"),
        ("from=0001-01-01", "from"),
        ("to=٢٠٢٧-01-01", "to"),
    ],
)
def test_a_day_that_is_none_is_said_by_its_field_and_the_filters_stay(app, ada, mod, as_mod, query, name):
    note(app, "warned", mod, ada)
    answer = as_mod.get(f"/moderation/log/?person=ada&kind=warned&{query}")

    assert answer.status_code == 422 and "Write a day" in answer.text and ROW.findall(answer.text) == []
    assert f'id="{name}-help"' in answer.text and f'value="{query.partition("=")[2]}"' in answer.text
    assert 'value="ada"' in answer.text and '<option value="warned" selected>' in answer.text


@pytest.mark.parametrize("query", ["kind=secrets", "cursor=x"])
def test_what_the_record_does_not_know_is_refused(as_mod, query):
    assert as_mod.get(f"/moderation/log/?{query}").status_code == 400


def test_pages_hold_every_entry_once_and_cost_the_same(app, ada, mod, as_mod, monkeypatch):
    monkeypatch.setattr("postways.models.audit.PAGE_SIZE", 3)
    for n in range(8):
        note(app, "suspended" if n % 2 else "restored", mod, ada)

    path, seen = "/moderation/log/?person=ada", 0
    while path:
        with statements(app) as asked:
            text = as_mod.get(path).text
        assert len(asked) <= 4, "\n".join(asked)
        seen += len(ROW.findall(text))
        found = re.search(r'rel="next" href="([^"]+)"', text)
        path = found and found.group(1).replace("&amp;", "&")

    assert seen == 8


def test_people_are_named_as_they_are_called_now(app, ada, ben, mod, as_mod):
    note(app, "suspended", mod, ada)
    note(app, "warned", mod, ben)
    with app.app_context():
        User.find(ada.id).username = "ada-lovelace"
        User.find(ben.id).deleted_at = now()
        db.session.commit()

    text = as_mod.get("/moderation/log/?from=2026-03-01&to=2026-03-31").text

    assert "ada-lovelace" in text
    assert "deleted account" in text and ">ben<" not in text


def test_no_door_changes_an_entry(made_app):
    changing = {
        rule.rule
        for rule in made_app.url_map.iter_rules()
        if rule.endpoint == "moderation.log" or rule.rule.startswith("/moderation/log")
        if rule.methods - {"GET", "HEAD", "OPTIONS"}
    }

    assert changing == set()


def test_addresses_are_cut_after_ninety_days_and_entries_stay(app, as_mod):
    with app.app_context():
        entry = db.session.query(Audit).filter_by(kind="log-in").first()
        assert entry.address
        entry.at = now() - timedelta(days=91)
        db.session.commit()
        sweep.forget()

        assert db.session.get(Audit, entry.id, populate_existing=True).address == ""
        assert db.session.query(Audit).filter_by(kind="log-in").count() == 1


def test_a_person_is_found_by_an_earlier_name_and_after_leaving(app, ada, mod, as_ada, as_mod):
    note(app, "warned", mod, ada)
    as_ada.post("/username_change/", {"new_username": "ada2", "password": PASSWORD})
    assert "warned" in kinds(as_mod, "person=ada")

    as_ada.post(f"/authors/{ada.id}/delete/", {"password": PASSWORD})
    for name in ("ada", "ada2", str(ada.id)):
        assert "warned" in kinds(as_mod, f"person={name}"), name
    with time_machine.travel(now() + timedelta(days=1)), app.app_context():
        sweep.purge()
        assert db.session.get(User, ada.id) is None
    for name in ("ada", "ada2", str(ada.id)):
        assert "warned" in kinds(as_mod, f"person={name}"), name

    page = as_mod.get(f"/moderation/log/?person={ada.id}").text
    assert f'<a href="/moderation/log/?person={ada.id}">deleted account {ada.id}</a>' in page
    assert "ada2" not in page


def test_a_name_of_a_deleted_account_is_forgotten_when_it_is_free_again(app, ada, as_ada):
    as_ada.post(f"/authors/{ada.id}/delete/", {"password": PASSWORD})

    with app.app_context():
        with time_machine.travel(now() + timedelta(days=29)):
            assert PastUsername.forget_old() == 0
        with time_machine.travel(now() + timedelta(days=31)):
            assert PastUsername.forget_old() == 1
