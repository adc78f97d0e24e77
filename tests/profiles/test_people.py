"""Names that somebody is typing: a few people whose names begin so, for members alone."""

from __future__ import annotations

import re

import pytest

from postways.db import db
from postways.models import User
from tests.cast import make_user

NAME = re.compile(r'data-name="([^"]+)"')


@pytest.fixture
def many(app):
    return [
        make_user(app, name) for name in ("Bea", "bernd", "béla", "b.b", "b-c", "Ωmega", *map("bob{}".format, range(9)))
    ]


def names(browser, beginning):
    answer = browser.client.get("/people/", query_string={"q": beginning})
    assert answer.status_code == 200
    return NAME.findall(answer.text)


def test_names_that_begin_so_come_in_their_order(as_ada, many):
    assert names(as_ada, "be") == ["Bea", "bernd"]
    assert names(as_ada, "BE") == ["Bea", "bernd"]
    assert names(as_ada, "b") == ["b-c", "b.b", "Bea", "bernd", "bob0", "bob1", "bob2", "bob3"]
    assert names(as_ada, "ω") == ["Ωmega"]


def test_whoever_types_is_not_offered(as_ada, ben):
    assert names(as_ada, "ad") == []


@pytest.mark.parametrize("beginning", ["", " ", "%", "_", "b%", "x" * 10_000, "\x00", "\u200b", "😀", "'", "bob99"])
def test_what_begins_no_name_finds_nobody(as_ada, many, beginning):
    assert names(as_ada, beginning) == []


def test_a_name_is_shown_as_text(app, as_ada):
    user = make_user(app, "mallory")
    with app.app_context():
        db.session.get(User, user.id).display_name = "<b>Mallory</b>"
        db.session.commit()

    assert "&lt;b&gt;Mallory" in as_ada.get("/people/?q=mal").text


def test_suspended_and_deleted_people_are_not_offered(app, as_ada, many, mod):
    with app.app_context():
        db.session.get(User, many[0].id).suspend(db.session.get(User, mod.id), "Spam")
        db.session.get(User, many[1].id).leave()
        db.session.commit()

    assert names(as_ada, "be") == []


def test_visitors_are_asked_to_log_in(guest, many):
    assert guest.get("/people/?q=be").location.startswith("/login/")
    assert "bernd" not in guest.get("/people/?q=be", HX_Request="true").text
