"""Who hears of messages: the two of a conversation, on all their open pages, and nobody else; ids and numbers alone."""

from __future__ import annotations

import pytest

from postways.db import db
from postways.live.hub import Hub
from postways.models import Block, Conversation, Follow, User
from tests.cast import Browser
from tests.live.test_hub import heard, hub, page  # noqa: F401 the fixture

pytestmark = pytest.mark.usefixtures("crowd")


@pytest.fixture
def two(app, ada, ben) -> tuple[User, User]:
    """Ada and ben, who follow each other."""
    with app.app_context():
        Follow.begin(User.named("ada"), User.named("ben"))
        Follow.begin(User.named("ben"), User.named("ada"))
        db.session.commit()
    return ada, ben


def write(app, name: str, to: str, text: str = "Words that nobody else reads") -> int:
    with app.app_context():
        message = Conversation.write(User.named(name), User.named(to), text)
        db.session.commit()
        return message.id


def number(count: int) -> str:
    return f'#unread-messages" hx-swap="textContent">{count or ""}<'


def test_a_message_is_heard_by_the_two_and_nobody_else(app, hub: Hub, two, crowd):  # noqa: F811 a fixture
    ada, ben = two
    pages = [page(hub, person=person) for person in (ada.id, ben.id, ben.id, crowd.id, None)]
    write(app, "ada", "ben")
    hub._read()

    of_ada, *of_ben, of_zoe, of_visitor = map(heard, pages)
    for text in of_ben:
        assert f"event: messages-{ada.id}\n" in text and "event: messages\n" in text and number(1) in text
    assert f"event: messages-{ben.id}\n" in of_ada and number(0) in of_ada
    assert of_zoe == of_visitor == ""
    assert "Words" not in "".join((of_ada, *of_ben))


def test_what_a_stranger_writes_is_a_dot_until_it_is_answered(app, hub: Hub, ada, ben):  # noqa: F811 a fixture
    message = '#message-requests" hx-swap="innerHTML">'
    of_ben = page(hub, person=ben.id)
    write(app, "ada", "ben")
    hub._read()
    text = heard(of_ben)
    assert f'{message}<span class="visually-hidden">1 request<' in text and number(0) in text

    with app.app_context():
        Conversation.with_other(User.named("ben"), User.named("ada")).accept()
        db.session.commit()
    hub._read()
    text = heard(of_ben)
    assert f"{message}</hx-partial>" in text and number(1) in text


def test_reading_is_heard_by_the_sender(app, hub: Hub, two):  # noqa: F811 a fixture
    ada, ben = two
    message = write(app, "ada", "ben")
    pages = [page(hub, person=person.id) for person in two]
    hub._read()
    for one in pages:
        heard(one)

    with app.app_context():
        Conversation.with_other(User.named("ben"), User.named("ada")).read(message)
        db.session.commit()
    hub._read()

    of_ada, of_ben = map(heard, pages)
    assert f"event: messages-{ben.id}\n" in of_ada
    assert number(0) in of_ben


def test_a_message_that_is_removed_goes_from_the_pages_of_who_kept_it(app, hub: Hub, two, mod, monkeypatch):  # noqa: F811 a fixture
    ada, ben = two
    message = write(app, "ada", "ben")
    pages = [page(hub, person=person.id) for person in (ada, ben, mod)]
    hub._read()
    for one in pages:
        heard(one)
    gone, known = f'<hx-partial hx-target="#message-{message}" hx-swap="delete"></hx-partial>', hub.last

    with app.app_context():
        side = Conversation.with_other(User.named("ben"), User.named("ada"))
        side.drop(message)
        side.drop(message)
        db.session.commit()
    hub._read()
    of_ada, of_ben, of_mod = map(heard, pages)
    assert of_ben.count(gone) == 1 and of_ben.index(gone) < of_ben.index(f"event: messages-{ada.id}")
    assert gone not in of_ada + of_mod

    with app.app_context():
        Conversation.remove(message, User.named("mod"), "An insult.")
        db.session.commit()
    hub._read()
    of_ada, of_ben, of_mod = map(heard, pages)
    assert gone in of_ada and gone not in of_ben + of_mod

    monkeypatch.setattr("postways.live.routes.hub_of_this_process", lambda: hub)
    for name, told in (("ada", True), ("ben", True), ("zoe", False)):
        with Browser(app).log_in(name).client.get(f"/live/?since={known}") as answer:
            assert (gone in next(iter(answer.response)).decode()) is told


def test_a_block_cuts_at_once_and_takes_from_the_badge(app, hub: Hub, two):  # noqa: F811 a fixture
    write(app, "ada", "ben")
    pages = [page(hub, person=person.id) for person in two]
    hub._read()
    for one in pages:
        heard(one)

    with app.app_context():
        Block.begin(User.named("ben"), User.named("ada"))
        db.session.commit()
    hub._read()

    assert all("(end)" in heard(one) for one in pages)


@pytest.mark.parametrize(("reader", "told"), [("ada", True), ("ben", True), ("zoe", False)])
def test_who_comes_back_is_told_what_is_theirs(app, two, reader, told):
    browser = Browser(app).log_in(reader)
    browser.get("/")
    write(app, "ada", "ben")

    with browser.client.get("/live/?since=0-1") as answer:
        first = next(iter(answer.response)).decode()

    assert ("unread-messages" in first) is True  # what can't be known is told anew: one's own number
    assert (number(1) in first) is (reader == "ben")
    assert "Words" not in first and (told or number(0) in first)


@pytest.mark.parametrize(
    "query", ["person={ada}", "user={ada}&messages={ada}", "posts=&person={ada}&topic=conversation"]
)
def test_nobody_asks_for_the_stream_of_somebody_else(app, two, query):
    browser = Browser(app).log_in("zoe")
    write(app, "ben", "ada")

    with browser.client.get(f"/live/?since=0-1&{query.format(ada=two[0].id)}") as answer:
        first = next(iter(answer.response)).decode()

    assert answer.status_code == 200
    assert number(0) in first and number(1) not in first and "event: messages-" not in first
