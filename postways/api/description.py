"""The OpenAPI description, made from the doors that serve it, and the page on which people read it."""

from __future__ import annotations

import json
from typing import Any, cast

from apiflask import APIFlask
from flask import Flask, render_template
from flask_babel import force_locale
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from postways.api import headers, idempotency, old_addresses, reading
from postways.api.door import Door
from postways.api.shapes import Parts, Shape, read
from postways.config import Config
from postways.errors import Invalid
from postways.models.scopes import MEANS

REFERENCE = "#/components/schemas/{model}"
TAGS = {
    "start": "Where everything is.",
    "auth": "Credentials: getting, renewing and ending them, and changing what an account rests on.",
    "users": "People.",
    "posts": "Posts and their photographs.",
    "likes": "Who likes what.",
    "comments": "What is said under posts, in threads of two levels.",
    "follows": "Who follows whom, and who asks to.",
    "blocks": "Who has nothing to do with whom.",
    "messages": "What two people write to each other, each from their own side.",
    "mutes": "What your lists leave out.",
    "notifications": "What happened that concerns you.",
    "feed": "What the people whom you follow share and repost.",
    "interactions": "Seeing, liking, saving and reposting, by one name.",
    "search": "Finding posts, people and tags.",
    "reports": "Telling the staff.",
    "images": "Single photographs: how far their preparation has got.",
}
SCHEMES = {
    "access": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "Access token; 5 minutes."},
    "token": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`Token <opaque token>`: from `auth/token/`, or a personal one from /settings/apps/.",
    },
    "recovery": {"type": "http", "scheme": "bearer", "description": "Recovery token, from a mail; 15 minutes, once."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "session",
        "description": "The session of the pages; what changes something then needs its CSRF token in X-CSRFToken.",
    },
}
OAUTH = "For apps: registered at /settings/apps/. `%s/o/revoke_token/` ends a token, `%s/o/introspect/` tells of one."
SCOPES = {"read": MEANS["read"], "write": "All of create, update and delete", **MEANS}
PROBLEMS: dict[int, tuple[str, dict[str, Any]]] = {
    400: ("What was sent can't be taken; by field, why.", {}),  # of each operation its own: `_refused`
    401: ("The credentials are missing, wrong or expired.", {"detail": "Say who you are: this needs a token."}),
    403: ("Known, but not allowed.", {"detail": "You may not do this."}),
    404: ("Not there, or not for you to know of.", {"detail": "There is nothing here, or it is not for you."}),
    405: ("Not by this method.", {"detail": "This address can't be used in that way."}),
    409: ("Somebody was faster.", {"detail": "The same request is being carried out. Ask again in a moment."}),
    412: ("Changed since the named version.", {"detail": "It was changed since the version that you name."}),
    413: ("Too large.", {"detail": "This is larger than what this site takes."}),
    415: ("A body of another kind.", {"detail": "Send JSON, a form or multipart/form-data."}),
    429: ("Too many; `Retry-After` says when again.", {"detail": "These are too many requests. Wait 12 seconds."}),
    503: ("Too busy just now.", {"detail": "Nothing was changed. Try again in a few seconds."}),
}
BRIEF = "For a token without the scope `read`: which thing it is, and what was sent."
HABITS = (
    ("Bodies", "JSON, a form, or `multipart/form-data` where a photograph travels. Unknown fields are ignored."),
    ("Moments", "ISO 8601 in UTC. A day without a time is the whole day."),
    (
        "Lists",
        "`count`, `next`, `previous`, `results`; `?page=`, `?page_size=` up to 100. Follow `next` until it is null.",
    ),
    ("Refusals", "400 with `{field: [sentence]}`; everything else with `{detail: sentence}`."),
    ("Once only", "Send an `Idempotency-Key` with what changes something, and send the same again when in doubt."),
    ("Versions", "`ETag` with `If-None-Match` saves a transfer; with `If-Match` nobody's edit is overwritten."),
    ("Limits", "The headers `RateLimit-Policy` and `RateLimit` say what is left; `Retry-After` when to come again."),
    ("Help", "Every answer has an `X-Request-ID`. Name it when you ask the people who run the site."),
)
INTRODUCTION = (
    "The same site as the pages, for programs. Lists have pages (`page`, `page_size`) and places (`cursor`); errors "
    "are `{field: [sentence]}` with 400, else `{detail}`; what changes something may carry an `Idempotency-Key`."
)


def init_app(app: Flask) -> None:
    """Let `app` describe itself."""
    config: Config = app.extensions["config"]
    app.config.update(
        OPENAPI_VERSION="3.1.0",
        SERVERS=[{"url": config.base_url}],
        AUTO_404_RESPONSE=False,
        AUTO_200_RESPONSE=False,
        AUTO_VALIDATION_ERROR_RESPONSE=False,
        AUTO_TAGS=False,
    )
    described = cast("APIFlask", app)
    described.title, described.version, described.description = "Postways", "1", INTRODUCTION
    described.tags = [{"name": name, "description": words} for name, words in TAGS.items()]
    described.spec_processor(lambda spec: _completed(cast("dict[str, Any]", spec), doors(app)))
    for name, told in doors(app).items():
        view: Any = app.view_functions[name]
        summary, _, rest = (view.__doc__ or "").strip().partition("\n")
        view._spec = {
            "summary": summary.rstrip("."),
            "description": " ".join(rest.split()),
            "operation_id": name.rpartition(".")[2],
            "tags": [told.tag],
        }


def doors(app: Flask) -> dict[str, Door]:
    """Every door by its endpoint."""
    return {name: view.door for name, view in app.view_functions.items() if hasattr(view, "door")}


def as_json(app: Flask) -> str:
    """The description; made once, nothing in it depends on who asks."""
    if "description" not in app.extensions:
        for part in app.blueprints.values():
            part.enable_openapi = hasattr(part, "tag")  # type: ignore[attr-defined]
        with force_locale("en"):  # whoever asks first
            spec = cast("APIFlask", app)._get_spec("json")
        app.extensions["description"] = json.dumps(spec, indent=1, ensure_ascii=False)
    return cast("str", app.extensions["description"])


def as_page(app: Flask) -> str:
    """The description to be read."""
    if "groups" not in app.extensions:
        spec = json.loads(as_json(app))
        app.extensions["groups"] = reading.groups_of(spec)
    return render_template("api/docs.html", groups=app.extensions["groups"], schemes=SCHEMES, habits=HABITS)


def _completed(spec: dict[str, Any], told: dict[str, Door]) -> dict[str, Any]:
    shapes: set[tuple[type[BaseModel], str]] = set()
    for door in told.values():
        shapes |= {(shape, "serialization") for shape in door.answers.values() if shape is not None}
        shapes |= {(shape, "validation") for shape in (door.body,) if shape is not None}
    listed = sorted(shapes, key=lambda pair: (pair[0].__name__, pair[1]))
    references, definitions = models_json_schema(listed, ref_template=REFERENCE)  # type: ignore[arg-type]
    components = spec.setdefault("components", {})
    components["schemas"] = {**definitions.get("$defs", {}), **_problem_schemas()}
    root = spec["servers"][0]["url"]
    components["securitySchemes"] = {**SCHEMES, "oauth2": _of_apps(root)}
    spec["x-old-addresses"] = {old: f"{root}{new}" for old, new in old_addresses.OLD.items()}
    components["headers"] = headers.components()
    by_id = {name.rpartition(".")[2]: door for name, door in told.items()}
    for methods in spec["paths"].values():
        for method, operation in methods.items():
            _describe(operation, method, by_id[operation["operationId"]], references)
    return spec


def _of_apps(root: str) -> dict[str, Any]:
    flow = {
        "authorizationUrl": f"{root}/o/authorize/",
        "tokenUrl": f"{root}/o/token/",
        "refreshUrl": f"{root}/o/token/",
        "scopes": SCOPES,
    }
    return {"type": "oauth2", "description": OAUTH % (root, root), "flows": {"authorizationCode": flow}}


def _problem_schemas() -> dict[str, Any]:
    sentences = {"type": "array", "items": {"type": "string"}}
    return {
        "Problem": {"type": "object", "properties": {"detail": {"type": "string"}}, "required": ["detail"]},
        "Refusal": {"type": "object", "additionalProperties": sentences},
    }


def _describe(operation: dict[str, Any], method: str, told: Door, references: Any) -> None:
    parameters = operation.pop("parameters", []) + _query_parameters(told) + headers.of_request(method, told)
    if parameters:
        operation["parameters"] = parameters
    if told.scope is not None:
        operation["security"] = [{"access": []}, {"token": []}, {"session": []}]
        operation["security"] += [] if told.no_apps else [{"oauth2": [told.scope]}]
        operation["x-scope"] = told.scope
    if told.enters is not None:
        operation["security"] = [{"recovery": []}]
    if told.any_token:
        operation["security"] = [{"access": []}, {"token": []}, {"session": []}]
        operation["security"] += [] if told.no_apps else [{"oauth2": []}]
    if told.body is not None:
        operation["requestBody"] = _request_body(told, references)
    answers = {**_answers(told, method, references), **_problems(operation, method, told)}
    for status, answer in answers.items():
        answer["headers"] = headers.of_answer(int(status), method, told)
    operation["responses"] = answers


def _query_parameters(told: Door) -> list[dict[str, Any]]:
    if told.query is None:
        return []
    schema = told.query.model_json_schema(ref_template=REFERENCE)
    needed = schema.get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in needed,
            "description": field.pop("description", ""),
            "schema": field,
        }
        for name, field in schema["properties"].items()
    ]


def _request_body(told: Door, references: Any) -> dict[str, Any]:
    assert told.body is not None
    reference = references[told.body, "validation"]
    example = example_of(told.body)
    in_form = {name: value for name, value in example.items() if value is not None}  # which knows no null
    content = {
        "application/json": {"schema": reference, "example": example},
        "application/x-www-form-urlencoded": {"schema": reference, "example": in_form},
    }
    if told.body.FILES or told.files:
        files = {
            name: {"type": "array", "items": {"type": "string", "format": "binary"}, "description": words}
            if name.endswith("s")
            else {"type": "string", "format": "binary", "description": words}
            for name, words in told.body.FILES.items()
        }
        whole = {"allOf": [reference, {"type": "object", "properties": files}]}
        content["multipart/form-data"] = {"schema": whole, "example": in_form}
    needed = any(field.is_required() for field in told.body.model_fields.values())
    return {"required": needed, "content": content}


def _answers(told: Door, method: str, references: Any) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    if method == "get":
        answers["304"] = {"description": "You have it already: it is still as `If-None-Match` names it."}
    for status, shape in told.answers.items():
        if shape is None:
            answers[str(status)] = {"description": "Done; there is nothing to say."}
            continue
        schema = references[shape, "serialization"]
        if status == told.BRIEF and told.brief:
            schema = {"anyOf": [schema, _brief(told)]}
        content = {"schema": schema, **_examples(told, shape)}
        answers[str(status)] = {
            "description": (shape.__doc__ or "").strip().partition("\n")[0],
            "content": {"application/json": content},
        }
    return answers


def _brief(told: Door) -> dict[str, Any]:
    return {
        "type": "object",
        "description": BRIEF,
        "properties": {name: {} for name in sorted(told.brief)},
        "additionalProperties": False,
    }


def _examples(told: Door, shape: type[BaseModel]) -> dict[str, Any]:
    """One example, or one of each form that a shape can have."""
    forms = getattr(shape, "FORMS", {})
    if forms:
        return {"examples": {name: {"value": example_of(form)} for name, form in forms.items()}}
    return {"example": {**example_of(shape), **({"detail": told.says} if told.says else {})}}


def _refused(told: Door) -> dict[str, list[str]]:
    """What this door answers to something that can't be taken: tried, so that it is true."""
    if told.body is not None:
        if refusal := _refusal(told.body, {}):
            return refusal
        if told.body.FILES:
            return {next(iter(told.body.FILES)): ["Send the picture as a file in multipart/form-data."]}
    wrongs: tuple[object, ...] = ("x", "\0", {})
    for shape in filter(None, (told.body, told.query)):
        for name in shape.model_fields:
            for wrong in wrongs:
                if refusal := _refusal(shape, {name: wrong}):
                    return refusal
    if told.body is not None:
        return {"non_field_errors": ["This is not JSON that can be read."]}
    return {idempotency.HEADER: [f"A key has 1 to {idempotency.LONGEST_KEY} printable characters."]}


def _refusal(shape: type[Shape], sent: dict[str, Any]) -> dict[str, list[str]]:
    try:
        read(shape, sent)
    except Invalid as error:
        return dict(error.fields)
    return {}


def _problems(operation: dict[str, Any], method: str, told: Door) -> dict[str, Any]:
    problems = {429, 503, 401, *told.errors}
    if told.body is not None:
        problems |= {400, 413, 415}
    if told.query is not None:
        problems.add(400)
    if told.query is not None and issubclass(told.query, Parts):
        problems.add(404)  # a page that does not exist
    if told.scope is not None:
        problems.add(403)
        if headers.takes_key(method, told):
            problems |= {400, 409}
    if method != "get" and told.scope is None:
        problems.add(403)
    if any(parameter["in"] == "path" for parameter in operation.get("parameters", [])):
        problems.add(404)
    found = {}
    for status in sorted(problems):
        words, example = PROBLEMS[status]
        example = example or _refused(told)
        schema = {"$ref": REFERENCE.format(model="Refusal" if status == 400 else "Problem")}
        found[str(status)] = {
            "description": words,
            "content": {"application/json": {"schema": schema, "example": example}},
        }
    return found


def example_of(shape: type[BaseModel]) -> dict[str, Any]:
    """An example of this shape: its own, or made of its fields' examples."""
    own = shape.model_config.get("json_schema_extra")
    if isinstance(own, dict) and "examples" in own:
        return cast("dict[str, Any]", own["examples"][0])  # type: ignore[index]
    return {name: _example(field) for name, field in shape.model_fields.items() if _has_example(field)}


def _has_example(field: Any) -> bool:
    return bool(field.examples) or _inner(field) is not None


def _example(field: Any) -> Any:
    if field.examples:
        return field.examples[0]
    inner = _inner(field)
    assert inner is not None
    example = example_of(inner)
    return [example] if "list" in str(field.annotation) else example


def _inner(field: Any) -> type[BaseModel] | None:
    """The shape that a field holds, alone or in a list."""
    wanted = [field.annotation]
    while wanted:
        kind = wanted.pop()
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
        wanted += getattr(kind, "__args__", ())
    return None
