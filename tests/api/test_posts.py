"""Posts by the API: listing, reading, sharing, changing, deleting."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest

from postways import jobs
from postways.db import db, now
from postways.models import Audit, Block, Follow, Like, Photo, Post, User
from tests.api.client import Client
from tests.cast import make_photo, make_post, make_user, picture, upload
from tests.house.test_queries import statements
from tests.posts.test_new import LOST_LATER
from tests.together import at_once

DETAIL = {
    *("url", "id", "author", "title", "content", "image", "images", "thumbnail"),
    *("created_at", "updated_at", "likes", "comments", "comments_open", "stats", "interactions", "audience"),
}


@pytest.fixture
def post(app, ada, ben):
    return make_post(app, ada, title="Boats", content="Two of them #harbour", pictures=2, likes=[ben])


@pytest.fixture
def as_client(app, ada):
    return Client.bearer(app, ada)


def now_is(app, post_id):
    with app.app_context():
        return db.session.get(Post, post_id)


def titles(answer):
    assert answer.status_code == 200, answer.text
    return [post["title"] for post in answer.get_json()["results"]]


def stored(app):
    return list(app.extensions["storage"].keys("originals"))


# --- the list


def test_a_post_in_the_list_has_exactly_these_fields(app, ada, post):
    with app.app_context():
        key = Post.find(post.id, ada).photos[0].key
    (found,) = Client(app).get("posts/?author__username=ada").get_json()["results"]

    assert found == {
        "url": f"http://localhost/api/v1/posts/{post.id}/",
        "id": post.id,
        "author": {"id": ada.id, "username": "ada", "url": f"http://localhost/api/v1/users/{ada.id}/"},
        "title": "Boats",
        "content_excerpt": "Two of them #harbour",
        "thumbnail": f"http://localhost/media/{key}/square.jpg",
        "created_at": post.created_at.isoformat().replace("+00:00", "Z"),
        "updated_at": post.updated_at.isoformat().replace("+00:00", "Z"),
        "likes": f"http://localhost/api/v1/likes/?post={post.id}",
        "stats": {"like_count": 1},
    }


@pytest.mark.parametrize(("length", "shown"), [(200, "x" * 200), (201, "x" * 200 + "...")])
def test_the_excerpt_has_two_hundred_characters(app, ada, length, shown):
    make_post(app, ada, content="x" * length)

    assert Client(app).get("posts/?author__username=ada").get_json()["results"][0]["content_excerpt"] == shown


def test_only_who_shows_a_credential_learns_what_they_like(app, ada, ben, post):
    for client in (Client.bearer(app, ben), Client.token(app, ben, "read")):
        assert client.get(f"posts/?author={ada.id}").get_json()["results"][0]["stats"]["has_liked"] is True
    assert Client.bearer(app, ada).get(f"posts/?author={ada.id}").get_json()["results"][0]["stats"] == {
        "like_count": 1,
        "has_liked": False,
    }


def test_a_thumbnail_is_there_when_the_picture_is(app, ada):
    make_post(app, ada, pictures=2, ready=False)
    with app.app_context():
        first, second = (photo.id for photo in db.session.query(Photo).order_by(Photo.id))
    with app.app_context():
        jobs.prepare(second)
    assert Client(app).get("posts/?author__username=ada").get_json()["results"][0]["thumbnail"] is None

    with app.app_context():
        jobs.prepare(first)
    assert Client(app).get("posts/?author__username=ada").get_json()["results"][0]["thumbnail"].endswith("/square.jpg")


def test_nothing_hidden_is_listed(app, ada, ben, as_mod):
    make_post(app, ada, title="Draft", published=False)
    trashed = make_post(app, ada, title="Trashed")
    held = make_post(app, ada, title="Held")
    with app.app_context():
        Post.share(ada, title="For followers", audience="followers")
        db.session.get(Post, trashed.id).delete(ada)
        Post.in_any_state(held.id).unpublish(db.session.query(User).filter_by(username="mod").one(), "No.")
        db.session.commit()

    for client in (Client(app), Client.bearer(app, ben)):
        assert titles(client.get("posts/?author__username=ada")) == []
    assert titles(Client.bearer(app, ada).get("posts/")) == ["For followers", "Something else #other"]
    with app.app_context():
        Follow.begin(db.session.get(User, ben.id), db.session.get(User, ada.id))
        db.session.commit()
    assert titles(Client.bearer(app, ben).get("posts/?author__username=ada")) == ["For followers"]
    with app.app_context():
        Block.begin(db.session.get(User, ada.id), db.session.get(User, ben.id))
        db.session.commit()
    assert titles(Client.bearer(app, ben).get("posts/?author__username=ada")) == []


@pytest.fixture
def shelf(app, ada, ben):
    """Four posts over two days; the first has most likes, the third was changed last."""
    made = {}
    for title, author, at, likes in (
        ("One #sea", ada, "2026-03-01T00:00:00", [ada, ben]),
        ("Two", ben, "2026-03-01T23:59:59.999999", []),
        ("Three fog", ada, "2026-03-02T12:00:00", [ben]),
        ("Four", ben, "2026-03-03T00:00:00", []),
    ):
        post = make_post(app, author, title=title, likes=likes)
        moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
        with app.app_context():
            row = db.session.get(Post, post.id)
            row.created_at, row.updated_at = moment, moment + (timedelta(days=9) if "Three" in title else timedelta())
            db.session.commit()
        made[title] = post
    return made


HERE = "created_at__lte=2026-12-31&updated_at__lte=2026-06-01"  # without the crowd's post, which is of today


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Three fog", "Four", "Two", "One #sea"]),
        ("ordering=-updated_at", ["Three fog", "Four", "Two", "One #sea"]),
        ("ordering=-updated_at,-id", ["Three fog", "Four", "Two", "One #sea"]),
        ("ordering=updated", ["One #sea", "Two", "Four", "Three fog"]),
        ("ordering=created_at", ["One #sea", "Two", "Three fog", "Four"]),
        ("ordering=-created", ["Four", "Three fog", "Two", "One #sea"]),
        ("ordering=id", ["One #sea", "Two", "Three fog", "Four"]),
        ("ordering=-likes", ["One #sea", "Three fog", "Four", "Two"]),
        ("ordering=likes", ["Two", "Four", "Three fog", "One #sea"]),
        ("author__username=ADA&ordering=id", ["One #sea", "Three fog"]),
        ("author__username=ad", []),
        ("author__username__icontains=D&ordering=id", ["One #sea", "Three fog"]),
        ("author__username__icontains=%25", []),
        ("author=999999", []),
        ("tag=SEA", ["One #sea"]),
        ("tag=%23sea", ["One #sea"]),
        ("tag=nothing", []),
        ("search=fog", ["Three fog"]),
        ("search=FOG+three", ["Three fog"]),
        ("search=fog+four", []),
        ("created_at__gte=2026-03-02&ordering=id", ["Three fog", "Four"]),
        ("created__gte=2026-03-02&ordering=id", ["Three fog", "Four"]),
        ("created_at__lte=2026-03-01&ordering=id", ["One #sea", "Two"]),
        ("created__lte=2026-03-01&ordering=id", ["One #sea", "Two"]),
        ("created_at__lte=2026-03-01T23:59:59Z&ordering=id", ["One #sea"]),
        (
            "created_at__gte=2026-03-01T23:59:59.999999&created_at__lte=2026-03-02T14:00:00%2B02:00",
            ["Three fog", "Two"],
        ),
        ("created_at__date__range=2026-03-01,2026-03-02&ordering=id", ["One #sea", "Two", "Three fog"]),
        ("created__date__range=2026-03-02,2026-03-03&ordering=id", ["Three fog", "Four"]),
        ("created_at__date__range=2026-03-03,2026-03-02", []),
        ("updated_at__gte=2026-03-04", ["Three fog"]),
        ("updated__gte=2026-03-04", ["Three fog"]),
        ("updated__lte=2026-03-01&ordering=id", ["One #sea", "Two"]),
        ("search=&author__username__icontains=&unknown=7&ordering=id", ["One #sea", "Two", "Three fog", "Four"]),
        ("author__username=", []),
        ("tag=%20", []),
    ],
)
def test_filters_and_orders(app, shelf, query, found):
    assert titles(Client(app).get(f"posts/?{query}&{HERE}" if "lte" not in query else f"posts/?{query}")) == found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ordering", "title"),
        ("ordering", "--id"),
        ("ordering", "id,likes"),
        ("author", "ada"),
        ("author", "0"),
        *((name, "") for name in ("author", "ordering", "page", "count", "created_at__gte", "updated__lte")),
        ("created_at__date__range", "%20"),
        ("author", "9" * 30),
        ("author__username", "%00"),
        ("created_at__gte", "yesterday"),
        ("created_at__lte", "2026-13-01"),
        ("created_at__gte", "2026-02-30T00:00:00Z"),
        ("updated__lte", "0001-01-01T00:00:00%2B23:59"),
        ("updated_at__gte", "9999-12-31T23:59:59-23:59"),
        ("created_at__date__range", "2026-03-01"),
        ("created_at__date__range", "2026-03-01,"),
        ("created__date__range", "2026-03-01,2026-03-02,2026-03-03"),
        ("page", "0"),
        ("page", "x"),
        ("page", "-1"),
        ("page", "1.0"),
        ("author", "1.0"),
        ("count", "x"),
        ("page_size", "-1"),
        ("cursor", "x"),
        ("cursor", "W10"),
    ],
)
def test_what_can_not_be_a_filter_is_400_under_its_name(app, post, name, value):
    answer = Client(app).get(f"posts/?{name}={value}")

    assert answer.status_code == 400
    assert list(answer.get_json()) == [name]


def test_a_page_that_no_list_reaches_is_not_there(app, post):
    answer = Client(app).get("posts/?page=99999999999999999999")

    assert (answer.status_code, list(answer.get_json())) == (404, ["detail"])


@pytest.mark.parametrize("ordering", ["", "id", "-created_at", "updated", "-likes", "likes"])
def test_pages_and_places_hold_every_post_once(app, ada, ben, ordering):
    for n in range(7):
        make_post(app, ada, title=f"Number {n}", likes=[ben] if n % 3 == 0 else [])
    seen, url = [], f"/api/v1/posts/?page_size=3&ordering={ordering}" if ordering else "/api/v1/posts/?page_size=3"
    while url:
        page = Client(app).get(url.removeprefix("http://localhost")).get_json()
        assert page["count"] == 8
        assert ("cursor" in (page["next"] or "")) == (page["next"] is not None and "likes" not in ordering)
        seen += [post["id"] for post in page["results"]]
        url = page["next"]

    assert len(seen) == len(set(seen)) == 8
    by_page = [Client(app).get(f"posts/?page_size=3&ordering={ordering or '-updated_at'}&page={n}") for n in (1, 2, 3)]
    assert [post["id"] for page in by_page for post in page.get_json()["results"]] == seen
    assert by_page[1].get_json()["previous"].endswith("page=1")
    assert Client(app).get("posts/?page_size=3&page=4").status_code == 404


def test_a_list_by_likes_has_no_places(app, ada):
    for _ in range(2):
        make_post(app, ada)
    place = Client(app).get("posts/?page_size=1&ordering=id").get_json()["next"].rpartition("cursor=")[2]

    assert Client(app).get(f"posts/?ordering=likes&cursor={place}").status_code == 400


def test_counting_can_be_left_out_and_ends_at_ten_thousand(app, post, monkeypatch):
    assert "count" not in Client(app).get("posts/?count=0").get_json()
    monkeypatch.setattr("postways.paging.COUNTED", 1)
    page = Client(app).get("posts/").get_json()
    assert (page["count"], page["count_capped"]) == (1, True)


@pytest.mark.parametrize("posts", [1, 12])
def test_a_list_costs_four_statements_however_long_it_is(app, ada, ben, posts):
    for n in range(posts):
        make_post(app, ada, title=f"Number {n} #sea", pictures=2, ready=False)
    client = Client.bearer(app, ben)
    for query in ("", "ordering=likes", "tag=sea&search=number&author__username=ada", "author__username__icontains=a"):
        with statements(app) as seen:
            assert client.get(f"posts/?page_size=100&{query}").status_code == 200
        assert len(seen) <= 4, "\n".join(seen)


def test_the_old_address_answers_the_same(app, post):
    old = app.test_client().get("/posts/?ordering=id", headers={"Accept": "application/json"})

    assert old.get_json()["results"] == Client(app).get("posts/?ordering=id").get_json()["results"]


# --- one post


def test_a_post_has_exactly_these_fields(app, ada, post):
    found = Client(app).get(f"posts/{post.id}/").get_json()
    with app.app_context():
        photo = Post.find(post.id, ada).photos[0]

    assert set(found) == DETAIL
    media = f"http://localhost/media/{photo.key}"
    assert found["image"] == f"{media}/48.jpg"
    assert found["thumbnail"] == f"{media}/square.jpg"
    assert found["images"][0] == {
        "id": photo.id,
        "url": f"{media}/48.jpg",
        "thumbnail": f"{media}/square.jpg",
        "width": 48,
        "height": 32,
        "alt": "",
        "placeholder": photo.placeholder,
        "status": "ready",
        "srcset": f"{media}/48.webp 48w",
    }
    assert len(found["images"]) == 2
    assert found["author"] == {"id": ada.id, "username": "ada", "url": f"http://localhost/api/v1/users/{ada.id}/"}
    assert found["comments"] == f"http://localhost/api/v1/posts/{post.id}/comments/"
    assert found["stats"] == {"likes_count": 1, "comments_count": 0}
    assert found["comments_open"] is True


def test_who_asks_decides_what_else_is_told(app, ada, ben, mod, post):
    as_ben, as_ada, as_mod = (Client.bearer(app, who).get(f"posts/{post.id}/").get_json() for who in (ben, ada, mod))

    assert as_ben["stats"]["has_liked"] is True and "published" not in as_ben
    assert as_ada["stats"]["has_liked"] is False and as_ada["published"] is True
    assert as_mod["published"] is True


def test_a_post_costs_three_statements(app, ben, post):
    client = Client.bearer(app, ben)
    with statements(app) as seen:
        assert client.get(f"posts/{post.id}/").status_code == 200

    assert len(seen) <= 3, "\n".join(seen)


def test_until_its_picture_is_ready_it_has_none(app, ada):
    post = make_post(app, ada, pictures=1, ready=False)
    found = Client(app).get(f"posts/{post.id}/").get_json()

    assert (found["image"], found["thumbnail"]) == (None, None)
    assert found["images"][0]["status"] == "waiting"
    assert (found["images"][0]["url"], found["images"][0]["srcset"]) == (None, "")


def test_a_picture_that_can_not_be_prepared_says_so(app, ada):
    with app.app_context():
        lost = make_photo(app, ada, data=LOST_LATER).id
        post = Post.share(ada, title="Half", photos=[db.session.get(Photo, lost)])
        db.session.commit()
        jobs.prepare(lost)

    assert Client(app).get(f"posts/{post.id}/").get_json()["images"][0]["status"] == "failed"


METHODS = [("GET", None), ("PUT", {"title": "x", "content": "y"}), ("PATCH", {"title": "x"}), ("DELETE", None)]


@pytest.mark.parametrize(("method", "body"), METHODS)
def test_an_unpublished_post_is_403_to_who_may_know_of_it_and_nothing_else_is(app, ada, ben, mod, method, body):
    draft = make_post(app, ada, published=False)
    held, trashed, followers = make_post(app, ada), make_post(app, ada), make_post(app, ada)
    left = make_post(app, make_user(app, "leaver"), published=False)
    with app.app_context():
        person = db.session.get(User, mod.id)
        Post.in_any_state(held.id).unpublish(person, "No.")
        db.session.get(Post, trashed.id).delete(ada)
        row = db.session.get(Post, followers.id)
        row.audience, row.closed, row.published_at = "followers", True, None
        User.named("leaver").suspend(person, "Enough.")
        db.session.commit()
    stranger, visitor = Client.bearer(app, ben), Client(app)
    nobody = 403 if method == "GET" else 401

    for post in (draft, held):
        answer = stranger.ask(method, f"posts/{post.id}/", body)
        assert answer.status_code == 403
        assert list(answer.get_json()) == ["detail"]
        assert visitor.ask(method, f"posts/{post.id}/", body).status_code == nobody
    for post_id in (trashed.id, followers.id, left.id, 999_999):
        assert stranger.ask(method, f"posts/{post_id}/", body).status_code == 404
        assert visitor.ask(method, f"posts/{post_id}/", body).status_code == (404 if method == "GET" else 401)
    with app.app_context():
        Block.begin(db.session.get(User, ada.id), db.session.get(User, ben.id))
        db.session.commit()
    assert stranger.ask(method, f"posts/{draft.id}/", body).status_code == 404
    assert Client.bearer(app, ada).get(f"posts/{draft.id}/").get_json()["published"] is False
    assert Client.bearer(app, mod).get(f"posts/{draft.id}/").get_json()["published"] is False


@pytest.mark.parametrize(("method", "body"), METHODS[1:])
def test_a_strangers_post_is_not_ones_to_change(app, ben, post, method, body):
    answer = Client.bearer(app, ben).ask(method, f"posts/{post.id}/", body)

    assert answer.status_code == 403
    assert now_is(app, post.id).title == "Boats"
    assert now_is(app, post.id).deleted_at is None


# --- sharing


def test_a_post_is_shared_as_json(app, ada, as_client):
    answer = as_client.post("posts/", {"title": " Fog ", "content": "Much #fog", "unknown": 1, "author": 99})
    made = answer.get_json()

    assert answer.status_code == 201
    post = now_is(app, made["id"])
    assert made == {
        "url": f"http://localhost/api/v1/posts/{post.id}/",
        "id": post.id,
        "author": f"http://localhost/api/v1/users/{ada.id}/",
        "title": "Fog",
        "content": "Much #fog",
        "image": None,
        "created_at": post.created_at.isoformat().replace("+00:00", "Z"),
        "updated_at": post.updated_at.isoformat().replace("+00:00", "Z"),
        "likes": f"http://localhost/api/v1/likes/?post={post.id}",
    }
    assert Client(app).get(f"posts/{post.id}/").status_code == 200


@pytest.mark.parametrize("field", ["image", "images"])
def test_photographs_come_as_multipart(app, as_client, ada, field):
    data = {"title": "Fog", field: [upload(), upload(picture(60, 60))], "alt": ["Boats", "A wall"], "tags": "sea, wall"}
    answer = as_client.post("posts/", data=data, content_type="multipart/form-data")

    assert answer.status_code == 201, answer.text
    with app.app_context():
        post = Post.find(answer.get_json()["id"], ada)
        assert [(photo.alt, photo.width, photo.state) for photo in post.photos] == [
            ("Boats", 48, "waiting"),
            ("A wall", 60, "waiting"),
        ]
        assert post.tags == ["sea", "wall"]
    assert titles(Client(app).get("posts/?tag=wall")) == titles(Client(app).get("posts/?search=wall")) == ["Fog"]


def test_an_empty_file_field_is_no_photograph(app, as_client):
    data = {"title": "Fog", "image": (BytesIO(b""), "")}

    assert as_client.post("posts/", data=data, content_type="multipart/form-data").status_code == 201


@pytest.mark.parametrize("tags", ["sea, #Fog", ["sea", "Fog"], ["sea,Fog", "SEA"]])
def test_tags_are_a_list_or_a_text_with_commas(app, as_client, tags):
    made = as_client.post("posts/", {"title": "Boats #harbour", "tags": tags}).get_json()

    assert now_is(app, made["id"]).tags == ["sea", "Fog", "harbour"]


@pytest.mark.parametrize("body", [{"json": {"published": False}}, {"data": {"published": "false"}}])
def test_a_draft_is_shared_with_nobody(app, as_client, body):
    kind, sent = next(iter(body.items()))
    made = as_client.post("posts/", **{kind: {"title": "Fog", **sent}}).get_json()

    assert Client(app).get(f"posts/{made['id']}/").status_code == 403


def test_for_followers_alone(app, as_client, ben):
    made = as_client.post("posts/", {"title": "Fog", "audience": "followers"}).get_json()

    assert Client.bearer(app, ben).get(f"posts/{made['id']}/").status_code == 404
    assert now_is(app, made["id"]).closed is True


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", " \n "),
        ("title", "x" * 101),
        ("title", None),
        ("title", 7),
        ("title", ["x"]),
        ("title", "\x00"),
        ("title", "\ud800"),
        ("content", "x" * 10_001),
        ("content", None),
        ("tags", ["two words"]),
        ("tags", "x" * 51),
        ("tags", [f"t{n}" for n in range(31)]),
        ("tags", [7]),
        ("tags", {"a": 1}),
        ("alt", ["x" * 1_501]),
        ("alt", 7),
        ("audience", "everybody"),
        ("audience", ""),
        ("published", "perhaps"),
    ],
)
def test_what_is_not_taken_is_named_by_field(app, as_client, field, value):
    before = Client(app).get("posts/").get_json()["count"]
    answer = as_client.post("posts/", {"title": "Fog", **{field: value}})

    assert answer.status_code == 400
    assert list(answer.get_json()) == [field]
    assert Client(app).get("posts/").get_json()["count"] == before


def test_a_missing_title_is_named(as_client):
    assert as_client.post("posts/", {}).get_json() == {"title": ["This field is required."]}


def test_text_is_trimmed_and_may_hold_any_script(app, as_client):
    made = as_client.post("posts/", {"title": "🌫️ 港 مرفأ", "content": "\r\nline\n"}).get_json()

    assert (made["title"], made["content"]) == ("🌫️ 港 مرفأ", "line")


@pytest.mark.parametrize(
    ("files", "field"),
    [
        ({"image": [(BytesIO(b"no picture"), "a.jpg")]}, "image"),
        ({"images": [upload(), (BytesIO(b"<svg/>"), "a.jpg")]}, "images"),
        ({"images": [upload() for _ in range(11)]}, "images"),
        ({"image": [upload()], "title": ""}, "title"),
        ({"image": [upload()], "audience": "x"}, "audience"),
        ({"image": [upload()], "alt": ["x" * 1_501]}, "alt"),
    ],
    ids=["no picture", "one of two", "too many", "no title", "no audience", "alt"],
)
def test_of_a_refused_post_nothing_is_kept(app, as_client, files, field):
    copies = {
        name: [(BytesIO(file[0].getvalue()), file[1]) if isinstance(file, tuple) else file for file in files[name]]
        if isinstance(files[name], list)
        else files[name]
        for name in files
    }
    answer = as_client.post("posts/", data={"title": "Fog", **copies}, content_type="multipart/form-data")

    assert answer.status_code == 400
    assert list(answer.get_json()) == [field]
    assert stored(app) == []
    with app.app_context():
        assert db.session.query(Photo).count() == 0


def test_of_a_post_whose_answer_can_not_be_written_nothing_is_kept(app, as_client, monkeypatch):
    find, asked = Post.find.__func__, []

    def lost(cls, *args, **options):
        asked.append(args)
        raise RuntimeError("the answer is lost")

    monkeypatch.setattr(Post, "find", classmethod(lost))
    app.testing = False
    try:
        answer = as_client.post("posts/", data={"title": "Fog", "image": upload()}, content_type="multipart/form-data")
    finally:
        app.testing = True
        monkeypatch.setattr(Post, "find", classmethod(find))

    assert answer.status_code == 500 and asked
    assert stored(app) == []
    with app.app_context():
        assert db.session.query(Photo).count() == 0


def test_the_same_key_shares_once(app, as_client):
    key = {"Idempotency-Key": "one"}
    answers = [
        as_client.post(
            "posts/", data={"title": "Fog", "image": upload()}, content_type="multipart/form-data", headers=key
        )
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].get_json() == answers[1].get_json()
    assert len(stored(app)) == 1


def test_who_shares_too_much_waits(app, as_client, monkeypatch):
    from limits import RateLimitItemPerHour

    from postways import limits

    monkeypatch.setitem(limits.AN_HOUR, "post", RateLimitItemPerHour(1, namespace="posttest"))
    answers = [as_client.post("posts/", {"title": "Fog"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 429]
    wait = answers[1].headers["Retry-After"]
    assert int(wait) > 0
    assert answers[1].headers["RateLimit"] == f'"post";r=0;t={wait}'
    assert answers[1].headers["RateLimit-Policy"] == '"post";q=1;w=3600'


# --- changing


def test_put_replaces_words_and_keeps_the_rest(app, as_client, post):
    answer = as_client.put(f"posts/{post.id}/", {"title": "After", "content": "New #names", "author": 99})

    assert answer.status_code == 200
    assert set(answer.get_json()) == DETAIL | {"published"}
    assert (answer.get_json()["title"], len(answer.get_json()["images"])) == ("After", 2)
    row = now_is(app, post.id)
    assert (row.author_id, row.like_count, row.edited_at is not None) == (post.author_id, 1, True)
    assert titles(Client(app).get("posts/?tag=names")) == ["After"]


@pytest.mark.parametrize("body", [{"title": "After"}, {"content": "After"}, {}])
def test_put_needs_title_and_content(app, as_client, post, body):
    answer = as_client.put(f"posts/{post.id}/", body)

    assert answer.status_code == 400
    assert set(answer.get_json()) == {"title", "content"} - set(body)


def test_patch_changes_what_is_named(app, as_client, post):
    answer = as_client.patch(f"posts/{post.id}/", {"content": ""})

    assert (answer.status_code, answer.get_json()["title"], answer.get_json()["content"]) == (200, "Boats", "")
    assert as_client.patch(f"posts/{post.id}/", {"tags": "sea"}).status_code == 200
    assert as_client.patch(f"posts/{post.id}/", {"title": "After"}).status_code == 200
    assert now_is(app, post.id).tags == ["sea"]


def test_patch_with_nothing_changes_nothing(app, as_client, post):
    before = Client(app).get(f"posts/{post.id}/").get_json()

    assert as_client.patch(f"posts/{post.id}/", {"unknown": 1}).status_code == 200
    assert Client(app).get(f"posts/{post.id}/").get_json() == before
    assert now_is(app, post.id).edited_at is None


@pytest.mark.parametrize(
    ("field", "value"),
    [("title", ""), ("title", None), ("content", "x" * 10_001), ("tags", "a b"), ("audience", "x"), ("audience", "")],
)
def test_a_refused_change_changes_nothing(app, as_client, post, field, value):
    answer = as_client.patch(f"posts/{post.id}/", {"content": "New", field: value})

    assert (answer.status_code, list(answer.get_json())) == (400, [field])
    assert now_is(app, post.id).content == "Two of them #harbour"


def test_a_new_picture_takes_the_place_of_all(app, as_client, post):
    data = {"image": upload(picture(90, 30)), "alt": "A wall"}
    answer = as_client.patch(f"posts/{post.id}/", data=data, content_type="multipart/form-data")

    assert answer.status_code == 200, answer.text
    (found,) = answer.get_json()["images"]
    assert (found["width"], found["alt"], found["status"]) == (90, "A wall", "waiting")
    with app.app_context():
        assert db.session.query(Photo).count() == 1


def test_a_refused_picture_leaves_those_that_are_there(app, as_client, post):
    before = stored(app)
    data = {"title": "After", "image": (BytesIO(b"nothing"), "a.jpg")}
    answer = as_client.patch(f"posts/{post.id}/", data=data, content_type="multipart/form-data")

    assert (answer.status_code, list(answer.get_json())) == (400, ["image"])
    assert stored(app) == before
    assert now_is(app, post.id).title == "Boats"


def test_descriptions_change_by_position(as_client, post):
    answer = as_client.patch(f"posts/{post.id}/", {"alt": ["One", "Two", "Three"]})

    assert [image["alt"] for image in answer.get_json()["images"]] == ["One", "Two"]


def test_published_is_put_and_taken_back(app, as_client, post):
    assert as_client.patch(f"posts/{post.id}/", {"published": False}).get_json()["published"] is False
    assert Client(app).get(f"posts/{post.id}/").status_code == 403
    assert as_client.patch(f"posts/{post.id}/", {"published": True}).get_json()["published"] is True
    assert Client(app).get(f"posts/{post.id}/").get_json()["stats"]["likes_count"] == 1


def test_comments_are_closed_and_opened_again(app, ben, as_client, post):
    etag = as_client.get(f"posts/{post.id}/").headers["ETag"]
    for opened in (False, False, True, False):
        changed = as_client.patch(f"posts/{post.id}/", {"comments_open": opened})
        assert (changed.status_code, changed.get_json()["comments_open"]) == (200, opened)

    assert as_client.patch(f"posts/{post.id}/", {"title": "After"}, headers={"If-Match": etag}).status_code == 412
    assert as_client.patch(f"posts/{post.id}/", {"title": "Closed"}).get_json()["comments_open"] is False
    as_ben = Client.bearer(app, ben)
    assert as_ben.post(f"posts/{post.id}/comments/", {"body": "Too late."}).status_code in (400, 403)
    assert as_ben.patch(f"posts/{post.id}/", {"comments_open": True}).status_code == 403
    assert list(as_client.patch(f"posts/{post.id}/", {"comments_open": "x"}).get_json()) == ["comments_open"]


def test_what_staff_took_back_stays_unpublished(app, as_client, mod, post):
    with app.app_context():
        Post.in_any_state(post.id).unpublish(db.session.get(User, mod.id), "No.")
        db.session.commit()
    answer = as_client.patch(f"posts/{post.id}/", {"published": True})

    assert (answer.status_code, list(answer.get_json())) == (400, ["published"])


def test_only_the_version_that_was_read_is_changed(app, as_client, post):
    etag = as_client.get(f"posts/{post.id}/").headers["ETag"]
    first = as_client.patch(f"posts/{post.id}/", {"title": "After"}, headers={"If-Match": etag})
    second = as_client.patch(f"posts/{post.id}/", {"title": "Later"}, headers={"If-Match": etag})

    assert (first.status_code, second.status_code) == (200, 412)
    assert now_is(app, post.id).title == "After"
    fresh = as_client.get(f"posts/{post.id}/").headers["ETag"]
    assert (
        as_client.put(f"posts/{post.id}/", {"title": "Later", "content": ""}, headers={"If-Match": fresh}).status_code
        == 200
    )


# --- deleting


def test_an_author_moves_it_to_the_trash(app, ada, as_client, post):
    assert as_client.delete(f"posts/{post.id}/").status_code == 204

    assert as_client.delete(f"posts/{post.id}/").status_code == 404
    assert as_client.get(f"posts/{post.id}/").status_code == 404
    assert now_is(app, post.id).removed is False


def test_staff_removes_it_with_a_reason(app, mod, post):
    assert Client.token(app, mod, "read write").delete(f"posts/{post.id}/").status_code == 403  # it may not moderate
    answer = Client.bearer(app, mod).delete(f"posts/{post.id}/", {"reason": "Not your picture."})

    assert answer.status_code == 204
    assert now_is(app, post.id).removed is True
    with app.app_context():
        entry = db.session.query(Audit).filter_by(kind="removed").one()
        assert (entry.actor_id, entry.post_id) == (mod.id, post.id)


def test_staff_without_a_reason_says_the_usual_one(app, mod, post):
    assert Client.bearer(app, mod).delete(f"posts/{post.id}/").status_code == 204
    assert Client.bearer(app, mod).delete(f"posts/{post.id}/").status_code == 404


def test_a_day_ago_is_not_now(app, ada):
    make_post(app, ada, days_ago=1)
    today = now().date().isoformat()

    assert Client(app).get(f"posts/?created_at__gte={today}&created_at__lte={today}").get_json()["count"] == 2


# --- likes


def test_fifty_switches_at_once_end_as_they_would_one_after_the_other(app, ben, post):
    authorization = Client.bearer(app, ben).authorization  # who likes it already
    answers = at_once(
        [
            lambda client=client: client.post("likes/toggle/", {"post": post.id}).status_code
            for client in [Client(app, authorization) for _ in range(50)]
        ]
    )

    assert (answers.count(201), answers.count(204)) == (25, 25)
    with app.app_context():
        assert db.session.query(Like).filter_by(post_id=post.id).count() == 1
    assert now_is(app, post.id).like_count == 1


@pytest.mark.parametrize("hidden", ["draft", "followers", "trash", "blocked"])
def test_likes_of_a_hidden_post_show_nowhere(app, ada, ben, crowd, post, hidden):
    with app.app_context():
        like_id = db.session.query(Like).filter_by(post_id=post.id).one().id
        row, author = db.session.get(Post, post.id), db.session.get(User, ada.id)
        if hidden == "draft":
            row.withdraw(author)
        elif hidden == "trash":
            row.delete(author)
        elif hidden == "blocked":
            Block.begin(author, db.session.get(User, crowd.id))
        else:
            row.audience, row.closed = "followers", True
        db.session.commit()
    client = Client.bearer(app, crowd)

    assert client.get(f"likes/?post={post.id}").get_json()["results"] == []
    assert client.get(f"likes/?user={ben.id}").get_json()["results"] == []
    assert client.get(f"likes/?user={ben.id}&post={post.id}").get_json() == {"liked": False}
    assert client.get(f"likes/{like_id}/").status_code == 404
    assert client.get(f"likes/batch/?ids={post.id}").get_json() == {}
    assert list(client.post("likes/toggle/", {"post": post.id}).get_json()) == ["post"]
    assert client.put(f"posts/{post.id}/like/").status_code == 404


def test_what_staff_reads_although_it_is_not_for_everybody_is_written_down(app, ada, mod):
    draft = make_post(app, ada, published=False)

    assert Client.bearer(app, mod).get(f"posts/{draft.id}/").status_code == 200

    with app.app_context():
        assert db.session.query(Audit).filter_by(kind="private-read", post_id=draft.id).count() == 1


@pytest.mark.parametrize("field", ["image", "images"])
@pytest.mark.parametrize("kind", ["data", "json"])
def test_a_text_where_a_picture_is_wanted_is_refused(app, ada, field, kind):
    answer = Client.bearer(app, ada).post("posts/", **{kind: {"title": "Boats", field: "harbour.jpg"}})

    assert (answer.status_code, list(answer.get_json())) == (400, [field])
    with app.app_context():
        assert db.session.query(Post).filter_by(author_id=ada.id).count() == 0
