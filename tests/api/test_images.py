"""Single photographs by the API, and who may read their files with which credential."""

import pytest

from postways import jobs
from postways.db import db
from postways.models import Photo, Post
from tests.api.client import Client
from tests.cast import make_photo, make_post
from tests.posts.test_new import LOST_LATER


def photo_of(app, ada, post):
    with app.app_context():
        return Post.find(post.id, ada).photos[0]


def test_a_photograph_tells_how_far_it_is(app, ada):
    post = make_post(app, ada, pictures=1, ready=False)
    photo_id = photo_of(app, ada, post).id
    waiting = Client(app).get(f"images/{photo_id}/").get_json()
    with app.app_context():
        jobs.prepare(photo_id)
    ready = Client(app).get(f"images/{photo_id}/").get_json()
    photo = photo_of(app, ada, post)

    assert (waiting["status"], waiting["image"], waiting["derivatives"]) == ("waiting", None, [])
    media = f"http://localhost/media/{photo.key}"
    assert ready == {
        "url": f"http://localhost/api/v1/images/{photo_id}/",
        "id": photo_id,
        "post": f"http://localhost/api/v1/posts/{post.id}/",
        "status": "ready",
        "width": 48,
        "height": 32,
        "alt": "",
        "placeholder": photo.placeholder,
        "image": f"{media}/48.jpg",
        "thumbnail": f"{media}/square.jpg",
        "srcset": f"{media}/48.webp 48w",
        "derivatives": [
            {"url": f"{media}/48.webp", "type": "image/webp", "width": 48},
            {"url": f"{media}/48.jpg", "type": "image/jpeg", "width": 48},
        ],
    }
    for file in ready["derivatives"]:
        assert app.test_client().get(file["url"]).content_type == file["type"]


def test_why_it_failed_is_its_owners_to_know(app, ada, ben):
    with app.app_context():
        lost = make_photo(app, ada, data=LOST_LATER).id
        Post.share(ada, title="Half", photos=[db.session.get(Photo, lost)])
        db.session.commit()
        jobs.prepare(lost)

    assert Client.bearer(app, ada).get(f"images/{lost}/").get_json()["reason"]
    theirs = Client.bearer(app, ben).get(f"images/{lost}/").get_json()
    assert theirs["status"] == "failed" and "reason" not in theirs


def test_a_pending_upload_is_its_owners(app, ada, ben):
    with app.app_context():
        photo_id = make_photo(app, ada).id

    assert Client.bearer(app, ada).get(f"images/{photo_id}/").get_json()["post"] is None
    for client in (Client(app), Client.bearer(app, ben)):
        assert client.get(f"images/{photo_id}/").status_code == 404


@pytest.mark.parametrize("hidden", ["draft", "followers", "trash"])
def test_a_hidden_posts_photograph_is_not_there(app, ada, ben, hidden):
    post = make_post(app, ada, pictures=1, published=hidden != "draft")
    photo = photo_of(app, ada, post)
    with app.app_context():
        row = db.session.get(Post, post.id)
        row.closed = hidden == "followers"
        if hidden == "trash":
            row.delete(ada)
        db.session.commit()

    for client in (Client(app), Client.bearer(app, ben)):
        assert client.get(f"images/{photo.id}/").status_code == 404
        assert client.get(f"/media/{photo.key}/square.jpg").status_code == 404


@pytest.mark.parametrize("kind", ["bearer", "token"])
def test_a_media_address_opens_for_the_credential_that_may_see_the_post(app, ada, ben, kind):
    post = make_post(app, ada, pictures=1, published=False)
    photo = photo_of(app, ada, post)
    path = f"/media/{photo.key}/square.jpg"
    owner, stranger = (getattr(Client, kind)(app, who) for who in (ada, ben))

    answer = owner.get(path)
    assert (answer.status_code, answer.content_type) == (200, "image/jpeg")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert stranger.get(path).status_code == 404
    assert Client(app).get(path).status_code == 404
    assert owner.get(f"/media/{photo.key}/original").status_code == 200
    assert Client(app, "Bearer wrong").get(path).status_code == 401


def test_what_is_open_to_everybody_opens_for_everybody(app, ada, ben):
    photo = photo_of(app, ada, make_post(app, ada, pictures=1))

    answer = Client.bearer(app, ben).get(f"/media/{photo.key}/square.jpg")
    assert answer.headers["Cache-Control"].startswith("public")


def test_a_token_that_has_ended_opens_nothing(app, ada):
    photo = photo_of(app, ada, make_post(app, ada, pictures=1, published=False))
    client = Client.bearer(app, ada)
    with app.app_context():
        person = db.session.merge(ada)
        person.change_password("another hash")
        db.session.commit()

    assert client.get(f"/media/{photo.key}/square.jpg").status_code == 401
