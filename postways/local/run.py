"""`make run`: the whole site on this machine, in one terminal, until Ctrl-C."""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import os
import resource
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from postways.config import DEVELOPMENT_MARKER, PREFIX, Config, ConfigError
from postways.local import valkey
from postways.local.bootstrap import Refusal, check_port, check_writable
from postways.local.supervisor import Child, Ended, Supervisor, described

LOCK = "lock"
DEMO_NAME = "ada"
FLASK = [sys.executable, "-m", "flask", "--app", "wsgi"]
BACKGROUND = [sys.executable, "-m", "postways.background"]


def run(environ: Mapping[str, str]) -> int:
    """Start everything and keep it running; answers with the exit code. What the person has to change is 2."""
    try:
        config = settings(environ)
        check_port(config.host, str(config.port))
        check_writable(str(config.data_dir), "DATA_DIR")
        with sole_use(config.data_dir):
            mark_as_development(config.data_dir)
            raise_file_limit()
            return supervise(config, environ)
    except (Refusal, ConfigError, valkey.ValkeyMissing) as refusal:
        print(refusal, file=sys.stderr)
        return 2


def settings(environ: Mapping[str, str]) -> Config:
    """What the children will read, without making anything: the secret and the marker are not there on a first run."""
    ours = is_ours(Path(_given(environ, "DATA_DIR") or "var"))
    if not ours or _given(environ, "ENV") not in ("", "development"):
        return Config.from_environment(environ)
    first = {"ENV": "development", "SECRET_KEY": _given(environ, "SECRET_KEY") or "made by the children"}
    unprefixed = {name: value for name, value in environ.items() if name.removeprefix(PREFIX) not in first}
    return Config.from_environment({**unprefixed, **first})


def is_ours(folder: Path) -> bool:
    """Whether `folder` is for development: we made it, or will. A production's data is never taken for ours."""
    try:
        names = set(os.listdir(folder))
    except OSError:
        return True
    return DEVELOPMENT_MARKER in names or names <= {LOCK}


@contextlib.contextmanager
def sole_use(folder: Path) -> Iterator[None]:
    """Hold the lock of `folder`; one run per data folder. Waits a moment for one that was killed to be cleared away."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (folder / LOCK).open("a")
    except OSError as error:
        raise Refusal(f"DATA_DIR is {folder}, which can't be used ({error.strerror}): choose another.") from None
    with lock:
        deadline = time.monotonic() + 1.0
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Refusal(
                        f"Another make run is using {folder}: stop it, or choose another folder with DATA_DIR=…."
                    ) from None
                time.sleep(0.05)
        yield


def mark_as_development(folder: Path) -> None:
    """Leave the marker that makes ENV development, if `make run` made this folder."""
    if is_ours(folder):
        (folder / DEVELOPMENT_MARKER).touch()


def raise_file_limit() -> None:
    """Allow as many open files as the machine lets us: every open page is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in (hard, 10240):  # macOS says "unlimited" and then refuses it
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
            return


def supervise(config: Config, environ: Mapping[str, str]) -> int:
    """Start the children in order, say when people can come in, and stay until told to stop."""
    with Supervisor(_for_children(environ)) as supervisor:
        try:
            if not _given(environ, "REDIS_URL"):
                start_valkey(supervisor, config)
            complete(supervisor, Child("migration", [*FLASK, "db", "upgrade"]))
            supervisor.add(web())
            if config.demo:
                complete(supervisor, Child("demo", [*FLASK, "demo"]))
            wait_until_ready(supervisor, config)
            for child in background(config):  # after the web, which they would slow down
                supervisor.add(child)
            supervisor.say(welcome(config))
            supervisor.until(lambda: False, pause=1.0)
        except Ended as end:
            if str(end):
                print(end, file=sys.stderr)
            return end.code
    raise AssertionError("nothing but Ended leaves the loop")


def start_valkey(supervisor: Supervisor, config: Config) -> None:
    """Start the embedded Valkey and tell all later children where it listens."""
    path = valkey.socket_path(config.data_dir)
    if valkey.is_temporary(path, config.data_dir):
        supervisor.guard.remove(path.parent)
    supervisor.add(Child("valkey", valkey.command(config.data_dir, path), last=True, log=valkey.log(config.data_dir)))
    supervisor.until(lambda: valkey.answers(path))
    supervisor.environment["REDIS_URL"] = valkey.url(path)


def complete(supervisor: Supervisor, step: Child) -> None:
    """Run `step` to its end. Raises Ended with what it printed when it fails."""
    if code := supervisor.complete(step):
        words = b"\n".join(step.kept).decode(errors="replace")
        raise Ended(1, f"{words}\nThe {step.name} ended with {described(code)}, so everything was stopped.")


def web() -> Child:
    """The server."""
    return Child("web", [sys.executable, "-m", "gunicorn", "-c", "gunicorn_conf.py", "wsgi:app"])


def background(config: Config) -> list[Child]:
    """Workers and scheduler. One of several workers takes no pictures, so that mail never waits behind them."""
    queues = ["mail,default,media"] * config.workers
    if config.workers > 1:
        queues[0] = "mail,default"
    return [
        *(Child(f"worker-{n}", [*BACKGROUND, "worker", "--queues", names]) for n, names in enumerate(queues, 1)),
        Child("scheduler", [*BACKGROUND, "scheduler"]),
    ]


def wait_until_ready(supervisor: Supervisor, config: Config) -> None:
    """Return once `/readyz` is content; after a minute say once what it says instead."""
    started = time.monotonic()
    said = False
    while (answer := readiness(config)) != "":
        if not said and time.monotonic() - started > 60:
            said = True
            supervisor.say(f"Not ready after a minute: {answer}")
        supervisor.rest(0.1)


def readiness(config: Config) -> str:
    """What keeps people out; empty when nothing does."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(config.host, config.host)
    connection = http.client.HTTPConnection(host, config.port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        return "" if response.status == 200 else f"{response.status} {response.read(500).decode(errors='replace')}"
    except (OSError, http.client.HTTPException) as error:
        return f"no answer ({error})"
    finally:
        connection.close()


def welcome(config: Config) -> str:
    """The one line: where it is, and with which name and password one can look around."""
    try:
        password = (config.data_dir / "demo_password").read_text().strip()
    except FileNotFoundError:
        password = ""
    if not (config.demo and config.on_loopback and password):
        return f"Postways is at {config.base_url}"
    return f"Postways is at {config.base_url} - log in as {DEMO_NAME} with the password {password}"


def _for_children(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment, without what make added for itself and with what every child needs."""
    ours = {name: value for name, value in environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES")}
    if not _given(environ, "REDIS_URL"):
        ours.pop(f"{PREFIX}REDIS_URL", None)  # blank, it would still win over the one that we set
    ours["PYTHONUNBUFFERED"] = "1"
    if sys.platform == "darwin":
        ours["OBJC_DISABLE_INITIALIZE_FORK_SAFETY"] = "YES"  # RQ forks for each job
    return ours


def _given(environ: Mapping[str, str], name: str) -> str:
    """A setting as the environment has it; empty when it is blank or missing."""
    return environ.get(PREFIX + name, environ.get(name, "")).strip()
