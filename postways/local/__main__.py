"""`python postways/local/__main__.py run|test|lint`: what the Makefile's commands become once `.venv` is there."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]


def without_the_application() -> None:
    """Make `postways.local` importable without `postways/__init__.py`, which loads the whole application.

    This process lives as long as the site does, and needs none of it.
    """
    package = ModuleType("postways")
    package.__path__ = [str(ROOT / "postways")]
    sys.modules["postways"] = package
    sys.path[0] = str(ROOT)


def main(arguments: list[str]) -> int:
    """Run the one command in `arguments`; answers with its exit code."""
    if arguments == ["run"]:
        from postways.local.run import run

        return run(os.environ)
    from postways.local.suite import lint, test

    if arguments == ["test"]:
        return test(os.environ)
    if arguments == ["lint"]:
        return lint(os.environ)
    print("usage: __main__.py run|test|lint", file=sys.stderr)
    return 2


if __name__ == "__main__":
    without_the_application()
    sys.exit(main(sys.argv[1:]))
