"""Messages between two people: what each of them keeps, who may write to whom, and what is left when one goes."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update

from postways import sweep
from postways.db import changed, db
from postways.errors import Forbidden, Missing, Refused, Undeliverable
from postways.models import (
    Audit,
    Block,
    Conversation,
    Copy,
    Follow,
    Message,
    Mute,
    Notification,
    Photo,
    Report,
    User,
    departure,
)
from postways.models.guest import Guest
from tests.cast import make_photo, make_user
from tests.together import at_once

pytestmark = pytest.mark.usefixtures("crowd")


def person(name: str) -> User:
    return User.named(name)


def send(name: str, to: str, words: str = "Hello there", **more) -> Message:
    message = Conversation.write(person(name), person(to), words, **more)
    db.session.commit()
    return message


def side(name: str, other: str) -> Conversation:
    return Conversation.with_other(person(name), person(other))


def words_of(name: str, other: str) -> list[str]:
    """What this one reads of the conversation, newest first."""
    found = side(name, other)
    return [copy.message.text for copy in found.page().items] if found else []


def unread(name: str) -> int:
    """The badge, which is what a count of all rows says."""
    reader = person(name)
    shown = Conversation.unread_of([reader.id])[reader.id]
    rows = (
        select(func.count())
        .select_from(Copy)
        .join(Message)
        .join(Conversation)
        .where(Copy.person_id == reader.id, Copy.incoming.is_(True), Message.read_at.is_(None))
        .where(Conversation.requested.is_(False))
    )
    assert db.session.scalar(rows) == shown
    return shown


def meet(one: str, other: str) -> None:
    """They know each other: neither is a stranger."""
    for follower, followed in ((one, other), (other, one)):
        Follow.begin(person(follower), person(followed))
    db.session.commit()


def kinds() -> list[str]:
    return list(db.session.scalars(select(Audit.kind).order_by(Audit.id)))


@pytest.fixture
def two(inside, ada, ben):
    """Ada and ben, who follow each other."""
    meet("ada", "ben")


def test_both_keep_a_message_and_the_receiver_has_one_more_to_read(two):
    send("ada", "ben", "  First  ")
    send("ben", "ada", "Second")

    assert words_of("ada", "ben") == words_of("ben", "ada") == ["Second", "First"]
    assert (unread("ada"), unread("ben")) == (1, 1)
    assert [one.last.text for one in Conversation.listed(person("ada"), None).items] == ["Second"]


def test_the_record_knows_that_it_was_sent_and_not_what_it_says(two):
    message = send("ada", "ben", "Nobody else reads this")

    entry = db.session.scalar(select(Audit).where(Audit.kind == "message-sent"))
    assert (entry.actor_id, entry.target_id) == (person("ada").id, person("ben").id)
    assert entry.details == {"message": message.id} and "Nobody" not in repr(entry.__dict__)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("", "Write something first"),
        (" \n\t ", "Write something first"),
        ("\u200b\u2060", "Write something first"),
        ("x" * 5_001, "5001 characters"),
    ],
)
def test_what_says_nothing_or_too_much_is_refused_by_its_field(two, words, sentence):
    with pytest.raises(Refused, match=sentence) as refused:
        send("ada", "ben", words)

    assert refused.value.field == "content"
    assert db.session.query(Message).count() == 0


@pytest.mark.parametrize("words", ["x" * 5_000, "👩‍👩‍👧‍👦", "a\x00b", "half \ud83d of it", "<b>bold</b>"])
def test_what_people_type_is_kept(two, words):
    assert send("ada", "ben", words).id

    assert words_of("ben", "ada")[0] == words.replace("\x00", "").encode(errors="ignore").decode()


def test_nobody_writes_to_themselves_nor_a_visitor_to_anybody(two):
    with pytest.raises(Refused) as refused:
        send("ada", "ada")
    with pytest.raises(Forbidden):
        Conversation.write(Guest(), person("ada"), "Hello")

    assert refused.value.field == "receiver"
    assert db.session.query(Message).count() == 0


def test_the_same_form_twice_is_the_same_message(two):
    first, second = (send("ada", "ben", key="k") for _ in range(2))

    assert first.id == second.id and unread("ben") == 1


def test_reading_tells_the_sender_and_empties_the_badge(two):
    first, second = send("ada", "ben", "One"), send("ada", "ben", "Two")

    assert side("ben", "ada").read(first.id) == 1
    assert side("ben", "ada").read(first.id) == 0
    db.session.commit()

    db.session.expire_all()
    assert db.session.get(Message, first.id).read_at and not db.session.get(Message, second.id).read_at
    assert unread("ben") == 1
    assert Conversation.read_some(person("ben"), [second.id, 999]) == 1
    assert unread("ben") == 0


def test_what_one_deletes_the_other_keeps_and_with_the_second_it_is_gone(two):
    message = send("ada", "ben", "One")
    send("ada", "ben", "Two")

    side("ada", "ben").drop(message.id)
    side("ada", "ben").drop(message.id)
    db.session.commit()

    assert (words_of("ada", "ben"), words_of("ben", "ada")) == (["Two"], ["Two", "One"])
    side("ben", "ada").drop(message.id)
    db.session.commit()
    assert unread("ben") == 1
    assert [row.text for row in db.session.query(Message)] == ["Two"]


def test_an_emptied_conversation_begins_anew(two):
    send("ada", "ben", "One")
    side("ben", "ada").empty()
    db.session.commit()

    assert not Conversation.listed(person("ben"), None).items
    assert words_of("ada", "ben") == ["One"] and unread("ben") == 0

    send("ada", "ben", "Two")
    assert words_of("ben", "ada") == ["Two"]


def test_a_stranger_asks_first_and_is_told_nothing_until_the_answer(inside, ada, ben):
    message = send("ada", "ben")

    assert not Conversation.listed(person("ben"), None).items
    assert Conversation.listed(person("ben"), None, requested=True).items
    assert side("ben", "ada").read(message.id) == 0 and unread("ben") == 0
    assert Conversation.count_requests(person("ben")) == 1

    side("ben", "ada").accept()
    db.session.commit()
    assert unread("ben") == 1
    assert side("ben", "ada").read(message.id) == 1


def test_who_answers_has_said_yes(inside, ada, ben):
    send("ada", "ben")
    send("ben", "ada")

    assert Conversation.listed(person("ben"), None).items and Conversation.listed(person("ada"), None).items
    assert unread("ada") == 1  # an answer is no request


def test_who_is_muted_is_heard_in_silence(two):
    Mute.begin(person("ben"), person("ada"))
    send("ada", "ben")

    assert Conversation.unread_of([person("ben").id]) == {person("ben").id: 0}
    assert words_of("ben", "ada") == ["Hello there"]
    assert not db.session.query(Notification).filter_by(kind="message").count()


@pytest.mark.parametrize(
    ("whom", "follows", "wrote", "taken"),
    [
        ("everyone", False, False, True),
        ("following", False, False, False),
        ("following", True, False, True),
        ("following", False, True, True),
        ("nobody", True, True, False),
    ],
)
def test_people_choose_who_may_write_to_them(inside, ada, ben, whom, follows, wrote, taken):
    if follows:
        Follow.begin(person("ben"), person("ada"))
    if wrote:
        send("ben", "ada")
    person("ben").wants_messages_from(whom)
    db.session.commit()
    before = db.session.query(Message).count()

    if taken:
        assert send("ada", "ben").id
    else:
        with pytest.raises(Undeliverable, match="can't be delivered"):
            send("ada", "ben")
        assert db.session.query(Message).count() == before


def test_a_block_refuses_hides_and_comes_undone(two):
    send("ada", "ben", "Before")
    Block.begin(person("ben"), person("ada"))
    db.session.commit()

    with pytest.raises(Undeliverable) as refused:
        send("ada", "ben", "After")
    db.session.rollback()
    with pytest.raises(Refused, match="You blocked") as own:
        send("ben", "ada", "After")
    db.session.rollback()

    assert (refused.value.why, own.value.field) == ("blocked", "receiver")
    assert side("ada", "ben") is side("ben", "ada") is None
    assert Conversation.unread_of([person("ben").id]) == {person("ben").id: 0}
    Block.end(person("ben"), person("ada"))
    db.session.commit()
    assert words_of("ada", "ben") == words_of("ben", "ada") == ["Before"] and unread("ben") == 1


def test_a_refusal_is_written_down_without_the_words(two):
    Block.begin(person("ben"), person("ada"))
    db.session.commit()
    with pytest.raises(Undeliverable) as refused:
        send("ada", "ben", "Let me in")
    db.session.rollback()

    Conversation.note_refused(person("ada"), refused.value)
    db.session.commit()

    entry = db.session.scalar(select(Audit).where(Audit.kind == "message-refused"))
    assert (entry.actor_id, entry.target_id, entry.details) == (person("ada").id, person("ben").id, {"why": "blocked"})
    assert "message-sent" not in kinds()


def test_nobody_reads_what_is_not_theirs(two):
    message = send("ada", "ben")
    found = side("ada", "ben")

    for stranger in (person("zoe"), Guest()):
        with pytest.raises(Missing):
            Copy.find(message.id, stranger)
        with pytest.raises(Missing):
            Conversation.find(found.id, stranger)
    with pytest.raises(Missing):
        Conversation.find(found.id, person("ben"))


def test_pictures_go_with_the_last_copy(app, two):
    photo = make_photo(app, person("ada"))
    message = send("ada", "ben", "", photos=[db.session.get(Photo, photo.id)])

    assert not Photo.unused_of(person("ada"))
    assert [len(copy.message.photos) for copy in side("ben", "ada").page().items] == [1]
    for name, other in (("ada", "ben"), ("ben", "ada")):
        side(name, other).drop(message.id)
        db.session.commit()
    assert db.session.query(Photo).count() == db.session.query(Message).count() == 0


def test_who_leaves_is_a_deleted_account_to_those_who_keep_what_was_written(app, two):
    photo = make_photo(app, person("ada"))
    send("ada", "ben", "With a picture", photos=[db.session.get(Photo, photo.id)])
    send("ben", "ada", "Thanks")
    message = send("ada", "ben", "Only mine")
    side("ben", "ada").drop(message.id)
    ada_id = person("ada").id
    person("ada").leave()
    db.session.commit()
    assert Conversation.listed(person("ben"), None).items[0].gone

    while departure.erase_some(ada_id):
        db.session.commit()
    db.session.commit()

    kept = Conversation.listed(person("ben"), None).items[0]
    assert kept.gone and kept.other is None
    assert [(copy.message.text, copy.message.pictures_lost) for copy in kept.page().items] == [
        ("Thanks", False),
        ("With a picture", True),
    ]
    assert db.session.query(Photo).count() == 0
    assert db.session.query(Message).count() == 2


def test_what_was_reported_is_kept_until_the_report_is_closed(two, mod):
    message = send("ada", "ben", "Something bad")
    assert Report.make(person("ben"), "Look", person=person("ada"), message=message)
    assert not Report.make(person("ben"), "Look", person=person("ada"), message=message)
    assert Report.make(person("ben"), "And so is she", person=person("ada"))
    for name, other in (("ada", "ben"), ("ben", "ada")):
        side(name, other).empty()
    db.session.commit()

    report = db.session.scalar(Report.seen_by(person("mod")).where(Report.message_id.is_not(None)))
    assert (report.about_what, report.message.text) == ("message", "Something bad")
    report.close(person("mod"), "none", "Nothing.")
    db.session.commit()
    assert db.session.query(Message).count() == 0


def test_staff_takes_a_reported_message_from_both(two, mod):
    message = send("ada", "ben", "Something bad")
    Report.make(person("ben"), "Look", person=person("ada"), message=message)
    db.session.commit()
    report = db.session.scalar(Report.seen_by(person("mod")))

    report.close(person("mod"), "removed", "Against the rules.")
    db.session.commit()

    assert words_of("ada", "ben") == words_of("ben", "ada") == []
    assert "message-removed" in kinds()


def test_a_suspended_sender_is_not_heard_and_a_suspended_receiver_is_nobody(two, mod):
    ben = person("ben")
    ben.suspend(person("mod"), "Spam.")
    db.session.commit()

    with pytest.raises(Forbidden):
        send("ben", "ada")
    db.session.rollback()
    with pytest.raises(Refused) as refused:
        send("ada", "ben")
    assert refused.value.field == "receiver"


def many(app, work, number: int) -> list[str]:
    """`work` by so many threads at once, each with its own session; how each of them ended."""

    def run(n: int) -> str:
        with app.app_context():
            try:
                work(n)
                db.session.commit()
            except Undeliverable:
                db.session.rollback()
                return "refused"
            return "done"

    return at_once([lambda n=n: run(n) for n in range(number)])


def test_two_first_messages_at_once_make_one_conversation(app, ada, ben):
    pairs = [("ada", "ben"), ("ben", "ada")]

    many(app, lambda n: Conversation.write(person(pairs[n % 2][0]), person(pairs[n % 2][1]), f"{n}"), 12)

    with app.app_context():
        assert db.session.query(Conversation).count() == 2
        assert len(words_of("ada", "ben")) == len(words_of("ben", "ada")) == 12
        assert (unread("ada"), unread("ben")) == (6, 6)


def test_a_block_comes_before_a_message_or_after_it_never_in_between(app, ada, ben):
    def act(n: int) -> None:
        if n == 60:
            Block.begin(person("ben"), person("ada"))
        else:
            Conversation.write(person("ada"), person("ben"), f"{n}")

    ends = many(app, act, 201)  # many more than a process has connections

    with app.app_context():
        blocked = db.session.scalar(select(Audit).where(Audit.kind == "blocked"))
        sent = db.session.scalars(select(Audit.id).where(Audit.kind == "message-sent")).all()
        assert len(sent) == ends.count("done") - 1 == db.session.query(Message).count()
        assert all(entry < blocked.id for entry in sent)  # ids of entries are given while both people are held


def test_a_page_costs_three_statements_however_much_was_written(app, two):
    from tests.house.test_queries import statements

    make_user(app, "cleo")
    for n in range(35):
        send("ada", "ben", f"{n}")
    with statements(app) as seen:
        first = Conversation.listed(person("ben"), None)
        page = first.items[0].page()
        older = first.items[0].page(older=page.next_cursor)

    assert [copy.message.text for copy in page.items] == [f"{n}" for n in range(34, 4, -1)]
    assert [copy.message.text for copy in older.items] == [f"{n}" for n in range(4, -1, -1)]
    assert len(seen) <= 4, "\n".join(seen)


def test_wrong_counts_are_put_right_at_night(two):
    send("ada", "ben")
    send("ben", "ada")
    changed(update(Conversation).where(Conversation.id == side("ada", "ben").id).values(unread_count=7, last_id=1))
    db.session.commit()

    assert sweep.check_counters() == 1
    db.session.commit()

    assert (unread("ada"), side("ada", "ben").last_id) == (1, 2)
    assert sweep.check_counters() == 0
