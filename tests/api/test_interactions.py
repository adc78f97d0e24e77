"""Seeing, liking, saving and reposting by one name."""

import pytest

from postways import sweep
from postways.db import db
from postways.models import Block, Post, User
from tests.api.client import Client
from tests.cast import make_post
from tests.doors.left import same_through_both
from tests.house.test_plans import plans, sorts  # noqa: F401 a fixture
from tests.house.test_queries import statements
from tests.together import at_once

KINDS = ("view", "like", "save", "repost")


@pytest.fixture
def post(app, ada):
    return make_post(app, ada, title="Boats")


def counts(app, post):
    with app.app_context():
        sweep.count_views()
        found = db.session.get(Post, post.id)
        return {
            "view": found.view_count,
            "like": found.like_count,
            "save": found.save_count,
            "repost": found.repost_count,
        }


@pytest.mark.parametrize("kind", KINDS)
def test_there_is_one_of_each_kind_and_it_can_be_taken_back(app, as_ben_api, post, kind):
    body = {"post": post.id, "type": kind}
    made = as_ben_api.post("interactions/", body)

    assert made.status_code == 201
    assert (made.get_json()["type"], made.get_json()["post"]["title"]) == (kind, "Boats")
    for _ in range(2):
        assert counts(app, post) == {name: int(name == kind) for name in KINDS}
        again = as_ben_api.post("interactions/", body)
        assert (again.status_code, again.get_json()) == (200, made.get_json())
    path = f"interactions/{made.get_json()['id']}/"
    assert [as_ben_api.delete(path).status_code for _ in range(2)] == [204, 404]
    assert sum(counts(app, post).values()) == 0
    assert as_ben_api.post("interactions/", body).status_code == 201


def test_the_post_tells_the_counts_to_whom_they_concern(app, ada, as_ben_api, post):
    for kind in KINDS:
        as_ben_api.post("interactions/", {"post": post.id, "type": kind})
    counts(app, post)

    mine, theirs, public = (
        client.get(f"posts/{post.id}/").get_json()["interactions"]
        for client in (Client.bearer(app, ada), as_ben_api, Client(app))
    )

    assert public == {"reposts_count": 1}
    assert theirs == public | {"has_reposted": True, "has_saved": True}
    reach = {"saves_count": 1, "views_count": 1}
    assert mine == public | reach | {"has_reposted": False, "has_saved": False}


def test_ids_never_mean_something_else(app, ada, as_ben_api, post):
    ids = [as_ben_api.post("interactions/", {"post": post.id, "type": kind}).get_json()["id"] for kind in KINDS]
    stranger = Client.bearer(app, ada)

    assert len(set(ids)) == 4
    assert {stranger.delete(f"interactions/{one}/").status_code for one in ids} == {404}
    assert as_ben_api.delete(f"interactions/{ids[2]}/").status_code == 204
    assert counts(app, post) == {"view": 1, "like": 1, "save": 0, "repost": 1}


def test_fifty_at_once_are_one(app, as_ben_api, post):
    clients = [Client(app, as_ben_api.authorization) for _ in range(16)]

    works = [
        lambda c=c, kind=KINDS[n % 4]: c.post("interactions/", {"post": post.id, "type": kind}).status_code
        for n, c in enumerate(clients)
    ]

    assert set(at_once(works)) <= {200, 201}
    assert counts(app, post) == dict.fromkeys(KINDS, 1)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type": "like"}, "post"),
        ({"post": 1}, "type"),
        ({"post": 1, "type": "hate"}, "type"),
        ({"post": 1, "type": None}, "type"),
        ({"post": 999, "type": "view"}, "post"),
        ({"post": 999, "type": "save"}, "post"),
        ({"post": "one", "type": "save"}, "post"),
        ({"post": 2**63, "type": "save"}, "post"),
    ],
)
def test_what_can_not_be_done_is_refused_by_field(as_ben_api, post, body, field):
    answer = as_ben_api.post("interactions/", body)

    assert (answer.status_code, list(answer.get_json())) == (400, [field])


@pytest.mark.parametrize("kind", KINDS)
def test_not_with_drafts_and_not_with_what_one_may_not_see(app, ada, as_ben_api, kind):
    as_ada_api = Client.bearer(app, ada)
    draft = make_post(app, ada, published=False)
    hidden = make_post(app, ada, audience="followers")

    for client, which in ((as_ada_api, draft), (as_ben_api, draft), (as_ben_api, hidden)):
        answer = client.post("interactions/", {"post": which.id, "type": kind})
        assert (answer.status_code, list(answer.get_json())) == (400, ["post"])


def test_what_is_not_for_everybody_is_not_reposted_and_own_views_count_nothing(app, ada, post):
    as_ada_api = Client.bearer(app, ada)
    closed = make_post(app, ada, audience="followers")

    assert list(as_ada_api.post("interactions/", {"post": closed.id, "type": "repost"}).get_json()) == ["post"]
    assert as_ada_api.post("interactions/", {"post": post.id, "type": "view"}).status_code == 200
    assert counts(app, post)["view"] == 0


def test_the_list_is_ones_own_merged_and_read_on_without_gaps(app, ada, ben, as_ben_api):
    wanted = []
    for number in range(9):
        one = make_post(app, ada, title=f"Boat {number}")
        kind = ("like", "save", "repost")[number % 3]
        as_ben_api.post("interactions/", {"post": one.id, "type": kind})
        wanted.insert(0, (kind, f"Boat {number}"))
    as_ben_api.post("interactions/", {"post": one.id, "type": "view"})
    Client.bearer(app, ada).post("interactions/", {"post": one.id, "type": "like"})

    def told(answer):
        return [(done["type"], done["post"]["title"]) for done in answer.get_json()["results"]]

    found, path = [], "interactions/?page_size=2"
    while path:
        page = as_ben_api.get(path)
        found += told(page)
        if len(found) == 4:  # what comes meanwhile moves nothing
            as_ben_api.post("interactions/", {"post": one.id, "type": "save"})
        path = (page.get_json()["next"] or "").partition("/api/v1/")[2]
    assert found == wanted
    assert told(as_ben_api.get("interactions/?page=2&page_size=2&type=like")) == [("like", "Boat 0")]
    assert as_ben_api.get("interactions/?page=9").status_code == 404
    assert as_ben_api.get(f"interactions/?post={one.id}").get_json()["count"] == 2
    assert as_ben_api.get("interactions/?type=view").get_json()["count"] == 0
    assert list(as_ben_api.get("interactions/?cursor=x").get_json()) == ["cursor"]
    with app.app_context():
        Block.begin(db.session.get(User, ada.id), db.session.get(User, ben.id))
        db.session.commit()
    assert as_ben_api.get("interactions/").get_json()["count"] == 0


@pytest.mark.parametrize("many", [1, 12])
def test_the_list_costs_the_same_however_long_and_is_read_from_indexes(app, ada, as_ben_api, plans, many):  # noqa: F811 a fixture
    for _ in range(many):
        one = make_post(app, ada)
        for kind in ("like", "save", "repost"):
            as_ben_api.post("interactions/", {"post": one.id, "type": kind})
    plans.clear()

    with statements(app) as seen:
        assert len(as_ben_api.get("interactions/?page_size=50").get_json()["results"]) == 3 * many
    assert len(seen) <= 4, "\n".join(seen)
    assert plans and not any(map(sorts, plans)), plans


@pytest.mark.parametrize("kind", ["like", "save", "repost"])
def test_the_same_is_left_as_by_the_page(app, crowd, kind):
    for verb in ("", "un"):

        def given(user, verb=verb):
            post = make_post(app, crowd)
            if verb:
                Client.bearer(app, user).post("interactions/", {"post": post.id, "type": kind})
            return post

        def api(client, _user, post, verb=verb):
            made = client.post("interactions/", {"post": post.id, "type": kind}) if not verb else None
            if made is None:
                one = client.get(f"interactions/?post={post.id}").get_json()["results"][0]
                client.delete(f"interactions/{one['id']}/")

        found = same_through_both(
            app,
            given=given,
            page=lambda browser, _user, post, verb=verb: browser.post(f"/posts/{post.id}/{verb}{kind}/"),
            api=api,
            names=(f"paula{verb}", f"pavla{verb}"),
        )
        assert [post[f"{kind}_count"] for post in found["posts"]] == [int(not verb)]
