"""Follows, requests, blocks and mutes through the API."""

from datetime import timedelta

import pytest

from postways.db import db, now
from postways.models import Follow, User
from tests.api.client import Client
from tests.cast import make_post, make_user
from tests.social.test_suggestions import follow, work_out
from tests.together import at_once


def private(app, person):
    with app.app_context():
        db.session.get(User, person.id).private = True
        db.session.commit()


@pytest.mark.parametrize("name", ["ada", "ADA", "id"])
def test_following_by_name_or_id(app, as_ben_api, ada, name):
    made = as_ben_api.post("follows/", {"followed_user": ada.id if name == "id" else name})

    assert made.status_code == 201
    assert made.get_json()["status"] == "accepted"
    assert made.get_json()["followed_user"]["username"] == "ada"
    listed = as_ben_api.get("follows/").get_json()
    assert [one["followed_user"]["username"] for one in listed["results"]] == ["ada"]
    assert as_ben_api.delete(f"follows/{made.get_json()['id']}/").status_code == 204
    assert as_ben_api.get("follows/").get_json()["count"] == 0


@pytest.mark.parametrize(
    "name", ["ben", "nobody", "", " ", "999999", 0, -1, None, [], {}, "\x00", "\ud800", "x" * 10_000]
)
def test_oneself_and_nobody_are_refused_by_field(as_ben_api, ben, name):
    answer = as_ben_api.post("follows/", {"followed_user": name})

    assert answer.status_code == 400
    assert list(answer.get_json()) == ["followed_user"]


def test_again_is_refused(as_ben_api, ada):
    as_ben_api.post("follows/", {"followed_user": "ada"})

    answer = as_ben_api.post("follows/", {"followed_user": "ada"})

    assert answer.status_code == 400
    assert "already" in answer.get_json()["followed_user"][0]


def test_who_blocked_me_answers_as_an_unknown_name(as_ada_api, as_ben_api, ada, ben):
    unknown = as_ben_api.post("follows/", {"followed_user": "nobody"})
    as_ada_api.post("blocks/", {"blocked": "ben"})

    answer = as_ben_api.post("follows/", {"followed_user": "ada"})

    assert (answer.status_code, answer.get_json()) == (unknown.status_code, unknown.get_json())


def test_fifty_follows_at_once_are_one(app, as_ben_api, ada):
    clients = [Client(app, as_ben_api.authorization) for _ in range(12)]

    statuses = at_once([lambda c=c: c.post("follows/", {"followed_user": "ada"}).status_code for c in clients])

    assert set(statuses) <= {201, 400}
    with app.app_context():
        assert db.session.query(Follow).count() == 1
        assert db.session.get(User, ada.id).followers_count == 1


def test_a_request_is_asked_for_and_accepted(app, as_ada_api, as_ben_api, ada, ben):
    private(app, ada)
    made = as_ben_api.post("follows/", {"followed_user": "ada"}).get_json()
    waiting = as_ada_api.get("follows/requests/").get_json()["results"]
    mine = as_ben_api.get("follows/?status=requested").get_json()["results"]

    assert made["status"] == "requested"
    assert [one["follower"]["username"] for one in waiting] == ["ben"]
    assert mine == [made]
    assert as_ben_api.get("follows/").get_json()["count"] == 0
    for _ in range(2):
        answer = as_ada_api.put(f"follows/requests/{waiting[0]['id']}/")
        assert (answer.status_code, answer.get_json()["status"]) == (200, "accepted")
    assert as_ada_api.get("follows/requests/").get_json()["count"] == 0


def test_a_request_that_was_withdrawn_can_not_be_accepted(app, as_ada_api, as_ben_api, ada):
    private(app, ada)
    made = as_ben_api.post("follows/", {"followed_user": "ada"}).get_json()
    as_ben_api.delete(f"follows/{made['id']}/")

    assert as_ada_api.put(f"follows/requests/{made['id']}/").status_code == 404


def test_others_requests_and_follows_are_not_there(app, as_ada_api, as_ben_api, ada, mod):
    private(app, ada)
    made = as_ben_api.post("follows/", {"followed_user": "ada"}).get_json()
    stranger = Client.bearer(app, mod)

    assert stranger.put(f"follows/requests/{made['id']}/").status_code == 404
    assert stranger.delete(f"follows/requests/{made['id']}/").status_code == 404
    assert stranger.delete(f"follows/{made['id']}/").status_code == 404
    assert as_ada_api.delete(f"follows/requests/{made['id']}/").status_code == 204


def test_a_follower_is_removed(app, as_ada_api, as_ben_api, ada, ben):
    as_ben_api.post("follows/", {"followed_user": "ada"})

    assert as_ada_api.delete("users/me/followers/ben/").status_code == 204
    assert as_ben_api.get("follows/").get_json()["count"] == 0


def test_a_block_is_made_once_and_undone(as_ada_api, as_ben_api, ada, ben):
    as_ben_api.post("follows/", {"followed_user": "ada"})
    made = as_ada_api.post("blocks/", {"blocked": "ben"})

    assert made.status_code == 201
    assert made.get_json()["blocked"]["username"] == "ben"
    assert as_ada_api.post("blocks/", {"blocked": "ben"}).status_code == 400
    assert as_ben_api.get("follows/").get_json()["count"] == 0
    assert as_ben_api.get("users/ada/").status_code == 404
    assert as_ada_api.get("blocks/").get_json()["count"] == 1
    assert as_ada_api.delete("blocks/ben/").status_code == 204
    assert as_ada_api.delete("blocks/ben/").status_code == 404


@pytest.mark.parametrize("address", ["/api/block", "/api/block/"])
def test_the_old_address_of_blocks_is_the_same_door(as_ada_api, ada, ben, address):
    assert as_ada_api.post(address, {"blocked": "ben"}).status_code == 201
    assert as_ada_api.get(address).get_json() == as_ada_api.get("blocks/").get_json()


@pytest.mark.parametrize("name", ["ada", "nobody", "", None, "\x00"])
def test_a_block_of_oneself_or_nobody_is_refused(as_ada_api, ada, name):
    answer = as_ada_api.post("blocks/", {"blocked": name})

    assert answer.status_code == 400
    assert list(answer.get_json()) == ["blocked"]


def test_people_words_and_tags_are_muted_and_shown_again(as_ada_api, ada, ben):
    until = (now() + timedelta(days=3)).replace(tzinfo=None).isoformat()  # UTC is meant
    person = as_ada_api.post("mutes/", {"muted": "ben", "until": until})
    word = as_ada_api.post("mutes/", {"word": "#Spoiler"})

    assert (person.status_code, word.status_code) == (201, 201)
    assert person.get_json()["muted"]["username"] == "ben"
    assert word.get_json()["word"] == "#Spoiler"
    assert as_ada_api.get("mutes/").get_json()["count"] == 2
    assert as_ada_api.delete("mutes/ben/").status_code == 204
    assert as_ada_api.delete("mutes/%23spoiler/").status_code == 204
    assert as_ada_api.get("mutes/").get_json()["count"] == 0


@pytest.mark.parametrize(
    "body",
    [{}, {"muted": "ben", "word": "x"}, {"muted": "ada"}, {"muted": "nobody"}, {"word": " "}, {"word": "#"},
     {"word": "x" * 10_000}, {"word": "boats", "until": "2001-01-01T00:00:00Z"}, {"word": "boats", "until": "x"}],
    ids=str,
)  # fmt: skip
def test_what_can_not_be_muted_is_refused(as_ada_api, ada, ben, body):
    assert as_ada_api.post("mutes/", body).status_code == 400


def test_lists_have_pages(app, as_ben_api, ben):
    for number in range(3):
        make_user(app, f"person{number}")
        as_ben_api.post("follows/", {"followed_user": f"person{number}"})

    first = as_ben_api.get("follows/?page_size=2").get_json()
    second = Client(app, as_ben_api.authorization).get(first["next"].removeprefix("http://localhost")).get_json()

    assert (first["count"], len(first["results"]), len(second["results"]), second["next"]) == (3, 2, 1, None)
    assert as_ben_api.get("follows/?page=9").status_code == 404


def test_friends_of_friends_are_recommended_with_a_reason_until_they_are_followed_or_blocked(app, as_ben_api, ada, ben):
    dan, fay, gus = (make_user(app, name) for name in ("dan", "fay", "gus"))
    for person in (dan, fay, gus):
        make_post(app, person)
    follow(app, ("ben", "dan"), ("dan", "fay"), ("dan", "gus"))
    work_out(app, "ben")

    def told():
        found = as_ben_api.get("follows/recommendations/").get_json()["results"]
        return {one["username"]: one["reason"] for one in found}

    assert {name: told().get(name) for name in ("fay", "gus")} == {"fay": "Followed by dan", "gus": "Followed by dan"}
    assert not told().keys() & {"ben", "dan"}
    as_ben_api.post("follows/", {"followed_user": "fay"})
    Client.bearer(app, gus).post("blocks/", {"blocked": "ben"})
    assert not told().keys() & {"fay", "gus"}
    assert as_ben_api.get("follows/recommendations/?page=x").status_code == 200
