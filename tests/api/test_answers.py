"""What was made is answered as it was made, whatever lands a moment later."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from postways.db import db
from postways.models import Block, Comment, Follow, Like, Message, User
from tests.api.client import Client
from tests.cast import make_post


@pytest.mark.parametrize(
    ("noun", "path", "body"),
    [
        (Message, "messages/", {"receiver": "ben", "content": "Hello"}),
        (Comment, "posts/{post}/comments/", {"body": "Lovely."}),
        (Follow, "follows/", {"followed_user": "ben"}),
        (Like, "interactions/", {"post": "{post}", "type": "like"}),
    ],
)
def test_a_block_between_the_commit_and_the_answer_hides_nothing_that_was_kept(
    app, ada, ben, monkeypatch, noun, path, body
):
    post = make_post(app, ben)
    client = Client.bearer(app, ada)
    real = db.session.commit
    with app.app_context():
        before = db.session.query(noun).count()

    def block() -> None:
        with app.app_context():
            if db.session.query(noun).count() > before and not db.session.query(Block).count():
                Block.begin(User.named("ben"), User.named("ada"))
                real()

    def commit() -> None:
        real()
        with ThreadPoolExecutor(1) as other:
            other.submit(block).result()

    monkeypatch.setattr(db.session, "commit", commit)

    answer = client.post(
        path.format(post=post.id), {name: post.id if value == "{post}" else value for name, value in body.items()}
    )

    assert answer.status_code == 201, answer.text
    with app.app_context():
        assert db.session.query(Block).count() == 1
