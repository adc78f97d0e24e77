"""The pins: whatever the product imports is in them."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]


def imported():
    """The top-level names that the product's modules import."""
    for path in [*(ROOT / "postways").rglob("*.py"), ROOT / "wsgi.py", ROOT / "gunicorn_conf.py"]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield node.module.partition(".")[0]


def folded(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_everything_that_is_imported_is_pinned():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pinned = {folded(line.partition("==")[0]) for line in lines if "==" in line}
    distributions = packages_distributions()

    names = set(imported()) - set(sys.stdlib_module_names) - {"postways"}

    assert {name for name in names if not pinned & {folded(found) for found in distributions.get(name, ())}} == set()


def test_every_pin_is_exact():
    for file in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / file).read_text().splitlines():
            assert re.match(
                r"#|-r requirements\.txt$|[\w.-]+==[\w.]+(; python_(full_)?version < \"[\d.]+\")?$", line
            ), line
