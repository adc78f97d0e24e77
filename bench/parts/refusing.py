"""What is strange or hidden: how long the slowest refusal takes, and whether the time tells hidden from missing."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from bench.figures import Figure, quantile
from bench.load import request
from bench.parts import Bench
from bench.site import PATIENCE, Failed, Site, Visitor
from tests.api.strange import BODIES, FORMS, HEADERS, IN_ADDRESSES, IN_QUERIES, KINDS, VALUES, filled

AGAIN = 20  # the slowest, each asked again
TIMES = 9  # so often
JSON = {"Content-Type": "application/json"}


def strange(bench: Bench) -> Iterator[Figure]:
    """Everything strange to every operation of the API; the slowest beside an ordinary answer."""
    asking = Asking(bench.site)
    sent = list(everything(asking.description))[:: round(1 / bench.share)]
    taken = sorted(((asking.seconds(one), one) for one in sent), key=lambda pair: pair[0], reverse=True)
    ordinary = Strange("GET", "/api/v1/posts/")
    slowest, plain = (0.0, ordinary), []
    for _, one in taken[:AGAIN]:  # in one go a neighbour's work counts as well: what is slow is slow every time
        turns = [(asking.seconds(one), asking.seconds(ordinary)) for _ in range(TIMES)]
        plain += [usual for _, usual in turns]
        slowest = max(slowest, (quantile([odd for odd, _ in turns], 0.5), one), key=lambda pair: pair[0])
    seconds, one = slowest
    name = f"slowest of {len(sent):,} requests"
    yield Figure("strange", name, seconds * 1e3, "ms", at_most=200, note=str(one))
    yield Figure("strange", f"{name}, beside an ordinary list", seconds * 1e3, "ms", quantile(plain, 0.5) * 1e3)
    crashed = "; ".join(map(str, asking.crashed[:3]))
    yield Figure("strange", "answered with 5xx or not at all", len(asking.crashed), "", at_most=0, note=crashed)


@dataclass(frozen=True)
class Strange:
    """One request."""

    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        more = f" {dict(self.headers)}" if self.headers else ""
        return f"{self.method} {self.path}{more} {self.body[:40]!r}"[:160]


class Asking:
    """Sends as a program does whose token is got anew when a request has ended it."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.crashed: list[Strange] = []
        self.description = json.loads(Visitor(site.port).page("/api/v1/openapi.json"))
        self.authorization = self._token()

    def seconds(self, one: Strange) -> float:
        """Until the whole answer is there."""
        head = {"Authorization": self.authorization, **one.headers, "Connection": "close"}
        whole = request(one.method, one.path, head, one.body)
        began = time.perf_counter()
        status = _status(self.site.port, whole)
        taken = time.perf_counter() - began
        if status in (0, 500) or status > 501:  # noqa: PLR2004 which is what a coding that nobody knows deserves
            self.crashed.append(one)
        if status == 401:  # noqa: PLR2004
            self.authorization = self._token()
        return taken

    def _token(self) -> str:
        ((name,),) = self.site.ask("SELECT username FROM users ORDER BY id LIMIT 1 OFFSET 5")
        password = (self.site.folder / "demo_password").read_text().strip()
        body = json.dumps({"username": name, "password": password}).encode()
        status, answer = Visitor(self.site.port).ask("POST", "/api/v1/auth/token/", body, JSON)
        if status != 200:  # noqa: PLR2004
            raise Failed(f"{name} got no token: {status} {answer[:300]!r}")
        return f"Token {json.loads(answer)['token']}"


def _status(port: int, whole: bytes) -> int:
    """Of the answer, read to its end; 0 where the line was cut before."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        answer = b""
        with contextlib.suppress(OSError):
            connection.sendall(whole)
        with contextlib.suppress(OSError):  # refused before all was sent: the answer is there
            while more := connection.recv(262_144):
                answer += more
    words = answer[:64].split(b" ", 2)
    return int(words[1]) if words[0].startswith(b"HTTP/") else 0


def everything(description: dict[str, Any]) -> Iterator[Strange]:
    """All that is strange, to each operation of a description."""
    shared: set[str] = set()  # what all lists read in the same way is tried once
    for path, methods in description["paths"].items():
        for name, operation in methods.items():
            method = name.upper()
            if "{" in path:
                yield from (Strange(method, filled(path, value)) for value in IN_ADDRESSES)
            asked = {each["name"] for each in operation.get("parameters", ()) if each.get("in") == "query"} - shared
            shared |= asked & {"page", "page_size", "cursor", "count"}
            for parameter in [*sorted(asked), "sort"] if asked else ():
                yield from (Strange(method, f"{filled(path)}?{parameter}={value}") for value in IN_QUERIES)
            yield from (Strange(method, filled(path), headers={key: value}) for key, value in HEADERS)
            if method != "GET":
                yield from _bodies(method, filled(path), _fields(description, operation))


def _bodies(method: str, path: str, fields: dict[str, Any]) -> Iterator[Strange]:
    yield from (Strange(method, path, body, JSON) for body in BODIES)
    for kind in KINDS[1:]:
        yield from (Strange(method, path, body, {"Content-Type": kind}) for body in FORMS)
    for name in fields:
        good = {other: example for other, example in fields.items() if other != name and example is not None}
        for value in VALUES:
            yield Strange(method, path, json.dumps({**good, name: value}).encode(), JSON)
        yield Strange(method, path, urlencode({name: ["a\0", "b"]}, doseq=True).encode(), {"Content-Type": KINDS[1]})


def _fields(description: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    """The fields of what an operation reads, each with an example if it has one."""
    content = operation.get("requestBody", {}).get("content", {})
    for kind in content.values():
        schema = kind.get("schema", {})
        if "$ref" in schema:
            schema = description["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return {name: next(iter(about.get("examples", ())), None) for name, about in schema["properties"].items()}
    return {}
