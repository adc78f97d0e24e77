"""Makes `.venv` and hands over to `__main__.py` beside it. Standard library only, and old syntax on purpose:
under a Python that is too old it must still be able to say so."""

import errno
import hashlib
import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from typing import List, Optional, Tuple

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OLDEST, NEWEST = (3, 11), (3, 14)


class Refusal(Exception):
    """Something that the person at the terminal has to change; the text is the whole answer."""


def main(arguments: List[str]) -> int:
    """Prepare the environment for `arguments` (run, test, lint or bench) and become it; 2 when that can't be."""
    purpose = arguments[0]
    environment = os.path.join(ROOT, ".venv")
    try:
        check_version(sys.version_info[:3], sys.executable)
        if purpose == "run":
            check_port(_setting("HOST", "127.0.0.1"), _setting("PORT", "8000"))
            check_writable(os.path.join(ROOT, _setting("DATA_DIR", "var")), "DATA_DIR")
        install(environment, os.path.join(ROOT, "requirements.txt" if purpose == "run" else "requirements-dev.txt"))
    except Refusal as refusal:
        sys.stderr.write("%s\n" % refusal)
        return 2
    except KeyboardInterrupt:
        return 130
    python = os.path.join(environment, "bin", "python")
    os.chdir(ROOT)
    command = ["-m", "bench"] if purpose == "bench" else [os.path.join("postways", "local", "__main__.py"), purpose]
    return os.execv(python, [python] + command + arguments[1:])


def check_version(version: Tuple[int, ...], name: str) -> None:
    """Refuse a Python for which the pinned requirements have no wheels."""
    if not OLDEST <= tuple(version[:2]) <= NEWEST:
        raise Refusal(
            "Postways needs Python 3.%d to 3.%d, but %s is %s: install one of those and name it, as in make run "
            "PYTHON=python3.%d." % (OLDEST[1], NEWEST[1], name, ".".join(map(str, version)), NEWEST[1])
        )


def check_port(host: str, port: str, patience: float = 1.0) -> None:
    """Refuse a port that can't be listened on. Waits a moment for a run that was killed and is being cleared away."""
    if not port.isdigit() or int(port) > 65535:
        return  # the settings say what is wrong with it
    deadline = time.time() + patience
    while True:
        try:
            _listen_once(host, int(port))
            return
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.time() > deadline:
                raise Refusal(_why_not(error, host, port)) from None
            time.sleep(0.05)


def _listen_once(host: str, port: int) -> None:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    finally:
        listener.close()


def _why_not(error: OSError, host: str, port: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return "Port %s of %s is in use: stop what listens there, or choose another with make run PORT=%d." % (
            port,
            host,
            int(port) % 65535 + 1,
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return "Port %s is not open to you: choose one above 1023, as in make run PORT=8000." % port
    return "HOST is %s, which is not an address of this machine (%s): try make run HOST=127.0.0.1." % (
        host,
        error.strerror,
    )


def check_writable(folder: str, name: str) -> None:
    """Refuse a folder that can't be written, or that can't be made because the one above it can't be."""
    existing = folder
    while not os.path.lexists(existing):
        existing = os.path.dirname(existing)
    if not os.path.isdir(existing):
        raise Refusal("%s is %s, but %s is not a folder: choose another." % (name, folder, existing))
    if not os.access(existing, os.W_OK | os.X_OK):
        raise Refusal(
            "There is no permission to write to %s, where %s goes: allow it, or choose another." % (existing, name)
        )


def install(environment: str, requirements: str) -> None:
    """Bring the virtual environment up to the requirement file; a hundredth of a second when it already is."""
    if _stamp(environment, requirements) == _wanted(requirements) and _minor(environment) == sys.version_info[:2]:
        return
    check_writable(environment, ".venv")
    with _Alone():
        if _stamp(environment, requirements) == _wanted(requirements) and _minor(environment) == sys.version_info[:2]:
            return  # another make did it meanwhile
        made = not os.path.isdir(environment)
        sys.stderr.write("Installing the requirements into .venv; this takes up to a minute, and only once.\n")
        try:
            if not _install_with_uv(environment, requirements):
                _install_with_pip(environment, requirements)
        except BaseException:
            if made:
                shutil.rmtree(environment, ignore_errors=True)
            raise
        for path in _with_included(requirements):
            with open(_stamp_path(environment, path), "w") as file:
                file.write(_wanted(path))


class _Alone:
    """A lock on the project's folder: of two makes, one installs and the other waits."""

    def __enter__(self) -> None:
        import fcntl

        self.folder = os.open(ROOT, os.O_RDONLY)
        fcntl.flock(self.folder, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        os.close(self.folder)


def _install_with_uv(environment: str, requirements: str) -> bool:
    """Whether uv is there and did it."""
    uv = shutil.which("uv")
    if uv is None:
        return False
    python = os.path.join(environment, "bin", "python")
    make = [uv, "venv", "--quiet", "--clear", "--python", sys.executable, environment]
    fill = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, "-r", requirements]
    if _minor(environment) != sys.version_info[:2] and subprocess.call(make) != 0:
        return False
    return subprocess.call(fill) == 0


def _install_with_pip(environment: str, requirements: str) -> None:
    python = os.path.join(environment, "bin", "python")
    if (
        _minor(environment) != sys.version_info[:2]
        or subprocess.call([python, "-c", "import pip"], stderr=subprocess.DEVNULL) != 0
    ):
        if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
            raise Refusal(
                "This Python cannot make virtual environments: install its venv package, on Debian and Ubuntu "
                "apt install python%d.%d-venv, then run make again." % sys.version_info[:2]
            )
        if subprocess.call([sys.executable, "-m", "venv", "--clear", environment]) != 0:
            raise Refusal("The virtual environment could not be made in %s; the lines above say why." % environment)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    if subprocess.call(pip + ["-r", requirements], env=dict(os.environ, PIP_USER="0")) != 0:
        raise Refusal("The requirements could not be installed: look at the lines above, then run make again.")


def _minor(environment: str) -> Optional[Tuple[int, int]]:
    """The Python version that an environment was made with, such as (3, 11); None when there is no usable one."""
    try:
        with open(os.path.join(environment, "pyvenv.cfg")) as file:
            found = re.search(r"^version(?:_info)?\s*=\s*(\d+)\.(\d+)", file.read(), re.M)
    except OSError:
        return None
    if found is None or not os.path.exists(os.path.join(environment, "bin", "python")):
        return None
    return int(found.group(1)), int(found.group(2))


def _stamp(environment: str, requirements: str) -> Optional[str]:
    try:
        with open(_stamp_path(environment, requirements)) as file:
            return file.read()
    except OSError:
        return None


def _stamp_path(environment: str, requirements: str) -> str:
    return os.path.join(environment, os.path.basename(requirements) + ".sha256")


def _wanted(requirements: str) -> str:
    digest = hashlib.sha256()
    for path in _with_included(requirements):
        with open(path, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def _with_included(requirements: str) -> List[str]:
    """The file and those that it includes with `-r`."""
    with open(requirements) as file:
        included = re.findall(r"^-r\s+(\S+)", file.read(), re.M)
    return [requirements] + [os.path.join(os.path.dirname(requirements), name) for name in included]


def _setting(name: str, default: str) -> str:
    return os.environ.get("POSTWAYS_" + name, os.environ.get(name, "")).strip() or default


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
