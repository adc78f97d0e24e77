"""The verbs of an account, each through the page and through the API: what is left in the database is the same."""

from io import BytesIO

from postways.models import User
from tests.api.client import Client
from tests.cast import PASSWORD, make_post, picture, upload
from tests.doors.left import added, left, nameless, same_through_both


def test_signing_up(app, crowd, guest):
    def fields(name):
        secret = "seven boats 4 the sea"
        return {"username": name, "email": f"{name}@example.org", "password": secret, "password2": secret}

    def signed_up(act, name):
        before = left(app)
        assert act(fields(name)).status_code in (201, 303)
        with app.app_context():
            found = nameless(added(before, left(app)), User.named(name))
        found["audit"] = [row for row in found["audit"] if row["kind"] != "log-in"]  # the page logs in, too
        for user in found["users"]:
            del user["last_login_at"], user["last_activity_at"]
        return found

    by_page = signed_up(lambda sent: guest.post("/signup/", sent, page="/signup/"), "paula")
    by_api = signed_up(lambda sent: Client(app).post("users/", sent), "pavla")

    assert by_page == by_api
    assert {"users", "attempts", "audit", "mails"} <= set(by_page)


def test_introducing_oneself(app, crowd):
    words = {"display_name": " Somebody\t else ", "bio": "One\r\ntwo  "}

    found = same_through_both(
        app,
        given=lambda user: make_post(app, user, likes=[crowd]),
        page=lambda browser, _user, _post: browser.post("/settings/profile/", words),
        api=lambda client, _user, _post: client.patch("users/me/", words),
    )

    assert [user["bio"] for user in found["users"]] == ["One\ntwo"]
    assert len(found["posts"]) == 1  # the cards of it are made anew


def test_choosing_a_picture(app, crowd):
    found = same_through_both(
        app,
        page=lambda browser, _user, _: browser.post(
            "/settings/profile/", {"display_name": "", "bio": "", "avatar": upload()}
        ),
        api=lambda client, _user, _: client.patch("users/me/", data={"avatar": (BytesIO(picture()), "x.jpg")}),
    )

    assert [photo["avatar"] for photo in found["photos"]] == [True]


def test_leaving(app, crowd):
    found = same_through_both(
        app,
        given=lambda user: make_post(app, user, pictures=1, likes=[crowd]),
        page=lambda browser, user, _post: browser.post(f"/authors/{user.id}/delete/", {"password": PASSWORD}),
        api=lambda client, _user, _post: client.delete("users/me/", {"password": PASSWORD}),
    )

    assert [user["deleted_at"] for user in found["users"]] == [True]
    assert [post["withheld"] for post in found["posts"]] == [True]
    assert [mail["kind"] for mail in found["mails"]] == ["account-deleted"]
    assert [entry["kind"] for entry in found["audit"]] == ["account-deleted"]


def test_a_wrong_password_of_who_wants_to_leave(app, crowd):
    found = same_through_both(
        app,
        page=lambda browser, user, _: browser.post(f"/authors/{user.id}/delete/", {"password": "wrong password"}),
        api=lambda client, _user, _: client.delete("users/me/", {"password": "wrong password"}),
    )

    assert len(found["attempts"]) == 2
    assert {entry["kind"] for entry in found["audit"]} == {"log-in-failed"}
