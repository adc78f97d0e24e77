"""People through the API: who is told what, signing up, introducing oneself, leaving."""

import json
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pyotp
import pytest
import time_machine

from postways import jobs
from postways.db import db, now
from postways.models import ApiToken, Audit, Block, Follow, Mail, Photo, User
from postways.seal import seal
from tests.api.client import Client
from tests.cast import PASSWORD, make_post, make_user, picture
from tests.together import at_once

ALL = {
    "id", "username", "display_name", "email", "date_joined", "last_login", "last_activity_at", "is_staff",
    "is_active", "premium_until", "bio", "avatar", "stats", "links",
}  # fmt: skip
TOLD_TO_OTHERS = ALL - {"email", "last_login", "last_activity_at", "is_staff", "is_active", "premium_until"}
NEW = {"username": "grace", "email": "grace@example.org", "password": "seven boats 4 the sea"}


@pytest.fixture
def as_client(app, ada):
    return Client.bearer(app, ada)


@pytest.fixture
def admin(app, crowd):
    return make_user(app, "root-admin", role="admin")


def fresh(app, user):
    with app.app_context():
        return db.session.get(User, user.id, populate_existing=True)


def change(app, user, **values):
    with app.app_context():
        db.session.query(User).filter_by(id=user.id).update(values)
        db.session.commit()


# --- reading


def test_my_own_profile_says_everything(app, ada, ben, as_client):
    make_post(app, ada, likes=[ben])
    make_post(app, ada, published=False)

    profile = as_client.get("users/me/").get_json()

    assert set(profile) == ALL
    assert (profile["id"], profile["username"], profile["email"]) == (ada.id, "ada", "ada@example.org")
    assert profile["stats"] == {"posts_count": 2, "likes_received": 1, "followers_count": 0, "following_count": 0}
    assert profile["links"] == {
        "self": f"http://localhost/api/v1/users/{ada.id}/",
        "posts": f"http://localhost/api/v1/posts/?author={ada.id}",
        "likes": f"http://localhost/api/v1/likes/?user={ada.id}",
    }
    assert profile["date_joined"].endswith("Z")
    assert (profile["avatar"], profile["is_active"], profile["is_staff"]) == (None, True, False)


@pytest.mark.parametrize("word", ["ada", "ADA", "ＡＤＡ", "{id}", "me"])
def test_a_person_is_found_by_id_and_name(as_client, ada, word):
    answer = as_client.get(f"users/{word.format(id=ada.id)}/")

    assert answer.status_code == 200
    assert set(answer.get_json()) == ALL


def test_others_are_told_less(app, ada, ben, crowd):
    make_post(app, ada, likes=[ben, crowd])
    make_post(app, ada, published=False)

    profile = Client.bearer(app, ben).get("users/ada/").get_json()

    assert set(profile) == TOLD_TO_OTHERS
    assert profile["stats"] == {"posts_count": 1, "likes_received": 2, "followers_count": 0, "following_count": 0}
    assert "example.org" not in json.dumps(profile)


def test_the_staff_is_told_everything(app, ada, mod):
    make_post(app, ada, published=False)
    change(app, ada, suspended_at=now())

    profile = Client.bearer(app, mod).get(f"users/{ada.id}/").get_json()

    assert set(profile) == ALL
    assert profile["stats"]["posts_count"] == 1
    assert (profile["email"], profile["is_active"]) == ("ada@example.org", False)


@pytest.mark.parametrize("values", [{"suspended_at": "now"}, {"deleted_at": "now"}], ids=str)
def test_who_is_not_there_is_not_found(app, ada, ben, values):
    change(app, ada, **dict.fromkeys(values, now()))

    assert Client.bearer(app, ben).get("users/ada/").status_code == 404
    assert Client.bearer(app, ben).get(f"users/{ada.id}/").status_code == 404


@pytest.mark.parametrize(
    "word", ["nobody", "0", "-1", "999999999999999999", str(2**63), "9" * 400, "%00", "%ff", "a%20b", "x" * 3_000, "²"]
)
def test_an_unknown_person_is_404(as_client, word):
    assert as_client.get(f"users/{word}/").status_code == 404


def test_a_past_name_leads_to_its_person_until_somebody_takes_it(app, ada, ben):
    with app.app_context():
        db.session.get(User, ada.id).rename("adele", now())
        db.session.commit()

    assert Client.bearer(app, ben).get("users/ada/").get_json()["username"] == "adele"


def test_who_blocked_me_is_not_there(app, ada, ben):
    with app.app_context():
        Block.begin(db.session.get(User, ada.id), db.session.get(User, ben.id))
        db.session.commit()

    for path in (f"users/{ada.id}/", "users/ada/", "users/ada/followers/"):
        assert Client.bearer(app, ben).get(path).status_code == 404


def test_a_private_account_shows_its_header_and_counts_nothing(app, ada, ben):
    make_post(app, ada, likes=[ben])
    with app.app_context():
        db.session.get(User, ada.id).keep_private(True)
        db.session.commit()
    stranger = Client.bearer(app, ben)

    profile = stranger.get("users/ada/").get_json()

    assert (profile["stats"]["posts_count"], profile["stats"]["likes_received"]) == (0, 0)
    assert stranger.get("users/ada/followers/").status_code == 403
    assert stranger.get("users/ada/following/").status_code == 403
    assert Client.bearer(app, ada).get("users/ada/followers/").status_code == 200


def test_followers_and_followed_are_lists_of_people(app, ada, ben, crowd):
    with app.app_context():
        for follower in (ben, crowd):
            Follow.begin(db.session.get(User, follower.id), db.session.get(User, ada.id))
        db.session.commit()
    client = Client.bearer(app, ben)

    followers = client.get("users/ada/followers/?page_size=1").get_json()
    more = client.get(followers["next"].removeprefix("http://localhost")).get_json()

    assert followers["count"] == 2
    assert [person["username"] for person in followers["results"] + more["results"]] == ["zoe", "ben"]
    assert more["next"] is None
    assert set(followers["results"][0]) == {"url", "id", "username", "display_name", "avatar"}
    assert [person["username"] for person in client.get("users/me/following/").get_json()["results"]] == ["ada"]
    assert client.get("users/ada/").get_json()["stats"]["followers_count"] == 2


def test_a_profile_is_not_sent_again(as_client):
    first = as_client.get("users/me/")

    assert as_client.get("users/me/", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


# --- the staff's list


def test_the_staff_lists_everybody_with_the_latest_activity_first(app, ada, ben, mod):
    make_post(app, ada, likes=[ben])
    make_post(app, ada, published=False)
    change(app, ada, last_activity_at=now() - timedelta(hours=1))
    change(app, ben, last_activity_at=now() - timedelta(days=1))

    answer = Client.bearer(app, mod).get("users/").get_json()

    names = [person["username"] for person in answer["results"]]
    assert names == ["mod", "ada", "ben", "zoe"]
    assert answer["count"] == 4
    assert set(answer["results"][1]) == {
        "url", "id", "username", "email", "last_activity_at", "last_login", "date_joined", "is_staff", "is_active",
        "stats",
    }  # fmt: skip
    assert answer["results"][1]["stats"] == {"posts_count": 2, "likes_received": 1}
    assert answer["results"][0]["is_staff"] is True


def test_the_list_has_pages(app, ada, ben, mod):
    client = Client.bearer(app, mod)
    seen, path = [], "users/?page_size=2"
    while path:
        page = client.get(path.removeprefix("http://localhost")).get_json()
        seen += [person["username"] for person in page["results"]]
        path = page["next"]

    assert sorted(seen) == ["ada", "ben", "mod", "zoe"]
    assert client.get("users/?page=99").status_code == 404
    assert client.get("users/?page=0").status_code == 400


def test_nobody_else_lists_people(app, ada, mod):
    assert Client(app).get("users/").status_code == 401
    assert Client.bearer(app, ada).get("users/").status_code == 403
    assert Client.token(app, mod, "read").get("users/").status_code == 403


# --- signing up


def test_a_visitor_opens_an_account(app, crowd):
    answer = Client(app).post("users/", {**NEW, "password2": NEW["password"], "is_staff": True, "role": "admin"})

    assert answer.status_code == 201
    profile = answer.get_json()
    assert set(profile) == ALL
    assert (profile["username"], profile["email"], profile["is_staff"]) == ("grace", "grace@example.org", False)
    with app.app_context():
        assert db.session.query(Audit).filter_by(kind="sign-up", actor_id=profile["id"]).count() == 1
        assert db.session.query(Mail).filter_by(user_id=profile["id"]).count() == 1
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("body", ["json", "form", "multipart"])
def test_json_and_forms_are_alike(app, crowd, body):
    options = {
        "json": {"json": NEW},
        "form": {"data": NEW},
        "multipart": {"data": NEW, "content_type": "multipart/form-data"},
    }[body]

    assert Client(app).ask("POST", "users/", **options).status_code == 201


def test_an_address_is_needed_only_where_the_site_says_so(app, crowd, monkeypatch):
    without = {name: value for name, value in NEW.items() if name != "email"}

    assert Client(app).post("users/", {**without, "username": "hopper"}).status_code == 201
    monkeypatch.setitem(app.extensions, "config", replace(app.extensions["config"], require_email=True))
    answer = Client(app).post("users/", without)

    assert answer.status_code == 400
    assert list(answer.get_json()) == ["email"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "ADA"),
        ("username", "12345"),
        ("username", "me"),
        ("username", ""),
        ("username", " \t"),
        ("username", "x" * 151),
        ("username", "a\x00b"),
        ("username", "\ud800"),
        ("username", 7),
        ("username", None),
        ("username", ["x"]),
        ("email", "ada@EXAMPLE.org"),
        ("email", "nonsense"),
        ("email", {}),
        ("password", "short"),
        ("password", "password1"),
        ("password", "1234567890123"),
        ("password", "x" * 1_025),
        ("password", None),
        ("password2", "another password"),
    ],
)
def test_what_is_refused_is_refused_under_its_field(app, ada, field, value):
    answer = Client(app).ask("POST", "users/", data=json.dumps({**NEW, field: value}), content_type="application/json")

    assert answer.status_code == 400, answer.text
    assert list(answer.get_json()) == [field]
    assert all(isinstance(sentence, str) for sentence in answer.get_json()[field])


def test_everything_that_is_wrong_is_told_at_once(app, crowd):
    answer = Client(app).post("users/", {"username": "1", "email": "x", "password": "1", "password2": "2"})

    assert set(answer.get_json()) == {"username", "email", "password", "password2"}
    assert set(Client(app).post("users/", {}).get_json()) == {"username", "password"}


def test_who_has_an_account_opens_no_other(app, as_client, as_ben):
    for client in (as_client, Client.cookie(as_ben)):
        assert client.post("users/", NEW).status_code == 403
        assert client.post("users/", {}).status_code == 403


def test_sign_ups_are_counted_with_those_of_the_page(app, crowd, guest):
    for n in range(20):
        answer = guest.post(
            "/signup/",
            {
                "username": f"p{n}",
                "email": f"p{n}@example.org",
                "password": NEW["password"],
                "password2": NEW["password"],
            },
            page="/signup/",
        )
        assert answer.status_code == 303
        guest.client.delete_cookie("session")

    answer = Client(app).post("users/", NEW)

    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0


def test_of_ten_at_once_one_gets_the_name(app, crowd):
    statuses = at_once(
        [lambda n=n: Client(app).post("users/", {**NEW, "email": f"g{n}@example.org"}).status_code for n in range(10)]
    )

    assert sorted(statuses) == [201] + [400] * 9


# --- introducing oneself


def test_what_is_left_out_stays(app, ada, as_client):
    as_client.patch("users/me/", {"bio": "  Boats.\r\nAnd more.  "})
    answer = as_client.patch("users/me/", {"display_name": " Ada\n Lovelace "})

    assert answer.status_code == 200
    assert set(answer.get_json()) == ALL
    assert (answer.get_json()["display_name"], answer.get_json()["bio"]) == ("Ada Lovelace", "Boats.\nAnd more.")
    assert as_client.patch("users/me/", {}).get_json()["display_name"] == "Ada Lovelace"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("display_name", "x" * 101),
        ("bio", "x" * 1_001),
        ("bio", None),
        ("bio", 7),
        ("display_name", "a\x00"),
        ("avatar", "https://example.org/a.jpg"),
        ("avatar", {}),
    ],
)
def test_a_refused_introduction_changes_nothing(app, ada, as_client, field, value):
    as_client.patch("users/me/", {"bio": "Before", "display_name": "Before"})

    answer = as_client.patch("users/me/", {"bio": "After", field: value})

    assert answer.status_code == 400
    assert list(answer.get_json()) == [field]
    assert (fresh(app, ada).bio, fresh(app, ada).display_name) == ("Before", "Before")


@pytest.mark.parametrize("name", ["is_staff", "role", "username", "email", "verified_at", "id", "email_verified"])
def test_what_is_not_mine_to_change_stays(app, ada, as_client, name):
    before = as_client.get("users/me/").get_json()

    assert as_client.patch("users/me/", {name: True}).status_code == 200
    assert as_client.patch("users/me/", data={name: "admin"}).status_code == 200
    assert as_client.get("users/me/").get_json() == before


def test_a_picture_comes_as_a_file(app, ada, as_client):
    answer = as_client.patch("users/me/", data={"bio": "Hm", "avatar": (BytesIO(picture()), "me.jpg")})
    assert (answer.status_code, answer.get_json()["avatar"]) == (200, None)
    with app.app_context():
        jobs.prepare(db.session.query(Photo).filter_by(owner_id=ada.id, avatar=True).one().id)

    address = as_client.get("users/me/").get_json()["avatar"]

    assert address.endswith("/square.jpg")
    assert app.test_client().get(address.removeprefix("http://localhost")).mimetype == "image/jpeg"


@pytest.mark.parametrize("field", ["avatar", "image"])
def test_a_picture_has_a_door_of_its_own_that_tells_how_far_it_is(app, ada, as_client, field):
    answer = as_client.put("users/me/avatar/", data={field: (BytesIO(picture()), "me.jpg")})
    told = answer.get_json()

    assert (answer.status_code, told["status"], told["image"], told["post"]) == (200, "waiting", None, None)
    with app.app_context():
        jobs.prepare(told["id"])
    assert as_client.get(f"images/{told['id']}/").get_json()["status"] == "ready"
    assert (
        as_client.get("users/me/").get_json()["avatar"]
        == as_client.get(f"images/{told['id']}/").get_json()["thumbnail"]
    )


@pytest.mark.parametrize("body", [{}, {"json": {"avatar": "x"}}, {"data": {"avatar": "x"}}], ids=str)
def test_a_choice_needs_a_picture(as_client, body):
    answer = as_client.put("users/me/avatar/", **body)

    assert (answer.status_code, list(answer.get_json())) == (400, ["avatar"])


@pytest.mark.parametrize("nothing", [{"json": {"avatar": None}}, {"data": {"avatar": ""}}], ids=str)
def test_a_picture_can_be_taken_away(app, ada, as_client, nothing):
    as_client.patch("users/me/", data={"avatar": (BytesIO(picture()), "me.jpg")})

    assert as_client.patch("users/me/", **nothing).status_code == 200
    with app.app_context():
        assert db.session.query(Photo).filter_by(owner_id=ada.id).count() == 0


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n", b"GIF89a" + b"\xff" * 50])
def test_what_is_no_picture_is_refused_under_its_field(app, ada, as_client, data):
    answer = as_client.patch("users/me/", data={"bio": "After", "avatar": (BytesIO(data), "me.jpg")})

    assert answer.status_code == 400
    assert list(answer.get_json()) == ["avatar"]
    assert fresh(app, ada).bio == ""


def test_a_change_can_name_the_version_it_is_about(app, ada, as_client):
    version = as_client.get("users/me/").headers["ETag"]

    assert as_client.patch("users/me/", {"bio": "One"}, headers={"If-Match": version}).status_code == 200
    assert as_client.patch("users/me/", {"bio": "Two"}, headers={"If-Match": version}).status_code == 412
    assert fresh(app, ada).bio == "One"


# --- leaving


def test_who_has_just_logged_in_can_leave(app, ada, ben, as_client):
    post = make_post(app, ada)
    other = Client.token(app, ada)

    assert as_client.delete("users/me/").status_code == 204

    assert as_client.get("users/me/").status_code == 401
    assert other.get("users/me/").status_code == 401
    assert Client.bearer(app, ben).get("users/ada/").status_code == 404
    assert Client(app).put(f"posts/{post.id}/like/").status_code == 401
    assert fresh(app, ada).deleted_at


@pytest.mark.parametrize("word", ["ada", "{id}", "ADA"])
def test_by_any_of_ones_names(app, ada, as_client, word):
    assert as_client.delete(f"users/{word.format(id=ada.id)}/").status_code == 204
    assert fresh(app, ada).deleted_at


def test_an_old_log_in_needs_the_password(app, ada):
    client = Client.token(app, ada)  # a personal token proves no log-in

    assert client.delete("users/ada/").status_code == 403
    assert "password" in client.delete("users/ada/").get_json()["detail"]
    wrong = client.delete("users/ada/", {"password": "wrong password"})
    assert (wrong.status_code, list(wrong.get_json())) == (400, ["password"])
    assert fresh(app, ada).deleted_at is None

    assert client.delete("users/ada/", {"password": PASSWORD}).status_code == 204
    assert fresh(app, ada).deleted_at


def test_two_hours_after_the_log_in_the_password_is_needed(app, ada, as_ada):
    client = Client.cookie(as_ada)
    with time_machine.travel(now() + timedelta(hours=2, seconds=1)):
        assert client.delete("users/ada/").status_code == 403
    assert client.delete("users/ada/").status_code == 204
    assert as_ada.get("/settings/profile/").status_code == 303  # logged out


def test_an_old_log_in_needs_the_second_step_too(app, ada):
    secret = pyotp.random_base32()
    with app.app_context():
        User.find(ada.id).add_totp(seal().close(secret, "totp"), 0)
        db.session.commit()
    client = Client.token(app, ada)  # a personal token tells nothing of when somebody logged in

    for more in ({}, {"otp": "000000"}, {"otp": ""}):
        answer = client.delete("users/ada/", {"password": PASSWORD, **more})
        assert (answer.status_code, list(answer.get_json())) == (400, ["otp"])
    code = pyotp.TOTP(secret).at(int(now().timestamp()))
    assert client.delete("users/ada/", {"password": PASSWORD, "otp": code}).status_code == 204


def test_guessing_the_password_is_stopped(app, ada):
    client = Client.token(app, ada)
    statuses = [client.delete("users/ada/", {"password": f"guess {n}"}).status_code for n in range(11)]

    assert statuses == [400] * 10 + [429]
    assert client.delete("users/ada/", {"password": PASSWORD}).status_code == 429


def test_nobody_deletes_somebody_else(app, ada, ben, mod):
    for person in (ben, mod):
        assert Client.bearer(app, person).delete("users/ada/").status_code == 403
    assert Client(app).delete("users/ada/").status_code == 401
    assert fresh(app, ada).deleted_at is None


def test_an_admin_deletes_somebody_else_and_that_is_written_down(app, ada, admin):
    assert Client.bearer(app, admin, "read write").delete("users/ada/").status_code == 403  # without the scope
    narrow = Client.bearer(app, admin, "read").delete("users/ada/")
    assert (narrow.status_code, "the scope “delete”" in narrow.json["detail"]) == (403, True)
    assert Client.token(app, admin).delete("users/ada/").status_code == 403  # without a log-in

    assert Client.bearer(app, admin).delete("users/ada/").status_code == 204

    assert fresh(app, ada).deleted_at
    with app.app_context():
        entry = db.session.query(Audit).filter_by(kind="account-deleted").one()
        assert (entry.actor_id, entry.target_id) == (admin.id, ada.id)


# --- being here


def seen(app, user):
    return fresh(app, user).last_activity_at


@pytest.mark.parametrize("kind", ["bearer", "token"])
def test_who_asks_with_a_token_was_here_once_a_minute(app, ada, kind):
    client = getattr(Client, kind)(app, ada)
    start = now() + timedelta(seconds=120)  # both minutes lie within the life of an access token
    with time_machine.travel(start, tick=False):
        client.get("users/me/").close()
    with time_machine.travel(start + timedelta(seconds=59), tick=False):
        client.get("users/me/").close()
    first = seen(app, ada)
    with time_machine.travel(start + timedelta(seconds=61), tick=False):
        client.get("users/me/").close()

    assert first == start
    assert seen(app, ada) == start + timedelta(seconds=61)


def test_a_token_notes_its_own_use(app, ada):
    client = Client.token(app, ada)
    client.get("users/me/").close()

    with app.app_context():
        assert db.session.query(ApiToken).one().last_used_at


def test_a_wrong_token_was_nobody(app, ada):
    Client(app, "Token wrong").get("users/me/").close()

    assert seen(app, ada) is None
