"""The limit of live pages: a stream read from Redis, and each message written to every open socket; nothing else.

`python -m bench.fanout PORT REDIS_URL` answers every connection with HELLO.
"""

from __future__ import annotations

import sys

import gevent
from gevent import monkey
from gevent.server import StreamServer
from gevent.socket import socket

STREAM = "bench:live"
HELLO = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: hello\n\n"


def main(port: str, redis_url: str) -> None:
    """Serve until killed."""
    monkey.patch_all()
    from redis import Redis

    redis = Redis.from_url(redis_url)
    redis.delete(STREAM)
    listening: set[socket] = set()

    def greet(connection: socket, _: object) -> None:
        connection.recv(65_536)
        connection.sendall(HELLO)
        listening.add(connection)
        connection.recv(1)  # until it goes
        listening.discard(connection)

    gevent.spawn(StreamServer(("127.0.0.1", int(port)), greet, backlog=4096).serve_forever)
    last = "0-0"
    while True:
        for _, entries in redis.xread({STREAM: last}, block=5_000) or []:
            last = entries[-1][0]
            for _id, fields in entries:
                for connection in list(listening):
                    connection.sendall(fields[b"message"])


if __name__ == "__main__":
    main(*sys.argv[1:])
