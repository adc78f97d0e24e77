"""`make run` with the real site: what is killed comes back, and nothing stays when it ends."""

import http.client
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import ROOT, free_port, until

COMMAND = [sys.executable, str(ROOT / "postways/local/__main__.py"), "run"]
PATIENCE = 60.0  # seconds; it starts everything, and no test asserts a time

pytestmark = pytest.mark.slow


class Run:
    """One `make run` without the demo, in a folder of its own, ready for people."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        folder.parent.mkdir(parents=True, exist_ok=True)
        self.log = folder.with_suffix(".log")
        self.environ = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
        self.environ |= {"DATA_DIR": str(folder), "PORT": str(self.port), "DEMO": "0", "ENV": ""}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(COMMAND, cwd=ROOT, env=self.environ, stdout=log, stderr=log)
        try:
            until(lambda: f"Postways is at http://127.0.0.1:{self.port}" in self.words(), PATIENCE)
            until(lambda: {"worker --queues mail,default", "scheduler"} <= set(self.commands().values()), PATIENCE)
        except BaseException:
            self.process.terminate()
            self.process.wait()
            raise

    def words(self):
        return self.log.read_text()

    def commands(self):
        """All processes below it, by id: what each was started as."""
        children = descendants(self.process.pid)
        return {pid: re.split("--app wsgi |postways.background ", line)[-1] for pid, line in children.items()}

    def pids(self, word):
        return [pid for pid, command in self.commands().items() if word in command]

    def ready(self):
        try:
            return self.get("/readyz").status == 200
        except (OSError, http.client.HTTPException):
            return False

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", path)
        return connection.getresponse()


def descendants(pid):
    listing = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,ppid=,stat=,args="], capture_output=True, text=True).stdout
    rows = [line.split(None, 3) for line in listing.splitlines()]
    found, wanted = {}, {pid}
    while wanted:
        rows_below = [row for row in rows if int(row[1]) in wanted and not row[2].startswith("Z")]
        found |= {int(row[0]): row[3] for row in rows_below}
        wanted = {int(row[0]) for row in rows_below}
    return found


def exists(pid):
    stat = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return stat != "" and not stat.startswith("Z")


@pytest.fixture
def site(tmp_path):
    run = Run(tmp_path / "var")
    yield run
    if run.process.poll() is None:
        run.process.terminate()
    run.process.wait(timeout=120)


def test_what_is_killed_comes_back_and_ctrl_c_ends_it_all(site):
    master = min(site.pids("gunicorn"))
    os.kill(master, signal.SIGKILL)
    until(lambda: site.pids("gunicorn") and master not in site.pids("gunicorn") and site.ready(), PATIENCE)

    (server,) = site.pids("valkey-server")
    os.kill(server, signal.SIGKILL)
    until(lambda: site.pids("valkey-server") not in ([], [server]) and site.ready(), PATIENCE)

    second = subprocess.run(
        COMMAND, cwd=ROOT, env=site.environ | {"PORT": str(free_port())}, capture_output=True, text=True
    )
    assert second.returncode == 2
    assert second.stderr.startswith(f"Another make run is using {site.folder}: ")

    stream = site.get("/live/?posts=")
    everything = site.commands()
    site.process.send_signal(signal.SIGINT)

    assert site.process.wait(timeout=120) == 0
    assert stream.read() is not None
    assert not [pid for pid in everything if exists(pid)]


def test_a_killed_supervisor_leaves_nothing_and_can_be_started_again_at_once(site):
    everything = site.commands()
    assert len(everything) >= 7

    site.process.kill()
    site.process.wait()
    again = subprocess.Popen(COMMAND, cwd=ROOT, env=site.environ, stdout=subprocess.PIPE, text=True)

    assert "Postways is at" in again.stdout.readline()
    assert not [pid for pid in everything if exists(pid)]
    again.terminate()
    again.communicate(timeout=120)


def test_a_path_too_long_for_a_socket_works_and_its_temporary_folder_goes(tmp_path):
    run = Run(tmp_path / ("long" * 30) / "var")
    (server,) = [line for line in descendants(run.process.pid).values() if "unixsocket:" in line]
    socket_path = Path(server.rpartition("unixsocket:")[2].strip())

    run.process.terminate()

    assert run.process.wait(timeout=120) == 0
    assert socket_path.parent.parent != run.folder
    assert not socket_path.parent.exists()
