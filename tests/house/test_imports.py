"""Who may import whom: the table of the house, read from the code itself. A new module needs a line here."""

import ast
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "postways"
DOORS = {
    "api",
    "moderation",
    "notifications",
    "messages",
    "membership",
    "auth",
    "posts",
    "profiles",
    "settings",
    "social",
    "media",
    "live",
    "health",
    "wellknown",
    "dev",
    "oauth",
    "sharing",
}

NOTHING: set[str] = set()
FOR_DOORS = {
    "config",
    "db",
    "errors",
    "handlers",
    "htmx",
    "cookies",
    "days",
    "zones",
    "forms",
    "framing",
    "limits",
    "linked",
    "looks",
    "models",
    "paging",
    "storage",
    "text",
    "threads",
    "uploads",
    "viewing",
    "auth",
}
MAY_IMPORT = {
    "errors": NOTHING,
    "days": {"zones"},
    "zones": {"config"},
    "forms": NOTHING,
    "framing": NOTHING,
    "camera": NOTHING,
    "placeholder": NOTHING,
    "images": {"camera", "framing", "placeholder"},
    "config": NOTHING,
    "paging": NOTHING,
    "text": NOTHING,
    "lookalikes": {"text"},
    "elsewhere": NOTHING,
    "storage": NOTHING,
    "threads": {"errors"},
    "db": {"config"},
    "later": {"config", "db"},
    "blocklist": {"config", "errors", "text"},
    "search": {"config", "db"},
    "models": {
        "blocklist",
        "db",
        "errors",
        "framing",
        "images",
        "later",
        "lookalikes",
        "paging",
        "search",
        "storage",
        "text",
        "zones",
    },
    "mail": {"config", "db", "links"},
    "exports": {"db", "models", "storage"},
    "jobs": {"config", "db", "exports", "images", "mail", "models", "storage"},
    "seal": {"config"},
    "uploads": {"config", "errors", "handlers", "models", "text", "threads"},
    "cookies": {"config"},
    "viewing": {"db", "later", "models"},
    "limits": {"config", "errors", "later"},
    "access": {"config", "db", "errors", "models"},
    "links": {"config", "db", "errors", "models"},
    "inventory": {"db", "models", "storage"},
    "foundation": {
        "blocklist",
        "config",
        "db",
        "later",
        "links",
        "looks",
        "mail",
        "seal",
        "search",
        "storage",
        "zones",
    },
    "background": {"config", "create_background", "db", "jobs", "sweep"},
    "sweep": {"config", "db", "inventory", "later", "models", "storage", "viewing"},
    "demo": {
        "config",
        "db",
        "errors",
        "images",
        "jobs",
        "later",
        "models",
        "storage",
        "inventory",
        "search",
        "sweep",
        "text",
        "auth.passwords",
    },
    "cli": {"config", "db", "errors", "models", "jobs", "inventory", "search", "sweep", "demo", "auth.passwords"},
    "htmx": {"errors"},
    "handlers": {"db", "errors", "htmx", "paging", "storage"},
    "linked": {"config", "looks", "models"},
    "looks": {"config", "db", "models", "text", "zones"},
    "local": {"config"},
    "auth": FOR_DOORS | {"access", "links", "seal"},
    "api": (FOR_DOORS - {"cookies", "htmx", "looks"}) | {"access", "links", "seal"},
    "oauth": FOR_DOORS | {"access"},
    "dev": FOR_DOORS | {"mail"},
    "posts": FOR_DOORS,
    "profiles": FOR_DOORS,
    "settings": FOR_DOORS | {"seal"},
    "moderation": FOR_DOORS,
    "messages": FOR_DOORS,
    "membership": FOR_DOORS | {"api.shapes"},
    "notifications": FOR_DOORS | {"links"},
    "social": FOR_DOORS,
    "media": FOR_DOORS,
    "live": FOR_DOORS | {"later"},
    "health": FOR_DOORS,
    "sharing": FOR_DOORS,
    "wellknown": FOR_DOORS,
}
NEVER = {
    "errors": {"flask"},
    "framing": {"flask", "sqlalchemy"},
    "camera": {"flask", "sqlalchemy"},
    "placeholder": {"flask", "sqlalchemy"},
    "images": {"flask", "sqlalchemy"},
    "config": {"flask", "sqlalchemy"},
    "paging": {"flask"},
    "text": {"flask", "sqlalchemy"},
    "lookalikes": {"flask", "sqlalchemy"},
    "storage": {"flask", "sqlalchemy"},
    "search": {"flask"},
    "models": {"flask", "flask_login", "flask_wtf", "wtforms", "redis", "rq"},
    "posts": {"redis", "rq"},
    "profiles": {"redis", "rq"},
    "settings": {"redis", "rq"},
    "moderation": {"redis", "rq"},
    "messages": {"redis", "rq"},
    "membership": {"redis", "rq"},
    "notifications": {"redis", "rq"},
    "social": {"redis", "rq"},
    "media": {"redis", "rq"},
    "auth": {"redis", "rq"},
    "api": {"redis", "rq", "wtforms", "flask_wtf"},
    "oauth": {"redis", "rq", "wtforms", "flask_wtf"},
}


def modules() -> list[str]:
    """Every file of the package but those that wire all of them."""
    wiring = (PACKAGE / "__init__.py", PACKAGE / "web.py")
    return sorted(str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py") if path not in wiring)


def part(module: str) -> str:
    """Which line of the table speaks of it: its folder, or for a file at the top its name."""
    return Path(module).parts[0].removesuffix(".py")


@cache
def tree(module: str) -> ast.Module:
    return ast.parse((PACKAGE / module).read_text())


def imports(module: str) -> set[str]:
    """Dotted names that are imported when the program runs, inside functions too."""
    names: set[str] = set()
    for node in _running(tree(module)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _running(node: ast.AST):
    """All nodes but those that only the type checker sees."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and getattr(child.test, "id", "") == "TYPE_CHECKING"):
            yield from _running(child)


def calls(module: str) -> set[str]:
    """The names of everything that is called: `select` of `select(…)`, `commit` of `db.session.commit()`."""
    called = [node.func for node in ast.walk(tree(module)) if isinstance(node, ast.Call)]
    return {name.attr if isinstance(name, ast.Attribute) else getattr(name, "id", "") for name in called}


def strings(module: str) -> list[str]:
    """The literal strings of the code; docstrings are not code."""
    found = tree(module)
    spoken = {
        id(node.body[0].value)
        for node in ast.walk(found)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(found)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in spoken
    ]


@pytest.mark.parametrize("module", modules())
def test_a_module_imports_only_what_the_table_allows(module):
    ours = {name.removeprefix("postways.") for name in imports(module) if name.startswith("postways.")}
    allowed = MAY_IMPORT[part(module)] | {part(module)}

    foreign = {name for name in ours if not any(name == may or name.startswith(f"{may}.") for may in allowed)}

    assert foreign == set()


@pytest.mark.parametrize("module", [name for name in modules() if part(name) in NEVER])
def test_a_module_stays_away_from_what_is_not_its_business(module):
    assert {name.partition(".")[0] for name in imports(module)} & NEVER[part(module)] == set()


@pytest.mark.parametrize("module", [name for name in modules() if part(name) == "models"])
def test_a_noun_leaves_the_commit_to_the_door(module):
    assert "commit" not in calls(module)


@pytest.mark.parametrize("module", [name for name in modules() if part(name) in DOORS])
def test_a_door_asks_the_noun_instead_of_the_database(module):
    assert "select" not in calls(module)
    assert not any(name.startswith("sqlalchemy.orm") for name in imports(module))


@pytest.mark.parametrize("module", [name for name in modules() if Path(name).name == "forms.py"])
def test_a_form_does_not_know_the_routes(module):
    assert not any(name.endswith(".routes") or ".routes." in name for name in imports(module))


def test_only_htmx_speaks_of_its_headers():
    speaking = {module for module in modules() if any("HX-" in text for text in strings(module))}

    assert speaking <= {"htmx.py"}
    assert "HX-" not in (PACKAGE / "web.py").read_text()


def test_only_the_settings_read_the_environment():
    """`create_app` passes the environment on, and `local` starts other programs with it."""
    reading = {module for module in modules() if "environ" in _attributes_of_os(module) or "getenv" in calls(module)}

    assert {module for module in reading if part(module) not in ("config", "local")} == set()


def _attributes_of_os(module: str) -> set[str]:
    nodes = [node for node in ast.walk(tree(module)) if isinstance(node, ast.Attribute)]
    return {node.attr for node in nodes if isinstance(node.value, ast.Name) and node.value.id == "os"}


def test_every_signature_has_its_types():
    bare = [
        f"{module}:{node.lineno}"
        for module in modules()
        for node in ast.walk(tree(module))
        if isinstance(node, ast.FunctionDef) and node.returns is None
    ]

    assert bare == []
