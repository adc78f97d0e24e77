"""What an account rests on, changed through the page and through the API: what is left in the database is the same."""

import pytest

from postways.db import db
from postways.links import links
from postways.models import User
from tests.api.client import Client
from tests.cast import PASSWORD, Browser
from tests.doors.left import same_through_both

NEW = "nine boats 4 the sea"
TWICE = {"new_password": NEW, "new_password2": NEW}


def kinds(found, table="audit"):
    return [row["kind"] for row in found.get(table, [])]


def test_a_new_password(app, crowd):
    found = same_through_both(
        app,
        page=lambda browser, _user, _: browser.post("/password_change/", {"old_password": PASSWORD, **TWICE}),
        api=lambda client, _user, _: client.post("auth/password/change/", {"old_password": PASSWORD, **TWICE}),
    )

    assert kinds(found) == ["password-changed"]
    assert kinds(found, "mails") == ["password-changed"]
    assert [user["credential_version"] for user in found["users"]] == [1]


@pytest.mark.parametrize("path", ["password", "username", "email"])
def test_a_wrong_password(app, crowd, path):
    sent = {"password": "wrong", "old_password": "wrong", **TWICE, "new_username": "else", "new_email": "e@example.org"}
    found = same_through_both(
        app,
        page=lambda browser, _user, _: browser.post(f"/{path}_change/", sent),
        api=lambda client, _user, _: client.post(f"auth/{path}/change/", sent),
    )

    assert kinds(found) == ["log-in-failed"]
    assert len(found["attempts"]) == 2
    assert "users" not in found


def test_another_username(app, crowd):
    def sent(user):
        return {"password": PASSWORD, "new_username": f"{user.username}x"}

    found = same_through_both(
        app,
        page=lambda browser, user, _: browser.post("/username_change/", sent(user)),
        api=lambda client, user, _: client.post("auth/username/change/", sent(user)),
    )

    assert kinds(found) == ["username-changed"]
    assert [user["username"] for user in found["users"]] == ["namex"]


def test_another_address(app, crowd):
    def sent(user):
        return {"password": PASSWORD, "new_email": f"{user.username}x@example.org"}

    found = same_through_both(
        app,
        page=lambda browser, user, _: browser.post("/email_change/", sent(user)),
        api=lambda client, user, _: client.post("auth/email/change/", sent(user)),
    )

    assert sorted(kinds(found, "mails")) == ["email-change", "email-change-asked"]
    assert [attempt["kind"] for attempt in found["attempts"]] == ["email"]
    assert [user["pending_email"] for user in found["users"]] == ["namex@example.org"]


def test_the_link_of_another_address(app, crowd):
    def asked(user):
        with app.app_context():
            person = User.find(user.id)
            person.ask_for_email(f"{user.username}x@example.org")
            db.session.commit()
            return links().token("email", person)

    found = same_through_both(
        app,
        given=asked,
        page=lambda browser, _user, token: browser.post(f"/email_verify/{token}/"),
        api=lambda client, _user, token: client.post("auth/email/verify/", {"token": token}),
    )

    assert kinds(found) == ["email-changed"]
    assert [user["email"] for user in found["users"]] == ["namex@example.org"]


def test_a_forgotten_password(app, crowd):
    def token(purpose):
        def of(user):
            with app.app_context():
                return links().token(purpose, User.find(user.id))

        return of

    given = {"paula": token("reset"), "pavla": token("recovery")}
    found = same_through_both(
        app,
        page=lambda _browser, user, _: Browser(app).post(f"/password_reset/{given['paula'](user)}/", TWICE),
        api=lambda _client, user, _: Client(app, f"Bearer {given['pavla'](user)}").post("auth/password/reset/", TWICE),
    )

    assert kinds(found) == ["password-reset"]
    assert kinds(found, "mails") == ["password-changed"]


@pytest.mark.parametrize("door", ["login", "mylogin", "token"])
@pytest.mark.parametrize(("password", "kind"), [(PASSWORD, "log-in"), ("wrong", "log-in-failed")])
def test_a_log_in(app, crowd, door, password, kind):
    def sent(user):
        return {"username": user.username, "password": password}

    found = same_through_both(
        app,
        page=lambda _browser, user, _: Browser(app).post("/login/", sent(user), page="/login/"),
        api=lambda _client, user, _: Client(app).post(f"auth/{door}/", sent(user)),
    )

    assert kinds(found) == [kind]
