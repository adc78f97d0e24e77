"""A block parts two people, and stands in the record."""

from __future__ import annotations

import pytest

from postways.db import db
from postways.errors import Forbidden, Refused
from postways.models import Audit, Block, Guest, User


@pytest.fixture(autouse=True)
def _inside(inside, ada, ben, crowd):
    """With somebody else's block in the table."""
    Block.begin(person(crowd), person(ada))
    db.session.commit()


def person(user) -> User:
    return db.session.get(User, user.id, populate_existing=True)


def recorded(kind: str) -> list[tuple[int, int]]:
    entries = db.session.query(Audit).filter_by(kind=kind).order_by(Audit.id)
    return [(entry.actor_id, entry.target_id) for entry in entries]


def seen_by(actor) -> set[str]:
    return {user.username for user in db.session.query(User).filter(User.visible_to(actor))}


def test_a_block_hides_each_from_the_other_and_nobody_else(ada, ben, mod):
    Block.begin(ada, ben)

    assert Block.exists_between(ada, ben) and Block.exists_between(ben, ada)
    assert seen_by(ada) == {"ada", "mod"}
    assert seen_by(ben) == {"ben", "zoe", "mod"}
    assert seen_by(Guest()) == {"ada", "ben", "zoe", "mod"}
    assert not Block.exists_between(Guest(), ben) and not Block.exists_between(ben, Guest())


def test_blocking_twice_is_once(ada, ben):
    Block.begin(ada, ben)
    Block.begin(ada, ben)

    assert [row.blocked.username for row in Block.of(ada, None).items] == ["ben"]
    assert recorded("blocked")[1:] == [(ada.id, ben.id)]


def test_a_block_can_be_undone_by_who_made_it(ada, ben):
    Block.begin(ada, ben)
    Block.end(ben, ada)
    assert Block.exists_between(ada, ben)

    Block.end(ada, ben)
    Block.end(ada, ben)

    assert not Block.exists_between(ada, ben)
    assert recorded("unblocked") == [(ada.id, ben.id)]


def test_nobody_blocks_oneself_and_a_visitor_nobody(ada, ben):
    with pytest.raises(Refused) as refusal:
        Block.begin(ada, ada)
    assert refusal.value.field == "blocked"
    for verb in (Block.begin, Block.end):
        with pytest.raises(Forbidden):
            verb(Guest(), ben)


def test_the_blocked_can_block_too_and_one_undone_leaves_the_other(ada, ben):
    Block.begin(ada, ben)
    Block.begin(ben, ada)
    Block.end(ada, ben)

    assert Block.exists_between(ada, ben)


def test_a_suspended_account_is_known_to_staff_alone(ben, mod):
    person(ben).suspend(None, "Spam.")

    assert "ben" in seen_by(mod)
    assert "ben" not in seen_by(Guest())
