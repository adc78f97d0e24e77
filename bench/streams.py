"""Many open pages at once, read with as little work as possible: their reading is part of every latency."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress

from bench.site import Failed

PATIENCE = 30.0  # seconds
WARY = 64  # connections that are opened before the server is given time to take them


class Audience:
    """So many connections to one port, each of which has sent `opening` and heard `greeting`."""

    def __init__(self, port: int, count: int, opening: bytes, greeting: bytes) -> None:
        self.poll = select.epoll()
        self.listeners: dict[int, socket.socket] = {}
        for first in range(0, count, WARY):
            new = [self._opened(port, opening) for _ in range(min(WARY, count - first))]
            self._heard(new, greeting)

    def __len__(self) -> int:
        return len(self.listeners)

    def close(self) -> None:
        """All of them go."""
        for listener in self.listeners.values():
            listener.close()
        self.poll.close()

    def hears(self, words: bytes, cause: Callable[[], object]) -> float:
        """Seconds from before `cause` until the last one has heard `words`."""
        began = time.perf_counter()
        cause()
        self._heard(list(self.listeners.values()), words)
        return time.perf_counter() - began

    def quiet(self) -> int:
        """Take in what has come meanwhile; answers with how many are still connected."""
        for number, _ in self.poll.poll(0.2, -1):
            self._read(number)
        return len(self.listeners)

    def _opened(self, port: int, opening: bytes) -> socket.socket:
        listener = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        listener.sendall(opening)
        listener.setblocking(False)
        self.listeners[listener.fileno()] = listener
        self.poll.register(listener, select.EPOLLIN)
        return listener

    def _heard(self, listeners: list[socket.socket], words: bytes) -> None:
        waiting = {listener.fileno(): b"" for listener in listeners}
        deadline = time.monotonic() + PATIENCE
        while waiting:
            if time.monotonic() > deadline:
                raise Failed(f"{len(waiting)} of {len(self.listeners)} pages never heard {words!r}")
            for number, _ in self.poll.poll(1.0, -1):
                data = self._read(number)
                if number in waiting:
                    waiting[number] += data
                    if words in waiting[number]:
                        del waiting[number]

    def _read(self, number: int) -> bytes:
        with suppress(BlockingIOError):
            if data := self.listeners[number].recv(65_536):
                return data
            self.poll.unregister(number)
            self.listeners.pop(number).close()
            raise Failed("a page was cut off")
        return b""
