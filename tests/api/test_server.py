"""What only the real server shows: bodies that are too large, with their length or without, and endless headers."""

from __future__ import annotations

import http.client
import json
import socket
from contextlib import suppress

import pytest
from flask import Flask

from tests.api.client import Client
from tests.cast import make_user
from tests.servers import PATIENCE, Site, empty_database

pytestmark = pytest.mark.slow
TOO_MUCH = 1_000_001  # bytes; a form without photographs has a million at most
TOGGLE = "/api/v1/likes/toggle/"
INTRODUCE = "/api/v1/users/me/"


@pytest.fixture(scope="module")
def site(tmp_path_factory, worker_id, redis_url) -> Site:
    folder = tmp_path_factory.mktemp("api-site")
    return Site(folder, empty_database(folder, f"postways_api_{worker_id}"), redis_url)


@pytest.fixture(scope="module")
def seen(site) -> Flask:
    with site.seen() as app:
        yield app


@pytest.fixture(scope="module")
def authorization(seen) -> str:
    return Client.token(seen, make_user(seen, "ada")).authorization


@pytest.fixture(scope="module")
def web(site, seen, authorization):
    with site.web():
        yield site


@pytest.fixture
def ask(web, authorization):
    """Sends a request on a connection of its own; returns status and what was said."""

    def ask(method, path, body=None, *, chunked=False, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=PATIENCE)
        headers = {"Authorization": authorization, **{name.replace("_", "-"): text for name, text in headers.items()}}
        with suppress(BrokenPipeError, ConnectionResetError):  # the answer may come before everything has been sent
            connection.request(method, path, body, headers, encode_chunked=chunked)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, json.loads(text) if text else None

    return ask


def in_pieces(size):
    for _ in range(-(-size // 50_000)):
        yield b" " * 50_000


def test_a_body_that_is_too_large_is_413_by_its_length(ask):
    status, body = ask("POST", TOGGLE, b" " * TOO_MUCH, Content_Type="application/json")

    assert (status, list(body)) == (413, ["detail"])


def test_a_body_that_is_too_large_is_413_without_its_length(ask):
    status, body = ask(
        "POST", TOGGLE, in_pieces(TOO_MUCH), chunked=True, Content_Type="application/json", Transfer_Encoding="chunked"
    )

    assert (status, list(body)) == (413, ["detail"])


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"])
def test_so_is_one_of_any_other_kind(ask, kind):
    pieces = in_pieces(TOO_MUCH)
    status, _ = ask("POST", TOGGLE, pieces, chunked=True, Content_Type=kind, Transfer_Encoding="chunked")

    assert status == 413


def test_a_body_without_its_length_is_read(ask):
    pieces = (piece for piece in (b'{"bio": "in ', b'pieces"}'))
    status, body = ask(
        "PATCH", INTRODUCE, pieces, chunked=True, Content_Type="application/json", Transfer_Encoding="chunked"
    )

    assert (status, body["bio"]) == (200, "in pieces")


def test_a_length_that_lies_is_refused_before_it_is_read(web, authorization):
    with socket.create_connection(("127.0.0.1", web.port), timeout=PATIENCE) as connection:
        head = [f"POST {TOGGLE} HTTP/1.1", "Host: localhost", f"Authorization: {authorization}"]
        head += ["Content-Type: application/json", "Content-Length: 99999999999"]
        connection.sendall(("\r\n".join(head) + "\r\n\r\n").encode())  # and nothing of it follows
        assert connection.recv(65_536).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "9" * 400, ""])
def test_a_length_that_is_none_is_refused(web, length):
    with socket.create_connection(("127.0.0.1", web.port), timeout=PATIENCE) as connection:
        head = [f"POST {TOGGLE} HTTP/1.1", "Host: localhost", "Connection: close", f"Content-Length: {length}"]
        connection.sendall(("\r\n".join(head) + "\r\n\r\n").encode())
        assert connection.recv(65_536).split(b" ", 2)[1] in (b"400", b"401", b"413")


def test_a_megabyte_of_headers_is_refused(web, ask):
    with socket.create_connection(("127.0.0.1", web.port), timeout=PATIENCE) as connection:
        head = f"GET {INTRODUCE} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {'x' * 1_000_000}\r\n\r\n"
        try:
            connection.sendall(head.encode())
            answer = connection.recv(65_536)
        except (BrokenPipeError, ConnectionResetError):
            answer = b""  # refused before all of it was sent
    assert answer == b"" or answer.split(b" ", 2)[1] in (b"400", b"401", b"431")
    assert ask("GET", INTRODUCE)[0] == 200  # and others are served on


def test_a_line_that_ends_early_and_one_more_request_are_not_mixed_up(web, authorization):
    """Two lengths, or a length and pieces: whoever stands in between may read it in the other way."""
    for lines in (
        ["Content-Length: 5", "Content-Length: 6"],
        ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
        ["Transfer-Encoding: xchunked"],
    ):
        with socket.create_connection(("127.0.0.1", web.port), timeout=PATIENCE) as connection:
            head = [f"POST {TOGGLE} HTTP/1.1", "Host: localhost", f"Authorization: {authorization}", *lines]
            connection.sendall(("\r\n".join(head) + "\r\n\r\nhello").encode())
            assert connection.recv(65_536).split(b" ", 2)[1] in (b"400", b"501")
            assert connection.recv(65_536) == b""  # and the connection is over


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PURGE"])
def test_methods_that_nobody_needs_are_off(ask, method):
    status, body = ask(method, INTRODUCE)

    assert status == 405
    assert list(body) == ["detail"]


def test_the_server_says_nothing_of_itself(web):
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=PATIENCE)
    connection.request("GET", "/api/v1/")
    headers = dict(connection.getresponse().getheaders())
    connection.close()

    assert not any(word in str(headers).lower() for word in ("gunicorn", "werkzeug", "python", "gevent"))
