"""The verbs of a message, each through the page and through the API: what is left in the database is the same."""

from __future__ import annotations

from postways.db import db
from postways.models import Block, Conversation, Copy, User
from tests.cast import make_user
from tests.doors.left import same_through_both


def test_sending(app, crowd):
    make_user(app, "receiver")
    with app.app_context():  # one notification would speak of both senders
        User.named("receiver").wants_to_hear(["message"], "never")
        db.session.commit()
    found = same_through_both(
        app,
        page=lambda browser, _user, _things: browser.post("/messages/receiver/", {"content": " Hello. ", "key": "k"}),
        api=lambda client, _user, _things: client.post("messages/", {"receiver": "receiver", "content": " Hello. "}),
    )

    assert [message["text"] for message in found["messages"]] == ["Hello."]
    assert sorted(side["requested"] for side in found["conversations"]) == [False, True]
    assert [entry["kind"] for entry in found["audit"]] == ["message-sent"]


def test_being_refused(app, crowd):
    receiver = make_user(app, "receiver")

    def given(user):
        with app.app_context():
            Block.begin(db.session.get(User, receiver.id), db.session.get(User, user.id))
            db.session.commit()

    found = same_through_both(
        app,
        given=given,
        page=lambda browser, _user, _things: browser.post("/messages/receiver/", {"content": "Hello.", "key": "k"}),
        api=lambda client, _user, _things: client.post("messages/", {"receiver": "receiver", "content": "Hello."}),
    )

    assert list(found) == ["audit"]
    assert [entry["kind"] for entry in found["audit"]] == ["message-refused"]


def test_deleting(app, crowd):
    make_user(app, "receiver")

    def given(user):
        with app.app_context():
            sent = Conversation.write(db.session.get(User, user.id), User.named("receiver"), "Hello.")
            db.session.commit()
            return sent.id

    found = same_through_both(
        app,
        given=given,
        page=lambda browser, _user, sent: browser.post(f"/messages/{sent}/delete/"),
        api=lambda client, _user, sent: client.delete(f"messages/{sent}/"),
    )

    assert found == {}
    with app.app_context():
        assert [copy.incoming for copy in db.session.query(Copy)] == [True, True]  # what the others keep
