"""What somebody mutes is left out of lists, quietly and until its end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from postways.db import db, now
from postways.errors import Forbidden, Missing, Refused
from postways.models import Guest, Mute, Post
from tests.cast import make_post


@pytest.fixture(autouse=True)
def _inside(app, ada, ben, crowd, inside):
    """With somebody else's mutes in the table."""
    Mute.begin(crowd, ada)
    Mute.begin_word(crowd, "harbour")
    db.session.commit()


def shown_to(actor) -> set[str]:
    query = db.session.query(Post).filter(~Mute.hides(actor, Post.author_id, Post.words))
    return {post.title for post in query}


@pytest.fixture
def posts(app, ada, crowd):
    for title, content in (
        ("Harbour at six", "Boats and #Fog"),
        ("Foghorn", "seaside"),
        ("A walk", "with the dog by the sea, 100% wet"),
        ("黒猫の写真", ""),
    ):
        make_post(app, ada, title=title, content=content)


ALL = {"Harbour at six", "Foghorn", "A walk", "黒猫の写真", "Something else #other"}


def test_a_muted_person_is_left_out_for_who_muted_alone(posts, ada, ben):
    Mute.begin(ben, ada)

    assert shown_to(ben) == {"Something else #other"}
    assert shown_to(ada) == shown_to(Guest()) == ALL


@pytest.mark.parametrize(
    ("word", "hidden"),
    [
        ("fog", {"Harbour at six"}),
        ("FOG", {"Harbour at six"}),
        ("#fog", {"Harbour at six"}),
        ("#boats", set()),
        ("foghorn", {"Foghorn"}),
        ("by the  sea", {"A walk"}),
        ("the by", set()),
        ("sea", {"A walk"}),
        ("ѕea", set()),
        ("100%", {"A walk"}),
        ("dog.", {"A walk"}),
        ("d_g", set()),
        ("猫", {"黒猫の写真"}),
        ("黒猫", {"黒猫の写真"}),
        ("白猫", set()),
    ],
)
def test_a_word_is_found_whole_in_any_case_and_script(posts, ben, word, hidden):
    Mute.begin_word(ben, word)

    assert ALL - shown_to(ben) == hidden


@pytest.mark.parametrize("word", ["", "   ", "#", "%", "_", "!?", "\u200b", "😀", "x" * 101, "\x00", "\ud800"])
def test_what_is_no_word_is_refused_by_its_field(ben, word):
    with pytest.raises(Refused) as refusal:
        Mute.begin_word(ben, word)

    assert refusal.value.field == "word"


def test_a_mute_ends_at_its_time(posts, ada, ben):
    Mute.begin(ben, ada, now() + timedelta(days=1))
    Mute.begin_word(ben, "other", now() + timedelta(days=1))
    assert shown_to(ben) == set()

    for mute in db.session.query(Mute).filter_by(muter_id=ben.id):
        mute.until = now() - timedelta(seconds=1)
    db.session.flush()

    assert shown_to(ben) == ALL
    assert (Mute.people_of(ben), Mute.words_of(ben)) == ([], [])
    assert Mute.forget_ended() == 2


def test_an_end_in_the_past_is_refused(ada, ben):
    for verb, what in ((Mute.begin, ada), (Mute.begin_word, "fog")):
        with pytest.raises(Refused) as refusal:
            verb(ben, what, now() - timedelta(days=1))
        assert refusal.value.field == "until"


def test_muting_again_is_once_and_changes_the_end(ada, ben):
    Mute.begin(ben, ada, now() + timedelta(days=1))
    Mute.begin(ben, ada)
    Mute.begin_word(ben, "Fog")
    Mute.begin_word(ben, " fog ")

    assert [(mute.person.username, mute.until) for mute in Mute.people_of(ben)] == [("ada", None)]
    assert [mute.word for mute in Mute.words_of(ben)] == ["Fog"]


def test_a_mute_can_be_undone(posts, ada, ben, crowd):
    Mute.begin(ben, ada)
    Mute.begin_word(ben, "other")
    Mute.end(ben, ada)
    Mute.end(ben, ada)
    Mute.end_word(ben, Mute.words_of(ben)[0].id)

    assert shown_to(ben) == ALL
    with pytest.raises(Missing):
        Mute.end_word(ben, Mute.words_of(crowd)[0].id)


def test_nobody_mutes_oneself_and_a_visitor_nothing(ada):
    with pytest.raises(Refused):
        Mute.begin(ada, ada)
    for verb, what in ((Mute.begin, ada), (Mute.begin_word, "fog"), (Mute.end, ada)):
        with pytest.raises(Forbidden):
            verb(Guest(), what)


def test_there_is_a_most_of_words(ben):
    for n in range(200):
        Mute.begin_word(ben, f"word{n}")

    with pytest.raises(Refused, match="200"):
        Mute.begin_word(ben, "one more")
