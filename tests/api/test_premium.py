"""Posts for premium members by the API: the same as by the pages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from postways import media
from postways.db import db, now
from postways.models import Follow, Post, User
from tests.api.client import Client
from tests.cast import make_post, make_user

SECRET = "moonlit"


@pytest.fixture
def post(app, ada):
    return make_post(
        app, ada, title="Behind the door", content=f"The {SECRET} stairs #cellar", pictures=2, audience="premium"
    )


@pytest.fixture
def patron(app, crowd):
    """Somebody whose membership runs."""
    make_user(app, "patron")
    with app.app_context():
        found = User.named("patron")
        found.premium_until = now() + timedelta(days=3)
        db.session.commit()
        return found


def told(answer):
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def test_others_are_told_title_author_placeholder_and_where_it_opens(app, ada, ben, post):
    for client in (Client(app), Client.bearer(app, ben)):
        answer = client.get(f"posts/{post.id}/")
        found = told(answer)

        assert (found["title"], found["author"]["username"], found["audience"]) == ("Behind the door", "ada", "premium")
        assert found["locked"] is True and found["membership"] == "http://localhost/membership/"
        assert found["placeholder"] == post.photos[0].placeholder
        assert (found["content"], found["image"], found["images"], found["thumbnail"]) == ("", None, [], None)
        assert SECRET not in answer.text and not any(photo.key in answer.text for photo in post.photos)


def test_it_opens_for_premium_members_its_author_and_staff(app, ada, mod, patron, post):
    tags = set()
    for person in (patron, ada, mod):
        media.forget()
        client = Client.bearer(app, person)
        answer = client.get(f"posts/{post.id}/")
        found = told(answer)
        assert SECRET in found["content"] and len(found["images"]) == 2
        assert not {"locked", "placeholder", "membership"} & set(found)
        picture = found["images"][0]["thumbnail"].removeprefix("http://localhost")
        assert client.get(picture).status_code == 200
        assert Client(app).get(picture).status_code == 404
        tags.add(answer.headers["ETag"])
    assert Client(app).get(f"posts/{post.id}/").headers["ETag"] not in tags


@pytest.mark.parametrize("query", ["", "?author__username=ada", "?ordering=-id", "?cursor="])
def test_it_stands_locked_in_lists(app, ben, patron, post, query):
    for client in (Client(app), Client.bearer(app, ben)):
        answer = client.get(f"posts/{query}")
        (item,) = [one for one in told(answer)["results"] if one["id"] == post.id]
        assert item["title"] == "Behind the door" and item["locked"] is True
        assert item["content_excerpt"] == "" and item["thumbnail"] is None
        assert item["placeholder"] == post.photos[0].placeholder and item["membership"].endswith("/membership/")
        assert SECRET not in answer.text and post.photos[0].key not in answer.text
    (item,) = [one for one in told(Client.bearer(app, patron).get(f"posts/{query}"))["results"] if one["id"] == post.id]
    assert SECRET in item["content_excerpt"] and post.photos[0].key in item["thumbnail"] and "locked" not in item


@pytest.mark.parametrize(
    "path", ["posts/?tag=cellar", "posts/?search=stairs", "posts/?ordering=-likes", "tags/cellar/", "search/?q=stairs"]
)
def test_nobody_else_finds_it_by_what_is_in_it(app, ben, patron, post, path):
    for client in (Client(app), Client.bearer(app, ben)):
        assert "Behind the door" not in client.get(path).text
    assert "Behind the door" in Client.bearer(app, patron).get(path).text


def test_what_belongs_to_it_is_closed_too(app, ben, patron, post):
    opened, shut = Client.bearer(app, patron), Client.bearer(app, ben)
    assert opened.put(f"posts/{post.id}/like/").status_code == 200
    assert opened.post(f"posts/{post.id}/comments/", json={"body": f"So {SECRET}"}).status_code == 201
    assert opened.post("interactions/", json={"post": post.id, "type": "save"}).status_code == 201

    for client in (shut, Client(app)):
        answer = client.get(f"posts/{post.id}/comments/")
        assert answer.status_code == 403 and answer.get_json() == {"detail": "Only premium members can open this post."}
        assert told(client.get(f"likes/batch/?ids={post.id}")) == {}
        assert told(client.get(f"likes/?post={post.id}"))["results"] == []
        assert client.get(f"images/{post.photos[0].id}/").status_code in (401, 404)
    assert shut.put(f"posts/{post.id}/like/").status_code == 403
    assert shut.post(f"posts/{post.id}/comments/", json={"body": "Let me in"}).status_code == 403
    assert shut.patch(f"posts/{post.id}/", json={"title": "Mine"}).status_code == 403
    assert shut.delete(f"posts/{post.id}/").status_code == 403
    for kind in ("view", "like", "save", "repost"):
        assert shut.post("interactions/", json={"post": post.id, "type": kind}).status_code in (400, 403)
    assert shut.post("likes/toggle/", json={"post": post.id}).status_code in (400, 403)
    with app.app_context():
        assert Post.counts([post.id])[post.id] == (1, 1, 0)


def test_what_was_liked_and_saved_is_locked_once_the_membership_is_over(app, patron, post):
    client = Client.bearer(app, patron)
    client.put(f"posts/{post.id}/like/")
    client.post("interactions/", json={"post": post.id, "type": "save"})
    with app.app_context():
        db.session.get(User, patron.id).premium_until = now() - timedelta(seconds=1)
        db.session.commit()

    for path in ("users/me/likes/", "users/me/saved/"):
        answer = client.get(path)
        assert told(answer)["results"][0]["locked"] is True and SECRET not in answer.text
    assert told(client.get(f"posts/{post.id}/"))["locked"] is True
    assert client.get(f"/media/{post.photos[0].key}/square.jpg").status_code == 404


def test_what_was_done_while_it_was_open_is_told_and_taken_back(app, ben, patron, post):
    client, other = Client.bearer(app, patron), Client.bearer(app, ben)
    client.put(f"posts/{post.id}/like/")
    client.post("interactions/", json={"post": post.id, "type": "save"})
    with app.app_context():
        db.session.get(User, patron.id).premium_until = now() - timedelta(seconds=1)
        db.session.commit()

    found = told(client.get(f"posts/{post.id}/"))
    assert found["locked"] and found["stats"] == {"likes_count": 0, "comments_count": 0, "has_liked": True}
    assert found["interactions"]["has_saved"] is True and found["interactions"]["has_reposted"] is False
    for _ in range(2):
        answer = client.delete(f"posts/{post.id}/like/")
        assert (answer.status_code, answer.get_json()) == (200, {"count": 0, "liked": False})
    assert told(client.get(f"posts/{post.id}/"))["stats"]["has_liked"] is False
    (saved,) = told(client.get("interactions/"))["results"]
    assert client.delete(f"interactions/{saved['id']}/").status_code == 204
    for locked_out in (client, other):
        assert locked_out.put(f"posts/{post.id}/like/").status_code == 403
        assert locked_out.post("likes/toggle/", json={"post": post.id}).status_code in (400, 403)
    assert other.delete(f"posts/{post.id}/like/").get_json() == {"count": 0, "liked": False}
    with app.app_context():
        assert Post.counts([post.id])[post.id].likes == 0


@pytest.mark.parametrize("way", ["made premium", "membership over"])
def test_an_own_comment_leads_to_nothing_of_others_and_can_be_taken_back(app, ada, ben, patron, way):
    post = make_post(app, ada, title="Behind the door", audience="public" if way == "made premium" else "premium")
    writer = Client.bearer(app, ben)
    with app.app_context():
        db.session.get(User, ben.id).premium_until = now() + timedelta(days=1)
        db.session.commit()
    made = writer.post(f"posts/{post.id}/comments/", json={"body": "May I come in?"}).get_json()["id"]
    at, opened = f"comments/{made}/", Client.bearer(app, patron)
    told(writer.get(at))
    with app.app_context():
        Post.own(post.id, db.session.get(User, ada.id))._address("premium", db.session.get(User, ada.id))
        db.session.get(User, ben.id).premium_until = now() - timedelta(seconds=1)
        db.session.commit()
    assert opened.post(f"posts/{post.id}/comments/", json={"body": SECRET, "parent": made}).status_code == 201
    assert opened.put(f"{at}like/").status_code == 200
    assert told(opened.get(at))["replies_count"] == 1

    for answer in (writer.get(at), writer.patch(at, json={"body": "Please"}), writer.put(f"{at}like/")):
        assert answer.status_code == 403
        assert answer.get_json() == {"detail": "Only premium members can open this post."}
    reply = told(opened.get(at))["replies"][0]["id"]
    assert writer.get(f"comments/{reply}/").status_code == 404
    assert told(writer.get("notifications/"))["results"] == []
    assert writer.delete(at).status_code == 204
    assert Client(app).get(at).status_code == 404


def test_a_toggle_takes_back_what_was_liked_while_it_was_open(app, patron, post):
    client = Client.bearer(app, patron)
    assert client.post("likes/toggle/", json={"post": post.id}).status_code == 201
    with app.app_context():
        db.session.get(User, patron.id).premium_until = now() - timedelta(seconds=1)
        db.session.commit()
    assert client.post("likes/toggle/", json={"post": post.id}).status_code == 204
    assert client.post("likes/toggle/", json={"post": post.id}).status_code == 403


def test_who_knows_of_it_can_report_it(app, ben, post):
    answer = Client.bearer(app, ben).post("reports/", json={"post": post.id, "reason": "That door is mine."})
    assert answer.status_code == 201 and answer.get_json()["post"].endswith(f"/posts/{post.id}/")
    assert SECRET not in answer.text


def test_a_person_has_as_many_posts_at_every_door(app, ada, ben, mod, patron, post):
    make_post(app, ada, likes=[ben])
    make_post(app, ada, published=False)
    Client.bearer(app, patron).put(f"posts/{post.id}/like/")

    for person, likes in ((ben, 1), (patron, 2)):
        client = Client.bearer(app, person)
        stats = told(client.get("users/ada/"))["stats"]
        assert (stats["posts_count"], stats["likes_received"]) == (2, likes)
        assert told(client.get("posts/?author__username=ada"))["count"] == 2
    assert "<b>2</b>" in Client(app).get("/@ada/").text


def test_a_feed_holds_it_locked(app, ben, patron, post):
    for person, locked in ((ben, True), (patron, None)):
        with app.app_context():
            Follow.begin(db.session.get(User, person.id), User.named("ada"))
            db.session.commit()
        for ranking in ("time", "score"):
            (item,) = told(Client.bearer(app, person).get(f"feed/?ranking={ranking}"))["results"]
            assert item.get("locked") is locked
            assert (SECRET in str(item)) == (locked is None)


def test_a_post_is_made_and_changed_for_premium_members(app, ada):
    client = Client.bearer(app, ada)
    made = client.post("posts/", json={"title": "Mine", "content": SECRET, "audience": "premium"})
    assert made.status_code == 201
    path = f"posts/{made.get_json()['id']}/"
    assert told(Client(app).get(path))["locked"] is True

    assert told(client.patch(path, json={"audience": "public"}))["audience"] == "public"
    assert "locked" not in told(Client(app).get(path))
    assert client.patch(path, json={"audience": "everybody"}).get_json()["audience"] == ["Choose who is to see this."]


def test_a_draft_of_it_is_not_known_of(app, ada, ben, patron):
    draft = make_post(app, ada, audience="premium", published=False)
    assert Client.bearer(app, ben).get(f"posts/{draft.id}/").status_code == 404
    assert Client.bearer(app, patron).get(f"posts/{draft.id}/").status_code == 403
