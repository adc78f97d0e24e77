"""The supervisor, as a process of its own over small fake children."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from postways.local.supervisor import described

SCRIPT = Path(__file__).parent / "supervise.py"
STAY = "import os, time; os.write(1, b'here %d\\n' % os.getpid()); time.sleep(600)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {STAY}"
# Like gunicorn's workers, and like RQ's work-horse, which moves to a process group of its own.
PARENT = """
import os, time
for own_group in (False, True):
    if os.fork() == 0:
        if own_group:
            os.setpgrp()
        os.write(1, b'grandchild %d\\n' % os.getpid())
        time.sleep(600)
os.write(1, b'here %d\\n' % os.getpid())
time.sleep(600)
"""


class Running:
    """A supervisor process, and what it has printed so far."""

    def __init__(self, children, patience=5.0, environ=None, under_make=False):
        command = [sys.executable, str(SCRIPT), json.dumps(children), str(patience)]
        if under_make:
            command = ["sh", "-c", '"$@"; exit $?', "make", *command]
        self.process = subprocess.Popen(
            command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.lines = []
        self.watchdog = threading.Timer(20, self.process.kill)  # a line that never comes is a failure, not a wait
        self.watchdog.start()

    def line(self, *words):
        """The next line that contains all `words`."""
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if all(word in line for word in words):
                return self.lines[-1]
        raise AssertionError(f"{words} never came; this did: {self.lines}")

    def pid(self, *words):
        return int(self.line(*words).split()[-1])

    def rest(self):
        """Everything else that it prints, and its exit code."""
        text = self.process.communicate(timeout=90)[0]
        return text, self.process.returncode


@pytest.fixture
def supervise():
    started = []

    def start(*children, **options):
        started.append(Running([[name, code, last] for name, code, last in children], **options))
        return started[-1]

    yield start
    for running in started:
        running.watchdog.cancel()
        if running.process.poll() is None:
            running.process.kill()
        running.process.communicate()


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return sys.platform != "linux"


def gone(*pids, within=60.0):
    deadline = time.monotonic() + within
    while any(alive(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_a_killed_child_is_started_again(supervise):
    running = supervise(("web", STAY, False), ("worker", STAY, False))
    first = running.pid("web", "here")

    os.kill(first, signal.SIGKILL)

    assert running.line("web died with exit code 137 (SIGKILL)")
    assert running.pid("web", "here") != first


def test_output_of_children_is_prefixed_with_their_name(supervise):
    running = supervise(("web", f"print('hello'); print('without end', end=''); {STAY}", False))

    assert running.line("hello") == "web      | hello"


def test_five_deaths_in_a_minute_end_all_with_name_and_exit_code(supervise):
    running = supervise(("valkey", STAY, True), ("worker-2", "import sys; sys.exit(7)", False))
    other = running.pid("valkey", "here")

    text, code = running.rest()

    assert code == 1
    assert "worker-2 died 5 times within a minute, at last with exit code 7." in text
    assert gone(other)


def test_term_ends_all_and_the_last_one_after_the_others(supervise, tmp_path):
    ends = """
import os, signal, sys, time
def end(*_):
    time.sleep(%s)
    with open(%r, "a") as file:
        file.write("%s ")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
os.write(1, b"here\\n")
time.sleep(600)
"""
    order = tmp_path / "order"
    running = supervise(
        ("valkey", ends % (0, str(order), "valkey"), True),
        ("worker", ends % (0.5, str(order), "worker"), False),
    )
    running.line("here")
    running.line("here")

    running.process.terminate()
    _, code = running.rest()

    assert code == 0
    assert order.read_text().split() == ["worker", "valkey"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_child_deaf_to_term_is_killed_after_the_patience(supervise, number):
    running = supervise(("web", DEAF, False), patience=0.3)
    child = running.pid("web", "here")

    running.process.send_signal(number)
    _, code = running.rest()

    assert code == 0
    assert gone(child)


def test_a_second_ctrl_c_does_not_wait(supervise):
    running = supervise(("web", DEAF, False), patience=60.0)
    child = running.pid("web", "here")

    running.process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    running.process.send_signal(signal.SIGINT)
    running.rest()

    assert gone(child)


def test_a_killed_supervisor_takes_children_and_grandchildren_along(supervise):
    running = supervise(("web", PARENT, False), ("valkey", STAY, True))
    pids = [running.pid(word) for word in ("grandchild", "grandchild")]
    others = [int(line.split()[-1]) for line in running.lines if "here" in line]
    while len(others) < 2:
        others.append(running.pid("here"))

    running.process.kill()

    assert gone(*pids, *others)


def test_workers_of_a_killed_child_do_not_outlive_it(supervise):
    running = supervise(("web", PARENT, False))
    grandchildren = [running.pid("grandchild"), running.pid("grandchild")]
    parents = [int(line.split()[-1]) for line in running.lines if "here" in line] or [running.pid("here")]

    os.kill(parents[0], signal.SIGKILL)

    assert running.line("web died")
    assert gone(*grandchildren)
    assert running.line("here")


def test_a_killed_make_ends_all(supervise):
    running = supervise(("web", STAY, False), environ={**os.environ, "MAKELEVEL": "1"}, under_make=True)
    child = running.pid("web", "here")

    running.process.kill()

    assert gone(child)


def test_exit_codes_are_described_for_people():
    assert described(3) == "exit code 3"
    assert described(-9) == "exit code 137 (SIGKILL)"
