"""What a block does at the doors of programs: the rows of docs/blocks-and-mutes.md, in both directions."""

from __future__ import annotations

import pytest

from postways.db import db
from postways.models import Block, Conversation, Follow, Message, Notification, User
from tests.api.client import Client
from tests.cast import make_comment, make_post

AUTHOR = "ada"  # who blocked, or was blocked
BEFORE = "Words from before"


@pytest.fixture
def things(app, ada, ben, crowd) -> dict[str, int]:
    """Ada and ben have followed, liked and written to each other; zoe has a post under which ada has spoken."""
    post = make_post(app, ada, title="Boats of ada #harbour", pictures=1, likes=[ben])
    common = make_post(app, crowd, title="In common", likes=[ada])
    comment = make_comment(app, common, ada, "Said by ada")
    with app.app_context():
        for one, other in (("ada", "ben"), ("ben", "ada")):
            Follow.begin(User.named(one), User.named(other))
            Conversation.write(User.named(one), User.named(other), BEFORE)
        db.session.commit()
        message = db.session.query(Message).first().id
    return {"ada": ada.id, "post": post.id, "comment": comment.id, "common": common.id, "message": message}


READS = ["users/{ada}/", "posts/{post}/", "comments/{comment}/", "messages/{message}/", "users/ada/followers/"]
BLOCKERS = {"users/{ada}/": 200, "users/ada/followers/": 403}  # the header stays, so that the block can be undone
LISTS = [
    "posts/", "posts/?author__username=ada", "tags/harbour/", "search/?q=boats", "search/?q=ada", "feed/",
    "users/me/likes/",
    "posts/{common}/comments/", "likes/?post={common}", "messages/", "messages/received/?sender=ada", "follows/",
    "users/ben/followers/", "notifications/", "messages/requests/", "likes/batch/?ids={post}", "likes/?user={ada}",
]  # fmt: skip
ACTS = [
    ("PUT", "posts/{post}/like/", None, 404),
    ("POST", "likes/toggle/", {"post": "{post}"}, 400),
    ("POST", "posts/{post}/comments/", {"body": "Hello"}, 404),
    ("POST", "posts/{common}/comments/", {"body": "Hello", "parent": "{comment}"}, 400),
    ("PUT", "comments/{comment}/like/", None, 404),
    ("POST", "interactions/", {"post": "{post}", "type": "save"}, 400),
    ("DELETE", "messages/{message}/", None, 404),
]


def filled(body: dict[str, str] | None, things: dict[str, int]) -> dict[str, object] | None:
    return body and {name: int(words.format(**things)) if "{" in words else words for name, words in body.items()}


@pytest.mark.parametrize("blocker", ["ada", "ben"])
def test_neither_meets_the_other_at_any_door(app, ada, ben, things, blocker):
    as_ben = Client.bearer(app, ben)
    for path in [*READS, *LISTS]:
        assert as_ben.get(path.format(**things)).status_code == 200, path
    assert sum("ada" in as_ben.get(path.format(**things)).text for path in LISTS) > 8  # or the rest would say nothing
    with app.app_context():
        Block.begin(User.named(blocker), User.named("ada" if blocker == "ben" else "ben"))
        db.session.commit()

    for path in READS:
        status = BLOCKERS.get(path, 404) if blocker == "ben" else 404
        assert as_ben.get(path.format(**things)).status_code == status, path
    for path in LISTS:
        answer = as_ben.get(path.format(**things))
        assert answer.status_code == 200, path
        assert not any(word in answer.text for word in ('"ada"', "of ada", "by ada", BEFORE)), (path, answer.text)
    for method, path, body, status in ACTS:
        answer = as_ben.ask(method, path.format(**things), filled(body, things))
        assert answer.status_code == status, (method, path, answer.text)
    written = as_ben.post("messages/", {"receiver": "ada", "content": "Hello"})
    followed = as_ben.post("follows/", {"followed_user": "ada"})
    if blocker == "ada":
        assert (written.status_code, written.get_json()) == (403, {"detail": "This message can't be delivered."})
        assert followed.get_json() == as_ben.post("follows/", {"followed_user": "nobody-at-all"}).get_json()
    else:
        assert (written.status_code, followed.status_code) == (400, 400)


def test_who_is_blocked_tells_nobody_by_a_mention(app, ada, ben, things):
    with app.app_context():
        Block.begin(User.named("ada"), User.named("ben"))
        db.session.query(Notification).delete()
        db.session.commit()

    said = Client.bearer(app, ben).post(f"posts/{things['common']}/comments/", {"body": "Look, @ada and @zoe"})

    assert said.status_code == 201
    told = Client.bearer(app, ada).get("notifications/").get_json()
    assert (told["count"], told["results"]) == (0, [])
    with app.app_context():
        assert db.session.query(Follow).count() == 0  # both ways
