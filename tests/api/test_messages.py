"""Messages through the API: sending, reading from one's own side, filters, and the addresses of before."""

from __future__ import annotations

from datetime import datetime

import pytest
from limits import RateLimitItemPerHour
from sqlalchemy import update

from postways import jobs, limits
from postways.db import db
from postways.models import Audit, Block, Conversation, Copy, Message, Photo, User
from tests.api.client import Client
from tests.cast import make_photo, make_user, upload
from tests.house.test_queries import statements

FIELDS = {"id", "sender", "receiver", "content", "created_at", "read_at"}


@pytest.fixture
def as_ben_api(app, ben) -> Client:
    return Client.token(app, ben)


def send(client: Client, to: str, content: str = "Hello there") -> dict:
    answer = client.post("messages/", {"receiver": to, "content": content})
    assert answer.status_code == 201, answer.text
    return answer.get_json()


def contents(client: Client, path: str = "messages/") -> list[str]:
    return [one["content"] for one in client.get(path).get_json()["results"]]


def dated(app, message_id: int, moment: str) -> None:
    """Let it have been sent then."""
    at = datetime.fromisoformat(moment)
    with app.app_context():
        db.session.execute(update(Message).where(Message.id == message_id).values(created_at=at))
        db.session.execute(update(Copy).where(Copy.message_id == message_id).values(created_at=at))
        db.session.commit()


def count(app, noun=Message) -> int:
    with app.app_context():
        return db.session.query(noun).count()


def test_a_message_is_sent_and_read_by_the_two(app, as_ada_api, as_ben_api):
    made = send(as_ada_api, "BEN", "  Shall we meet? \n")
    send(as_ben_api, "ada", "Yes.")

    assert set(made) == FIELDS
    assert (made["sender"], made["receiver"], made["content"]) == ("ada", "ben", "Shall we meet?")
    assert made["read_at"] is None and made["created_at"].endswith("Z")
    assert contents(as_ada_api) == contents(as_ben_api) == ["Yes.", "Shall we meet?"]
    assert contents(as_ada_api, "messages/sent/") == contents(as_ben_api, "messages/received/") == ["Shall we meet?"]
    assert as_ben_api.get(f"messages/{made['id']}/").get_json() == made


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"receiver": "ada", "content": "Hello"}, "receiver"),
        ({"receiver": "nobody-at-all", "content": "Hello"}, "receiver"),
        ({"receiver": "", "content": "Hello"}, "receiver"),
        ({"content": "Hello"}, "receiver"),
        ({}, "content receiver"),
        ({"receiver": "nobody-at-all", "content": ""}, "content receiver"),
        ({"receiver": "ada", "content": "x" * 5_001, "alt": "x" * 1_501}, "alt content receiver"),
        ({"receiver": "ben"}, "content"),
        ({"receiver": "ben", "content": ""}, "content"),
        ({"receiver": "ben", "content": " \n\t"}, "content"),
        ({"receiver": "ben", "content": "\u2800"}, "content"),
        ({"receiver": "ben", "content": "x" * 5_001}, "content"),
        ({"receiver": "ben", "content": "a\x00b"}, "content"),
        ({"receiver": ["ben"], "content": "Hello"}, "receiver"),
    ],
)
def test_what_can_not_be_sent_is_refused_by_its_field(app, ben, as_ada_api, body, field):
    answer = as_ada_api.post("messages/", body)

    assert (answer.status_code, list(answer.get_json())) == (400, field.split())
    assert count(app) == 0


def test_who_was_blocked_gets_a_sentence_and_nothing_is_kept(app, ada, ben, as_ada_api, as_ben_api):
    send(as_ada_api, "ben", "Before")
    with app.app_context():
        Block.begin(User.named("ben"), User.named("ada"))
        db.session.commit()

    answer = as_ada_api.post("messages/", {"receiver": "ben", "content": "Secret words"})
    again = as_ada_api.post(
        "messages/", {"receiver": "ben", "content": "Secret words"}, headers={"Idempotency-Key": "k"}
    )

    assert (answer.status_code, answer.get_json()) == (403, {"detail": "This message can't be delivered."})
    assert again.get_json() == answer.get_json()
    assert as_ben_api.post("messages/", {"receiver": "ada", "content": "x"}).status_code == 400
    assert contents(as_ada_api) == contents(as_ben_api) == contents(as_ben_api, "messages/received/?sender=ada") == []
    assert count(app) == 1
    with app.app_context():
        refused = db.session.query(Audit).filter_by(kind="message-refused").all()
        assert [(entry.actor_id, entry.target_id) for entry in refused] == [(ada.id, ben.id)] * 2
        assert "Secret" not in repr([entry.__dict__ for entry in refused])


def test_the_same_key_sends_once(app, ben, as_ada_api):
    body, headers = {"receiver": "ben", "content": "Once"}, {"Idempotency-Key": "k"}

    first, second = (as_ada_api.post("messages/", body, headers=headers) for _ in range(2))

    assert first.get_json() == second.get_json() and count(app) == 1


def test_lists_are_filtered_by_person_and_by_day(app, ada, ben, as_ada_api, as_ben_api):
    as_zoe = Client.bearer(app, make_user(app, "cleo"))
    early, late = send(as_ada_api, "ben", "Early"), send(as_ada_api, "ben", "Late")
    other = send(as_ada_api, "cleo", "Other")
    send(as_zoe, "ada", "From cleo")
    dated(app, early["id"], "2026-03-01T00:00:00+00:00")
    dated(app, late["id"], "2026-03-01T23:59:59.999999+00:00")
    dated(app, other["id"], "2026-03-02T00:00:00+00:00")

    sent = "messages/sent/"
    assert contents(as_ada_api, f"{sent}?receiver=ben") == ["Late", "Early"]
    assert contents(as_ada_api, f"{sent}?receiver=nobody-at-all") == []
    assert contents(as_ada_api, f"{sent}?receiver=") == contents(as_ben_api, "messages/received/?sender=%20") == []
    assert contents(as_ada_api, f"{sent}?date=2026-03-01") == ["Late", "Early"]
    assert contents(as_ada_api, f"{sent}?date=2026-03-01&receiver=cleo") == []
    assert contents(as_ada_api, f"{sent}?date=2026-03-01&tz=America/New_York") == ["Other", "Late"]
    assert contents(as_ada_api, f"{sent}?date=0001-01-01&tz=Asia/Tokyo") == []
    assert contents(as_ada_api, f"{sent}?date=9999-12-31&tz=America/New_York") == []
    assert contents(as_ben_api, "messages/received/?sender=ada&date=2026-03-01&page=1") == ["Late", "Early"]
    assert contents(as_ben_api, "messages/received/?sender=cleo") == []


@pytest.mark.parametrize(
    ("query", "zone"),
    [("", "UTC"), ("date=2026-03-01", "UTC"), ("tz=UTC", "UTC"), ("tz=Asia/Calcutta", "Asia/Calcutta")],
)
def test_lists_by_day_say_where_it_is_counted(ben, as_ada_api, as_ben_api, query, zone):
    send(as_ada_api, "ben")
    for answer in (as_ada_api.get(f"messages/sent/?{query}"), as_ben_api.get(f"messages/received/?{query}")):
        assert (answer.status_code, answer.headers["Time-Zone"]) == (200, zone)
        read = {"If-None-Match": answer.headers["ETag"]}
        again = as_ada_api.get(f"messages/sent/?{query}", headers=read)
        assert again.headers["Time-Zone"] == zone
    assert "Time-Zone" not in as_ada_api.get("messages/").headers


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("date=2026-02-30", 400, "date"),
        ("date=2025-02-29", 400, "date"),
        ("date=01.03.2026", 400, "date"),
        ("date=20260301", 400, "date"),
        ("date=2026-W10-1", 400, "date"),
        ("date=", 400, "date"),
        ("tz=", 400, "tz"),
        ("tz=europe/berlin", 400, "tz"),
        ("tz=localtime", 400, "tz"),
        ("tz=posixrules", 400, "tz"),
        ("tz=Factory", 400, "tz"),
        ("tz=right/UTC", 400, "tz"),
        ("tz=posix/Europe/Berlin", 400, "tz"),
        ("date=2026-03-01&tz=Mars/Olympus", 400, "tz"),
        ("date=2026-03-01&tz=Europe", 400, "tz"),
        ("date=2026-03-01&tz=../etc", 400, "tz"),
        ("page=0", 400, "page"),
        ("page=-1", 400, "page"),
        ("page=one", 400, "page"),
        ("page=2", 404, "detail"),
        ("page=1000000000", 404, "detail"),
        ("cursor=x", 400, "cursor"),
    ],
)
@pytest.mark.parametrize("path", ["sent", "received"])
def test_a_bad_filter_is_refused_by_its_name(app, ben, as_ada_api, path, query, status, field):
    send(as_ada_api, "ben")

    answer = as_ada_api.get(f"messages/{path}/?{query}")

    assert (answer.status_code, list(answer.get_json())) == (status, [field])


def test_pages_have_numbers_and_places(app, ben, as_ada_api):
    for number in range(5):
        send(as_ada_api, "ben", f"Number {number}")

    first = as_ada_api.get("messages/?page_size=2").get_json()
    second = as_ada_api.get(first["next"].partition("/api/v1/")[2]).get_json()

    assert first["count"] == 5
    assert [one["content"] for one in first["results"] + second["results"]] == [f"Number {n}" for n in (4, 3, 2, 1)]
    assert contents(as_ada_api, "messages/sent/?page=3&page_size=2") == ["Number 0"]


def test_reading_is_said_and_counted(app, ada, ben, as_ada_api, as_ben_api):
    send(as_ben_api, "ada", "Who answers knows the other")
    first, second = send(as_ada_api, "ben", "One"), send(as_ada_api, "ben", "Two")

    assert as_ada_api.post("messages/read/", {"ids": [first["id"]]}).get_json() == {"unread": 1}  # not ada's to read
    assert as_ben_api.post("messages/read/", {"ids": [first["id"], 2**40]}).get_json() == {"unread": 1}
    assert as_ada_api.get(f"messages/{first['id']}/").get_json()["read_at"]
    assert not as_ada_api.get(f"messages/{second['id']}/").get_json()["read_at"]
    assert as_ben_api.post("messages/read/", {"all": True}).get_json() == {"unread": 0}
    for body in ({}, {"ids": [], "all": False}, {"ids": [1], "all": True}, {"ids": "x"}, {"ids": [0]}):
        assert as_ben_api.post("messages/read/", body).status_code == 400


def test_each_deletes_from_the_own_side(app, ada, ben, as_ada_api, as_ben_api):
    made = send(as_ada_api, "ben")

    assert as_ben_api.delete(f"messages/{made['id']}/").status_code == 204
    assert as_ben_api.delete(f"messages/{made['id']}/").status_code == 404
    assert contents(as_ben_api) == [] and contents(as_ada_api) == ["Hello there"]
    assert as_ada_api.delete(f"messages/{made['id']}/").status_code == 204
    assert count(app) == 0


def test_nobody_else_reads_or_deletes_it(app, ada, ben, crowd, mod, as_ada_api):
    made = send(as_ada_api, "ben")

    for stranger in (Client.bearer(app, crowd), Client.bearer(app, mod)):
        assert contents(stranger) == []
        assert stranger.get(f"messages/{made['id']}/").status_code == 404
        assert stranger.delete(f"messages/{made['id']}/").status_code == 404
        assert stranger.post("reports/", {"message": made["id"], "reason": "x"}).status_code == 400
        assert stranger.post("messages/read/", {"ids": [made["id"]]}).status_code == 200
    assert not as_ada_api.get(f"messages/{made['id']}/").get_json()["read_at"]


def test_the_receiver_tells_the_staff(app, ada, ben, as_ada_api, as_ben_api):
    made = send(as_ada_api, "ben", "Terrible words")

    answer = as_ben_api.post("reports/", {"message": made["id"], "reason": "Look"})

    assert (answer.status_code, answer.get_json()["message"]) == (201, made["id"])
    assert as_ben_api.post("reports/", {"message": made["id"], "reason": "Look"}).status_code == 200
    assert as_ada_api.post("reports/", {"message": made["id"], "reason": "Look"}).status_code == 403


def test_pictures_of_the_pages_are_read_here_by_the_two(app, ada, ben, as_ada_api, as_ben_api):
    with app.app_context():
        photo = make_photo(app, ada, commit=False)
        message = Conversation.write(User.named("ada"), User.named("ben"), "", [db.session.get(Photo, photo.id)])
        db.session.commit()
        jobs.prepare(photo.id)

    (enclosed,) = as_ben_api.get(f"messages/{message.id}/").get_json()["images"]

    path = enclosed["url"].removeprefix("http://localhost")
    assert enclosed["status"] == "ready"
    assert [client.ask("GET", path).status_code for client in (as_ada_api, as_ben_api, Client(app))] == [200, 200, 404]


def test_pictures_come_along_and_of_a_refusal_nothing_is_kept(app, ben, as_ada_api, as_ben_api):
    def send_pictures(*files, **more):
        return as_ada_api.ask("POST", "messages/", data={"receiver": "ben", "images": list(files), **more})

    made = send_pictures(upload(), upload(), alt=["A boat", "A quay"])
    assert (made.status_code, made.get_json()["content"]) == (201, "")
    assert [one["alt"] for one in as_ben_api.get("messages/").get_json()["results"][0]["images"]] == [
        "A boat",
        "A quay",
    ]

    files = sorted(app.extensions["storage"].keys())
    assert list(send_pictures(upload(b"no picture")).get_json()) == ["images"]
    assert list(send_pictures(*[upload() for _ in range(11)]).get_json()) == ["images"]
    assert list(send_pictures(upload(), receiver="nobody-at-all").get_json()) == ["receiver"]
    as_ben_api.post("blocks/", {"blocked": "ada"})
    assert send_pictures(upload(), content="Hello").status_code == 403
    assert (count(app), count(app, Photo)) == (1, 2)
    assert sorted(app.extensions["storage"].keys()) == files


def test_who_has_left_has_no_name(app, ada, ben, as_ada_api, as_ben_api):
    send(as_ada_api, "ben", "What I said")
    with app.app_context():
        User.named("ada").leave()
        db.session.commit()

    (left,) = as_ben_api.get("messages/").get_json()["results"]

    assert (left["sender"], left["receiver"], left["content"]) == (None, "ben", "What I said")
    assert as_ben_api.post("messages/", {"receiver": "ada", "content": "x"}).get_json().keys() == {"receiver"}
    assert contents(as_ben_api, "messages/received/?sender=ada") == []


def test_who_is_suspended_is_found_by_no_name(app, ada, ben, mod, as_ada_api, as_ben_api):
    send(as_ada_api, "ben", "What I said")
    send(as_ben_api, "ada", "Yes")
    with app.app_context():
        User.named("ada").suspend(User.named("mod"), "Insults.")
        db.session.commit()

    assert [one["sender"] for one in as_ben_api.get("messages/").get_json()["results"]] == ["ben", None]
    assert contents(as_ben_api, "messages/received/?sender=ada") == []
    assert contents(as_ben_api, "messages/sent/?receiver=ada") == []


def test_nothing_of_messages_is_kept_anywhere(app, ben, as_ada_api, as_ben_api):
    made = send(as_ada_api, "ben")
    paths = ("", "sent/", "received/", "requests/", f"{made['id']}/", "0/", "sent/?date=x")
    answers = [as_ben_api.get(f"messages/{path}") for path in paths]
    answers += [as_ada_api.post("messages/", {}), as_ben_api.post("messages/read/", {"all": True})]

    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}
    assert as_ada_api.get("blocks/").headers["Cache-Control"] == "private, no-cache"


def test_pictures_close_with_a_block_and_for_who_deleted_the_message(app, ada, ben, as_ada_api, as_ben_api):
    with app.app_context():
        photo = make_photo(app, ada, commit=False)
        message = Conversation.write(User.named("ada"), User.named("ben"), "", [db.session.get(Photo, photo.id)])
        db.session.commit()
        jobs.prepare(photo.id)
        key = db.session.get(Photo, photo.id).key

    def open_to() -> list[int]:
        paths = (f"/media/{key}/square.jpg", f"/media/{key}/original", f"images/{photo.id}/")
        return [client.get(path).status_code for client in (as_ada_api, as_ben_api) for path in paths]

    assert open_to() == [200, 200, 200, 200, 404, 200]
    as_ben_api.post("blocks/", {"blocked": "ada"})
    assert open_to() == [404] * 6
    as_ben_api.delete("blocks/ada/")
    as_ada_api.delete(f"messages/{message.id}/")
    assert open_to() == [404, 404, 404, 200, 404, 200]


def test_what_is_refused_does_not_count_against_the_hour(app, ben, as_ada_api, monkeypatch):
    monkeypatch.setitem(limits.AN_HOUR, "message", RateLimitItemPerHour(2, namespace="message"))
    for body in ({}, {"receiver": "nobody-at-all", "content": "x"}, {"receiver": "ada", "content": "x"}):
        assert as_ada_api.post("messages/", body).status_code == 400
    send(as_ada_api, "ben", "One")
    send(as_ada_api, "ben", "Two")

    assert as_ada_api.post("messages/", {"receiver": "ben", "content": "Three"}).status_code == 429


def test_what_strangers_write_waits_until_it_is_accepted_or_deleted(app, ada, ben, as_ada_api, as_ben_api):
    as_cleo = Client.bearer(app, make_user(app, "cleo"))
    send(as_ada_api, "ben", "Do you remember me?")
    newest = send(as_cleo, "ben", "Buy this")
    assert as_ben_api.post("messages/read/", {"all": True}).get_json() == {"unread": 0}

    page = as_ben_api.get("messages/requests/").get_json()
    assert [(one["sender"]["username"], one["status"], one["unread"]) for one in page["results"]] == [
        ("cleo", "requested", 1),
        ("ada", "requested", 1),
    ]
    assert page["count"] == 2 and page["results"][0]["last"] == newest
    assert as_ada_api.get("messages/requests/").get_json()["count"] == 0

    assert as_ada_api.put("messages/requests/ben/").status_code == 404  # it is not hers to accept
    for _ in range(2):
        accepted = as_ben_api.put("messages/requests/ADA/")
        assert (accepted.status_code, accepted.get_json()["status"]) == (200, "accepted")
    assert as_ben_api.delete("messages/requests/cleo/").status_code == 204
    assert as_ben_api.delete("messages/requests/cleo/").status_code == 404
    assert as_ben_api.delete("messages/requests/ada/").status_code == 404  # it is no request any more
    assert as_ben_api.put("messages/requests/cleo/").status_code == 404
    assert as_ada_api.put("messages/requests/ben/").status_code == 404
    assert contents(as_ben_api) == ["Do you remember me?"] and contents(as_cleo) == ["Buy this"]
    assert as_ben_api.get("messages/requests/").get_json()["results"] == []
    assert as_ada_api.put("messages/requests/nobody-at-all/").status_code == 404


def test_requests_cost_the_same_however_many_there_are(app, ben, as_ben_api):
    for number in range(5):
        send(Client.bearer(app, make_user(app, f"stranger{number}")), "ben", f"Number {number}")
    with statements(app) as one:
        as_ben_api.get("messages/requests/?page_size=1")
    with statements(app) as five:
        as_ben_api.get("messages/requests/?page_size=5")

    assert len(one) == len(five)


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_old_addresses_are_the_same_doors(app, ada, ben, as_ada_api, as_ben_api, slash):
    body = {"receiver": "ben", "content": "By the old way"}
    assert as_ada_api.ask("POST", f"/api/message{slash}", body).status_code == 201
    assert as_ada_api.ask("POST", f"/api/message{slash}", data=body).status_code == 201  # a form

    for client, path in ((as_ada_api, "/api/message/sent"), (as_ben_api, "/api/message/received")):
        page = client.ask("GET", f"{path}{slash}").get_json()
        assert page["count"] == 2 and set(page["results"][0]) == FIELDS
    assert as_ada_api.ask("GET", f"/api/message{slash}").get_json()["count"] == 2
    assert Client(app).ask("GET", f"/api/message/sent{slash}").status_code == 401


def test_lists_cost_the_same_however_many_there_are(app, ben, as_ada_api):
    for number in range(12):
        send(as_ada_api, "ben", f"Number {number}")
    with statements(app) as one:
        as_ada_api.get("messages/?page_size=1")
    with statements(app) as ten:
        as_ada_api.get("messages/?page_size=10")

    assert len(ten) == len(one)
