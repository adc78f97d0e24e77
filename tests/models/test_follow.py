"""Who follows whom, and that the counts are always right."""

from __future__ import annotations

import pytest

from postways.db import db
from postways.errors import Forbidden, Missing, Refused
from postways.models import Block, Follow, Guest, User
from tests.cast import password_hash
from tests.together import at_once


@pytest.fixture(autouse=True)
def _inside(inside, ada, ben, crowd):
    """With somebody else's follow in the table."""
    other = db.session.get(User, crowd.id)
    Follow.begin(other, db.session.get(User, ada.id))
    db.session.commit()


@pytest.fixture
def private(ada):
    person(ada).keep_private(True)
    db.session.commit()
    return person(ada)


def person(user) -> User:
    return db.session.get(User, user.id, populate_existing=True)


def counts(user) -> tuple[int, int]:
    """Followers and followed, which are what the rows say."""
    assert Follow.with_wrong_count() == {}
    found = person(user)
    return found.followers_count, found.following_count


def state(follower, followed) -> str | None:
    follow = Follow.between(follower, followed)
    return follow and follow.state


def test_following_somebody_counts_at_both(ada, ben):
    Follow.begin(ben, person(ada))

    assert state(ben, ada) == "accepted"
    assert state(ada, ben) is None
    assert (counts(ada), counts(ben)) == ((2, 0), (0, 1))


def test_following_twice_is_once(ada, ben):
    assert Follow.begin(ben, person(ada)).id == Follow.begin(ben, person(ada)).id

    assert (counts(ada), counts(ben)) == ((2, 0), (0, 1))


def test_not_following_any_longer_twice_is_once(ada, ben):
    Follow.begin(ben, person(ada))
    Follow.end(ben, ada)
    Follow.end(ben, ada)

    assert state(ben, ada) is None
    assert (counts(ada), counts(ben)) == ((1, 0), (0, 0))


def test_nobody_follows_oneself_and_a_visitor_nobody(ada):
    with pytest.raises(Refused) as refusal:
        Follow.begin(ada, ada)
    assert refusal.value.field == "followed_user"
    for verb in (Follow.begin, Follow.end, Follow.remove):
        with pytest.raises(Forbidden):
            verb(Guest(), ada)

    assert counts(ada) == (1, 0)


def test_who_has_to_confirm_the_address_follows_nobody_yet(ada, ben):
    ben.must_verify = True

    with pytest.raises(Refused):
        Follow.begin(ben, ada)


def test_a_private_account_is_asked(private, ben):
    Follow.begin(ben, private)

    assert state(ben, private) == "requested"
    assert [row.follower.username for row in Follow.requests(private, None).items] == ["ben"]
    assert [row.followed.username for row in Follow.requests_of(ben, None).items] == ["ada"]
    assert counts(private) == (1, 0)


def test_an_accepted_request_counts_and_accepting_twice_is_once(private, ben):
    asked = Follow.begin(ben, private)
    asked.accept(private)
    asked.accept(private)

    assert state(ben, private) == "accepted"
    assert Follow.requests(private, None).items == []
    assert (counts(private), counts(ben)) == ((2, 0), (0, 1))


def test_a_request_that_was_withdrawn_can_not_be_accepted(private, ben):
    asked = Follow.begin(ben, private)
    Follow.end(ben, private)

    with pytest.raises(Missing, match="withdrawn"):
        asked.accept(private)
    with pytest.raises(Missing, match="withdrawn"):
        Follow.request(asked.id, private)
    assert state(ben, private) is None
    assert counts(private) == (1, 0)


def test_a_refused_request_is_gone_and_can_be_made_again(private, ben):
    Follow.begin(ben, private).refuse(private)
    assert state(ben, private) is None

    Follow.begin(ben, private)
    assert state(ben, private) == "requested"


def test_nobody_answers_somebody_elses_request(private, ben, crowd):
    asked = Follow.begin(ben, private)

    for actor in (ben, crowd, Guest()):
        for verb in (asked.accept, asked.refuse):
            with pytest.raises(Missing):
                verb(actor)
    with pytest.raises(Missing):
        Follow.request(asked.id, crowd)
    with pytest.raises(Missing):
        Follow.find(asked.id, crowd)
    assert Follow.find(asked.id, ben).id == asked.id


def test_an_accepted_follower_is_removed_not_refused(private, ben):
    follow = Follow.begin(ben, private)
    follow.accept(private)

    with pytest.raises(Missing):
        follow.refuse(private)
    Follow.remove(private, ben)
    Follow.remove(private, ben)

    assert state(ben, private) is None
    assert (counts(private), counts(ben)) == ((1, 0), (0, 0))


def test_going_public_accepts_whoever_waits(private, ben, crowd):
    waiting = [newcomer(name) for name in ("grace", "linus")]
    for one in (ben, *waiting):
        Follow.begin(one, private)
    private.keep_private(False)
    private.keep_private(False)

    assert {state(one, private) for one in (ben, *waiting)} == {"accepted"}
    assert counts(private) == (4, 0)
    assert counts(ben) == (0, 1)


def newcomer(name: str) -> User:
    return User.sign_up(name, f"{name}@example.org", password_hash())


def test_going_private_keeps_the_followers(ada, ben):
    Follow.begin(ben, person(ada))
    person(ada).keep_private(True)

    assert state(ben, ada) == "accepted"


def test_the_lists_show_who_follows_newest_first(ada, ben, crowd):
    Follow.begin(ben, person(ada))
    Follow.begin(person(ada), ben)

    assert [row.follower.username for row in Follow.followers(ada, Guest(), None).items] == ["ben", "zoe"]
    assert [row.followed.username for row in Follow.following(ada, Guest(), None).items] == ["ben"]
    assert Follow.following(crowd, ada, None).items[0].followed.username == "ada"


def test_suspended_people_are_neither_shown_nor_counted_until_they_come_back(ada, ben, crowd):
    Follow.begin(ben, person(ada))
    Follow.begin(person(ada), ben)
    person(ben).suspend(None, "Spam.")
    person(ben).suspend(None, "More spam.")

    assert [row.follower.username for row in Follow.followers(ada, Guest(), None).items] == ["zoe"]
    assert (counts(ada), counts(ben)) == ((1, 0), (0, 0))

    person(ben).restore(None, "Enough.")
    assert (counts(ada), counts(ben)) == ((2, 1), (1, 1))


def test_two_suspended_people_count_again_only_when_both_are_back(ada, ben):
    Follow.begin(ben, person(ada))
    for one in (ada, ben):
        person(one).suspend(None, "Both.")
    person(ada).restore(None, "One.")
    assert (counts(ada), counts(ben)) == ((1, 0), (0, 0))

    person(ben).restore(None, "Two.")
    assert (counts(ada), counts(ben)) == ((2, 0), (0, 1))


def test_what_ends_while_somebody_is_suspended_is_not_counted_twice(ada, ben):
    Follow.begin(ben, person(ada))
    person(ben).suspend(None, "Spam.")
    Follow.remove(ada, ben)
    person(ben).restore(None, "Enough.")

    assert (counts(ada), counts(ben)) == ((1, 0), (0, 0))


def test_who_leaves_is_not_counted_any_more(ada, ben):
    Follow.begin(ben, person(ada))
    Follow.begin(person(ada), ben)
    person(ben).leave()

    assert counts(ada) == (1, 0)
    with pytest.raises(Missing):
        Follow.begin(ada, ben)


def test_a_block_ends_follows_and_requests_both_ways(private, ben):
    Follow.begin(private, person(ben))
    Follow.begin(ben, private)
    Block.begin(private, person(ben))

    assert (state(ben, private), state(private, ben)) == (None, None)
    assert (counts(private), counts(ben)) == ((1, 0), (0, 0))


def test_a_blocker_can_not_be_followed_and_answers_as_if_unknown(ada, ben):
    Block.begin(person(ada), person(ben))

    with pytest.raises(Missing) as missing:
        Follow.begin(ben, person(ada))
    assert missing.value.args == ()
    with pytest.raises(Refused, match="You blocked ben"):
        Follow.begin(ada, person(ben))


def test_wrong_counts_are_found_and_put_right(ada, ben):
    found = person(ada)
    found.followers_count = 17
    db.session.flush()
    assert Follow.with_wrong_count() == {ada.id: (1, 0)}

    Follow.set_counts(ada.id)
    assert counts(ada) == (1, 0)


def test_fifty_at_once_follow_once_each(made_app, ada, ben):
    everybody = [newcomer(f"fan{n}") for n in range(10)]
    db.session.commit()

    def work(fan: User) -> None:
        with made_app.app_context():
            Follow.begin(person(fan), person(ada))
            db.session.commit()

    at_once([lambda fan=fan: work(fan) for fan in everybody * 5])

    assert counts(ada) == (11, 0)
    assert {counts(fan) for fan in everybody} == {(0, 1)}


def test_two_who_follow_each_other_over_and_over_do_not_stop_each_other(made_app, ada, ben):
    def work(one: User, other: User, verb) -> None:
        with made_app.app_context():
            verb(person(one), person(other))
            db.session.commit()

    pairs = [(ada, ben), (ben, ada)] * 5
    at_once([lambda pair=pair, verb=verb: work(*pair, verb) for verb in (Follow.begin, Follow.end) for pair in pairs])

    counts(ada)


def test_blocking_and_following_at_once_never_leaves_both(made_app, ada, ben):
    def follow() -> None:
        with made_app.app_context():
            try:
                Follow.begin(person(ben), person(ada))
                db.session.commit()
            except Missing:
                db.session.rollback()

    def block() -> None:
        with made_app.app_context():
            Block.begin(person(ada), person(ben))
            db.session.commit()

    at_once([follow, block] * 5)

    assert Block.exists_between(ada, ben)
    assert state(ben, ada) is None
    assert counts(ada) == (1, 0)
