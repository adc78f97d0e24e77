"""What survives a kill -9 of the supervisor for a moment, to take everything else with it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from pathlib import Path

from postways.local.processes import kill_sessions


class Guard:
    """A forked process that kills what it was told of as soon as this process is gone, however it went.

    It inherits the lock on the data folder, so that nobody starts there before it has finished.
    """

    def __init__(self) -> None:
        reader, self._writer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._writer)
            _guard(reader)
        os.close(reader)

    def watch(self, session: int) -> None:
        """Remember a session, that of a child which was just started."""
        self._tell(f"+{session}")

    def forget(self, session: int) -> None:
        """Drop a session that has ended: its number may come again for somebody else."""
        self._tell(f"-{session}")

    def remove(self, folder: Path) -> None:
        """Remember a temporary folder to be removed."""
        self._tell(f"={folder}")

    def end(self) -> None:
        """Let it do its work now, and wait for it."""
        os.close(self._writer)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)

    def _tell(self, line: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            os.write(self._writer, f"{line}\n".encode())


def _guard(reader: int) -> None:
    """Live in a session of its own, deaf to Ctrl-C, until the other end of the pipe closes."""
    try:
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        sessions: set[int] = set()
        folders: list[str] = []
        with os.fdopen(reader, errors="surrogateescape") as lines:
            for line in lines:
                sign, rest = line[0], line[1:].rstrip("\n")
                if sign == "=":
                    folders.append(rest)
                elif sign == "+":
                    sessions.add(int(rest))
                else:
                    sessions.discard(int(rest))
        if sessions:
            kill_sessions(sessions)
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os._exit(0)
