"""The real site in processes of its own, as `make run` starts it, and the people who come to it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests
from playwright.sync_api import BrowserContext, Page, Route, expect

from postways.config import PREFIX, Config
from tests.cast import PASSWORD, TOKEN, picture
from tests.pictures import still
from tests.servers import ROOT, free_port

READY = "Postways is at "
PATIENCE = 60_000  # milliseconds; generous: no test asserts a time, and machines that test are slow at times
SETTINGS = {setting.name.upper() for setting in fields(Config)}


class Site:
    """One running site with a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self._states: dict[str, Any] = {}
        self._environment = _without_settings(os.environ) | {
            "PORT": self.url.rpartition(":")[2],
            "DATA_DIR": str(folder / "data"),
            "DEMO": "0",
            "RATELIMIT_ENABLED": "0",
            "WORKERS": "1",
        }
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "postways.local", "run"],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.wait_for_words(READY)

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=90)

    def wait_for_words(self, words: str, times: int = 1, patience: float = 120.0) -> None:
        """Until the site has printed `words` so often."""
        deadline = time.monotonic() + patience
        while self._log.read_text(errors="replace").count(words) < times:
            assert self._process.poll() is None and time.monotonic() < deadline, self._log.read_text(errors="replace")
            time.sleep(0.05)

    def wait_until_ready(self, patience: float = 120.0) -> None:
        """Until it answers again after one of its children was killed."""
        deadline = time.monotonic() + patience
        while not self._answers():
            assert time.monotonic() < deadline, self._log.read_text(errors="replace")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2):
                return True
        except OSError:
            return False

    def errors(self) -> str:
        """What crashed in it."""
        return "\n".join(line for line in self._log.read_text(errors="replace").splitlines() if "ERROR" in line)

    # --- its processes

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to the child whose command line holds `name`; returns once its supervisor has seen it die."""
        died = self._log.read_text(errors="replace").count("it is started again")
        for pid in self._children(name):
            os.kill(pid, number)
        self.wait_for_words("it is started again", died + 1)

    @contextlib.contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """Hold the children whose command line holds `name`."""
        pids = self._children(name)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def _children(self, name: str) -> list[int]:
        listing = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
        rows = (line.split(None, 2) for line in listing.stdout.splitlines())
        found = [int(pid) for pid, parent, *args in rows if int(parent) == self._process.pid and name in "".join(args)]
        assert found, f"no child of the site has {name} in its command line"
        return found

    # --- its people

    def create(self, name: str) -> None:
        """Open an account through the form, which logs in."""
        password = {"password": PASSWORD, "password2": PASSWORD}
        self._fill_in("/signup/", name, username=name, email=f"{name}@example.org", **password)

    def come_back(self, name: str) -> None:
        """Log in again, where the sessions of a person have ended."""
        self._fill_in("/login/", name, username=name, password=PASSWORD)

    def _fill_in(self, path: str, name: str, **form: str) -> None:
        person, url, patience = requests.Session(), self.url + path, PATIENCE / 1000
        token = TOKEN.search(person.get(url, timeout=patience).text)
        assert token
        answer = person.post(url, {"csrf_token": token[1], **form}, headers={"Origin": self.url}, timeout=patience)
        assert answer.url == f"{self.url}/@{name}/", answer.text
        kept = ("name", "value", "domain", "path")
        cookies = [{part: getattr(cookie, part) for part in kept} for cookie in person.cookies]
        self._states[name] = {"cookies": [{**cookie, "httpOnly": True} for cookie in cookies], "origins": []}

    def command(self, *words: str, typed: str = "") -> str:
        """What the command line prints."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *words],
            cwd=ROOT,
            env=self._environment,
            input=typed,
            text=True,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def cookies_of(self, name: str) -> Any:
        """What the browser of a person keeps who is logged in; the account is made at need."""
        if name not in self._states:
            self.create(name)
        return self._states[name]


def log_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """Through the form."""
    page.goto("/login/")
    page.get_by_label("Username or email").fill(name)
    page.get_by_label("Password").fill(password)
    page.locator("main").get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()


def share(
    context: BrowserContext,
    title: str,
    *,
    content: str = "",
    pictures: int = 0,
    files: tuple[bytes, ...] = (),
    alt: str = "A quiet field of one colour",
    draft: bool = False,
    warning: str = "",
    audience: str = "public",
) -> int:
    """Post as the person of `context` does, without showing it; answers with the post's id."""
    token = TOKEN.search(context.request.get("/posts/add/").text())
    assert token
    photos = [upload(context, data, token[1]) for data in (*files, *[picture(1200, 800)] * pictures)]
    form = [
        ("csrf_token", token[1]),
        ("title", title),
        ("content", content),
        ("warning", warning),
        ("audience", audience),
        ("action", "draft" if draft else "publish"),
    ]
    form += [pair for photo in photos for pair in (("photo", photo), (f"alt-{photo}", alt))]
    answer = _send(context, "/posts/add/", form)
    return int(re.search(r"/posts/(\d+)/$", answer)[1])  # type: ignore[index]


def upload(context: BrowserContext, data: bytes, token: str) -> str:
    """Send one file as a pending upload; answers with its id."""
    file: Any = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": data}
    answer = context.request.post("/posts/uploads/", multipart={"image": file}, headers={"X-CSRFToken": token})
    assert answer.status == 201, answer.text()
    return re.search(r'id="shot-(\d+)"', answer.text())[1]  # type: ignore[index]


def like(context: BrowserContext, post: int, verb: str = "like") -> None:
    """Like (or unlike) a post as the person of `context` does, from somewhere else."""
    token = TOKEN.search(context.request.get(f"/posts/{post}/").text())
    assert token
    _send(context, f"/posts/{post}/{verb}/", [("csrf_token", token[1])])


def say(context: BrowserContext, post: int, body: str, parent: int | str = "") -> int:
    """Comment as the person of `context` does, from somewhere else; answers with the comment's id."""
    token = TOKEN.search(context.request.get(f"/posts/{post}/").text())
    assert token
    form = [("csrf_token", token[1]), ("body", body), ("parent", str(parent))]
    return int(_send(context, f"/posts/{post}/comments/", form).rpartition("-")[2])


def until(page: Page, condition: Callable[[], object]) -> None:
    """Wait until that holds; what the browser says is heard meanwhile."""
    deadline = time.monotonic() + PATIENCE / 1000
    while not condition():
        assert time.monotonic() < deadline, "this never happened"
        page.wait_for_timeout(20)


def scroll_to(page: Page, post: int) -> None:
    """Read on until older posts have come so far."""
    while not page.locator(f"#post-{post}").count():
        shown = page.locator(".card").count()
        page.locator("#older").scroll_into_view_if_needed()
        expect(page.locator(".card")).not_to_have_count(shown)


def hold(page: Page, pattern: str) -> list[Route]:
    """Keep requests waiting on their way; `let_go` sends the first one on."""
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    page.route(pattern, keep)
    return held


def let_go(page: Page, held: list[Route]) -> None:
    """Send on the first request that `hold` keeps, once it is there: what a page shows may come before it."""
    until(page, lambda: held)
    held[0].continue_()


def half_jpeg() -> bytes:
    """A JPEG whose header is right and whose end never arrived."""
    data = still("JPEG", 900, 600)
    return data[: len(data) // 2]


def _send(context: BrowserContext, path: str, form: list[tuple[str, str]]) -> str:
    """Send a form; answers with the address of the page that it leads to."""
    answer = context.request.post(
        path, data=urlencode(form), headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert answer.ok, answer.text()
    return answer.url


def _without_settings(environ: os._Environ[str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name.removeprefix(PREFIX) not in SETTINGS}
