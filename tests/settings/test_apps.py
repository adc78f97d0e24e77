"""Tokens of scripts and apps that are logged in: made with a fresh proof, shown once, ended with one click."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest

from postways import exports
from postways.db import db, now
from postways.models import ApiToken, Audit, Family, User
from tests.cast import PASSWORD, Browser, letters, make_user
from tests.clock import in_

APPS = "/settings/apps/"
BACKUP = {"name": "Backup", "scopes": ["read", "create"], "expires": "30"}


def make(browser: Browser, **data):
    return browser.post(APPS, BACKUP | data, page=APPS)


def secret_in(answer) -> str:
    return unescape(re.search(r'<input id="token" value="([^"]+)"', answer.text).group(1))


def person(app, secret: str) -> User | None:
    with app.app_context():
        return ApiToken.person(secret)


def rows(app) -> list[ApiToken]:
    with app.app_context():
        return db.session.query(ApiToken).order_by(ApiToken.id).all()


def logged_in_app(app, user: User, device: str = "PhotoSync/2.1 (Pixel)") -> tuple[int, str]:
    with app.app_context():
        family, secret = Family.begin(db.session.merge(user), "read write", device)
        db.session.commit()
        return family.id, secret


def works(app, secret: str) -> bool:
    with app.app_context():
        try:
            return bool(Family.refresh(secret))
        except Exception:
            return False
        finally:
            db.session.rollback()


def test_a_token_is_shown_once_and_works(app, ada, as_ada):
    answer = make(as_ada)
    secret = secret_in(answer)

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    user = person(app, secret)
    assert (user.id, user.scopes) == (ada.id, {"read", "create"})
    page = as_ada.get(APPS)
    assert page.headers["Cache-Control"] == "no-store"
    assert secret not in page.text
    assert "<b>Backup</b>" in page.text
    assert "never used" in page.text


@pytest.mark.parametrize(("expires", "days"), [("7", 7), ("30", 30), ("90", 90), ("365", 365), ("none", None)])
def test_it_works_for_as_long_as_was_chosen(app, as_ada, expires, days):
    secret = secret_in(make(as_ada, expires=expires))

    with in_(days=days - 1 if days else 3_000):
        assert person(app, secret)
    with in_(days=days + 1 if days else 3_000):
        assert bool(person(app, secret)) is (days is None)


def test_the_page_says_when_it_was_used_and_that_its_time_is_over(app, as_ada):
    secret = secret_in(make(as_ada, expires="7"))
    with app.app_context():
        ApiToken.seen(ApiToken.person(secret).api_token_id)
        db.session.commit()

    assert "last used" in as_ada.get(APPS).text
    with in_(days=8):
        as_ada.post("/settings/prove/", {"password": PASSWORD}, page="/settings/prove/")
        assert "it works no more" in as_ada.get(APPS).text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"name": ""}, "Give the token a name"),
        ({"name": "   "}, "Give the token a name"),
        ({"name": "\x00"}, "Give the token a name"),
        ({"name": "x" * 101}, "at most 100"),
        ({"scopes": []}, "Choose at least one"),
        ({"scopes": ["everything"]}, "valid choice"),
        ({"scopes": ["read", "moderate"]}, "valid choice"),
        ({"expires": "3650"}, "Not a valid choice"),
        ({"expires": "\x00"}, "Not a valid choice"),
    ],
    ids=str,
)
def test_what_can_not_be_is_refused_by_its_field_and_kept(app, as_ada, data, said):
    answer = make(as_ada, **data)

    assert answer.status_code == 422
    assert said in answer.text
    assert (data.get("name", "Backup").strip("\x00") or "x") in answer.text
    assert rows(app) == []


@pytest.mark.parametrize("role", ["moderator", "admin"])
def test_staff_can_give_a_token_what_staff_can_do(app, crowd, role):
    user = make_user(app, "somebody", role)
    secret = secret_in(make(Browser(app).log_in("somebody"), scopes=["read", "moderate"]))

    assert person(app, secret).scopes == {"read", "moderate"}
    with app.app_context():
        User.find(user.id).become("member")
        db.session.commit()
    assert person(app, secret).scopes == {"read"}


def test_there_is_an_end_to_how_many(app, as_ada, monkeypatch):
    monkeypatch.setattr("postways.models.token.MOST_TOKENS", 1)
    make(as_ada)

    answer = make(as_ada, name="One more")

    assert answer.status_code == 422
    assert "End one before you make another" in unescape(answer.text)
    assert len(rows(app)) == 1


def test_an_old_log_in_has_to_be_proved_again(app, as_ada):
    token = as_ada.token(APPS)
    with in_(hours=2, minutes=1):
        answer = as_ada.post(APPS, BACKUP, token=token)
        assert answer.location.startswith("/settings/prove/")
        assert as_ada.get(APPS).location.startswith("/settings/prove/")
    assert rows(app) == []


def test_a_form_that_was_open_for_too_long_comes_back_filled(app, as_ada):
    answer = as_ada.post(APPS, BACKUP, token="stale")

    assert answer.status_code == 403
    assert 'value="Backup"' in answer.text
    assert rows(app) == []


def test_a_token_is_ended_once_and_by_its_person_alone(app, as_ada, as_ben):
    secret = secret_in(make(as_ada))
    (row,) = rows(app)
    path = f"{APPS}tokens/{row.id}/end/"

    assert as_ben.post(path).status_code == 404
    assert person(app, secret)
    assert as_ada.post(path).location == f"{APPS}?notice=token-ended"
    assert person(app, secret) is None
    assert as_ada.post(path).status_code == 404


def test_making_and_ending_are_written_down_and_mailed_without_the_secret(app, ada, as_ada):
    secret = secret_in(make(as_ada))
    as_ada.post(f"{APPS}tokens/{rows(app)[0].id}/end/")

    (letter,) = letters(app)
    assert letter["To"] == "ada@example.org"
    assert "Backup" in letter.get_body(("plain",)).get_content()
    assert secret not in letter.as_string()
    with app.app_context():
        entries = db.session.query(Audit).filter(Audit.kind.startswith("token-")).order_by(Audit.id).all()
    assert [(entry.kind, entry.actor_id) for entry in entries] == [("token-made", ada.id), ("token-ended", ada.id)]
    assert secret not in str([entry.details for entry in entries])


def test_apps_that_are_logged_in_are_named_and_ended(app, ada, ben, as_ada, as_ben):
    family, secret = logged_in_app(app, ada)
    logged_in_app(app, ben, "Somebody else’s app")
    with app.app_context():
        user = db.session.merge(ada)
        opaque = ApiToken.issue(user, kind="login", scope="read", expires_at=now() + timedelta(hours=1), name="curl/8")
        db.session.commit()

    page = as_ada.get(APPS).text
    assert re.findall(r"<b>(.*?)</b>", page) == ["PhotoSync", "curl"]
    assert as_ben.post(f"{APPS}{family}/end/").status_code == 404
    assert as_ada.post(f"{APPS}{family}/end/").location == f"{APPS}?notice=app-ended"
    assert as_ada.post(f"{APPS}{family}/end/").status_code == 404
    assert as_ada.post(re.search(r'action="([^"]+tokens/\d+/end/)"', page).group(1)).status_code == 303

    assert not works(app, secret)
    assert person(app, opaque) is None
    assert "No app is logged in" in as_ada.get(APPS).text


def test_an_app_that_calls_itself_strange_things_is_shown_as_text(app, ada, as_ada):
    for device in ("", "<script>alert(1)</script>", "\x00\ud800" * 300, "x" * 500):
        logged_in_app(app, ada, device)

    page = as_ada.get(APPS).text

    assert "A program that does not say its name" in page
    assert "<script>alert" not in page


def test_a_new_password_ends_tokens_and_apps_but_not_this_browser(app, ada, as_ada):
    secret = secret_in(make(as_ada, expires="none"))
    _, refresh = logged_in_app(app, ada)
    new = "a new horse 9 battery"
    data = {"old_password": PASSWORD, "new_password": new, "new_password2": new}
    assert as_ada.post("/password_change/", data, page="/password_change/").status_code == 303

    assert person(app, secret) is None
    assert not works(app, refresh)
    assert "/logout/" in as_ada.get("/").text


def test_ending_the_other_browsers_leaves_the_tokens(app, ada, as_ada):
    secret = secret_in(make(as_ada))
    _, refresh = logged_in_app(app, ada)

    as_ada.post("/settings/sessions/end/")

    assert person(app, secret)
    assert works(app, refresh)


def test_the_export_names_them_without_their_secrets(app, ada, as_ada):
    secret = secret_in(make(as_ada))
    _, refresh = logged_in_app(app, ada)
    with app.app_context():
        documents, _ = exports.contents(User.find(ada.id))

    assert [token["name"] for token in documents["tokens.json"]] == ["Backup"]
    assert [family["device"] for family in documents["apps.json"]] == ["PhotoSync/2.1 (Pixel)"]
    assert not any(hidden in repr(documents) for hidden in (secret, refresh, "token_hash", "sid"))
