"""What a token that may not read sees: what a visitor sees. What it writes, it writes as its person."""

import pytest

from postways.db import db
from postways.models import Follow, Photo, User
from tests.api.client import Client
from tests.cast import make_post, make_user, upload


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
