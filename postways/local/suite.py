"""`make test`: linters, types and the whole suite, on every database and browser that this machine has."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from postways.local import cluster

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_OF_MACOS = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
GATEWAYS = ("nginx", "caddy")
IN_MEMORY = Path("/dev/shm")  # of Linux
ROOM = 4 * 1024**3  # bytes that the tests may take there
PYTEST = [sys.executable, "-m", "pytest"]
CLOSING_LINE = re.compile(r"^=+ .*\b(passed|failed|errors?|skipped|deselected|no tests ran)\b.* =+$")


@dataclass
class Suite:
    """The parts that were run, each with how it closed, and what could not be run and why."""

    environ: Mapping[str, str]
    closings: list[tuple[str, bool, str]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def part(self, name: str, command: list[str], **settings: str) -> None:
        """Run one part, show what it prints, and remember how it ended."""
        print(f"\n--- {name}", flush=True)
        started = time.monotonic()
        code, closing = _shown(command, {**self.environ, **settings})
        took = f"{time.monotonic() - started:.0f} s"
        self.closings.append((name, code == 0, closing or f"{'fine' if code == 0 else f'exit code {code}'}, {took}"))

    def close(self) -> int:
        """Print the summary; answers with the exit code."""
        print("\n--- in short")
        for name, fine, closing in self.closings:
            verdict = "ok" if fine else "FAILED"
            print(f"{verdict:8}{name}", closing, sep="\n" if closing.startswith("=") else ": ")
        for sentence in self.left_out:
            print(f"left out: {sentence}")
        complete = not self.left_out or self.environ.get("REQUIRE_ALL") != "1"
        if not complete:
            print("REQUIRE_ALL is 1, so leaving out is failing.")
        return 0 if complete and all(fine for _, fine, _ in self.closings) else 1


def lint(environ: Mapping[str, str]) -> int:
    """Linters and types alone."""
    suite = Suite(environ)
    _lint(suite)
    return suite.close()


def test(environ: Mapping[str, str]) -> int:
    """Everything; all parts run even when one fails."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    own = {name: value for name, value in environ.items() if name != "TEST_DATABASE_URL"}
    if roomy(IN_MEMORY):
        own.setdefault("TMPDIR", str(IN_MEMORY))
    suite = Suite(own)
    try:
        _lint(suite)
        suite.part("tests on SQLite", [*PYTEST, "-n", "2", "--ignore=tests/browser", "tests"])
        _on_postgres(suite, environ.get("TEST_DATABASE_URL", ""))
        _in_browser(suite)
        _behind_gateways(suite)
    except KeyboardInterrupt:
        suite.close()
        return 130
    return suite.close()


def roomy(folder: Path) -> bool:
    """Whether the tests' files may lie in this folder in memory: thousands of times they wait for a disk otherwise."""
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return False
    place = os.statvfs(folder)
    return place.f_bavail * place.f_frsize >= ROOM and not place.f_flag & os.ST_NOEXEC


def _lint(suite: Suite) -> None:
    suite.part("ruff check", [sys.executable, "-m", "ruff", "check", "--quiet", "."])
    suite.part("ruff format", [sys.executable, "-m", "ruff", "format", "--check", "--quiet", "."])
    suite.part("djlint", [sys.executable, "-m", "djlint", "--quiet", "--lint", "templates"])
    suite.part("mypy", [sys.executable, "-m", "mypy", "--no-error-summary", "postways"])


def _on_postgres(suite: Suite, given: str) -> None:
    """The suite again, on the given Postgres or on a private one. What is about no database runs once, on SQLite."""
    name = "tests on Postgres"
    tests = [*PYTEST, "-n", "2", "--ignore=tests/browser", "--ignore=tests/local", "tests"]
    if given:
        suite.part(name, tests, TEST_DATABASE_URL=given)
        return
    programs = cluster.programs()
    if programs is None:
        suite.left_out.append(
            "the suite on Postgres: no Postgres server is installed and TEST_DATABASE_URL is not set."
        )
        return
    try:
        with cluster.running(programs) as url:
            suite.part(name, tests, TEST_DATABASE_URL=url)
    except cluster.ClusterFailed as failure:
        suite.closings.append((name, False, f"Postgres did not start.\n{failure}"))


def _in_browser(suite: Suite) -> None:
    browser = _browser(suite.environ)
    if browser is None:
        suite.left_out.append("the suite in a browser: no Chromium is installed and CHROMIUM does not name one.")
    elif Path("tests/browser").is_dir():
        suite.part("tests in a browser", [*PYTEST, "-n", "2", "tests/browser"], CHROMIUM=browser)


def _behind_gateways(suite: Suite) -> None:
    """Their tests have run among the others, or have skipped themselves."""
    for name in filter(lambda name: shutil.which(name) is None, GATEWAYS):
        suite.left_out.append(f"the site behind {name}, as docs/gateway.md shows it: no {name} is installed.")


def _browser(environ: Mapping[str, str]) -> str | None:
    if given := environ.get("CHROMIUM"):
        return given
    found = (shutil.which(name) for name in BROWSERS)
    return next(filter(None, found), BROWSER_OF_MACOS if Path(BROWSER_OF_MACOS).exists() else None)


def _shown(command: list[str], environ: Mapping[str, str]) -> tuple[int, str]:
    """Run `command` and let its output through; answers with its exit code and pytest's closing line, if it has one."""
    closing = ""
    with _ended_with_us(
        subprocess.Popen(
            command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            if CLOSING_LINE.match(line.rstrip()):
                closing = line.rstrip()
        return process.wait(), closing


@contextlib.contextmanager
def _ended_with_us(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """Give a part the time to clean up after Ctrl-C, which it gets from the terminal as well, and no more."""
    try:
        yield process
    except BaseException:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
        process.kill()
        raise
