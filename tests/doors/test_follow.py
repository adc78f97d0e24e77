"""Following, blocking and muting, each by page and by API: what is left in the database is the same."""

import pytest

from postways.db import db
from postways.models import Block, Follow, Mute, User
from tests.cast import make_user
from tests.doors.left import same_through_both


def first(client, path):
    """The id of the first in a list."""
    return client.get(path).get_json()["results"][0]["id"]


def private(me, other):
    other.private = True


def asked(me, other):
    me.private = True
    Follow.begin(other, me)


def both_ways(me, other):
    Follow.begin(me, other)
    Follow.begin(other, me)


# verb: what was before, the form on the page, what the program sends, and a table in which something is left
VERBS = {
    "follow": (None, "/@fan/follow/", lambda c: c.post("follows/", {"followed_user": "fan"}), "follows"),
    "ask": (private, "/@fan/follow/", lambda c: c.post("follows/", {"followed_user": "fan"}), "follows"),
    "unfollow": (Follow.begin, "/@fan/unfollow/", lambda c: c.delete(f"follows/{first(c, 'follows/')}/"), "users"),
    "accept": (asked, "/@fan/accept/", lambda c: c.put(f"follows/requests/{first(c, 'follows/requests/')}/"), "users"),
    "refuse": (asked, "/@fan/remove/", lambda c: c.delete(f"follows/requests/{first(c, 'follows/requests/')}/"), ""),
    "remove": (both_ways, "/@fan/remove/", lambda c: c.delete("users/me/followers/fan/"), "users"),
    "block": (both_ways, "/@fan/block/", lambda c: c.post("blocks/", {"blocked": "fan"}), "audit"),
    "unblock": (Block.begin, "/@fan/unblock/", lambda c: c.delete("blocks/fan/"), "audit"),
    "mute": (None, "/@fan/mute/", lambda c: c.post("mutes/", {"muted": "fan"}), "mutes"),
    "unmute": (Mute.begin, "/@fan/unmute/", lambda c: c.delete("mutes/fan/"), ""),
    "mute a tag": (None, "/settings/privacy/words/", lambda c: c.post("mutes/", {"word": " #Spoiler"}), "mutes"),
}


@pytest.mark.parametrize("verb", VERBS)
def test_the_same_is_left(app, crowd, verb):
    before, form, send, table = VERBS[verb]
    fan = make_user(app, "fan")

    def given(user):
        """Nothing is left of the person before, and what the verb begins with is there."""
        with app.app_context():
            me, other = db.session.get(User, user.id), db.session.get(User, fan.id)
            other.private = False
            for past in db.session.query(User).filter(User.username == "paula"):
                for one, two in ((past, other), (other, past)):
                    Follow.end(one, two)
                    Block.end(one, two)
                    Mute.end(one, two)
            if before is not None:
                before(me, other)
            db.session.commit()

    found = same_through_both(
        app,
        given=given,
        page=lambda browser, _user, _: browser.post(form, {"word": " #Spoiler"} if "words" in form else {}),
        api=lambda client, _user, _: send(client),
    )

    if table:
        assert found[table]
    else:
        with app.app_context():
            assert db.session.query(Follow).count() == db.session.query(Mute).count() == 0
