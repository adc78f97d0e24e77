"""What a token sees that may not do all that its person may. What it writes, it writes as its person."""

from pathlib import Path

import pytest

from postways.api import description
from postways.db import db
from postways.models import Follow, Photo, User
from postways.models.scopes import MEANS
from tests.api.client import Client
from tests.cast import PASSWORD, Browser, make_comment, make_post, make_user, upload
from tests.oauth.flow import Prints


@pytest.fixture
def as_writer(app, ben):
    return Client.bearer(app, ben, scope="create")


def test_a_token_that_may_not_read_sees_what_visitors_see(app, ada, ben, as_writer):
    draft = make_post(app, ben, title="Draft of the lighthouse", pictures=1, published=False)
    close = make_post(app, ada, title="Lighthouse for friends", pictures=1, audience="followers")
    shown = make_post(app, ada, title="Lighthouse for all")
    with app.app_context():
        Follow.begin(User.named("ben"), User.named("ada"))
        db.session.commit()
    as_reader = Client.token(app, ben, scope="read")
    private = [
        f"posts/{draft.id}/",
        f"posts/{close.id}/",
        f"posts/{close.id}/comments/",
        f"images/{draft.photos[0].id}/",
        f"/media/{draft.photos[0].key}/square.jpg",
        f"/media/{close.photos[0].key}/square.jpg",
    ]

    for path in private:
        assert as_reader.get(path).status_code == 200
        assert as_writer.get(path).status_code == Client(app).get(path).status_code in (403, 404)
    for path in ("posts/", "search/?q=lighthouse", f"posts/{shown.id}/"):
        assert as_writer.get(path).get_json() == Client(app).get(path).get_json() != as_reader.get(path).get_json()
    assert as_writer.get("users/me/").status_code == 403
    assert Client(app, "Bearer wrong").get("posts/").status_code == 401


def test_it_writes_where_its_person_may(app, ada, as_writer):
    close = make_post(app, ada, audience="followers")
    with app.app_context():
        Follow.begin(User.named("ben"), User.named("ada"))
        db.session.commit()

    made = as_writer.post(f"posts/{close.id}/comments/", {"body": "Lovely."})

    assert (made.status_code, made.get_json()["author"]["username"]) == (201, "ben")


def test_pictures_of_messages_are_for_tokens_that_may_read(app, ada, ben, as_writer):
    receiver = make_user(app, "cleo")
    form = {"receiver": "cleo", "images": [upload()]}
    assert as_writer.ask("POST", "messages/", data=form).status_code == 201
    with app.app_context():
        photo = db.session.query(Photo).filter_by(owner_id=ben.id).order_by(Photo.id.desc()).first()

    assert Client.token(app, receiver, scope="read").get(f"images/{photo.id}/").status_code == 200
    assert as_writer.get(f"images/{photo.id}/").status_code == 404


@pytest.mark.parametrize("kind", ["app", "log-in", "personal"])
def test_a_token_of_staff_that_may_not_moderate_sees_what_a_member_sees(app, ada, ben, mod, kind):
    draft = make_post(app, ada, pictures=1, published=False)
    paid = make_post(app, ada, pictures=1, audience="premium")
    shown = make_post(app, ada)
    hidden = make_user(app, "gone")
    said = make_comment(app, shown, ada)
    with app.app_context():
        User.find(hidden.id).suspend(None, "Spam.")
        db.session.commit()
    tell = {
        "app": lambda scope: Client(
            app,
            f"Bearer {Prints(app, None, scope=scope).tokens(Browser(app).log_in('mod'), scope=scope)['access_token']}",
        ),
        "log-in": lambda scope: Client.bearer(app, mod, scope),
        "personal": lambda scope: Client.token(app, mod, scope),
    }[kind]
    as_reader, as_moderator, as_member = tell("read write"), tell("read write moderate"), Client.bearer(app, ben)
    for_staff = [
        f"posts/{draft.id}/",
        f"images/{draft.photos[0].id}/",
        f"/media/{draft.photos[0].key}/square.jpg",
        f"/media/{paid.photos[0].key}/square.jpg",
        "users/gone/",
        "users/",
    ]

    for path in for_staff:
        assert as_moderator.get(path).status_code == 200, path
        assert as_reader.get(path).status_code == as_member.get(path).status_code in (403, 404), path
    for path in ("users/ada/", f"posts/{paid.id}/", f"posts/{shown.id}/", f"likes/batch/?ids={draft.id},{shown.id}"):
        assert as_reader.get(path).get_json() == as_member.get(path).get_json() != as_moderator.get(path).get_json()
    assert as_reader.get("users/me/").get_json()["is_staff"] is True
    assert as_reader.delete(f"posts/{shown.id}/", {"reason": "Spam."}).status_code == 403
    assert as_reader.delete(f"comments/{said.id}/", {"reason": "Spam."}).status_code == 403
    assert as_moderator.delete(f"comments/{said.id}/", {"reason": "Spam."}).status_code == 204


def test_what_only_admins_may_needs_the_word_admin(app, ada, ben):
    root = make_user(app, "rooted", "admin")
    body = {"password": PASSWORD}

    assert Client.token(app, root, "read write moderate").delete("users/ada/", body).status_code == 403
    assert Client.token(app, root, "read write moderate").get("users/ada/").get_json()["email"] == "ada@example.org"
    assert Client.token(app, root, "read write admin").delete("users/ada/", body).status_code == 204


def test_what_a_token_changes_that_may_not_read_is_answered_by_what_it_sent(app, ada, ben):
    draft = make_post(app, ada, title="Fog", content="The secret of the harbour.", published=False)
    said = make_comment(app, make_post(app, ben), ben, "Words to read.")
    with app.app_context():
        Follow.begin(User.named("ada"), User.named("ben"))
        db.session.commit()
    blind, seeing = (Client.token(app, ada, scope) for scope in ("create update", "read create update"))
    Client.bearer(app, ben).post("messages/", {"receiver": "ada", "content": "Words to read."})
    post, me = f"posts/{draft.id}/", "users/me/"

    for path, sent in ((me, {}), (me, {"bio": "Boats."}), (post, {}), (post, {"title": "Mist", "tags": ["a"]})):
        whole = seeing.patch(path, sent).get_json()
        answer = blind.patch(path, sent)
        assert answer.status_code == 200
        allowed = {"id", "url", *sent}
        assert answer.get_json() == {name: value for name, value in whole.items() if name in allowed}
    for method, path in (("PUT", f"comments/{said.id}/like/"), ("PUT", "messages/requests/ben/")):
        answer = blind.ask(method, path)
        assert answer.status_code == 200 and "Words to read" not in answer.text
    assert blind.post("notifications/read/", {"all": True}).get_json() == {"unread": 0}
    key = {"Idempotency-Key": "once"}
    assert "email" in seeing.patch(me, {"bio": "Ships."}, headers=key).get_json()
    assert blind.patch(me, {"bio": "Ships."}, headers=key).get_json() == {"id": ada.id, "bio": "Ships."}
    made = blind.post("posts/", {"title": "New", "content": "Mine."})
    assert made.status_code == 201 and {"author", "created_at", "likes"} <= set(made.get_json())


CLAIMS = {  # operation: the word of its scope's meaning that covers it
    "create_post": "Share", "toggle_like": "like", "like_post": "like", "like_comment": "like", "comment": "comment",
    "follow": "follow", "block": "block", "mute": "mute", "send_message": "write messages", "report": "report",
    "interact": "like, save, repost", "introduce_me": "profile", "choose_picture": "picture", "replace_post": "posts",
    "change_post": "posts", "change_comment": "comments", "accept_request": "accept follow",
    "accept_message_request": "message requests", "mark_messages_read": "mark as read",
    "read_notifications": "mark as read", "unlike_post": "Take back likes", "unlike_comment": "Take back likes",
    "undo_interaction": "likes, saves and reposts", "unfollow": "unfollow", "remove_follower": "remove followers",
    "refuse_request": "refuse follow", "unblock": "unblock", "unmute": "unmute", "delete_comment": "delete comments",
    "delete_message": "and messages", "decline_message_request": "message requests", "delete_post": "trash",
    "list_users": "all accounts",
}  # fmt: skip


def test_what_a_scope_opens_to_apps_is_said_where_people_are_asked(app):
    found = {name.rpartition(".")[2]: told for name, told in description.doors(app).items()}
    open_to_apps = {
        name: told.scope for name, told in found.items() if told.scope not in (None, "read") and not told.no_apps
    }

    assert set(open_to_apps) == set(CLAIMS)
    for name, scope in open_to_apps.items():
        assert CLAIMS[name] in MEANS[scope], name
    guide = Path("docs/api.md").read_text("utf-8")
    for scope, words in MEANS.items():
        assert f"| `{scope}` | {words} |" in guide
