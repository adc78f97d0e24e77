"""What `make run` says, in one sentence each, when something on the machine has to change first."""

import ast
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from postways.local import bootstrap
from postways.local.bootstrap import Refusal
from tests.servers import free_port

SOURCE = Path(bootstrap.__file__)


@pytest.fixture
def project(tmp_path):
    """A clone with no requirement, so that nothing is downloaded."""
    (tmp_path / "postways/local").mkdir(parents=True)
    shutil.copy(SOURCE, tmp_path / "postways/local/bootstrap.py")
    (tmp_path / "requirements.txt").write_text("# none\n")
    (tmp_path / "postways/local/__main__.py").write_text("import sys; print('started', sys.argv[1:], sys.prefix)")
    return tmp_path


def started(project, *arguments, **settings):
    environ = {"PATH": "/usr/bin:/bin", "PORT": str(free_port()), **settings}
    script = str(project / "postways/local/bootstrap.py")
    return subprocess.run([sys.executable, script, *arguments], env=environ, capture_output=True, text=True)


def test_the_source_is_understood_by_pythons_that_are_too_old():
    ast.parse(SOURCE.read_text(), feature_version=(3, 6))


def test_a_python_too_old_is_named_with_what_to_do():
    with pytest.raises(Refusal, match=r"needs Python 3\.11 to 3\.14, but python3 is 3\.8\.10.*PYTHON=python3\.14"):
        bootstrap.check_version((3, 8, 10), "python3")


def test_it_makes_the_environment_once(project):
    first = started(project, "run")
    second = started(project, "run")

    assert first.stdout == second.stdout == f"started ['run'] {project / '.venv'}\n"
    assert "Installing" in first.stderr
    assert second.stderr == ""


def test_an_environment_without_pip_is_made_again(project):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", project / ".venv"], check=True)

    assert started(project, "run").returncode == 0


def test_requirements_that_cannot_be_installed_leave_nothing_half_done(project):
    (project / "requirements.txt").write_text("./nowhere\n")

    answer = started(project, "run")

    assert answer.returncode == 2
    assert answer.stderr.splitlines()[-1].startswith("The requirements could not be installed")
    assert not (project / ".venv").exists()


def test_a_port_in_use_stops_before_anything_is_made(project):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        answer = started(project, "run", PORT=str(port))

    assert answer.returncode == 2
    assert answer.stderr.startswith(f"Port {port} of 127.0.0.1 is in use: ")
    assert len(answer.stderr.splitlines()) == 1
    assert not (project / ".venv").exists()


def test_an_address_of_another_machine_is_refused(project):
    answer = started(project, "run", HOST="192.0.2.1")

    assert answer.returncode == 2
    assert answer.stderr.startswith("HOST is 192.0.2.1, which is not an address of this machine")


def test_a_file_in_place_of_the_data_folder_is_refused(project):
    (project / "var").write_text("")

    answer = started(project, "run")

    assert answer.returncode == 2
    assert "is not a folder" in answer.stderr


def test_a_folder_without_write_permission_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)

    with pytest.raises(Refusal, match=f"There is no permission to write to {tmp_path}"):
        bootstrap.check_writable(str(tmp_path / "new" / "var"), "DATA_DIR")


def test_a_python_without_venv_is_told_which_package_to_install(tmp_path, monkeypatch):
    (tmp_path / "requirements.txt").touch()
    monkeypatch.setattr(bootstrap.shutil, "which", lambda _: None)
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda _: None)

    with pytest.raises(Refusal, match=r"apt install python3\.\d+-venv"):
        bootstrap.install(str(tmp_path / ".venv"), str(tmp_path / "requirements.txt"))

    assert not (tmp_path / ".venv").exists()


def test_a_changed_requirement_file_is_noticed(project):
    started(project, "run")
    (project / "requirements.txt").write_text("# none, still\n")

    assert "Installing" in started(project, "run").stderr
