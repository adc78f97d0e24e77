"""What the people whom one follows bring, through the API."""

import pytest

from postways.db import db
from postways.models import Follow, Mute, Post, User
from tests.cast import make_post, make_user
from tests.house.test_queries import statements


@pytest.fixture
def zora(app, ben):
    """Somebody whom ben follows."""
    zora = make_user(app, "zora")
    with app.app_context():
        Follow.begin(db.session.get(User, ben.id), db.session.get(User, zora.id))
        db.session.commit()
    return zora


def everything(client, path):
    """The titles, part by part until the end."""
    found = []
    while path:
        part = client.get(path).get_json()
        assert part["previous"] is None
        found.append([post["title"] for post in part["results"]])
        path = (part["next"] or "").partition("/api/v1/")[2]
    return found


def test_posts_and_reposts_come_once_each_the_latest_first(app, ada, zora, as_ben_api):
    theirs = make_post(app, ada, title="By somebody else", pictures=1)
    for number in range(3):
        make_post(app, zora, title=f"Boat {number}", days_ago=number)
    make_post(app, ada, title="Unknown")
    with app.app_context():
        me = db.session.get(User, zora.id)
        Post.find(theirs.id, me).repost(me)
        db.session.commit()

    assert everything(as_ben_api, "feed/?limit=2") == [["By somebody else", "Boat 0"], ["Boat 1", "Boat 2"]]
    first, second = as_ben_api.get("feed/?limit=2&ranking=time").get_json()["results"]
    assert ([one["username"] for one in first["reposted_by"]], first["reposts"]) == (["zora"], 1)
    assert first["thumbnail"].endswith("/square.jpg")
    assert (second["reposted_by"], second["stats"], "why" in second) == (
        [],
        {"like_count": 0, "has_liked": False},
        False,
    )


def test_by_score_it_says_why(app, ada, ben, zora, as_ben_api):
    make_post(app, zora, title="Liked", likes=[ada, ben], days_ago=0.1)
    make_post(app, zora, title="New")

    assert everything(as_ben_api, "feed/?limit=1&ranking=score") == [["Liked"], ["New"]]
    why = as_ben_api.get("feed/?ranking=score").get_json()["results"][0]["why"]
    assert (why["answers"], why["closeness"]) == (2, 1)
    assert 8_000 < why["age"] < 9_000
    assert everything(as_ben_api, "feed/?ranking=time") == [["New", "Liked"]]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=x", "limit"),
        ("ranking=best", "ranking"),
        ("cursor=x", "cursor"),
        ("cursor=t%00", "cursor"),
    ],
)
def test_what_can_not_be_asked_is_refused(as_ben_api, query, field):
    answer = as_ben_api.get(f"feed/?{query}")

    assert (answer.status_code, list(answer.get_json())) == (400, [field])


def test_a_cursor_is_good_for_its_own_order_alone(app, zora, as_ben_api):
    for _ in range(3):
        make_post(app, zora)
    cursor = as_ben_api.get("feed/?limit=1&ranking=time").get_json()["next"].partition("cursor=")[2]

    assert as_ben_api.get(f"feed/?ranking=time&cursor={cursor}").status_code == 200
    assert as_ben_api.get(f"feed/?cursor={cursor}").status_code == 200
    answer = as_ben_api.get(f"feed/?ranking=score&cursor={cursor}")
    assert (answer.status_code, list(answer.get_json())) == (400, ["cursor"])


@pytest.mark.parametrize("many", [1, 12])
def test_it_costs_the_same_however_long_and_leaves_out_who_is_muted(app, ben, zora, as_ben_api, many):
    for _ in range(many):
        make_post(app, zora)

    with statements(app) as seen:
        assert len(as_ben_api.get("feed/?limit=50").get_json()["results"]) == many
    assert len(seen) <= 5, "\n".join(seen)
    with app.app_context():
        Mute.begin(db.session.get(User, ben.id), db.session.get(User, zora.id))
        db.session.commit()
    assert as_ben_api.get("feed/").get_json() == {"results": [], "next": None, "previous": None}
