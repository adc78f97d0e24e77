"""Keeps a handful of children running: starts the dead again, shows their output, leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from postways.local.guard import Guard
from postways.local.processes import die_with_parent, kill_sessions

PAUSE = 0.5  # seconds before a dead child is started again
DEATHS = 5  # so many within WINDOW seconds end everything
WINDOW = 60.0
PATIENCE = 15.0  # seconds from TERM to KILL


class Ended(Exception):
    """Everything is to stop. `code` is the exit code; the text, if any, says why."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(reason)
        self.code = code


@dataclass(eq=False)
class Child:
    """A command to keep running, or to run `once`. Those that are `last` are stopped after all others have ended."""

    name: str
    command: list[str]
    last: bool = False
    once: bool = False
    log: Path | None = None  # where it writes what it does not print
    code: int | None = None  # of its latest end
    process: subprocess.Popen[bytes] | None = None
    due: float | None = None  # when to start it again
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=DEATHS))
    unfinished: bytes = b""  # a line whose end has not come yet
    kept: list[bytes] = field(default_factory=list)  # what one that runs once has printed


class Supervisor:
    """A context: leaving it, for whatever reason, ends all children.

    There is one thread only, so that forking is safe; everything happens in `turn`.
    """

    def __init__(self, environment: Mapping[str, str], *, patience: float = PATIENCE, pause: float = PAUSE) -> None:
        self.environment = dict(environment)
        self.patience = patience
        self.pause = pause
        self.children: list[Child] = []
        self._told_to_stop = 0
        self._make = os.getppid() if "MAKELEVEL" in environment else None
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> Supervisor:
        self.guard = Guard()
        self._woken, waker = os.pipe()
        for end in (self._woken, waker):
            os.set_blocking(end, False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup means to stay
                signal.signal(number, self._stop)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        deadline = time.monotonic() + self.patience
        self._terminate([child for child in self.children if not child.last], deadline)
        self._terminate([child for child in self.children if child.last], max(deadline, time.monotonic() + 2))
        self.guard.end()

    def add(self, child: Child) -> None:
        """Start `child` and keep it running."""
        self.children.append(child)
        self._launch(child)

    def complete(self, child: Child) -> int:
        """Run `child` to its end; answers with its exit code."""
        child.once = True
        self.add(child)
        self.until(lambda: child.code is not None, pause=1.0)
        self.children.remove(child)
        return child.code or 0

    def until(self, condition: Callable[[], bool], pause: float = 0.02) -> None:
        """Keep everything running until `condition` holds; it is asked after every event and every `pause` seconds."""
        while not condition():
            self.turn(pause)

    def rest(self, seconds: float) -> None:
        """Let `seconds` pass, and keep everything running meanwhile."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() >= end, pause=seconds)

    def turn(self, timeout: float) -> None:
        """Wait up to `timeout` seconds for anything to happen and see to it. Raises Ended."""
        due = [child.due - time.monotonic() for child in self.children if child.due is not None]
        self._pump(max(0.0, min([timeout, *due])))
        if self._told_to_stop:
            raise Ended(0)
        if self._make is not None and os.getppid() != self._make:
            raise Ended(1, "make was killed, so everything was stopped.")
        for child in self._ended(self.children):
            if not child.once:
                self._start_again_later(child)
        for child in self.children:
            if child.due is not None and child.due <= time.monotonic():
                self._launch(child)

    def say(self, line: str) -> None:
        """Print a line between those of the children."""
        _print(line.encode())

    def _stop(self, *_: object) -> None:
        self._told_to_stop += 1

    def _launch(self, child: Child) -> None:
        child.due = None
        child.process = process = subprocess.Popen(
            child.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.environment,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - there are no threads here
        )
        self.guard.watch(process.pid)
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        self._selector.register(process.stdout, selectors.EVENT_READ, child)

    def _pump(self, timeout: float) -> None:
        """Wait for output or a signal, and show what came."""
        for key, _ in self._selector.select(timeout):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._woken, 4096)
            elif not self._read(key.data, key.fd):
                self._selector.unregister(key.fileobj)

    def _read(self, child: Child, pipe: int) -> bool:
        """Show the whole lines that have come; false once there is nothing more to come."""
        try:
            text = os.read(pipe, 65536)
        except BlockingIOError:
            return True
        *lines, child.unfinished = (child.unfinished + text).split(b"\n")
        if not text and child.unfinished:
            lines, child.unfinished = [child.unfinished], b""
        for line in lines:
            if child.once:
                child.kept.append(line)
            else:
                _print(b"%-9s| %s" % (child.name.encode(), line))
        return bool(text)

    def _ended(self, children: Iterable[Child]) -> list[Child]:
        """Those that have ended since the last time, each cleared away with all that it left behind."""
        ended = []
        for child in children:
            if child.process is not None and (code := child.process.poll()) is not None:
                child.code = code
                self._clear_away(child, child.process)
                ended.append(child)
        return ended

    def _clear_away(self, child: Child, process: subprocess.Popen[bytes]) -> None:
        """Kill what it had started (workers of a killed gunicorn hold the port) and show its last words."""
        kill_sessions([process.pid])
        self.guard.forget(process.pid)
        assert process.stdout is not None
        while self._read(child, process.stdout.fileno()):
            pass
        if process.stdout in self._selector.get_map():
            self._selector.unregister(process.stdout)
        process.stdout.close()
        child.process = None

    def _start_again_later(self, child: Child) -> None:
        now = time.monotonic()
        child.deaths.append(now)
        if len(child.deaths) == DEATHS and now - child.deaths[0] <= WINDOW:
            hint = f" Its log is {child.log}." if child.log else ""
            times = f"{DEATHS} times within a minute, at last with {described(child.code)}."
            raise Ended(1, f"{child.name} died {times}{hint}")
        self.say(f"{child.name} died with {described(child.code)}; it is started again.")
        child.due = now + self.pause

    def _terminate(self, children: list[Child], deadline: float) -> None:
        """TERM to all at once, KILL to what is left at `deadline` or when told to stop a second time."""
        for child in children:
            child.due = None
            if child.process is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.process.pid, signal.SIGTERM)
        while running := [child for child in children if child.process is not None]:
            if time.monotonic() > deadline or self._told_to_stop > 1:
                kill_sessions(child.process.pid for child in running if child.process is not None)
            self._pump(0.05)
            self._ended(running)


def described(code: int | None) -> str:
    """An exit code as people read it, with the signal's name where a signal was the reason."""
    if code is None or code >= 0:
        return f"exit code {code}"
    return f"exit code {128 - code} ({signal.Signals(-code).name})"


def _print(line: bytes) -> None:
    """Write the line whole; a terminal that has gone away is no reason to stop."""
    rest = line + b"\n"
    with contextlib.suppress(OSError):
        while rest:
            rest = rest[os.write(1, rest) :]
