"""Posts by tag and by search, and what one liked and saved, through the API."""

import pytest

from postways.db import db
from postways.models import Mute, Post, User
from tests.api.client import Client
from tests.cast import make_post, make_user
from tests.house.test_plans import plans, sorts  # noqa: F401 a fixture
from tests.house.test_queries import statements


def titles(answer):
    return [post["title"] for post in answer.get_json()["results"]]


def behind(client, answer):
    """The next page."""
    return client.get(answer.get_json()["next"].partition("/api/v1/")[2])


def test_a_tag_is_read_page_by_page_newest_first(app, ada, as_ben_api):
    for number in range(3):
        make_post(app, ada, title=f"Boat {number} #Harbour", pictures=1, days_ago=number)
    make_post(app, ada, title="Secret #harbour", audience="followers")
    make_post(app, ada, title="Draft #harbour", published=False)

    page = as_ben_api.get("tags/harbour/?page_size=2")
    rest = behind(as_ben_api, page)

    assert page.get_json()["count"] == 3
    assert titles(page) + titles(rest) == [f"Boat {number} #Harbour" for number in range(3)]
    assert page.get_json()["results"][0]["thumbnail"].endswith("/square.jpg")
    assert rest.get_json()["next"] is None
    assert titles(as_ben_api.get("tags/HARBOUR/")) == titles(as_ben_api.get("tags/%23harbour/")) != []
    for unknown in ("nothing", "%00", "%ed%a0%80", "x" * 3_000, "😀", "'"):
        assert as_ben_api.get(f"tags/{unknown}/").get_json().get("count", 0) == 0


def test_all_kinds_are_searched_and_each_is_read_on(app, ada, as_ben_api):
    for number in range(3):
        make_post(app, ada, title=f"Lighthouse {number} #lighthouse")
    make_user(app, "lighthouse")
    make_user(app, "lighthouse-keeper")

    found = as_ben_api.get("search/?q=lighthouse&page_size=2").get_json()
    posts = as_ben_api.get(found["posts"]["next"].partition("/api/v1/")[2]).get_json()

    assert [post["title"] for post in found["posts"]["results"]] == [
        "Lighthouse 2 #lighthouse",
        "Lighthouse 1 #lighthouse",
    ]
    assert [post["title"] for post in posts["posts"]["results"]] == ["Lighthouse 0 #lighthouse"]
    assert posts["posts"]["next"] is None
    assert list(posts) == ["posts"]
    assert [person["username"] for person in found["people"]["results"]] == ["lighthouse", "lighthouse-keeper"]
    assert [(tag["name"], tag["url"][-17:]) for tag in found["tags"]["results"]] == [
        ("lighthouse", "/tags/lighthouse/")
    ]


@pytest.mark.parametrize(
    ("question", "finds"),
    [
        ("", False),
        ("🦢", False),
        ('"', False),
        ('"harbour" OR *', False),
        ("NEAR(harbour)", False),
        ("harbour*", True),
        ("'harbour';--", True),
        ("h", True),
        ("HARBOUR", True),
        ("harbour " + "x" * 10_000, False),
    ],
)
def test_no_question_is_too_strange(app, ada, as_ben_api, question, finds):
    make_post(app, ada, title="Harbour at six")

    answer = as_ben_api.ask("GET", "search/", query_string={"q": question})

    assert answer.status_code == 200
    assert bool(answer.get_json()["posts"]["results"]) == finds


def test_a_kind_or_place_that_there_is_not_is_refused(as_ben_api):
    assert list(as_ben_api.get("search/?q=x&kind=pictures").get_json()) == ["kind"]
    assert list(as_ben_api.get("search/?q=x&kind=posts&cursor=nonsense").get_json()) == ["cursor"]
    assert list(as_ben_api.get("search/?q=x&cursor=nonsense").get_json()) == ["cursor"]
    assert list(as_ben_api.get("search/?q=%00").get_json()) == ["q"]


@pytest.mark.parametrize("verb", ["like", "save"])
def test_what_i_liked_and_saved_comes_back_the_latest_first(app, ada, ben, as_ben_api, verb):
    posts = [make_post(app, ada, title=f"Boat {number}") for number in range(3)]
    with app.app_context():
        me = db.session.get(User, ben.id)
        for post in reversed(posts):
            getattr(Post.find(post.id, me), verb)(me)
        Mute.begin(me, db.session.get(User, ada.id))
        db.session.commit()
    path = "users/me/likes/" if verb == "like" else "users/me/saved/"

    page = as_ben_api.get(f"{path}?page_size=2")

    assert page.get_json()["count"] == 3
    assert titles(page) + titles(behind(as_ben_api, page)) == ["Boat 0", "Boat 1", "Boat 2"]
    assert page.get_json()["results"][0]["stats"] == {"like_count": int(verb == "like"), "has_liked": verb == "like"}
    assert titles(Client.bearer(app, ada).get(path)) == []
    Client.bearer(app, ada).patch(f"posts/{posts[1].id}/", {"published": False})
    assert titles(as_ben_api.get(path)) == ["Boat 0", "Boat 2"]


@pytest.mark.parametrize("many", [1, 12])
def test_each_list_costs_the_same_however_long_and_is_read_from_an_index(app, ada, ben, as_ben_api, plans, many):  # noqa: F811 a fixture
    for number in range(many):
        post = make_post(app, ada, title=f"Boat {number} #boats", pictures=2, likes=[ben], ready=False)
        with app.app_context():
            me = db.session.get(User, ben.id)
            Post.find(post.id, me).save(me)
            db.session.commit()
    for path, most in (
        ("tags/boats/", 4),
        ("users/me/likes/", 4),
        ("users/me/saved/", 4),
        ("search/?q=boat&kind=posts", 3),
    ):
        plans.clear()
        with statements(app) as seen:
            found = as_ben_api.get(f"{path}{'&' if '?' in path else '?'}page_size=50").get_json()
        assert len(found.get("results") or found["posts"]["results"]) == many
        assert len(seen) <= most, "\n".join(seen)  # who asks, perhaps the token's use, how many, and all of them
        assert plans and not any(map(sorts, plans)), (path, plans)
