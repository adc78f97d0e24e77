"""What somebody sent and received, message by message, found by person and by day."""

from __future__ import annotations

import re
from datetime import datetime
from html import unescape

import pytest
from sqlalchemy import update

from postways.db import db
from postways.models import Block, Conversation, Copy, User
from tests.cast import Browser, make_user
from tests.house.test_queries import statements


@pytest.fixture
def written(app, ada, ben) -> None:
    """Some messages between ada, ben and cleo, on two days."""
    make_user(app, "cleo")
    with app.app_context():
        for sender, receiver, text, moment in (
            ("ada", "ben", "Early", "2026-03-01T00:00:00+00:00"),
            ("ada", "ben", "Late", "2026-03-01T23:59:59+00:00"),
            ("ada", "cleo", "Other", "2026-03-02T00:00:00+00:00"),
            ("cleo", "ada", "Answer", "2026-03-02T01:00:00+00:00"),
        ):
            message = Conversation.write(User.named(sender), User.named(receiver), text)
            at = datetime.fromisoformat(moment)
            db.session.execute(update(Copy).where(Copy.message_id == message.id).values(created_at=at))
        db.session.commit()


def texts(browser: Browser, query: str) -> list[str]:
    answer = browser.get(f"/messages/?{query}")
    assert answer.status_code == 200
    return re.findall(r'<span class="last">(\w+)', answer.text)


def test_messages_are_found_by_person_and_by_day(written, as_ada, as_ben):
    assert texts(as_ada, "box=sent") == ["Other", "Late", "Early"]
    assert texts(as_ada, "box=received") == ["Answer"]
    assert texts(as_ada, "box=sent&receiver=@BEN") == ["Late", "Early"]
    assert texts(as_ada, "box=sent&receiver=cleo&date=2026-03-02") == ["Other"]
    assert texts(as_ada, "box=sent&date=2026-03-01") == ["Late", "Early"]
    assert texts(as_ada, "box=sent&date=9999-12-31") == texts(as_ada, "box=received&sender=ben") == []
    assert texts(as_ben, "box=received&sender=ada&date=2026-03-01") == ["Late", "Early"]
    page = as_ada.get("/messages/?box=sent&receiver=ben&date=2026-03-01").text
    assert "Day (UTC)" in page and "1 Mar 2026 23:59 (UTC)" in page
    assert "?box=received&sender=ben&date=2026-03-01" in unescape(page)  # what was asked for goes along


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("receiver=ben&date=yesterday", "a day that the calendar has"),
        ("receiver=ben&date=2026-02-30", "a day that the calendar has"),
        ("receiver=nobody-at-all&date=never", "There is nobody with that name"),
        (f"receiver={'x' * 400}", "There is nobody with that name"),
        ("receiver=a%00b%ff", "There is nobody with that name"),
    ],
)
def test_what_can_not_be_looked_for_is_said_beside_it(written, as_ada, query, sentence):
    answer = as_ada.get(f"/messages/?box=sent&{query}")
    assert answer.status_code == 422
    assert sentence in answer.text and 'aria-invalid="true"' in answer.text and "Early" not in answer.text
    for typed in re.findall(r"=([\w-]{3,20})(?:&|$)", query):
        assert f'value="{typed}"' in answer.text


def test_a_message_of_the_list_leads_to_where_it_stands(app, written, as_ada):
    with app.app_context():
        for number in range(40):
            Conversation.write(User.named("ada"), User.named("ben"), f"Word{number}")
        db.session.commit()
    page = as_ada.get("/messages/?box=sent").text
    older = unescape(re.search(r'rel="next" href="([^"]+)"', page).group(1))
    assert texts(as_ada, older.partition("?")[2])[-2:] == ["Late", "Early"]
    page = as_ada.get("/messages/?box=sent&date=2026-03-01").text
    place, anchor = unescape(re.search(r'<li><a href="([^"]+)"', page).group(1)).split("#")
    shown = as_ada.get(place).text
    assert f'id="{anchor}"' in shown and "Late" in shown and "Word0" not in shown
    assert as_ada.get("/messages/?box=sent&cursor=x").status_code == 400


def test_a_block_empties_the_lists_and_they_cost_few_statements(app, written, as_ada, as_ben):
    as_ada.get("/messages/?box=sent&receiver=ben&date=2026-03-01")
    with statements(app) as seen:
        as_ada.get("/messages/?box=sent&receiver=ben&date=2026-03-01")
    assert len(seen) <= 4, "\n".join(seen)
    with app.app_context():
        Block.begin(User.named("ben"), User.named("ada"))
        db.session.commit()
    assert texts(as_ada, "box=sent") == ["Other"] and texts(as_ben, "box=received") == []
