"""Forms of other sites change nothing, and a visitor is asked to log in before any token is looked at."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from postways.db import db
from postways.models import Client, Photo
from tests.cast import Browser, make_comment, make_photo, make_post, upload

FORMS_OF_VISITORS = {"/login/", "/signup/", "/theme/", "/password_reset/"}
WITHOUT_LOGIN = {
    "/email_verify/none/",
    "/email_revert/none/",
    "/password_reset/none/",
    "/login/passkey/",
    "/login/passkey/options/",
}
SECOND_STEP = "/login/second/"  # without the first it leads to the log-in, before anything is looked at
SET_UP = "/settings/security/app/"  # so does this to its beginning
LED_ON = {"/login/", "/signup/", "/password_reset/", SECOND_STEP, SET_UP}  # somebody logged in goes elsewhere
OTHERS = dict.fromkeys(
    (
        "session_id",
        "passkey_id",
        "export_id",
        "report_id",
        "mute_id",
        "token_id",
        "family_id",
        "conversation_id",
        "message_id",
        "allowance_id",
        "client_row",
    ),
    1,
) | {
    "token": "none",
    "username": "ada",
}


def rows(app):
    """Everything in every table."""
    with app.app_context():
        return {
            table.name: sorted(map(repr, db.session.execute(select(table))))
            for table in db.metadata.sorted_tables
            if table.name not in ("sessions", "users")  # when somebody was last seen
        }


@pytest.fixture
def unsafe(app, ada):
    """Every address that changes something, filled with what ada has."""
    post = make_post(app, ada, pictures=1)
    with app.app_context():
        photo = db.session.get(Photo, post.photos[0].id)
        photo.state = "failed"
        person = db.session.merge(ada)
        client, _ = Client.make("Prints", ["https://a.example/"], scope="read", confidential=True, owner=person)
        db.session.commit()
    comment = make_comment(app, post, ada)
    values = {
        "client_row": client.id,
        "comment_id": comment.id,
        "post_id": post.id,
        "photo_id": photo.id,
        "user_id": ada.id,
    }
    return addresses(app, "POST", values)


OF_PROGRAMS = ("live.", "api.", "oauth_tokens.", "membership_hook.", "notifications.unsubscribe")


def addresses(app, method, values):
    """The address of every door for `method`; staff's and programs' are asked for in tests of their own."""
    doors = app.url_map.bind("localhost")
    return sorted(
        doors.build(rule.endpoint, {name: {**OTHERS, **values}[name] for name in rule.arguments}, method=method)
        for rule in app.url_map.iter_rules()
        if method in rule.methods and not rule.endpoint.startswith(("moderation.", *OF_PROGRAMS))
    )


def test_every_unsafe_address_is_tried(unsafe):
    assert len(unsafe) >= 11
    assert set(unsafe) > FORMS_OF_VISITORS | WITHOUT_LOGIN


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"HX-Request": "true"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_without_a_token_or_from_elsewhere_nothing_happens(app, as_ada, unsafe, headers):
    token = as_ada.token() if any(name in headers for name in ("Origin", "Sec-Fetch-Site")) else "wrong"
    before = rows(app)

    for path in unsafe:
        if path in LED_ON and not set(headers) - {"HX-Request"}:
            continue  # somebody logged in is sent on
        form = {"csrf_token": token, "title": "x", "images": upload(), "image": upload()}
        answer = as_ada.client.post(path, data=form, headers=headers)
        assert answer.status_code == 403, path

    assert rows(app) == before


def test_a_token_missing_altogether_is_the_same(app, as_ada, unsafe):
    before = rows(app)

    for path in set(unsafe) - LED_ON:
        assert as_ada.client.post(path, data={"title": "x"}).status_code == 403, path

    assert rows(app) == before


def test_another_sessions_token_is_none(app, as_ada, as_ben, ada):
    post = make_post(app, ada)

    assert as_ada.post(f"/posts/{post.id}/like/", token=as_ben.token()).status_code == 403


def test_the_token_from_before_the_login_is_none(app, guest, ada):
    before = guest.token("/login/")
    guest.log_in("ada")

    assert guest.post("/theme/", {"theme": "dark"}, token=before).status_code == 403


def test_a_visitor_without_a_token_can_not_choose_colours_log_in_or_sign_up(app, guest, ada):
    for path in sorted(FORMS_OF_VISITORS | WITHOUT_LOGIN):
        answer = guest.client.post(path, data={"username": "ada", "password": "correct horse 7 battery"})
        assert answer.status_code == 403, path
        assert "/logout/" not in guest.get("/").text


def test_a_login_form_that_was_open_for_too_long_comes_back_filled(guest, ada):
    answer = guest.post("/login/", {"username": "ada", "password": "secret words"}, token="old")

    assert answer.status_code == 403
    assert "open for too long" in answer.text
    assert 'value="ada"' in answer.text
    assert "secret words" not in answer.text


def test_a_sign_up_form_that_was_open_for_too_long_comes_back_filled(guest, crowd):
    data = {"username": "grace", "email": "grace@example.org", "password": "secret words", "password2": "secret words"}
    answer = guest.post("/signup/", data, token="old")

    assert answer.status_code == 403
    for kept in ('value="grace"', 'value="grace@example.org"', "open for too long"):
        assert kept in answer.text
    assert "secret words" not in answer.text


def test_a_visitor_who_sends_a_members_form_logs_in_first(app, guest, unsafe):
    before = rows(app)

    for path in sorted(set(unsafe) - FORMS_OF_VISITORS - WITHOUT_LOGIN - {SECOND_STEP}):
        plain = guest.client.post(path, data={"title": "x"}, headers={"Referer": "http://localhost/popular/"})
        assert (plain.status_code, plain.location) == (303, "/login/?next=/popular/"), path

        by_htmx = guest.client.post(path, headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/popular/"})
        assert (by_htmx.status_code, by_htmx.headers["HX-Redirect"]) == (401, "/login/?next=/popular/"), path

    assert rows(app) == before


@pytest.mark.parametrize(
    "referer", ["https://evil.example/", "http://localhost//evil.example/", "http://[evil", "x", ""]
)
def test_the_way_back_of_a_form_never_leaves_the_site(app, guest, as_ben, ada, referer):
    post = make_post(app, ada)

    assert guest.post(f"/posts/{post.id}/like/", Referer=referer).location == "/login/?next=/"
    assert as_ben.post(f"/posts/{post.id}/like/", Referer=referer).location.startswith("/")
    assert "evil" not in as_ben.post(f"/posts/{post.id}/like/", Referer=referer).location


def test_reading_changes_nothing(app, as_ada, ada, unsafe):
    with app.app_context():
        make_photo(app, ada)
    before, files = rows(app), sorted(app.extensions["storage"].keys())
    known = {"post_id": 2, "photo_id": 1, "user_id": ada.id, "username": "ada", "tag": "other", "n": 1}
    known |= {"comment_id": 1, "key": "x", "name": "x", "filename": "app.css", "kind": "posts"}

    for path in [*addresses(app, "GET", known), *unsafe]:
        for method in ("get", "head", "options"):
            with getattr(as_ada.client, method)(path) as answer:
                assert answer.status_code < 500, path

    assert rows(app) == before
    assert sorted(app.extensions["storage"].keys()) == files


def test_visitors_pages_set_no_cookie_and_carry_no_token(app, ada):
    post = make_post(app, ada, pictures=1, title="A #sea")
    photo = post.photos[0]

    pages = ["/", "/popular/", "/popular/?period=week", "/tags/sea/", "/@ada/", "/nowhere/", "/posts/999/"]
    for path in [*pages, f"/posts/{post.id}/", f"/posts/{post.id}/photos/1/", f"/media/{photo.key}/square.jpg"]:
        for headers in ({}, {"HX-Request": "true"}):
            answer = Browser(app).client.get(path, headers=headers)
            assert "Set-Cookie" not in answer.headers, path
            assert b"csrf" not in answer.data, path


def test_visitors_pages_with_a_form_carry_a_token(guest, crowd):
    for path in sorted(FORMS_OF_VISITORS):
        assert guest.token(path)
