"""The verbs of a comment, each through the page and through the API: what is left in the database is the same."""

import pytest

from tests.cast import make_comment, make_post, make_user
from tests.doors.left import same_through_both


def test_commenting_with_a_name(app, crowd):
    make_user(app, "named")
    words = " Lovely, @named and @nobody. "

    found = same_through_both(
        app,
        given=lambda user: make_post(app, crowd, title="Fog"),
        page=lambda browser, _user, post: browser.post(f"/posts/{post.id}/comments/", {"body": words, "key": "k"}),
        api=lambda client, _user, post: client.post(f"posts/{post.id}/comments/", {"body": words}),
    )

    assert [comment["body"] for comment in found["comments"]] == ["Lovely, @named and @nobody."]
    assert sorted(row["kind"] for row in found["notifications"]) == ["comment", "mention"]


def test_answering_a_reply(app, crowd):
    def given(user):
        post = make_post(app, crowd, title="Fog")
        top = make_comment(app, post, crowd)
        return make_comment(app, post, crowd, "Yes.", answers=top)

    found = same_through_both(
        app,
        given=given,
        page=lambda browser, _user, reply: browser.post(
            f"/posts/{reply.post_id}/comments/", {"body": "No.", "parent": reply.id, "key": "k"}
        ),
        api=lambda client, _user, reply: client.post(
            f"posts/{reply.post_id}/comments/", {"body": "No.", "parent": reply.id}
        ),
    )

    assert [(one["reply_count"], one["parent_id"]) for one in found["comments"]] == [(2, False), (0, True)]


@pytest.mark.parametrize("verb", ["edit", "delete", "like", "unlike"])
def test_changing_deleting_and_liking(app, crowd, verb):
    through_page = {
        "edit": lambda browser, id: browser.post(f"/comments/{id}/edit/", {"body": "After.", "key": "k"}),
        "delete": lambda browser, id: browser.post(f"/comments/{id}/delete/"),
        "like": lambda browser, id: browser.post(f"/comments/{id}/like/"),
        "unlike": lambda browser, id: browser.post(f"/comments/{id}/unlike/"),
    }
    through_api = {
        "edit": lambda client, id: client.patch(f"comments/{id}/", {"body": "After."}),
        "delete": lambda client, id: client.delete(f"comments/{id}/"),
        "like": lambda client, id: client.put(f"comments/{id}/like/"),
        "unlike": lambda client, id: client.delete(f"comments/{id}/like/"),
    }

    def given(user):
        return make_comment(app, make_post(app, crowd, title="Fog"), user, "Before.")

    found = same_through_both(
        app,
        given=given,
        page=lambda browser, _user, comment: through_page[verb](browser, comment.id),
        api=lambda client, _user, comment: through_api[verb](client, comment.id),
    )

    assert ("comments" in found) == (verb != "unlike")


def test_removing_as_staff(app, crowd):
    rude, reason = make_user(app, "rude"), "An insult."
    found = same_through_both(
        app,
        role="moderator",
        given=lambda user: make_comment(app, make_post(app, crowd, title="Fog"), rude),
        page=lambda browser, _user, comment: browser.post(f"/comments/{comment.id}/delete/", {"reason": reason}),
        api=lambda client, _user, comment: client.delete(f"comments/{comment.id}/", {"reason": reason}),
    )

    assert [entry["kind"] for entry in found["audit"]] == ["comment-removed"]
