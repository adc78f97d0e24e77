"""Processes and their descendants: find them, end them, let them die with their parent."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

PR_SET_PDEATHSIG = 1


def _death_signal() -> Callable[[int], int] | None:
    """The kernel's call for "kill me when my parent dies", which only Linux has."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return lambda number: libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)


_set_death_signal = _death_signal()


def die_with_parent() -> None:
    """Between fork and exec: have the kernel kill this process when its parent dies, however that happens."""
    if _set_death_signal is not None:
        _set_death_signal(signal.SIGKILL)


def members(sessions: Iterable[int]) -> list[int]:
    """The ids of all processes that belong to one of `sessions`, grandchildren and orphans included."""
    wanted = set(sessions)
    return [pid for pid in _all_processes() if _session(pid) in wanted]


def kill_sessions(sessions: Iterable[int], patience: float = 5.0) -> None:
    """Kill every process of `sessions` and wait until none is left; new ones forked meanwhile are killed too."""
    wanted = set(sessions)
    deadline = time.monotonic() + patience
    while (found := [pid for pid in members(wanted) if not _is_zombie(pid)]) and time.monotonic() < deadline:
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def _all_processes() -> list[int]:
    if sys.platform == "linux":
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    listing = subprocess.run(["ps", "-A", "-o", "pid="], capture_output=True, text=True, check=True)
    return [int(word) for word in listing.stdout.split()]


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return -1


def _is_zombie(pid: int) -> bool:
    """Whether the process has ended and only waits for its parent to take note."""
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
        except OSError:
            return True
    listing = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listing.stdout.strip()[:1] in ("", "Z")
