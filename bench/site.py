"""The product, started as `make run` does, on a free port with a data folder of its own; and its people."""

from __future__ import annotations

import http.client
import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import fields
from html import unescape
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import psycopg2

from bench import processes
from postways.config import PREFIX, Config
from postways.local.processes import die_with_parent, kill_sessions

ROOT = Path(__file__).parents[1]
WELCOME = b"Postways is at"
PATIENCE = 60.0  # seconds
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
LIVE = re.compile(r'hx-sse:connect="([^"]+)"')


class Failed(Exception):
    """Something that measuring needs did not happen; the text says what."""


class Site:
    """Where it is and what it runs on. `started` and `start_seconds` are there while it runs."""

    def __init__(self, folder: Path, database_url: str = "") -> None:
        self.folder = folder
        self.port = free_port()
        self.log = folder.with_name(f"{folder.name}.log")
        self.database_url = database_url
        self.pid = 0
        self.start_seconds = 0.0
        settings = {field.name.upper() for field in fields(Config)}
        inherited = {name: value for name, value in os.environ.items() if name.removeprefix(PREFIX) not in settings}
        self.environ = {
            **inherited,
            "PORT": str(self.port),
            "DATA_DIR": str(folder),
            "DEMO": "0",
            "RATELIMIT_ENABLED": "0",
            **({"DATABASE_URL": database_url} if database_url else {}),
        }

    @contextmanager
    def running(self) -> Iterator[Site]:
        """Start all of it, and end all of it."""
        began = time.monotonic()
        command = [sys.executable, str(ROOT / "postways" / "local" / "__main__.py"), "run"]
        with started(command, self.environ, self.log) as process:
            self.pid = process.pid
            until(lambda: WELCOME in self.log.read_bytes(), process, self.log)
            self.start_seconds = time.monotonic() - began
            yield self
            process.terminate()
            process.wait(PATIENCE)
        self.log.unlink()

    def beside(self, name: str) -> Site:
        """Another site of its own, with a database on the same server if there is one."""
        url = self.database_url.replace("/postgres?", f"/{name}?")
        if url:
            with closing(psycopg2.connect(self.database_url)) as connection:
                connection.autocommit = True
                connection.cursor().execute(f"CREATE DATABASE {name}")
        return Site(self.folder.with_name(f"{self.folder.name}-{name}"), url)

    def settle(self) -> None:
        """Let a server know what is in its tables, as it finds out by itself in time."""
        if self.database_url:
            with closing(psycopg2.connect(self.database_url)) as connection:
                connection.autocommit = True
                connection.cursor().execute("VACUUM ANALYZE")

    def fill(self, scale: str) -> None:
        """People, posts and likes in bulk."""
        program("flask", "--app", "wsgi", "demo", "--scale", scale, environ={**self.environ, "ENV": "development"})

    @property
    def measured(self) -> list[int]:
        """The processes whose CPU time counts: all that `make run` started, and the database where that is a server."""
        return [self.pid, *self.database]

    @property
    def database(self) -> list[int]:
        """The database's own process, if it has one."""
        if not self.database_url:
            return []
        folder = unquote(parse_qs(urlsplit(self.database_url).query)["host"][0])
        return [int((Path(folder) / "data" / "postmaster.pid").read_text().split()[0])]

    @property
    def web(self) -> int:
        """The process above those that answer."""
        return processes.named(self.pid, "gunicorn")

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows straight from the database."""
        connection = connected(self.database_url, self.folder)
        try:
            cursor = connection.cursor()
            cursor.execute(sql)
            return list(cursor.fetchall())
        finally:
            connection.close()

    def member(self, place: int) -> Visitor:
        """One of the people, logged in."""
        name, user_id = self._people()[place]
        visitor = Visitor(self.port)
        visitor.user_id = user_id
        token = visitor.token("/login/")
        password = (self.folder / "demo_password").read_text().strip()
        form = {"username": name, "password": password, "csrf_token": token}
        status, body = visitor.ask("POST", "/login/", urlencode(form).encode(), FORM)
        if status != 303:
            raise Failed(f"{name} could not log in: {status} {body[:300]!r}")
        return visitor

    def _people(self) -> list[tuple[Any, ...]]:
        return self.ask("SELECT username, id FROM users ORDER BY id")


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Visitor:
    """A browser: keeps its cookies."""

    def __init__(self, port: int) -> None:
        self.cookies: dict[str, str] = {}
        self.user_id: int | None = None
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Send one request, on a connection of its own; answers with status and body."""
        self.connection.request(method, path, body, {**self.headers, **(headers or {}), "Connection": "close"})
        answer = self.connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        return answer.status, answer.read()

    def page(self, path: str) -> str:
        """The HTML at `path`."""
        status, body = self.ask("GET", path)
        if status != 200:
            raise Failed(f"{path} answered {status}")
        return body.decode()

    def token(self, path: str = "/") -> str:
        """The token of the forms on a page."""
        found = TOKEN.search(self.page(path))
        if found is None:
            raise Failed(f"there is no form on {path}")
        return unescape(found[1])

    def stream(self, path: str = "/") -> str:
        """The address of a page's event stream."""
        found = LIVE.search(self.page(path))
        if found is None:
            raise Failed(f"{path} listens to nothing")
        return unescape(found[1])

    @property
    def headers(self) -> dict[str, str]:
        """What a request of this browser carries."""
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}


def connected(database_url: str, folder: Path) -> Any:
    """A bare connection to the database, by its driver alone."""
    if database_url:
        return psycopg2.connect(database_url)
    connection = sqlite3.connect(folder / "postways.db", timeout=5, isolation_level=None, check_same_thread=False)
    for pragma in ("synchronous=NORMAL", "foreign_keys=ON", "temp_store=MEMORY"):  # as the product has them
        connection.execute(f"PRAGMA {pragma}")
    return connection


def program(*arguments: str, environ: dict[str, str] | None = None) -> str:
    """Run a Python module to its end; answers with what it printed. Raises Failed with what it complained of."""
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, check=False, cwd=ROOT, env=environ, capture_output=True, text=True)
    if done.returncode:
        raise Failed(done.stdout + done.stderr)
    return done.stdout


@contextmanager
def started(command: list[str], environ: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours; it and what it started are gone afterwards."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - it makes one system call and touches no lock
        )
    try:
        yield process
    finally:
        below = [found.pid for found in processes.tree(processes.running(), process.pid)]
        kill_sessions(below)  # each child of the supervisor leads a session of its own
        process.wait()


def until(condition: Any, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until `condition` holds. Raises Failed with the log when the process ends or too much time passes."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if process.poll() is not None or time.monotonic() > deadline:
            raise Failed(f"{process.args} did not start:\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.005)


def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
