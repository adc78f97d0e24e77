"""What holds at every door of the API: errors, versions, repetition, limits, description."""

import json
import re
from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from openapi_spec_validator import validate

from postways import limits
from postways.db import db, now
from postways.models import Like, Post, Receipt, User, departure
from tests.api.client import Client
from tests.cast import make_post
from tests.together import at_once


@pytest.fixture
def post(app, ada):
    return make_post(app, ada, title="Boats")


@pytest.fixture
def as_client(app, ben):
    return Client.bearer(app, ben)


def likes(app, post):
    with app.app_context():
        return db.session.query(Like).filter_by(post_id=post.id).count()


@pytest.fixture
def as_ada_client(app, ada):
    return Client.bearer(app, ada)


# --- errors


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
def test_an_unknown_address_is_json(app, method):
    answer = Client(app).ask(method, "nowhere/")

    assert answer.status_code == 404
    assert list(answer.get_json()) == ["detail"]
    assert answer.headers["X-Request-ID"]


def test_a_path_without_its_slash_leads_on_with_method_and_body(app):
    answer = Client(app).post("likes/toggle", {"post": 1})

    assert answer.status_code == 308
    assert answer.location == "/api/v1/likes/toggle/"


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/api/v1/posts?author=3&x=%C3%A4", "/api/v1/posts/?author=3&x=%C3%A4"),
        ("/login?next=/tags/a/", "/login/?next=/tags/a/"),
        ("/posts", "/api/v1/posts/"),
        ("//evil.example/api/v1/posts", None),
        ("//api//v1/posts", None),
    ],
)
def test_it_leads_on_within_the_site_whatever_the_host_is_said_to_be(app, method, path, to):
    headers = {"Host": "evil.example", "Accept": "application/json"}
    answer = app.test_client().open(path, method=method, headers=headers)

    assert to is None or (answer.status_code, answer.location) == (308, to)
    assert (answer.location or "/")[0] == "/" and (answer.location or "/x")[1] != "/"
    assert "evil" not in f"{answer.headers}{answer.text}"


def test_it_leads_on_with_pictures_too(as_client):
    answer = as_client.post("posts", data={"title": "Boats", "image": (BytesIO(b" " * 1_100_000), "boats.png")})

    assert answer.status_code == 308


def test_a_method_that_is_not_there_is_405(app):
    answer = Client(app).delete("likes/")

    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert list(answer.get_json()) == ["detail"]


@pytest.mark.parametrize(
    "body",
    [b"{", b"nul", b"[1]", b'"x"', b"7", b'{"post": NaN}', b"[" * 100_000, b'{"a":' * 50_000, b"\xff\xfe", b"null"],
    ids=lambda body: repr(body[:12]),
)
def test_json_that_can_not_be_read_is_400(as_client, body):
    answer = as_client.post("likes/toggle/", data=body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.get_json()


@pytest.mark.parametrize(
    "value", ["x", [], {}, None, 1.5, -1, 0, 2**63, 10**400, True, "\x00", "\ud800", "1; drop table posts"], ids=repr
)
def test_a_wrong_type_is_400_under_its_name(as_client, value):
    answer = as_client.post("likes/toggle/", data=json.dumps({"post": value}), content_type="application/json")

    assert answer.status_code == 400
    assert list(answer.get_json()) == ["post"]


def test_a_body_of_another_kind_is_415(as_client):
    answer = as_client.post("likes/toggle/", data=b'{"post": 1}', content_type="text/plain")

    assert answer.status_code == 415


def test_a_form_is_as_good_as_json(app, as_client, post):
    answer = as_client.post("likes/toggle/", data={"post": str(post.id), "unknown": "x"})

    assert answer.status_code == 201
    assert likes(app, post) == 1


def test_a_body_that_is_too_large_is_413(as_client):
    answer = as_client.post("likes/toggle/", data=b" " * 1_100_000, content_type="application/json")

    assert answer.status_code == 413
    assert list(answer.get_json()) == ["detail"]


def test_where_files_are_taken_other_bodies_are_no_larger(as_client):
    answer = as_client.post("posts/", data=b" " * 1_100_000, content_type="application/json")

    assert answer.status_code == 413


def test_a_crash_says_nothing_of_its_cause(app, as_client, post, monkeypatch):
    def crash(*_args, **_options):
        raise RuntimeError("secret of the house")

    monkeypatch.setattr(Post, "find", crash)
    app.testing, before = False, app.testing
    try:
        answer = as_client.put(f"posts/{post.id}/like/")
    finally:
        app.testing = before

    assert answer.status_code == 500
    assert answer.get_json() == {"detail": "Something went wrong"}
    assert answer.headers["X-Request-ID"]


# --- versions


def test_what_is_known_already_is_not_sent_again(app):
    first = Client(app).get("likes/")
    again = Client(app).get("likes/", headers={"If-None-Match": first.headers["ETag"]})

    assert first.status_code == 200
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]


def test_that_others_like_it_is_no_edit(app, post, as_ada_client, as_client):
    address = f"posts/{post.id}/"
    read = as_ada_client.get(address).headers["ETag"]
    as_client.put(f"posts/{post.id}/like/")
    liked = as_ada_client.get(address, headers={"If-None-Match": read})
    changed = as_ada_client.patch(address, {"title": "Ships"}, headers={"If-Match": read})
    too_late = as_ada_client.patch(address, {"title": "Trains"}, headers={"If-Match": liked.headers["ETag"]})

    assert (liked.status_code, liked.get_json()["stats"]["likes_count"]) == (200, 1)
    assert (changed.status_code, too_late.status_code) == (200, 412)


def test_a_change_is_answered_with_its_version(post, as_ada_client):
    address = f"posts/{post.id}/"
    first = as_ada_client.patch(address, {"title": "Ships"})
    second = as_ada_client.put(address, {"title": "Trains", "content": ""}, headers={"If-Match": first.headers["ETag"]})
    read = as_ada_client.get(address, headers={"If-None-Match": second.headers["ETag"]})

    assert (first.status_code, second.status_code, read.status_code) == (200, 200, 304)


@pytest.mark.parametrize("change", [{"audience": "followers"}, {"tags": ["fog"]}, {"published": False}], ids=str)
def test_every_edit_is_another_version(post, as_ada_client, change):
    address = f"posts/{post.id}/"
    read = as_ada_client.get(address).headers["ETag"]

    assert as_ada_client.patch(address, change, headers={"If-Match": read}).status_code == 200
    assert as_ada_client.patch(address, {"title": "Late"}, headers={"If-Match": read}).status_code == 412


def test_answers_differ_by_who_asks(app):
    assert {"Authorization", "Cookie"} <= set(Client(app).get("likes/").vary)


# --- the same request again


def test_the_same_key_does_nothing_again_and_is_answered_the_same(app, as_client, post):
    first = as_client.post("likes/toggle/", {"post": post.id}, headers={"Idempotency-Key": "one"})
    again = as_client.post("likes/toggle/", {"post": post.id}, headers={"Idempotency-Key": "one"})

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json() == again.get_json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert likes(app, post) == 1


def test_without_a_key_it_is_another_request(app, as_client, post):
    statuses = [as_client.post("likes/toggle/", {"post": post.id}).status_code for _ in range(3)]

    assert statuses == [201, 204, 201]


def test_the_same_key_with_another_body_is_refused(app, as_client, post, ada):
    other = make_post(app, ada)
    as_client.post("likes/toggle/", {"post": post.id}, headers={"Idempotency-Key": "one"})

    answer = as_client.post("likes/toggle/", {"post": other.id}, headers={"Idempotency-Key": "one"})

    assert answer.status_code == 400
    assert list(answer.get_json()) == ["Idempotency-Key"]
    assert likes(app, other) == 0


def test_keys_of_others_paths_and_yesterday_are_other_keys(app, as_client, post, ada):
    key = {"Idempotency-Key": "one"}
    first = as_client.post("likes/toggle/", {"post": post.id}, headers=key)
    others = Client.bearer(app, ada).post("likes/toggle/", {"post": post.id}, headers=key)
    elsewhere = as_client.put(f"posts/{post.id}/like/", headers=key)
    with time_machine.travel(now() + timedelta(hours=24, seconds=1)):
        later = Client.token(app, ada).post("likes/toggle/", {"post": post.id}, headers=key)

    assert (first.status_code, others.status_code, elsewhere.status_code) == (201, 201, 200)
    assert later.status_code == 204  # hers again, a day later: carried out anew


def test_a_refusal_is_kept_too(app, as_client, ada):
    key = {"Idempotency-Key": "one"}
    first = as_client.post("likes/toggle/", {"post": 12345}, headers=key)
    again = as_client.post("likes/toggle/", {"post": 12345}, headers=key)

    assert (first.status_code, again.status_code) == (400, 400)
    assert first.get_json() == again.get_json()
    assert again.headers["Idempotent-Replayed"] == "true"


def test_while_the_first_one_runs_the_second_waits(app, as_client, post, ben):
    first = as_client.post("likes/toggle/", {"post": post.id}, headers={"Idempotency-Key": "one"})
    with app.app_context():
        row = db.session.query(Receipt).one()
        name = f"underway/{ben.id}/{row.key_hash.hex()}"
        db.session.delete(row)
        db.session.commit()
        assert limits.claim(name, 60)
    answer = as_client.post("likes/toggle/", {"post": post.id}, headers={"Idempotency-Key": "one"})

    assert first.status_code == 201
    assert answer.status_code == 409
    assert int(answer.headers["Retry-After"]) > 0


def test_twenty_at_once_with_one_key_are_one(app, as_client, post, ben):
    clients = [Client(app, as_client.authorization) for _ in range(20)]

    answers = at_once(
        [
            lambda client=client: (
                client.post("likes/toggle/", {"post": post.id}, headers={"Idempotency-Key": "one"}).status_code
            )
            for client in clients
        ]
    )

    assert set(answers) <= {201, 409}
    assert 201 in answers
    assert likes(app, post) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "\x7f"], ids=repr)
def test_a_key_has_its_form(as_client, post, key):
    answer = as_client.post("likes/toggle/", {"post": post.id}, headers={"Idempotency-Key": key})

    assert answer.status_code == 400


def test_what_was_answered_first_is_answered_again_whatever_happened_since(app, ada, as_ada_client):
    key = {"Idempotency-Key": "one"}
    made = as_ada_client.post("posts/", {"title": "Boats"}, headers=key)
    address = f"posts/{made.get_json()['id']}/"
    changed = as_ada_client.patch(address, {"title": "Ships"}, headers=key)
    as_ada_client.patch(address, {"title": "Trains"})
    made_again = as_ada_client.post("posts/", {"title": "Boats"}, headers=key)
    changed_again = as_ada_client.patch(address, {"title": "Ships"}, headers=key)
    deleted = as_ada_client.delete(address, headers=key)
    after = [
        as_ada_client.post("posts/", {"title": "Boats"}, headers=key),
        as_ada_client.patch(address, {"title": "Ships"}, headers=key),
        as_ada_client.delete(address, headers=key),
    ]

    assert (made.status_code, changed.status_code, deleted.status_code) == (201, 200, 204)
    assert made_again.data == made.data == after[0].data
    assert changed_again.data == changed.data == after[1].data
    assert changed_again.headers["ETag"] == changed.headers["ETag"]
    assert [answer.status_code for answer in after] == [201, 200, 204]
    assert after[2].data == b""
    assert "Content-Type" not in deleted.headers and "Content-Type" not in after[2].headers


def test_a_crash_between_commit_and_answer_changes_nothing(app, as_ada_client, monkeypatch):
    key = {"Idempotency-Key": "one"}
    keep, commit = Receipt.write, db.session.commit

    def crash():
        commit()
        raise RuntimeError("the process was killed")

    def then_crash(*columns):
        keep(*columns)
        monkeypatch.setattr(db.session, "commit", crash)

    monkeypatch.setattr(Receipt, "write", then_crash)
    app.testing, before = False, app.testing
    try:
        first = as_ada_client.post("posts/", {"title": "Boats"}, headers=key)
    finally:
        monkeypatch.undo()
        app.testing = before
    second = as_ada_client.post("posts/", {"title": "Boats"}, headers=key)

    assert first.status_code == 500
    assert (second.status_code, second.get_json()["title"]) == (201, "Boats")
    assert as_ada_client.get("posts/?author__username=ada").get_json()["count"] == 1


def test_what_another_secret_sealed_is_not_carried_out_again(app, as_client, post):
    as_client.post("likes/toggle/", {"post": post.id}, headers={"Idempotency-Key": "one"})
    with app.app_context():
        db.session.query(Receipt).one().body = '{"as": "before"}'
        db.session.commit()

    answer = as_client.post("likes/toggle/", {"post": post.id}, headers={"Idempotency-Key": "one"})

    assert (answer.status_code, list(answer.get_json())) == (400, ["Idempotency-Key"])
    assert likes(app, post) == 1


def test_receipts_go_with_their_person_and_hold_no_keys(app, ben, as_client, post):
    as_client.post("likes/toggle/", {"post": post.id}, headers={"Idempotency-Key": "secret key"})

    with app.app_context():
        row = db.session.query(Receipt).one()
        assert b"secret" not in row.key_hash
        db.session.get(User, ben.id).leave()
        db.session.commit()
        while departure.erase_some(ben.id):
            db.session.commit()
        db.session.commit()
        assert db.session.query(Receipt).count() == 0


# --- limits


def test_requests_are_counted_and_announced(app, as_client):
    first, second = as_client.get("likes/"), as_client.get("likes/")
    stranger = Client(app).get("likes/")

    assert first.headers["RateLimit-Policy"] == '"requests";q=600;w=60'
    assert stranger.headers["RateLimit-Policy"] == '"requests";q=300;w=60'
    assert "r=599" in first.headers["RateLimit"]
    assert "r=59" in second.headers["RateLimit"]


def test_one_too_many_waits_for_the_next_minute(app, monkeypatch):
    monkeypatch.setitem(limits.A_MINUTE, "address", 2)
    with time_machine.travel(now().replace(second=10), tick=False):
        answers = [Client(app).get("likes/") for _ in range(3)]

        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[2].headers["Retry-After"] == "50"
        assert list(answers[2].get_json()) == ["detail"]
    with time_machine.travel(now().replace(second=10) + timedelta(minutes=1), tick=False):
        assert Client(app).get("likes/").status_code == 200


def test_guessing_tokens_is_counted_by_address(app, monkeypatch):
    monkeypatch.setitem(limits.A_MINUTE, "address", 2)
    with time_machine.travel(now().replace(second=10), tick=False):
        answers = [Client(app, f"Bearer guess{n}").get("likes/").status_code for n in range(3)]

    assert answers == [401, 401, 429]


# --- where everything is


def test_the_root_names_everything_absolutely(app):
    links = Client(app).get("").get_json()

    assert links["likes"]["toggle"] == "http://localhost/api/v1/likes/toggle/"
    assert links["posts"]["detail"] == "http://localhost/api/v1/posts/{post_id}/"
    assert links["users"]["detail"] == "http://localhost/api/v1/users/{user_id_or_username}/"


def test_the_root_names_what_is_there_and_nothing_else(made_app):
    links = Client(made_app).get("").get_json()

    named = {link.removeprefix("http://localhost") for paths in links.values() for link in paths.values()}
    there = {re.sub("<(?:int:)?([^>]+)>", r"{\1}", rule.rule) for rule in made_app.url_map.iter_rules()}
    assert named <= there
    wanted = {"users", "auth", "posts", "likes", "comments", "follows", "feed", "messages", "blocks"}
    assert {kind for kind in wanted if any(path.startswith(f"/api/v1/{kind}/") for path in there)} <= set(links)


def test_the_description_is_openapi_and_complete(app, made_app):
    spec = Client(app).get("openapi.json").get_json()

    validate(spec)
    assert spec["openapi"].startswith("3.1")
    operations = [operation for methods in spec["paths"].values() for operation in methods.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for operation in operations:
        assert operation["summary"], operation
        assert any(int(status) >= 400 for status in operation["responses"]), operation
        for answer in operation["responses"].values():
            for content in answer.get("content", {}).values():
                assert {"example", "examples"} & set(content), operation["operationId"]
    doors = [name for name, view in made_app.view_functions.items() if hasattr(view, "door")]
    assert len(operations) == len(doors)


def test_the_description_names_the_headers(app):
    spec = Client(app).get("openapi.json").get_json()
    read, change, make = (
        spec["paths"][path][method]
        for path, method in (
            ("/api/v1/posts/{post_id}/", "get"),
            ("/api/v1/posts/{post_id}/", "patch"),
            ("/api/v1/posts/", "post"),
        )
    )

    def asked(operation):
        return {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "header"}

    assert (asked(read), asked(change), asked(make)) == (
        {"If-None-Match"},
        {"If-Match", "Idempotency-Key"},
        {"Idempotency-Key"},
    )
    assert {"200", "304"} <= set(read["responses"])
    assert {"200", "412"} <= set(change["responses"])
    assert "ETag" in read["responses"]["200"]["headers"]
    assert "ETag" in change["responses"]["200"]["headers"]
    assert "Idempotent-Replayed" in make["responses"]["201"]["headers"]
    assert {"Retry-After", "RateLimit", "RateLimit-Policy"} <= set(make["responses"]["429"]["headers"])


def test_the_documentation_is_a_page_of_our_own(app, guest):
    page = guest.get("/api/v1/docs/")

    assert page.status_code == 200
    assert "/api/v1/likes/toggle/" in page.text
    assert "Set-Cookie" not in page.headers
    assert "https://cdn" not in page.text


@pytest.mark.parametrize("headers", [{"Accept": "application/json"}, {"Authorization": "Token wrong"}], ids=str)
def test_the_address_of_the_staffs_posts_is_the_apis_for_programs(app, headers):
    answer = app.test_client().get("/posts/", headers=headers)

    assert answer.is_json


def test_the_address_of_the_staffs_posts_is_a_page_for_browsers(guest):
    answer = guest.get("/posts/", Accept="text/html,application/xhtml+xml,*/*;q=0.8")

    assert answer.status_code == 303
