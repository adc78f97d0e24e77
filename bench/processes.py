"""CPU time and memory of a process with all its descendants, as Linux accounts for them in /proc."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """A line of /proc/PID/stat: `ticks` of CPU in user and system mode, those of children that have ended included."""

    pid: int
    parent: int
    ticks: int


def parsed(stat: str) -> Process:
    """Read such a line; the program's name, between the outermost brackets, may hold anything."""
    pid, _, rest = stat.partition(" ")
    fields = rest.rpartition(")")[2].split()
    return Process(int(pid), int(fields[1]), sum(map(int, fields[11:15])))


def tree(processes: Iterable[Process], root: int) -> list[Process]:
    """`root` and all its descendants."""
    children: dict[int, list[Process]] = {}
    found = []
    for process in processes:
        children.setdefault(process.parent, []).append(process)
        if process.pid == root:
            found.append(process)
    for process in found:  # it grows while it is read
        found.extend(children.get(process.pid, ()))
    return found


def running() -> list[Process]:
    """All processes of this machine."""
    found = []
    for name in os.listdir(PROC):
        if name.isdigit():
            with contextlib.suppress(OSError):
                found.append(parsed((PROC / name / "stat").read_text(errors="replace")))
    return found


def cpu_seconds(*roots: int) -> float:
    """What these processes and their descendants have used until now."""
    everything = running()
    return sum(process.ticks for root in roots for process in tree(everything, root)) / TICKS


def pss(*roots: int) -> int:
    """Bytes of memory, what is shared divided by those who share it."""
    return sum(_kilobytes(pid, "smaps_rollup", "Pss") for pid in _pids(roots)) * 1024


def peak(*roots: int) -> int:
    """The most bytes that any single one of these processes has held at a time."""
    return max((_kilobytes(pid, "status", "VmHWM") for pid in _pids(roots)), default=0) * 1024


def named(root: int, words: str) -> int:
    """The first descendant of `root` whose command line holds `words`."""
    for pid in _pids((root,)):
        with contextlib.suppress(OSError):
            if words in (PROC / str(pid) / "cmdline").read_text().replace("\0", " "):
                return pid
    raise LookupError(f"nothing under {root} runs {words!r}")


def _pids(roots: Iterable[int]) -> list[int]:
    everything = running()
    return [process.pid for root in roots for process in tree(everything, root)]


def _kilobytes(pid: int, file: str, name: str) -> int:
    with contextlib.suppress(OSError):
        if found := re.search(rf"^{name}:\s+(\d+) kB", (PROC / str(pid) / file).read_text(), re.MULTILINE):
            return int(found[1])
    return 0
