"""The table of what a block and a mute do, walked row by row."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from postways import media
from postways.db import db
from postways.models import Block, Conversation, Follow, Mute, Post, User
from tests.cast import Browser, make_comment, make_post

TABLE = Path(__file__).parents[2] / "docs" / "blocks-and-mutes.md"
READERS = ("who was blocked", "who blocked", "who mutes")
DONE = {200, 302, 303}


class Row(NamedTuple):
    """A line of the table."""

    door: str
    method: str
    address: str
    answers: tuple[str, str, str]


def rows() -> list[Row]:
    """The table, without its head."""
    found = re.findall(
        r"^\| (.+?) \| `(GET|POST) (.+?)` \| (\S+) \| (\S+) \| (\S+) \|$", TABLE.read_text(), re.MULTILINE
    )
    return [Row(door, method, address, answers) for door, method, address, *answers in found]  # type: ignore[arg-type]


def test_the_table_is_read_whole():
    lines = [line for line in TABLE.read_text().splitlines() if line.startswith("| ")]

    assert len(rows()) == len(lines) - 1 > 25


@pytest.fixture
def two(app, ada, ben, crowd) -> dict[str, dict[str, object]]:
    """Ada and ben, who have what the addresses speak of, and something in common with zoe."""
    common = make_post(app, crowd, title="In common", likes=[ada, ben])
    things = {}
    with app.app_context():
        Conversation.write(User.named("ada"), User.named("ben"), "ada’s lighthouse and ben’s lighthouse")
        Conversation.write(User.named("ben"), User.named("ada"), "ada’s lighthouse and ben’s lighthouse")
        for name in ("ada", "ben"):
            Follow.begin(User.named(name), User.named("zoe"))
            Follow.begin(User.named("zoe"), User.named(name))
            Post.find(common.id, User.named(name)).repost(User.named(name))
        db.session.commit()
    for person, other in ((ada, ben), (ben, ada)):
        post = make_post(
            app, person, title=f"{person.username}’s lighthouse #harbour", pictures=1, likes=[person, other]
        )
        with app.app_context():
            Post.find(post.id, other).save(other)
            Post.find(post.id, crowd).repost(crowd)  # so it comes into the feed of the other, who follows zoe
            db.session.commit()
        comment = make_comment(app, common, person, f"{person.username}’s lighthouse is older")
        things[person.username] = {
            "their_comment": comment.id,
            "them": person.username,
            "their_id": person.id,
            "their_post": post.id,
            "their_key": post.photos[0].key,
            "common_post": common.id,
        }
    return things


def act(app, verb, one, other):
    with app.app_context():
        verb(User.named(one), User.named(other))
        db.session.commit()


class Answer(NamedTuple):
    """What came back: its status, and whether the other or their post can be read in it."""

    status: int
    named: bool
    post: bool

    @property
    def there(self) -> bool:
        """Whether the other is on it at all."""
        return self.named or self.post


def ask(browser: Browser, row: Row, things: dict[str, object]) -> Answer:
    media.forget()
    path = row.address.format(**things)
    name, post = things["them"], things["their_post"]
    if path.startswith("/live/"):  # which posts it will speak of; the rest would go on for ever
        with browser.client.get(path) as answer:
            first = next(iter(answer.response)).decode()
        heard = f"resync\ndata: {post}\n" in first
        return Answer(answer.status_code, heard, heard)
    answer = browser.get(path) if row.method == "GET" else browser.post(path, page="/theme/")
    text = "" if path.startswith("/media/") else answer.text
    named = f"/@{name}/" in text or f'"username":"{name}"' in text.replace(" ", "") or f"@{name}" in text
    return Answer(answer.status_code, named, f"{name}’s lighthouse" in text)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("row", rows(), ids=lambda row: row.door)
def test_a_door_does_what_the_table_says(app, two, row, reader):
    name, them = ("ben", "ada") if reader == "who was blocked" else ("ada", "ben")
    browser = Browser(app).log_in(name)
    expected = row.answers[READERS.index(reader)]
    if row.method == "GET":
        before = ask(browser, row, two[them])
        assert before.status in DONE
        assert before.there or expected in ("done", "404"), "the row would say nothing"
    verb, actor, whom = (Mute.begin if reader == "who mutes" else Block.begin), "ada", "ben"
    act(app, verb, actor, whom)

    answer = ask(browser, row, two[them])

    match expected:
        case "404":
            assert answer.status == 404
            assert not answer.post
        case "without":
            assert answer == (200, False, False)
        case "shown":
            assert answer.status == 200 and answer.there
        case "header":
            assert answer.status == 200 and answer.named and not answer.post
        case "refused":
            assert answer.status == 422
        case "done":
            assert answer.status in DONE
        case _:
            pytest.fail(f"the table says {expected}")


@pytest.mark.parametrize("verb", [Block, Mute])
def test_all_of_it_can_be_undone(app, two, verb):
    browser = Browser(app).log_in("ada")
    readable = [row for row in rows() if row.method == "GET"]
    act(app, Follow.end, "ada", "ben")
    before = [ask(browser, row, two["ben"]) for row in readable]

    act(app, verb.begin, "ada", "ben")
    act(app, verb.end, "ada", "ben")

    assert [ask(browser, row, two["ben"]) for row in readable] == before
