"""A private Postgres for one run of the tests: made in a temporary folder, gone afterwards."""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from postways.local.processes import die_with_parent

OWNER = "postways"
# Nothing here outlives the run, so nothing has to reach the disk.
FAST = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off", "max_connections=200"]


class ClusterFailed(Exception):
    """Postgres is installed but did not come up; the text says what it printed."""


def programs() -> Path | None:
    """The folder with the newest Postgres server's programs on this machine; None when there is none."""
    if (found := shutil.which("initdb")) and (Path(found).resolve().parent / "postgres").exists():
        return Path(found).resolve().parent
    places = ["/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin"]
    folders = [path.parent for place in places for path in Path("/").glob(f"{place[1:]}/initdb")]
    return max(folders, key=_version, default=None)


@contextlib.contextmanager
def running(folder_of_programs: Path) -> Iterator[str]:
    """Give the URL of an empty Postgres that listens on a Unix socket alone, and remove it at the end.

    Postgres refuses to run as root; then it runs as `postgres` or `nobody`.
    """
    folder = Path(tempfile.mkdtemp(prefix="postways-pg-", dir="/tmp"))
    person = _person()
    try:
        if person:
            os.chown(folder, person["user"], person["group"])
        _create(folder_of_programs, folder, person)
        server = _start(folder_of_programs, folder, person)
        try:
            _wait(server, folder)
            yield f"postgresql://{OWNER}@/postgres?host={quote(str(folder), safe='')}"
        finally:
            server.send_signal(signal.SIGQUIT)  # at once: the data is thrown away
            server.wait(timeout=20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _create(programs: Path, folder: Path, person: dict[str, Any]) -> None:
    command = [str(programs / "initdb"), "--pgdata", str(folder / "data"), "--username", OWNER]
    options = ["--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions"]
    made = subprocess.run(
        command + options, **person, cwd=folder, capture_output=True, text=True, check=False, start_new_session=True
    )
    if made.returncode:
        raise ClusterFailed(made.stdout + made.stderr)


def _start(programs: Path, folder: Path, person: dict[str, Any]) -> subprocess.Popen[bytes]:
    settings = ["listen_addresses=", f"unix_socket_directories={folder}", "unix_socket_permissions=0700", *FAST]
    options = [word for setting in settings for word in ("-c", setting)]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [str(programs / "postgres"), "-D", str(folder / "data"), *options],
            **person,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the tests, which then end it
            preexec_fn=die_with_parent,  # noqa: PLW1509 - there are no threads here
        )


def _wait(server: subprocess.Popen[bytes], folder: Path, patience: float = 30.0) -> None:
    deadline = time.monotonic() + patience
    status = folder / "data" / "postmaster.pid"
    while not (status.exists() and re.search(r"^ready\s*$", status.read_text(), re.MULTILINE)):
        if server.poll() is not None or time.monotonic() > deadline:
            raise ClusterFailed((folder / "log").read_text())
        time.sleep(0.05)


def _person() -> dict[str, Any]:
    """Whom to become, as arguments of `subprocess`; nobody else unless we are root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise ClusterFailed("Postgres does not run as root, and there is neither a user postgres nor nobody.")


def _version(folder: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", folder.parent.name))
