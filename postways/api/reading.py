"""The description prepared for people: what each operation takes and answers, and how to try it."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

Schema = dict[str, Any]
PLACES = {"user_id_or_username": "ada", "username": "ada", "tag": "harbour"}
AN_ID = "7"
MULTIPART = "multipart/form-data"
LONGEST_LINE = 72
TELLING = ("ids", "q")  # not needed, but without them nothing is asked


class Named(NamedTuple):
    """A parameter, or a field of a body."""

    name: str
    kind: str
    needed: bool
    words: str


class Shown(NamedTuple):
    """One operation, as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    words: str
    scope: str
    recovery: bool  # by the token of a mail
    any_token: bool  # whatever its scopes
    parameters: list[Named]
    fields: list[Named]
    kinds: list[str]  # of the body
    curl: str
    answers: list[tuple[str, str, str]]  # status, words, example
    problems: list[tuple[str, str]]


class Group(NamedTuple):
    """The operations about one thing."""

    name: str
    words: str
    operations: list[Shown]


def groups_of(spec: Schema) -> list[Group]:
    """Every operation of `spec`, by what it is about."""
    shown = [
        (operation["tags"][0], _shown(spec, method.upper(), path, operation))
        for path, methods in spec["paths"].items()
        for method, operation in methods.items()
    ]
    groups = [
        Group(tag["name"], tag["description"], [one for name, one in shown if name == tag["name"]])
        for tag in spec["tags"]
    ]
    return [group for group in groups if group.operations]


def _shown(spec: Schema, method: str, path: str, operation: Schema) -> Shown:
    content = operation.get("requestBody", {}).get("content", {})
    answers = operation["responses"].items()
    wanted = {name for way in operation.get("security", []) for name in way}
    return Shown(
        id=operation["operationId"],
        method=method,
        path=path,
        summary=operation["summary"],
        words=operation.get("description", ""),
        scope=operation.get("x-scope", ""),
        recovery="recovery" in wanted,
        any_token="access" in wanted,
        parameters=[_parameter(spec, one) for one in operation.get("parameters", [])],
        fields=_body(spec, content),
        kinds=list(content),
        curl=_curl(spec, method, path, operation),
        answers=[(status, one["description"], _example(one)) for status, one in answers if status < "400"],
        problems=[(status, one["description"]) for status, one in answers if status >= "400"],
    )


def _parameter(spec: Schema, parameter: Schema) -> Named:
    words = parameter.get("description", "") or {"path": "In the path."}.get(parameter["in"], "")
    if parameter["in"] == "header":
        words = f"Header. {words}"
    return Named(parameter["name"], _kind(spec, parameter["schema"]), parameter.get("required", False), words)


def _body(spec: Schema, content: Schema) -> list[Named]:
    kind = MULTIPART if MULTIPART in content else "application/json"
    found = {field.name: field for field in _fields(spec, content[kind]["schema"])} if content else {}
    return list(found.values())


def _fields(spec: Schema, schema: Schema) -> Iterator[Named]:
    """The fields of an object, those of a multipart body among them."""
    for part in schema.get("allOf", []):
        yield from _fields(spec, part)
    schema = _found(spec, schema)
    for name, field in schema.get("properties", {}).items():
        yield Named(name, _kind(spec, field), name in schema.get("required", []), field.get("description", ""))


def _found(spec: Schema, schema: Schema) -> Schema:
    name = schema.get("$ref", "").rpartition("/")[2]
    return spec["components"]["schemas"][name] if name else schema


def _kind(spec: Schema, schema: Schema) -> str:
    """What kind of value it is, in one or two words."""
    if several := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(dict.fromkeys(_kind(spec, one) for one in several))
    if "enum" in schema:
        return " or ".join(json.dumps(one) for one in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"])
    schema = _found(spec, schema)
    kind = str(schema.get("type", "object"))
    if kind == "array":
        return f"list of {_kind(spec, schema.get('items', {}))}"
    if schema.get("format") in ("binary", "date-time"):
        return {"binary": "file", "date-time": "moment"}[schema["format"]]
    return {"string": "text", "integer": "number", "boolean": "true or false"}.get(kind, kind)


def _example(answer: Schema) -> str:
    content = answer.get("content", {}).get("application/json")
    if not content:
        return ""
    forms = [one["value"] for one in content.get("examples", {}).values()] or [content["example"]]
    return "\n\n".join(json.dumps(form, indent=2, ensure_ascii=False) for form in forms)


def _curl(spec: Schema, method: str, path: str, operation: Schema) -> str:
    """A command that asks for it."""
    path = re.sub(r"\{(\w+)\}", lambda place: PLACES.get(place[1], AN_ID), path)
    asked = [one for one in operation.get("parameters", []) if one["in"] == "query"]
    shown = [one for one in asked if one.get("required") or one["name"] in TELLING]
    query = urlencode({one["name"]: one["schema"].get("examples", ["1"])[0] for one in shown}, safe=",")
    parts = ["curl" if method == "GET" else f"curl -X {method}", shlex.quote(spec["servers"][0]["url"] + path)]
    if query:
        parts[1] = shlex.quote(spec["servers"][0]["url"] + path + "?" + query)
    if operation.get("security"):
        parts.append('-H "Authorization: Bearer $TOKEN"')
    content = operation.get("requestBody", {}).get("content", {})
    if content:
        parts += _sent(spec, content)
    return " \\\n  ".join(parts) if len(" ".join(parts)) > LONGEST_LINE else " ".join(parts)


def _sent(spec: Schema, content: Schema) -> list[str]:
    example = content["application/json"].get("example", {})
    if MULTIPART not in content:
        return ['-H "Content-Type: application/json"', f"-d {shlex.quote(json.dumps(example, ensure_ascii=False))}"]
    files = [one.name for one in _fields(spec, content[MULTIPART]["schema"]) if "file" in one.kind]
    words = [(name, value) for name, values in example.items() if name not in files for value in _each(values)]
    texts = [f"-F {shlex.quote(f'{name}={value}')}" for name, value in words]
    return [*texts, f"-F {files[0]}=@photograph.jpg"]


def _each(values: object) -> list[str]:
    """The texts by which a form says it: a field is repeated for each of several, nothing is left out."""
    if values is None:
        return []
    several = values if isinstance(values, list) else [values]
    return [json.dumps(value) if isinstance(value, bool) else str(value) for value in several]
