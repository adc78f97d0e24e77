"""What concerns somebody, through the API."""

import pytest

from postways.db import db
from postways.models import Block, Follow, Mute, Post, User
from tests.api.client import Client
from tests.cast import make_comment, make_post, make_user
from tests.doors.left import same_through_both
from tests.house.test_queries import statements


@pytest.fixture
def post(app, ada):
    return make_post(app, ada, title="Boats")


def liked(app, post, *people):
    with app.app_context():
        for person in people:
            Post.find(post.id, db.session.get(User, person.id)).like(db.session.get(User, person.id))
        db.session.commit()


def kinds(client):
    return [row["kind"] for row in client.get("notifications/").get_json()["results"]]


def test_what_happened_stands_together_until_it_is_read(app, as_ada_api, ada, ben, mod, post):
    liked(app, post, ben, mod)
    comment = make_comment(app, post, ben, "Hello @ada")

    page = as_ada_api.get("notifications/?page_size=1").get_json()
    rest = as_ada_api.get(page["next"].partition("/api/v1/")[2]).get_json()["results"]

    assert (page["count"], page["results"][0]["kind"]) == (2, "comment")
    likes = rest[0]
    assert (likes["kind"], likes["count"], likes["read"]) == ("like", 2, False)
    assert [person["username"] for person in likes["actors"]] == ["mod", "ben"]
    assert (likes["post"]["id"], likes["post"]["title"], likes["comment"]) == (post.id, "Boats", None)
    assert as_ada_api.post("notifications/read/", {"ids": [likes["id"]]}).get_json() == {"unread": 1}
    reply = make_comment(app, post, ada, "Hello.", answers=comment)
    told = Client.bearer(app, ben).get("notifications/").get_json()["results"][0]
    assert (told["kind"], told["comment"]["id"]) == ("reply", reply.id)


def test_reading_is_of_ones_own(app, as_ada_api, ada, ben, post):
    liked(app, post, ben)
    row_id = as_ada_api.get("notifications/").get_json()["results"][0]["id"]

    assert Client.bearer(app, ben).post("notifications/read/", {"ids": [row_id]}).get_json() == {"unread": 0}
    assert [row["read"] for row in as_ada_api.get("notifications/").get_json()["results"]] == [False]
    for _ in range(2):
        assert as_ada_api.post("notifications/read/", {"all": True}).get_json() == {"unread": 0}
    assert [row["read"] for row in as_ada_api.get("notifications/").get_json()["results"]] == [True]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "non_field_errors"),
        ({"ids": [], "all": False}, "non_field_errors"),
        ({"ids": [1], "all": True}, "non_field_errors"),
        ({"ids": "one"}, "ids"),
        ({"ids": [1.5]}, "ids"),
        ({"ids": [0]}, "ids"),
        ({"ids": [2**63]}, "ids"),
        ({"ids": list(range(1, 1_002))}, "ids"),
        ({"all": "perhaps"}, "all"),
    ],
)
def test_what_can_not_be_marked_is_refused(as_ada_api, body, field):
    answer = as_ada_api.post("notifications/read/", body)

    assert (answer.status_code, list(answer.get_json())) == (400, [field])


def test_blocked_muted_and_suspended_people_are_not_told_of(app, as_ada_api, ada, ben, mod, post):
    for verb in ("block", "mute", "suspend"):
        other = make_user(app, f"to-{verb}")
        post = make_post(app, ada)
        liked(app, post, other)
        assert kinds(as_ada_api) == ["like"]
        with app.app_context():
            me, them, staff = (db.session.get(User, one.id) for one in (ada, other, mod))
            {
                "block": lambda me=me, them=them: Block.begin(me, them),
                "mute": lambda me=me, them=them: Mute.begin(me, them),
                "suspend": lambda them=them, staff=staff: them.suspend(staff, "Spam.", None),
            }[verb]()
            db.session.commit()
        assert kinds(as_ada_api) == []
        assert as_ada_api.get("notifications/").get_json()["count"] == 0


def test_a_mention_reaches_whoever_may_read_it_and_asks_once_for_all(app, ada, ben):
    names = [make_user(app, f"friend{n}") for n in range(6)]
    post = make_post(app, ada, audience="followers")
    everybody = " ".join(f"@{one.username}" for one in [*names, ben]) + " @nobody"
    with app.app_context():
        Follow.begin(db.session.get(User, names[0].id), db.session.get(User, ada.id))
        db.session.commit()

    with statements(app) as seen:
        make_comment(app, post, ada, everybody)

    assert kinds(Client.bearer(app, names[0])) == ["mention"]
    assert kinds(Client.bearer(app, ben)) == []
    assert len([one for one in seen if "users.username_key IN" in one]) == 1
    assert len([one for one in seen if "FROM posts" in one or "JOIN posts" in one]) <= 3, "\n".join(seen)


@pytest.mark.parametrize("many", [1, 12])
def test_a_list_costs_the_same_however_long_it_is(app, as_ada_api, ada, ben, mod, many):
    for _ in range(many):
        liked(app, make_post(app, ada), ben, mod)

    with statements(app) as seen:
        assert len(as_ada_api.get("notifications/?page_size=50").get_json()["results"]) == many
    assert len(seen) <= 5, "\n".join(seen)


def test_reading_all_leaves_the_same_through_page_and_api(app, crowd):
    fan = make_user(app, "fan")

    def given(user):
        liked(app, make_post(app, user), fan)

    found = same_through_both(
        app,
        given=given,
        page=lambda browser, _user, _: browser.post("/notifications/read/"),
        api=lambda client, _user, _: client.post("notifications/read/", {"all": True}),
    )

    assert [row["read_at"] for row in found["notifications"]] == [True]
