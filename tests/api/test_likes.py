"""Likes through the API: one by one, of a post, of a person, many at once."""

from __future__ import annotations

from tests.api.client import Client
from tests.cast import make_post


def test_a_like_is_made_read_counted_and_taken_back(app, ada, ben, crowd):
    post = make_post(app, ada, title="Boats and nets and everything that dries between them in spring")
    as_ben, guest = Client.bearer(app, ben), Client(app)
    made = as_ben.post("likes/toggle/", {"post": post.id}).get_json()
    person = {"id": ben.id, "username": "ben", "url": f"http://localhost/api/v1/users/{ben.id}/"}

    found = guest.get(f"likes/{made['id']}/").get_json()
    assert set(made) == set(found) == {"url", "id", "created_at", "user", "post"}
    assert made["user"] == person["url"] and made["post"] == f"http://localhost/api/v1/posts/{post.id}/"
    assert found["user"] == person and found["post"]["id"] == post.id
    assert made["url"] == found["url"] == f"http://localhost/api/v1/likes/{made['id']}/"

    (of_post,) = guest.get(f"likes/?post={post.id}").get_json()["results"]
    (of_ben,) = guest.get(f"likes/?user={ben.id}").get_json()["results"]
    assert set(of_post) == {"url", "id", "created_at", "user"} and of_post["user"] == person
    assert set(of_ben) == {"url", "id", "created_at", "post"} and set(of_ben["post"]) == {"id", "title", "url"}
    assert len(of_ben["post"]["title"]) <= 53 and of_ben["post"]["title"].startswith("Boats and nets and everything")
    assert guest.get(f"likes/?post={post.id}&user={ben.id}").get_json() == {"liked": True}
    assert guest.get("likes/").get_json() == {"total_likes": 2, "results": []}
    assert as_ben.get(f"likes/batch/?ids={post.id}").get_json() == {str(post.id): {"count": 1, "liked": True}}

    for _ in range(2):
        assert as_ben.delete(f"posts/{post.id}/like/").get_json() == {"count": 0, "liked": False}
    assert guest.get(f"likes/{made['id']}/").status_code == 404
    for _ in range(2):
        assert as_ben.put(f"posts/{post.id}/like/").get_json() == {"count": 1, "liked": True}
