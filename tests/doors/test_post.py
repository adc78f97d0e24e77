"""The verbs of a post, each through the page and through the API: what is left in the database is the same."""

from tests.cast import make_post, picture, upload
from tests.doors.left import same_through_both


def test_sharing_words(app, crowd):
    def words(user):
        tags = f"sea{user.username}, #Wide"  # tags of one's own, since tags are made once for everybody
        return {"title": " Fog at six ", "content": f"Much of it #fog{user.username}\r\nand more ", "tags": tags}

    make_post(app, crowd, title="#wide")
    found = same_through_both(
        app,
        page=lambda browser, user, _: browser.post(
            "/posts/add/", {**words(user), "key": user.username}, page="/posts/add/"
        ),
        api=lambda client, user, _: client.post("posts/", words(user)),
    )

    assert [user["post_count"] for user in found["users"]] == [1]
    assert len(found["post_tags"]) == 3


def test_sharing_photographs(app, crowd):
    def files():
        return [upload(), upload(picture(60, 60))]

    found = same_through_both(
        app,
        page=lambda browser, user, _: browser.post(
            "/posts/add/",
            {"title": "Fog", "key": user.username, "images": files(), "alt": ["One", "Two"]},
            page="/posts/add/",
        ),
        api=lambda client, _user, _: client.post(
            "posts/",
            data={"title": "Fog", "images": files(), "alt": ["One", "Two"]},
            content_type="multipart/form-data",
        ),
    )

    assert sorted((photo["alt"], photo["position"], photo["state"]) for photo in found["photos"]) == [
        ("One", 0, "waiting"),
        ("Two", 1, "waiting"),
    ]


def test_keeping_a_draft_for_followers(app, crowd):
    found = same_through_both(
        app,
        page=lambda browser, user, _: browser.post(
            "/posts/add/",
            {"title": "Fog", "key": user.username, "action": "draft", "audience": "followers"},
            page="/posts/add/",
        ),
        api=lambda client, _user, _: client.post(
            "posts/", {"title": "Fog", "published": False, "audience": "followers"}
        ),
    )

    assert [(post["audience"], post["closed"], post["published_at"]) for post in found["posts"]] == [
        ("followers", True, False)
    ]
    assert "post_tags" not in found


def test_changing_the_words(app, crowd):
    make_post(app, crowd, title="#names #sea #words")  # tags are made once for everybody
    words = {"title": "After", "content": "New #names", "tags": "sea"}

    found = same_through_both(
        app,
        given=lambda user: make_post(app, user, title="Before #words", likes=[crowd]),
        page=lambda browser, _user, post: browser.post(
            f"/posts/{post.id}/edit/", {**words, "action": "save"}, page=f"/posts/{post.id}/edit/"
        ),
        api=lambda client, _user, post: client.put(f"posts/{post.id}/", words),
    )

    assert [(post["title"], post["like_count"], post["edited_at"]) for post in found["posts"]] == [("After", 1, True)]
    assert found["post_words"]


def test_another_photograph(app, crowd):
    found = same_through_both(
        app,
        given=lambda user: make_post(app, user, title="Fog", pictures=2),
        page=lambda browser, _user, post: browser.post(
            f"/posts/{post.id}/edit/",
            {"title": "Fog", "action": "save", "images": [upload(picture(90, 30))], "alt": ["A wall"]},
            page=f"/posts/{post.id}/edit/",
        ),
        api=lambda client, _user, post: client.patch(
            f"posts/{post.id}/",
            data={"image": upload(picture(90, 30)), "alt": "A wall"},
            content_type="multipart/form-data",
        ),
    )

    assert [(photo["alt"], photo["width"]) for photo in found["photos"]] == [("A wall", 90)]
    assert len(found["erasures"]) == 4


def test_publishing(app, crowd):
    make_post(app, crowd, title="#sea")
    found = same_through_both(
        app,
        given=lambda user: make_post(app, user, title="Fog #sea", published=False),
        page=lambda browser, _user, post: browser.post(f"/posts/{post.id}/publish/"),
        api=lambda client, _user, post: client.patch(f"posts/{post.id}/", {"published": True}),
    )

    assert [user["public_post_count"] for user in found["users"]] == [1]
    assert found["post_tags"]


def test_making_it_a_draft_again(app, crowd):
    make_post(app, crowd, title="#sea")
    found = same_through_both(
        app,
        given=lambda user: make_post(app, user, title="Fog #sea", likes=[crowd]),
        page=lambda browser, _user, post: browser.post(f"/posts/{post.id}/withdraw/"),
        api=lambda client, _user, post: client.patch(f"posts/{post.id}/", {"published": False}),
    )

    assert [(post["published_at"], post["like_count"]) for post in found["posts"]] == [(False, 1)]
    assert [user["public_post_count"] for user in found["users"]] == [0]


def test_closing_its_comments(app, crowd):
    found = same_through_both(
        app,
        given=lambda user: make_post(app, user),
        page=lambda browser, _user, post: browser.post(f"/posts/{post.id}/comments/close/"),
        api=lambda client, _user, post: client.patch(f"posts/{post.id}/", {"comments_open": False}),
    )

    assert [post["comments_open"] for post in found["posts"]] == [False]


def test_deleting(app, crowd):
    found = same_through_both(
        app,
        given=lambda user: make_post(app, user, title="Fog #sea", pictures=1, likes=[crowd]),
        page=lambda browser, _user, post: browser.post(f"/posts/{post.id}/delete/"),
        api=lambda client, _user, post: client.delete(f"posts/{post.id}/"),
    )

    assert [(post["deleted_at"], post["removed"]) for post in found["posts"]] == [(True, False)]
    assert [user["post_count"] for user in found["users"]] == [0]


def test_removing_as_staff(app, crowd):
    reason = "Not your picture."
    found = same_through_both(
        app,
        role="moderator",
        given=lambda user: make_post(app, crowd, title="Fog"),
        page=lambda browser, _user, post: browser.post(
            f"/moderation/posts/{post.id}/", {"action": "remove", "reason": reason}
        ),
        api=lambda client, _user, post: client.delete(f"posts/{post.id}/", {"reason": reason}),
    )

    assert [entry["kind"] for entry in found["audit"]] == ["removed"]
    assert [(post["removed"], post["deleted_at"]) for post in found["posts"]] == [(True, True)]
    assert len(found["mails"]) == 1


def test_liking(app, crowd):
    found = same_through_both(
        app,
        given=lambda user: make_post(app, crowd, title="Fog"),
        page=lambda browser, _user, post: browser.post(f"/posts/{post.id}/like/"),
        api=lambda client, _user, post: client.put(f"posts/{post.id}/like/"),
    )

    assert [post["like_count"] for post in found["posts"]] == [1]
    assert len(found["likes"]) == 1


def test_liking_by_the_switch(app, crowd):
    found = same_through_both(
        app,
        given=lambda user: make_post(app, crowd, title="Fog"),
        page=lambda browser, _user, post: browser.post(f"/posts/{post.id}/like/"),
        api=lambda client, _user, post: client.post("likes/toggle/", {"post": post.id}),
    )

    assert len(found["likes"]) == 1


def test_liking_no_longer(app, crowd):
    found = same_through_both(
        app,
        given=lambda user: make_post(app, crowd, title="Fog", likes=[user]),
        page=lambda browser, _user, post: browser.post(f"/posts/{post.id}/unlike/"),
        api=lambda client, _user, post: client.delete(f"posts/{post.id}/like/"),
    )

    assert [post["like_count"] for post in found["posts"]] == [0]
