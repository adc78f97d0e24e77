"""`python -m postways.local run|test|lint`: what the Makefile's commands become once `.venv` is there."""

from __future__ import annotations

import os
import sys


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
    print("usage: python -m postways.local run|test|lint", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
