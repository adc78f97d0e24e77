"""What is said under posts, through the API."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from postways.db import db, now
from postways.models import Block, Comment, Follow, Mute, Post, User
from tests.api.client import Client
from tests.cast import make_comment, make_post, make_user
from tests.house.test_queries import statements
from tests.together import at_once


@pytest.fixture
def post(app, ada):
    return make_post(app, ada, title="Boats")


def said(client, post):
    """The words under a post, each with those of the replies."""
    found = client.get(f"posts/{post.id}/comments/").get_json()["results"]
    return [(one["body"], [reply["body"] for reply in one["replies"]]) for one in found]


def do(app, verb, *people):
    """Let a verb happen between people, as they are in the database."""
    with app.app_context():
        verb(*[db.session.get(User, person.id) for person in people])
        db.session.commit()


def test_what_is_said_is_answered_and_listed_newest_first_with_its_replies(app, as_ada_api, as_ben_api, ben, post):
    place = f"posts/{post.id}/comments/"
    first = as_ben_api.post(place, {"body": "  First. \n"})
    as_ben_api.post(place, {"body": "Second."})
    reply = as_ada_api.post(place, {"body": "Yes.", "parent": first.get_json()["id"]})
    deeper = as_ben_api.post(place, {"body": "Really?", "parent": reply.get_json()["id"]}).get_json()

    assert (first.status_code, reply.status_code) == (201, 201)
    made = first.get_json()
    assert made["author"]["username"] == "ben"
    assert made["author"]["id"] == ben.id
    assert (made["body"], made["parent"], made["likes_count"], made["replies"]) == ("First.", None, 0, [])
    assert made["created_at"] == made["updated_at"]
    assert (deeper["parent"], deeper["body"]) == (made["id"], "@ada Really?")
    assert said(Client(app), post) == [("Second.", []), ("First.", ["Yes.", "@ada Really?"])]
    assert as_ben_api.get(f"posts/{post.id}/").get_json()["stats"]["comments_count"] == 4
    assert as_ben_api.get(f"posts/{post.id}/").get_json()["comments"].endswith(f"/api/v1/{place}")


def test_long_threads_and_lists_are_read_on(app, ada, ben, post):
    top = make_comment(app, post, ben, "Begin.")
    for number in range(23):
        make_comment(app, post, ada, f"Reply {number}", answers=top)
    make_comment(app, post, ben, "Next.")
    reader = Client(app)

    page = reader.get(f"posts/{post.id}/comments/?page_size=1").get_json()
    older = reader.get(page["next"].partition("/api/v1/")[2]).get_json()
    replies = reader.get(f"posts/{post.id}/comments/?parent={top.id}&page_size=15").get_json()
    rest = reader.get(replies["next"].partition("/api/v1/")[2]).get_json()

    assert (page["count"], [one["body"] for one in page["results"]]) == (2, ["Next."])
    assert [(one["body"], one["replies_count"]) for one in older["results"]] == [("Begin.", 23)]
    assert [one["body"] for one in older["results"][0]["replies"]] == [f"Reply {n}" for n in range(3, 23)]
    assert older["next"] is None
    assert replies["count"] == 23
    assert [one["body"] for one in replies["results"] + rest["results"]] == [f"Reply {n}" for n in range(23)]
    assert len(reader.get(f"comments/{top.id}/").get_json()["replies"]) == 20
    assert reader.get(f"posts/{post.id}/comments/?page=9").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ({"body": None}, "body"),
        ({"body": " \n\u200b"}, "body"),
        ({"body": "x" * 5_001}, "body"),
        ({"body": "\x00"}, "body"),
        ({"body": "\ud800"}, "body"),
        ({"body": ["x"]}, "body"),
        ({"body": "x", "parent": 999}, "parent"),
        ({"body": "x", "parent": 2**63}, "parent"),
        ({"body": "x", "parent": "one"}, "parent"),
        ({"body": "x", "parent": True}, "parent"),
    ],
)
def test_what_can_not_be_said_is_refused_by_field(as_ben_api, post, body, field):
    answer = as_ben_api.post(f"posts/{post.id}/comments/", body)

    assert answer.status_code == 400
    assert list(answer.get_json()) == [field]


def test_a_form_with_an_empty_parent_and_html_is_taken_as_it_is(app, as_ben_api, guest, post):
    words = "<script>alert(1)</script> @nobody 🦢" + "x" * 4_900
    made = as_ben_api.post(f"posts/{post.id}/comments/", data={"body": words, "parent": ""})

    assert (made.status_code, made.get_json()["body"]) == (201, words)
    assert "<script>alert" not in guest.get(f"/posts/{post.id}/").text


def test_where_nothing_can_be_said(app, ada, as_ada_api, as_ben_api, ben, post):
    elsewhere = make_comment(app, make_post(app, ada), ben)
    draft = make_post(app, ada, published=False)
    with app.app_context():
        Post.find(post.id, ada).close_comments(ada)
        db.session.commit()

    closed = as_ben_api.post(f"posts/{post.id}/comments/", {"body": "x"})
    assert (closed.status_code, closed.get_json()) == (400, {"body": ["Comments on this post are closed."]})
    assert as_ben_api.post(f"posts/{draft.id}/comments/", {"body": "x"}).status_code == 404
    assert as_ada_api.post(f"posts/{draft.id}/comments/", {"body": "x"}).status_code == 400
    assert as_ben_api.post("posts/999/comments/", {"body": "x"}).status_code == 404
    other = as_ben_api.post(f"posts/{post.id}/comments/", {"body": "x", "parent": elsewhere.id})
    assert list(other.get_json()) == ["parent"]
    as_ada_api.delete(f"posts/{post.id}/")
    assert as_ben_api.post(f"posts/{post.id}/comments/", {"body": "x"}).status_code == 404
    assert Client(app).get(f"posts/{post.id}/comments/").status_code == 404


def test_words_are_changed_by_their_author_for_a_while(app, ada, as_ada_api, as_ben_api, ben, post):
    comment = make_comment(app, post, ben, "Lovly.")
    read = as_ben_api.get(f"comments/{comment.id}/")

    changed = as_ben_api.patch(
        f"comments/{comment.id}/", {"body": "Lovely."}, headers={"If-Match": read.headers["ETag"]}
    )

    assert (changed.status_code, changed.get_json()["body"]) == (200, "Lovely.")
    assert changed.get_json()["updated_at"] > changed.get_json()["created_at"]
    late = as_ben_api.patch(f"comments/{comment.id}/", {"body": "No."}, headers={"If-Match": read.headers["ETag"]})
    assert late.status_code == 412
    assert as_ben_api.patch(f"comments/{comment.id}/", {"body": " "}).status_code == 400
    assert as_ada_api.patch(f"comments/{comment.id}/", {"body": "Mine."}).status_code == 403
    with app.app_context():
        db.session.execute(update(Comment).values(created_at=now() - timedelta(minutes=16)))
        db.session.commit()
    assert list(as_ben_api.patch(f"comments/{comment.id}/", {"body": "Too late."}).get_json()) == ["body"]


def test_what_is_deleted_leaves_its_place_to_the_replies(app, ada, as_ada_api, as_ben_api, ben, post):
    top = make_comment(app, post, ben, "Rude.")
    reply = make_comment(app, post, ada, "Well.", answers=top)

    assert as_ada_api.delete(f"comments/{top.id}/").status_code == 204  # it is under her post
    assert as_ada_api.delete(f"comments/{top.id}/").status_code == 404
    place = as_ben_api.get(f"posts/{post.id}/comments/").get_json()["results"][0]
    assert (place["author"], place["body"], place["has_liked"]) == (None, "", False)
    assert [one["body"] for one in place["replies"]] == ["Well."]
    assert as_ben_api.delete(f"comments/{reply.id}/").status_code == 403
    assert as_ada_api.delete(f"comments/{reply.id}/").status_code == 204
    assert said(as_ben_api, post) == []


def test_staff_removes_by_a_token_that_may_moderate(app, ada, ben, mod, post):
    comment = make_comment(app, post, ben)

    assert Client.token(app, mod, "read write").delete(f"comments/{comment.id}/").status_code == 403
    refused = Client.bearer(app, mod).delete(f"comments/{comment.id}/", {"reason": " "})
    assert (refused.status_code, list(refused.get_json())) == (400, ["reason"])
    assert Client.bearer(app, mod).delete(f"comments/{comment.id}/", {"reason": "An insult."}).status_code == 204


def test_a_like_counts_once_even_when_sent_often_at_once(app, as_ben_api, ben, ada, post):
    comment = make_comment(app, post, ada)
    path = f"comments/{comment.id}/like/"

    clients = [Client(app, as_ben_api.authorization) for _ in range(8)]
    answers = at_once([lambda c=c: c.put(path).status_code for c in clients])

    assert set(answers) == {200}
    found = as_ben_api.put(path).get_json()
    assert (found["likes_count"], found["has_liked"]) == (1, True)
    assert "has_liked" not in Client(app).get(f"comments/{comment.id}/").get_json()
    assert [as_ben_api.delete(path).status_code for _ in range(2)] == [204, 204]
    assert as_ben_api.get(f"comments/{comment.id}/").get_json()["likes_count"] == 0


def test_blocked_muted_and_suspended_people_vanish(app, ada, as_ben_api, ben, mod, post):
    rude, loud, gone = (make_user(app, name) for name in ("rude", "loud", "gone"))
    comments = [make_comment(app, post, person, person.username) for person in (rude, loud, gone)]
    make_comment(app, post, ada, "Still there.", answers=comments[1])
    do(app, Block.begin, rude, ben)
    do(app, Mute.begin, ben, loud)
    with app.app_context():
        db.session.get(User, gone.id).suspend(db.session.get(User, mod.id), "Spam.", None)
        db.session.commit()

    assert said(as_ben_api, post) == [("", ["Still there."])]
    assert as_ben_api.get(f"posts/{post.id}/comments/").get_json()["count"] == 1
    assert said(Client(app), post) == [("loud", ["Still there."]), ("rude", [])]
    assert as_ben_api.get(f"comments/{comments[0].id}/").status_code == 404
    assert as_ben_api.put(f"comments/{comments[0].id}/like/").status_code == 404
    assert as_ben_api.get(f"comments/{comments[2].id}/").status_code == 404


def test_what_is_said_for_followers_is_for_followers(app, ada, as_ben_api, ben):
    post = make_post(app, ada, audience="followers")
    comment = make_comment(app, post, ada)

    for path in (f"posts/{post.id}/comments/", f"comments/{comment.id}/"):
        assert as_ben_api.get(path).status_code == Client(app).get(path).status_code == 404
    do(app, Follow.begin, ben, ada)
    assert said(as_ben_api, post) == [("Lovely light.", [])]


@pytest.mark.parametrize("many", [1, 12])
def test_a_list_costs_the_same_however_much_is_said(app, ada, as_ben_api, ben, post, many):
    for number in range(many):
        top = make_comment(app, post, make_user(app, f"p{number}"))
        for _ in range(2):
            make_comment(app, post, ada, answers=top)

    with statements(app) as seen:
        assert len(as_ben_api.get(f"posts/{post.id}/comments/?page_size=50").get_json()["results"]) == many
    assert len(seen) <= 6, "\n".join(seen)  # who asks, the token's use, the post, how many, which, and all of them
