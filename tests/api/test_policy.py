"""Every door of the API, and what it answers to whom. A new door needs a line here."""

from dataclasses import dataclass, replace

import pytest
from flask import Flask

from postways.db import db
from postways.models import Block, Follow, User
from tests.api.client import Client
from tests.cast import make_comment, make_post, make_user


@dataclass(frozen=True)
class Line:
    """One door, with the status for a visitor, for somebody else's token, and for a token that may only read."""

    name: str
    method: str
    path: str
    visitor: int
    member: int
    reader: int

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


# {post}: published, {draft}: not; both are ada's; the member is ben, who sends no body
LINES = [
    Line("root", "GET", "", 200, 200, 200),
    Line("openapi", "GET", "openapi.json", 200, 200, 200),
    Line("docs", "GET", "docs/", 200, 200, 200),
    Line("log_in", "POST", "auth/login/", 400, 400, 400),
    Line("log_in_with_cookie", "POST", "auth/mylogin/", 400, 400, 400),
    Line("refresh_token", "POST", "auth/token/refresh/", 401, 401, 401),
    Line("verify_token", "POST", "auth/token/verify/", 400, 400, 400),
    Line("ask_for_recovery", "POST", "auth/token/recovery/", 400, 400, 400),
    Line("reset_password", "POST", "auth/password/reset/", 401, 403, 403),
    Line("change_password", "POST", "auth/password/change/", 401, 400, 403),
    Line("change_username", "POST", "auth/username/change/", 401, 400, 403),
    Line("change_email", "POST", "auth/email/change/", 401, 400, 403),
    Line("verify_email", "POST", "auth/email/verify/", 400, 400, 400),
    Line("verify_email_by_address", "GET", "auth/email/verify/", 400, 400, 400),
    Line("register", "POST", "auth/register/", 400, 400, 400),
    Line("make_token", "POST", "auth/token/", 400, 400, 400),
    Line("log_out", "POST", "auth/logout/", 401, 204, 204),
    Line("log_out_everywhere", "POST", "auth/logout/all/", 401, 204, 401),  # the member is the reader, and ended it
    Line("list_users", "GET", "users/", 401, 403, 403),
    Line("sign_up", "POST", "users/", 400, 403, 403),
    Line("read_me", "GET", "users/me/", 401, 200, 200),
    Line("introduce_me", "PATCH", "users/me/", 401, 200, 403),
    Line("choose_picture", "PUT", "users/me/avatar/", 401, 400, 403),
    Line("read_user", "GET", "users/{ada}/", 401, 200, 200),
    Line("close_account", "DELETE", "users/{ada}/", 401, 403, 403),
    Line("list_followers", "GET", "users/{ada}/followers/", 401, 200, 200),
    Line("list_following", "GET", "users/{ada}/following/", 401, 200, 200),
    Line("list_likes", "GET", "likes/", 200, 200, 200),
    Line("read_like", "GET", "likes/999/", 404, 404, 404),
    Line("toggle_like", "POST", "likes/toggle/", 401, 400, 403),
    Line("like_post", "PUT", "posts/{post}/like/", 401, 200, 403),
    Line("unlike_post", "DELETE", "posts/{post}/like/", 401, 200, 403),
    Line("list_posts", "GET", "posts/", 200, 200, 200),
    Line("create_post", "POST", "posts/", 401, 400, 403),
    Line("read_post", "GET", "posts/{post}/", 200, 200, 200),
    Line("read_post", "GET", "posts/{draft}/", 403, 403, 403),
    Line("replace_post", "PUT", "posts/{post}/", 401, 400, 403),
    Line("change_post", "PATCH", "posts/{post}/", 401, 403, 403),
    Line("change_post", "PATCH", "posts/{draft}/", 401, 403, 403),
    Line("delete_post", "DELETE", "posts/{post}/", 401, 403, 403),
    Line("list_comments", "GET", "posts/{post}/comments/", 200, 200, 200),
    Line("list_comments", "GET", "posts/{draft}/comments/", 404, 404, 404),
    Line("comment", "POST", "posts/{post}/comments/", 401, 400, 403),
    Line("read_comment", "GET", "comments/{comment}/", 200, 200, 200),
    Line("change_comment", "PATCH", "comments/{comment}/", 401, 400, 403),
    Line("delete_comment", "DELETE", "comments/{comment}/", 401, 403, 403),
    Line("like_comment", "PUT", "comments/{comment}/like/", 401, 200, 403),
    Line("unlike_comment", "DELETE", "comments/{comment}/like/", 401, 204, 403),
    Line("list_messages", "GET", "messages/", 401, 200, 200),
    Line("send_message", "POST", "messages/", 401, 400, 403),
    Line("list_sent_messages", "GET", "messages/sent/", 401, 200, 200),
    Line("list_received_messages", "GET", "messages/received/", 401, 200, 200),
    Line("read_message", "GET", "messages/999/", 401, 404, 404),
    Line("delete_message", "DELETE", "messages/999/", 401, 404, 403),
    Line("mark_messages_read", "POST", "messages/read/", 401, 400, 403),
    Line("list_message_requests", "GET", "messages/requests/", 401, 200, 200),
    Line("accept_message_request", "PUT", "messages/requests/ada/", 401, 404, 403),
    Line("decline_message_request", "DELETE", "messages/requests/ada/", 401, 404, 403),
    Line("list_notifications", "GET", "notifications/", 401, 200, 200),
    Line("read_notifications", "POST", "notifications/read/", 401, 400, 403),
    Line("list_interactions", "GET", "interactions/", 401, 200, 200),
    Line("interact", "POST", "interactions/", 401, 400, 403),
    Line("undo_interaction", "DELETE", "interactions/9990/", 401, 404, 403),
    Line("read_feed", "GET", "feed/", 401, 200, 200),
    Line("list_tagged", "GET", "tags/harbour/", 200, 200, 200),
    Line("search_everything", "GET", "search/", 200, 200, 200),
    Line("list_liked", "GET", "users/me/likes/", 401, 200, 200),
    Line("list_saved", "GET", "users/me/saved/", 401, 200, 200),
    Line("report", "POST", "reports/", 401, 400, 403),
    Line("read_image", "GET", "images/{picture}/", 200, 200, 200),
    Line("read_image", "GET", "images/999/", 404, 404, 404),
    Line("list_follows", "GET", "follows/", 401, 200, 200),
    Line("follow", "POST", "follows/", 401, 400, 403),
    Line("unfollow", "DELETE", "follows/999/", 401, 404, 403),
    Line("recommend", "GET", "follows/recommendations/", 401, 200, 200),
    Line("list_requests", "GET", "follows/requests/", 401, 200, 200),
    Line("accept_request", "PUT", "follows/requests/999/", 401, 404, 403),
    Line("refuse_request", "DELETE", "follows/requests/999/", 401, 404, 403),
    Line("remove_follower", "DELETE", "users/me/followers/ada/", 401, 204, 403),
    Line("list_blocks", "GET", "blocks/", 401, 200, 200),
    Line("block", "POST", "blocks/", 401, 400, 403),
    Line("unblock", "DELETE", "blocks/ada/", 401, 404, 403),
    Line("list_mutes", "GET", "mutes/", 401, 200, 200),
    Line("mute", "POST", "mutes/", 401, 400, 403),
    Line("unmute", "DELETE", "mutes/ada/", 401, 404, 403),
    Line("count_likes", "GET", "likes/batch/", 200, 200, 200),
]


OWN = {  # which tell by what they read who asks; a session of the pages counts for nothing there
    "log_in",
    "log_in_with_cookie",
    "make_token",
    "refresh_token",
    "verify_token",
    "ask_for_recovery",
    "reset_password",
    "verify_email",
    "register",
}


@pytest.fixture
def things(app, ada):
    """What the paths speak of."""
    post = make_post(app, ada, pictures=1, title="Boats #harbour")
    draft = make_post(app, ada, published=False)
    comment = make_comment(app, post, ada)
    return {
        "ada": ada.id,
        "post": post.id,
        "draft": draft.id,
        "picture": post.photos[0].id,
        "comment": comment.id,
    }


def test_every_door_stands_in_the_table(made_app):
    doors = {
        (rule.endpoint.removeprefix("api."), method)
        for rule in made_app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.endpoint.startswith("api.")
    }

    assert doors == {(line.name, line.method) for line in LINES}


@pytest.mark.parametrize("line", LINES, ids=str)
def test_a_door_answers_as_declared(app, things, ben, line):
    path = line.path.format(**things)
    clients = {
        "visitor": Client(app),
        "member": Client.bearer(app, ben),
        "reader": Client.token(app, ben, "read"),
    }

    answers = {name: client.ask(line.method, path) for name, client in clients.items()}

    assert {name: answer.status_code for name, answer in answers.items()} == {
        "visitor": line.visitor,
        "member": line.member,
        "reader": line.reader,
    }
    for answer in answers.values():
        if answer.status_code >= 400:
            assert answer.is_json
        if answer.status_code == 401:
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        if answer.status_code == 403 and "lacks the scope" in answer.get_json()["detail"]:
            wanted = answer.get_json()["detail"].split("“")[1].split("”")[0]
            challenge = f'Bearer realm="Postways", error="insufficient_scope", scope="{wanted}"'
            assert answer.headers["WWW-Authenticate"] == challenge
        else:
            assert "insufficient_scope" not in answer.headers.get("WWW-Authenticate", "")
    if (line.member, line.reader) in ((200, 403), (201, 403), (204, 403)):
        assert "insufficient_scope" in answers["reader"].headers["WWW-Authenticate"]


@pytest.mark.parametrize("credential", ["Bearer wrong", "Token wrong", "Basic YWRhOmE=", "Bearer", "", "Bearer é"])
def test_a_wrong_credential_is_refused_everywhere(unlimited, things, credential):
    for line in LINES:
        answer = Client(unlimited).ask(line.method, line.path.format(**things), headers={"Authorization": credential})

        assert answer.status_code == 401, line
        assert list(answer.get_json()) == ["detail"], line


@pytest.mark.parametrize(
    "line", [line for line in LINES if line.method != "GET" and line.visitor == 401 and line.name not in OWN], ids=str
)
def test_a_session_needs_its_form_token(app, things, as_ben, line):
    path = line.path.format(**things)
    with_token = Client.cookie(as_ben)

    assert Client(app).ask(line.method, path).status_code == 401
    tokenless = with_token.ask(line.method, path, headers={"X-CSRFToken": "wrong"})
    assert (tokenless.status_code, "X-CSRFToken" in tokenless.get_json()["detail"]) == (403, True)
    assert with_token.ask(line.method, path, headers={"Origin": "https://evil.example"}).status_code == 403
    assert with_token.ask(line.method, path).status_code == line.member


# --- the other people: what each of them is answered otherwise than the member of the table

LAST = ["close_account", "delete_comment", "delete_post", "log_out", "log_out_everywhere"]  # which leave others nothing
OF_ADA = {
    "users/{ada}/", "users/{ada}/followers/", "users/{ada}/following/", "users/me/followers/ada/", "posts/{post}/",
    "posts/{draft}/", "posts/{post}/like/", "posts/{post}/comments/", "comments/{comment}/", "comments/{comment}/like/",
    "images/{picture}/",
}  # fmt: skip
BEFORE_LOOKING = {"PUT posts/{post}/": 400, "POST posts/{post}/comments/": 400, "PATCH comments/{comment}/": 400}
STAFF = {
    "GET users/": 200,
    "GET posts/{draft}/": 200,
    "GET posts/{draft}/comments/": 200,
    "DELETE comments/{comment}/": 204,
    "DELETE posts/{post}/": 204,
}
OTHERWISE: dict[str, dict[str, int]] = {
    "author": {
        "GET posts/{draft}/": 200,
        "GET posts/{draft}/comments/": 200,
        "PATCH posts/{post}/": 200,
        "PATCH posts/{draft}/": 200,
        "DELETE comments/{comment}/": 204,
        "DELETE posts/{post}/": 204,
    },
    "follower": {},
    "blocked": dict.fromkeys([str(line) for line in LINES if line.path in OF_ADA], 404) | BEFORE_LOOKING,
    "unverified": {
        f"{method} {path}/like/": 400 for method in ("PUT", "DELETE") for path in ("posts/{post}", "comments/{comment}")
    },
    "suspended": dict.fromkeys(map(str, LINES), 401),
    "moderator": STAFF,
    "admin": STAFF,  # an account is closed by a log-in alone, and this is no token of one
}


def become(app: Flask, actor: str, ada: User, ben: User) -> User:
    """The person who asks, as `actor` stands to ada and to the site."""
    if actor == "author":
        return ada
    if actor in ("moderator", "admin"):
        return make_user(app, f"the-{actor}", role=actor)
    with app.app_context():
        if actor == "follower":
            Follow.begin(User.named("ben"), User.named("ada"))
        if actor == "blocked":
            Block.begin(User.named("ada"), User.named("ben"))
        db.session.commit()
    return ben


@pytest.mark.parametrize("actor", OTHERWISE)
def test_everybody_is_answered_as_declared(unlimited, things, ada, ben, monkeypatch, actor):
    person = become(unlimited, actor, ada, ben)
    client = Client.token(unlimited, person)
    if actor == "unverified":
        config = replace(unlimited.extensions["config"], require_verified_email=True)
        monkeypatch.setitem(unlimited.extensions, "config", config)
    if actor == "suspended":
        with unlimited.app_context():
            db.session.get(User, ben.id).suspend(None, "Spam.")
            db.session.commit()
    expected = {str(line): OTHERWISE[actor].get(str(line), line.member) for line in LINES}
    lines = sorted(LINES, key=lambda line: LAST.index(line.name) if line.name in LAST else -1)

    answered = {}
    for line in lines:
        answered[str(line)] = client.ask(line.method, line.path.format(**things)).status_code
        if line.name == "log_out" and actor != "suspended":
            client = Client.token(unlimited, person)

    assert {line: status for line, status in answered.items() if status != expected[line]} == {}
