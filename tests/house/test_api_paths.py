"""Every operation of the API, the old addresses and OAuth's stand in the table of tests/api/paths.py, with a test."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from postways.api import description
from postways.api.old_addresses import OLD, SHARED
from tests.api.paths import TABLE, undriven
from tests.asked import Request

ROOT = Path(__file__).parents[2]
LINES = {(method, path) for method, path, _ in TABLE}


def test_every_operation_stands_in_the_table_once(made_app):
    with made_app.app_context():
        described = json.loads(description.as_json(made_app))["paths"]
    operations = {(method.upper(), path) for path, methods in described.items() for method in methods}
    old = {
        (method, path + slash)
        for path, new in OLD.items()
        for method, known in operations
        if known == new
        for slash in ("", "/")
    }
    shared = {(method, path) for path, new in SHARED.items() for method, known in operations if known == new}
    other = {("GET", "/api/v1/openapi.json"), ("GET", "/api/v1/docs/")}
    apps = {
        (method, rule.rule)
        for rule in made_app.url_map.iter_rules()
        for method in rule.methods & {"GET", "POST"}
        if rule.rule.startswith(("/o/", "/.well-known/oauth"))
    }

    assert operations | old | shared | other | apps == LINES
    assert len(TABLE) == len(LINES)


@pytest.mark.parametrize("file", sorted({test.partition("::")[0] for _, _, test in TABLE}))
def test_the_tests_of_the_table_exist(file):
    there = {
        node.name for node in ast.parse((ROOT / file).read_text("utf-8")).body if isinstance(node, ast.FunctionDef)
    }

    named = {test.partition("::")[2].partition("[")[0] for _, _, test in TABLE if test.startswith(f"{file}::")}
    assert named - there == set()


def test_a_test_that_does_not_ask_what_its_line_says_is_found():
    method, path, test = next(line for line in TABLE if line[1] == "/api/v1/messages/{message_id}/")
    good = Request(method, "/api/v1/messages/7/", 200)

    assert "GET /api/v1/messages/{message_id}/" not in undriven(test, [good])
    for wrong in (good._replace(status=404), good._replace(method="PUT"), good._replace(path="/api/v1/messages/")):
        assert "GET /api/v1/messages/{message_id}/" in undriven(test, [wrong])
