"""Whatever is sent to whichever door: a sentence and a status of 4xx, and never a crash.

New doors are tried by themselves, because they stand in the description.
"""

from __future__ import annotations

import json
from io import BytesIO
from urllib.parse import quote

import pytest

from postways import jobs, links
from postways.api import description
from postways.api.door import Door
from postways.api.shapes import Parts, body_of
from postways.db import db
from postways.errors import Busy, Invalid
from postways.models import ApiToken, Family, Like, Photo, User
from tests.api.client import V1, Client
from tests.api.strange import BODIES, FORMS, HEADERS, IN_ADDRESSES, IN_QUERIES, KINDS, VALUES, filled
from tests.api.test_policy import LINES, OWN
from tests.cast import make_comment, make_post, picture


@pytest.fixture
def things(unlimited, ada, ben):
    """What the paths speak of."""
    post = make_post(unlimited, ada, pictures=1, title="Boats #harbour", likes=[ben])
    draft = make_post(unlimited, ada, published=False)
    comment = make_comment(unlimited, post, ada)
    return {"ada": ada.id, "post": post.id, "draft": draft.id, "picture": post.photos[0].id, "comment": comment.id}


@pytest.fixture
def operations(unlimited):
    """(method, path with places, operation, door) of every operation."""
    with unlimited.app_context():
        spec = json.loads(description.as_json(unlimited))
    doors: dict[str, Door] = {name.rpartition(".")[2]: door for name, door in description.doors(unlimited).items()}
    return [
        (method.upper(), path, operation, doors[operation["operationId"]])
        for path, methods in spec["paths"].items()
        for method, operation in methods.items()
    ]


@pytest.fixture
def asks(unlimited, ben):
    """Asks with a credential that is given out anew when a request has ended it; says what crashed."""
    state = {"client": Client.token(unlimited, ben)}

    def ask(method, path, **options):
        answer = state["client"].client.open(
            path, method=method, headers={"Authorization": state["client"].authorization, **options.pop("headers", {})},
            **options,
        )  # fmt: skip
        if answer.status_code == 401:
            state["client"] = Client.token(unlimited, ben)
        assert answer.status_code < 500, (method, path, str(options)[:200], answer.text[:200])
        if answer.status_code >= 400:
            assert answer.is_json, (method, path, answer.status_code)
        return answer

    return ask


def test_nothing_in_an_address_is_too_strange(operations, asks, things):
    for method, path, _operation, _door in operations:
        for value in IN_ADDRESSES if "{" in path else ():
            asks(method, filled(path, value))


def test_nothing_behind_the_question_mark_is_too_strange(operations, asks, things):
    tried = set()  # what all lists read in the same way is tried once
    for method, path, _operation, door in operations:
        fields = door.query.model_fields if door.query is not None else {}
        for name in [*fields, "sort"] if fields else ():
            if name in tried:
                continue
            tried |= {name} & set(Parts.model_fields)
            for value in IN_QUERIES:
                asks(method, f"{filled(path)}?{name}={value}")
            asks(method, f"{filled(path)}?{name}=1&{name}=2&{name}[]=3&{quote(name)}%00=1&=&&&")


def test_no_body_is_too_strange(operations, asks, things):
    for method, path, _operation, door in operations:
        if method in ("GET", "HEAD"):
            continue
        for body in BODIES:
            asks(method, filled(path), data=body, content_type="application/json")
        for kind in KINDS[1:]:
            for body in FORMS:
                asks(method, filled(path), data=body, content_type=kind)
        if door.body is not None:
            assert asks(method, filled(path), data=b"x", content_type="text/plain").status_code in (403, 404, 415)


def test_no_value_of_a_field_is_too_strange(operations, asks, things):
    for method, path, _operation, door in operations:
        fields = door.body.model_fields if door.body is not None else {}
        for name in fields:
            for value in VALUES:
                good = {other: field.examples[0] for other, field in fields.items() if field.examples and other != name}
                text = json.dumps({**good, name: value})
                asks(method, filled(path), data=text, content_type="application/json")
            asks(method, filled(path), data={name: ["a\x00", "b"]})
            asks(method, filled(path), data={name: (BytesIO(b"x"), "../../x\x00.jpg")})


def test_no_header_is_too_strange(operations, asks, things):
    for method, path, _operation, _door in operations:
        for name, value in HEADERS:
            asks(method, filled(path), headers={name: value})


def test_ten_thousand_ids_are_too_many(unlimited, things):
    ids = ",".join(map(str, range(1, 10_001)))
    answer = Client(unlimited).get(f"likes/batch/?ids={ids}")

    assert answer.status_code == 400
    assert list(answer.get_json()) == ["ids"]


# --- credentials


def _neighbour(letter):
    """The letter whose bits differ in the last one alone, which in 43 letters of base64url stands for nothing."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return letters[letters.index(letter) ^ 1]


def wrong_credentials(app, user, browser):
    """Secrets of every kind that is made for something else, each as an Authorization header."""
    with app.app_context():
        person = db.session.get(User, user.id)
        family, refresh = Family.begin(person, "read write", "test")
        db.session.commit()
        opaque = ApiToken.issue(person, kind="login", scope="read write", expires_at=None)
        db.session.commit()
        words = {purpose: links.links().token(purpose, person) for purpose in ("verify", "reset", "email", "recovery")}
    access = Client.bearer(app, user).authorization.partition(" ")[2]
    header, claims, signature = access.split(".")
    session = browser.client.get_cookie("session").value
    return {
        "a refresh token as Bearer": f"Bearer {refresh}",
        "a refresh token as Token": f"Token {refresh}",
        "an opaque token as Bearer": f"Bearer {opaque}",
        "an access token as Token": f"Token {access}",
        "an access token without its signature": f"Bearer {header}.{claims}.",
        "two access tokens": f"Bearer {access}, Bearer {access}",
        "an access token with its padding": f"Bearer {access}=",
        "an access token and one letter more": f"Bearer {access}A",
        "an access token and a mark": f"Bearer {access}!",
        "an access token with a mark in its middle": f"Bearer {header}.{claims}!.{signature}",
        "an access token whose last bits say nothing": f"Bearer {access[:-1]}{_neighbour(access[-1])}",
        "an access token twice": f"Bearer {access} {access}",
        "a session as Bearer": f"Bearer {session}",
        "a session as Token": f"Token {session}",
        "a form token": f"Bearer {browser.token()}",
        "a megabyte": "Bearer " + "x" * 1_000_000,
        "letters beyond ASCII": "Token pw_é",
        "a password": "Basic YmVuOmNvcnJlY3QgaG9yc2UgNyBiYXR0ZXJ5",
        "the other name of a scheme": f"JWT {access}",
        "nothing": "Bearer ",
        **{f"the word of a mail, {purpose}, as Bearer": f"Bearer {word}" for purpose, word in words.items()},
        **{f"the word of a mail, {purpose}, as Token": f"Token {word}" for purpose, word in words.items()},
        "a fingerprint of a family": f"Bearer {family.sid}",
    }


RECOVERY = "the word of a mail, recovery, as Bearer"  # opens the reset of the password, and nothing else


def test_every_kind_of_secret_opens_only_its_own_door(unlimited, things, ben, as_ben):
    told = set()
    for kind, authorization in wrong_credentials(unlimited, ben, as_ben).items():
        for line in LINES:
            if kind == RECOVERY and "password/reset" in line.path:
                continue
            answer = Client(unlimited).ask(
                line.method, line.path.format(**things), headers={"Authorization": authorization}
            )
            assert answer.status_code == 401, (kind, str(line), answer.text)
            told.add(answer.text)

    assert len(told) == 1  # nobody learns what was wrong


# --- fields that are nobody's to set


EXTRA = {
    "is_staff": True, "role": "admin", "author_id": 1, "author": 1, "user": 1, "user_id": 1, "id": 999,
    "email_verified": True, "verified_at": "2020-01-01", "published_at": "2020-01-01", "like_count": 99,
    "withheld": False, "credential_version": 7, "__proto__": {"a": 1}, "constructor": 1,
}  # fmt: skip


def test_a_like_is_of_who_asks(unlimited, things, ada, ben):
    client = Client.bearer(unlimited, ada)

    assert client.post("likes/toggle/", {"post": things["post"], **EXTRA}).status_code == 201
    with unlimited.app_context():
        assert {like.user_id for like in db.session.query(Like).filter_by(post_id=things["post"])} == {ada.id, ben.id}


def test_whoever_signs_up_is_a_member(unlimited, crowd):
    fields = {"username": "grace", "email": "grace@example.org", "password": "seven boats 4 the sea"}
    answer = Client(unlimited).post("users/", {**fields, **EXTRA})

    with unlimited.app_context():
        person = User.named("grace")
        assert (answer.status_code, person.role, person.verified_at, person.id) == (
            201,
            "member",
            None,
            answer.get_json()["id"],
        )


SECRET = ("email", "last_login", "address", "blocked", "muted", "role", "password", "totp", "is_staff", "credential")


def test_nobody_reads_of_others_what_is_theirs_alone(unlimited, things, ada, ben, operations):
    client = Client.bearer(unlimited, ben)
    for method, path, operation, _door in operations:
        if method != "GET" or "/me/" in path:
            continue
        answer = client.get(filled(path, str(ada.id)).removeprefix(V1))
        assert "ada@example.org" not in answer.text, operation["operationId"]
        if answer.status_code == 200 and "/users/" in path and path.endswith("}/"):
            assert not [name for name in answer.get_json() if name.startswith(SECRET)]


# --- methods, other sites, headers


def test_another_method_cannot_be_smuggled_in(unlimited, things, ada):
    for line in LINES:
        client = Client.bearer(unlimited, ada)
        before = client.get("users/me/").get_json()

        for override in ({"headers": {"X-HTTP-Method-Override": "DELETE"}}, {"query_string": {"_method": "DELETE"}}):
            client.client.open(V1 + line.path.format(**things), method="GET", **override)
        client.client.post(V1 + line.path.format(**things), data={"_method": "DELETE"})

        assert Client.bearer(unlimited, ada).get("users/me/").get_json()["stats"] == before["stats"], line


def opened(answer) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.headers if name.lower().startswith("access-control-")}


def test_pages_of_other_sites_read_what_programs_are_told_and_nothing_by_a_cookie(unlimited, things, as_ben, ben):
    for path, status in (("users/me/", 200), ("posts/", 200), ("nowhere/", 404)):
        answer = Client.cookie(as_ben).get(path)
        assert (answer.status_code, opened(answer)) == (status, {}), path
    for line in LINES:
        path = V1 + line.path.format(**things)
        asking = {"Access-Control-Request-Headers": "authorization, if-match", "Origin": "https://app.example"}
        client = Client.bearer(unlimited, ben)
        first = unlimited.test_client().options(path, headers=asking | {"Access-Control-Request-Method": line.method})
        answer = client.ask(line.method, line.path.format(**things), headers={"Origin": "https://app.example"})

        assert first.status_code in (200, 204) and line.method in first.headers["Allow"], line
        if path.startswith(("/api/v1/auth/mylogin/", "/api/v1/auth/token/refresh/", "/api/v1/docs/")):
            assert opened(first) == opened(answer) == {}, line
            continue
        for one in (first, answer):
            assert opened(one)["access-control-allow-origin"] == "*", line
            assert "access-control-allow-credentials" not in opened(one), line
            assert "Origin" not in one.headers.get("Vary", ""), line
        assert line.method in opened(first)["access-control-allow-methods"].split(", "), line
        assert opened(first)["access-control-allow-headers"].lower() == "authorization, if-match", line


@pytest.mark.parametrize(
    "origin", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}], ids=str
)
def test_a_session_changes_nothing_for_another_site(unlimited, things, as_ben, origin):
    for line in [line for line in LINES if line.method != "GET" and line.name not in OWN]:
        client = Client.cookie(as_ben)

        assert client.ask(line.method, line.path.format(**things), headers=origin).status_code == 403, line


@pytest.mark.parametrize("kind", ["text/plain", "text/plain; charset=utf-8", "application/octet-stream"])
def test_a_body_that_any_form_can_send_is_not_json(unlimited, things, as_ben, kind):
    client = Client.cookie(as_ben)
    body = json.dumps({"post": things["post"]})

    assert client.ask("POST", "likes/toggle/", data=body, content_type=kind).status_code == 415
    bare = as_ben.client.post(f"{V1}likes/toggle/", data=body, content_type=kind)  # without the form's token
    assert bare.status_code == 403


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "BREW"])
def test_methods_that_nobody_needs_are_off(unlimited, things, method):
    for line in LINES:
        answer = Client(unlimited).ask(method, line.path.format(**things))

        assert answer.status_code == 405, line
        assert list(answer.get_json()) == ["detail"], line
        assert line.method in answer.headers["Allow"], line


def test_head_is_get_without_the_words(unlimited, things, ben):
    for line in [line for line in LINES if line.method == "GET"]:
        client = Client.bearer(unlimited, ben)
        whole, head = (client.ask(method, line.path.format(**things)) for method in ("GET", "HEAD"))

        assert (head.status_code, head.data) == (whole.status_code, b""), line
        assert head.headers.get("ETag") == whole.headers.get("ETag"), line
        assert head.mimetype == whole.mimetype, line


def test_every_answer_carries_the_headers_that_protect(unlimited, things, ben):
    for line in LINES:
        for client in (Client(unlimited), Client.bearer(unlimited, ben)):
            if line.name == "docs" and client.authorization:
                continue  # a page: browsers send no such header
            answer = client.ask(line.method, line.path.format(**things))

            assert answer.headers["X-Content-Type-Options"] == "nosniff", line
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"], line
            assert answer.headers["Referrer-Policy"], line
            assert answer.headers["X-Request-ID"], line
            assert answer.headers["Cache-Control"] in ("private, no-cache", "no-store"), line
            assert "Set-Cookie" not in answer.headers, line
            assert "X-Powered-By" not in answer.headers, line


def test_a_machine_that_is_too_busy_says_so(unlimited, ben, monkeypatch):
    def busy(*_arguments, **_options):
        raise Busy

    monkeypatch.setattr(Like, "total", busy)
    answer = Client.bearer(unlimited, ben).get("likes/")

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert list(answer.get_json()) == ["detail"]


def test_a_picture_with_a_strange_name_is_a_picture(unlimited, ada):
    client = Client.bearer(unlimited, ada)
    for name in ("../../etc/passwd", "x" * 300 + ".jpg", "\u202egpj.exe", ".jpg"):
        answer = client.patch("users/me/", data={"avatar": (BytesIO(picture()), name)})
        assert answer.status_code == 200, name
    with unlimited.app_context():
        photo = db.session.query(Photo).filter_by(owner_id=ada.id).one()
        jobs.prepare(photo.id)
        assert ".." not in photo.original


def test_a_flag_is_true_or_false_and_in_a_form_a_word_for_it(app):
    shapes = {view.door.body for view in app.view_functions.values() if getattr(view, "door", None) and view.door.body}
    flags = [
        (shape, name) for shape in shapes for name, field in shape.model_fields.items() if field.annotation is bool
    ]
    assert len(flags) > 3

    for shape, name in flags:
        for value in ("yes", "true", 1, 0, "1", None):
            with app.test_request_context(method="POST", json={name: value}), pytest.raises(Invalid) as refused:
                body_of(shape)
            assert name in refused.value.fields
        with app.test_request_context(method="POST", json={name: True}):
            assert name not in _refused_of(shape)
        with app.test_request_context(method="POST", data={name: "true"}):
            assert name not in _refused_of(shape)


def _refused_of(shape):
    try:
        body_of(shape)
    except Invalid as error:
        return error.fields
    return {}
