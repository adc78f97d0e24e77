"""The other side: keep-alive connections that send the same bounded number of requests, and what came of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import gevent
from gevent import socket

from bench.figures import quantile
from bench.processes import cpu_seconds


@dataclass
class Load:
    """What one side did in all rounds: its requests, the CPU time it took, and how long each answer took."""

    cpu: float = 0.0
    latencies: list[float] = field(default_factory=list)
    refused: int = 0

    @property
    def rate(self) -> float:
        """Requests per second of CPU time."""
        return len(self.latencies) / self.cpu if self.cpu else 0.0

    @property
    def cost(self) -> float:
        """Seconds of CPU time per request."""
        return self.cpu / len(self.latencies)

    @property
    def times(self) -> str:
        """Median and 99th percentile in words."""
        return f"p50 {quantile(self.latencies, 0.5) * 1e3:.1f} ms, p99 {quantile(self.latencies, 0.99) * 1e3:.1f} ms"


def request(method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> bytes:
    """A whole request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body or method != "GET":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def drive(load: Load, port: int, roots: Sequence[int], lines: Sequence[Sequence[bytes]]) -> None:
    """Send each of `lines` over a connection of its own, all at once, and add to `load` what `roots` spent on it."""
    connections = [socket.create_connection(("127.0.0.1", port)) for _ in lines]
    before = cpu_seconds(*roots)
    jobs = [gevent.spawn(_send, load, *pair) for pair in zip(connections, lines, strict=True)]
    gevent.joinall(jobs, raise_error=True)
    load.cpu += cpu_seconds(*roots) - before
    for connection in connections:
        connection.close()


def _send(load: Load, connection: socket.socket, requests: Sequence[bytes]) -> None:
    for one in requests:
        began = time.perf_counter()
        connection.sendall(one)
        status = answered(connection)
        load.latencies.append(time.perf_counter() - began)
        load.refused += status not in (200, 201)


def answered(connection: socket.socket) -> int:
    """Read one whole answer, whose length is stated; its status."""
    data = b""
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += _more(connection)
    head = data[:end].lower()
    missing = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]) - (len(data) - end - 4)
    while missing > 0:
        missing -= len(_more(connection))
    return int(head.split(b" ", 2)[1])


def _more(connection: socket.socket) -> bytes:
    data: bytes = connection.recv(262_144)
    if not data:
        raise ConnectionError("the server hung up")
    return data
