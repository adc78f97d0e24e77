"""The guide, run as it stands: every command by a real shell with curl, against a real server with a worker."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cast import picture
from tests.servers import ROOT, Site, empty_database

GUIDE = ROOT / "docs" / "api.md"
BLOCK = re.compile(r"^```(sh|json|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EDGE = "=== the next command ==="


def blocks():
    """What is typed, each with how its answer is shown: json, text or nothing."""
    found = []
    for kind, text in BLOCK.findall(GUIDE.read_text()):
        if kind == "sh":
            found.append((text, "", ""))
        else:
            assert not found[-1][1], f"two answers to one command:\n{text}"
            found[-1] = (found[-1][0], kind, text)
    return found


@pytest.fixture
def site(tmp_path, redis_url):
    """A site of its own with a worker."""
    if shutil.which("curl") is None:
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail("curl is not installed")
        pytest.skip("curl is not installed")
    site = Site(tmp_path / "site", empty_database(tmp_path, "guide"), redis_url)
    site.folder.mkdir()
    subprocess.run(["flask", "--app", "wsgi", "db", "upgrade"], cwd=ROOT, env=with_venv(site.environ), check=True)
    with site.web(), site.worker():
        yield site


def with_venv(environ):
    """With the programs of this Python first, as in the folder of the site."""
    import sys

    return {**environ, "PYTHONPATH": str(ROOT), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def test_every_command_of_the_guide_works(site, tmp_path):
    typed = blocks()
    assert len(typed) > 10
    commands = [command.replace("http://127.0.0.1:8000", f"http://127.0.0.1:{site.port}") for command, _, _ in typed]
    folder = tmp_path / "shell"
    folder.mkdir()
    (folder / "harbour.jpg").write_bytes(picture(640, 480))
    script = f"\necho; echo '{EDGE}'\n".join(commands)

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=with_venv(site.environ),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:] + site.log.read_text()[-2000:]
    for (command, kind, shown), answer in zip(typed, done.stdout.split(f"\n{EDGE}\n"), strict=True):
        if kind == "text":
            assert answer.split() == shown.split(), command
        elif kind == "json":
            compare(json.loads(shown), json.JSONDecoder().raw_decode(answer.strip())[0], command)


def compare(shown, answer, where):
    """What is shown is there, of the same kind: numbers, times and addresses are others each time."""
    if isinstance(shown, dict) and all(name.isdigit() for name in shown):
        shown, answer = list(shown.values()), list(answer.values())
    if isinstance(shown, dict):
        assert shown.keys() <= answer.keys(), where
        for name, value in shown.items():
            compare(value, answer[name], f"{where}: {name}")
    elif isinstance(shown, list):
        assert len(answer) >= len(shown), where
        for value, other in zip(shown, answer, strict=False):
            compare(value, other, where)
    elif isinstance(shown, bool) or shown is None:
        assert answer is shown, where
    elif isinstance(shown, int):
        assert isinstance(answer, int), where
    elif "http" in shown or "…" in shown or "T" in shown:
        assert isinstance(answer, str) and answer, where
    else:
        assert answer == shown, where
