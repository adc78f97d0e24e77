"""What tests start beside themselves: databases, the real server, workers. Everything ends with the test."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit, urlunsplit

import psycopg2
from flask import Flask
from flask_migrate import upgrade
from redis import Redis

from postways import create_app
from postways.config import Config
from postways.db import db
from postways.live.hub import Hub
from postways.local import valkey
from postways.local.processes import die_with_parent, kill_sessions
from tests.cast import PASSWORD, TOKEN

ROOT = Path(__file__).parents[1]
PATIENCE = 90.0  # seconds; generous, no test asserts a time


def empty_database(folder: Path, name: str) -> str:
    """The URL of a new database: a file in `folder`, or a database of that name on TEST_DATABASE_URL's server."""
    server = os.environ.get("TEST_DATABASE_URL")
    if not server:
        return f"sqlite:///{folder / name}.db"
    connection = psycopg2.connect(server)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {name}")
    connection.close()
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def until(condition: Callable[[], object], patience: float = PATIENCE) -> object:
    """What `condition` says once it says something; fails when it never does."""
    deadline = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < deadline, "this never happened"
        time.sleep(0.05)
    return found


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def own_valkey(folder: Path) -> Iterator[str]:
    """The URL of a Valkey of its own, which keeps its data in `folder`."""
    process, url = valkey.start(folder)
    try:
        yield url
    finally:
        process.kill()
        process.wait()


@contextmanager
def own_hub(app: Flask) -> Iterator[Hub]:
    """A hub of the test's own process, which reads only when the test says so."""
    redis = Redis.from_url(app.extensions["config"].redis_url, socket_timeout=30)
    hub = Hub(app, redis, app.extensions["outbox"])
    hub._begin()
    try:
        yield hub
    finally:
        redis.close()


@contextmanager
def running(command: list[str], environ: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of our own; it and all that it starts are gone afterwards."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=environ,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - it makes one system call and touches no lock
        )
    try:
        yield process
    finally:
        kill_sessions([process.pid])
        process.wait()


class Site:
    """A site of its own: folder, database, Valkey; its processes are started by the test."""

    def __init__(self, folder: Path, database_url: str, redis_url: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.log = folder / "log"
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("POSTWAYS_")},
            "ENV": "development",
            "SECRET_KEY": "tests",
            "DATA_DIR": str(folder),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "STORAGE_URL": f"file://{folder / 'media'}",
            "PORT": str(self.port),
            "WEB_CONCURRENCY": "1",
        }

    @contextmanager
    def seen(self) -> Iterator[Flask]:
        """Its database, made by the migrations and seen from the test's own process."""
        app = create_app(Config.from_environment(self.environ))
        with app.app_context():
            upgrade()
        try:
            yield app
        finally:
            with app.app_context():
                db.session.remove()
                db.engine.dispose()

    def web(self):
        """The real server, once it answers."""
        return self._answering(running(["gunicorn", "-c", "gunicorn_conf.py", "wsgi:app"], self.environ, self.log))

    @contextmanager
    def _answering(self, started):
        with started as process:
            until(self.answers)
            yield process

    def worker(self):
        """A worker for all queues."""
        return running(["postways.background", "worker"], self.environ, self.log)

    def scheduler(self):
        """The scheduler, which puts back lost work."""
        return running(["postways.background", "scheduler"], self.environ, self.log)

    def answers(self) -> bool:
        try:
            return Visitor(self).get("/healthz")[0] == 200
        except (OSError, http.client.HTTPException):
            return False


class Visitor:
    """A browser on a real connection: cookies, forms, streams."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.cookies: dict[str, str] = {}
        self.connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE)

    def log_in(self, name: str) -> Visitor:
        token = TOKEN.search(self.get("/login/")[1]).group(1)
        status, _ = self.post("/login/", username=name, password=PASSWORD, csrf_token=token)
        assert status == 303
        return self

    def get(self, path: str) -> tuple[int, str]:
        return self._ask("GET", path, None, {})

    def post(self, path: str, **form: str) -> tuple[int, str]:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", path, urlencode(form), kind)

    def token(self) -> str:
        return TOKEN.search(self.get("/theme/")[1]).group(1)

    def upload(self, data: bytes) -> int:
        """The id of a new pending upload."""
        edge = "an-edge-between-parts"
        head = f'--{edge}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{self.token()}\r\n'
        head += f'--{edge}\r\nContent-Disposition: form-data; name="image"; filename="harbour.jpg"\r\n\r\n'
        body = head.encode() + data + f"\r\n--{edge}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={edge}"}
        status, html = self._ask("POST", "/posts/uploads/", body, kind)
        assert status == 201, html
        return int(re.search(r'name="photo" value="(\d+)"', html).group(1))

    def listen(self, path: str, **headers: str) -> Stream:
        """Open an event stream."""
        return Stream(self.site.port, path, {"Cookie": self._cookie(), **_dashed(headers)})

    def _ask(self, method: str, path: str, body: str | bytes | None, headers: dict[str, str]) -> tuple[int, str]:
        self.connection.request(method, path, body, {"Cookie": self._cookie(), **headers})
        answer = self.connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        return answer.status, answer.read().decode(errors="replace")

    def _cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())


class Stream:
    """An open event stream, read as it comes."""

    def __init__(self, port: int, path: str, headers: dict[str, str]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.answer = http.client.HTTPResponse(self.socket)
        self.answer.begin()
        self.status = self.answer.status
        self.text = ""
        if self.status == 200:
            self.read_until(": hello")

    def read_until(self, words: str) -> str:
        """Everything that has come once `words` are among it."""
        deadline = time.monotonic() + PATIENCE
        while words not in self.text:
            assert time.monotonic() < deadline, f"{words!r} never came: {self.text!r}"
            more = self.answer.read1(65536)
            assert more, f"the stream ended before {words!r}: {self.text!r}"
            self.text += more.decode()
        return self.text

    def read_for(self, seconds: float) -> str:
        """Everything that comes within `seconds`, for what must not come."""
        self.socket.settimeout(seconds)
        deadline = time.monotonic() + seconds
        try:
            while time.monotonic() < deadline and (more := self.answer.read1(65536)):
                self.text += more.decode()
        except TimeoutError:
            pass
        return self.text

    def ended(self) -> bool:
        """Whether the server ends it as it should, after what is still on its way; not by dropping the connection."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                if not self.answer.read1(65536):
                    return True
            except (OSError, http.client.HTTPException):
                return False
        return False

    @property
    def ids(self) -> list[str]:
        """The ids of its messages."""
        return re.findall(r"^id: (\S+)$", self.text, re.MULTILINE)

    def close(self) -> None:
        self.answer.close()
        self.socket.close()


def _dashed(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
