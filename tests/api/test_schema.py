"""schemathesis makes up requests from our own description and holds the answers against it."""

from __future__ import annotations

import json
import traceback

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from postways.api import description
from postways.db import db
from postways.models import ApiToken
from tests.api.client import Client
from tests.cast import make_comment, make_post

EXAMPLES = 5  # of each kind, for each operation and credential
SOUND = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
BENT = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def operations(unlimited):
    """Every operation of the description, on the application itself."""
    with unlimited.app_context():
        spec = json.loads(description.as_json(unlimited))
    schema = schemathesis.openapi.from_dict(spec)
    schema.app = unlimited
    return [found.ok() for found in schema.get_all_operations()]


def test_every_example_is_one_that_its_own_schema_allows(app):
    with app.app_context():
        spec = json.loads(description.as_json(app))
    found = []
    for methods in spec["paths"].values():
        for operation in methods.values():
            for content in _contents(operation):
                schema = Draft202012Validator({**content["schema"], "components": spec["components"]})
                examples = [one["value"] for one in content.get("examples", {}).values()] or [content["example"]]
                errors = (error for example in examples for error in schema.iter_errors(example))
                found += [(operation["operationId"], error.json_path, error.message) for error in errors]

    assert not found


def test_the_examples_of_an_operation_are_its_own(app):
    with app.app_context():
        spec = json.loads(description.as_json(app))

    def example(method, path, status):
        answer = spec["paths"][f"/api/v1/{path}"][method]["responses"][str(status)]
        return answer["content"]["application/json"]["example"]

    assert example("post", "auth/password/reset/", 200) == {"detail": "Password reset successfully."}
    assert example("post", "auth/email/verify/", 200)["detail"] == "Email changed successfully."
    assert example("post", "auth/username/change/", 200) == {
        "detail": "Username changed successfully.",
        "username": "grace",
    }
    assert example("post", "posts/", 400) == {"title": ["This field is required."]}
    assert example("get", "posts/", 400) == {"page": ["Send a whole number."]}
    assert list(example("put", "posts/{post_id}/like/", 400)) == ["Idempotency-Key"]
    (enclosed,) = example("post", "messages/", 201)["images"]
    assert enclosed["url"].endswith("1080.jpg")


def test_apps_read_in_the_description_where_they_ask_and_for_what(app, guest):
    with app.app_context():
        spec = json.loads(description.as_json(app))
    server = guest.get("/.well-known/oauth-authorization-server").json
    flow = spec["components"]["securitySchemes"]["oauth2"]["flows"]["authorizationCode"]

    assert flow["authorizationUrl"] == server["authorization_endpoint"]
    assert flow["tokenUrl"] == server["token_endpoint"]
    assert set(flow["scopes"]) == set(server["scopes_supported"])
    assert {"oauth2": ["create"]} in spec["paths"]["/api/v1/messages/"]["post"]["security"]
    assert "oauth2" not in str(spec["paths"]["/api/v1/auth/password/change/"]["post"]["security"])
    assert spec["x-old-addresses"]["/api/message"] == "http://localhost/api/v1/messages/"


def _contents(operation):
    yield from operation.get("requestBody", {}).get("content", {}).values()
    for answer in operation["responses"].values():
        yield from answer.get("content", {}).values()


@pytest.mark.parametrize("who", ["visitor", "member"])
@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
def test_every_operation_answers_as_described(unlimited, operations, ada, ben, mode, who):
    post = make_post(unlimited, ada, pictures=1, likes=[ben])
    make_comment(unlimited, post, ben)
    found = {}
    for operation in operations:
        headers = {"Authorization": Client.token(unlimited, ben).authorization} if who == "member" else {}
        if trouble := _trouble(operation, mode, headers):
            found[operation.label] = trouble
        with unlimited.app_context():
            db.session.query(ApiToken).delete()
            db.session.commit()

    assert not found, "\n\n".join(f"{label}: {trouble}" for label, trouble in found.items())


def _trouble(operation, mode, headers):
    """What speaks against an operation; nothing, if all is well."""
    more = [negative_data_rejection] if mode is GenerationMode.NEGATIVE else []

    @BENT
    @given(case=operation.as_strategy(generation_mode=mode))
    def holds(case):
        case.headers.pop("Authorization", None)
        case.cookies.clear()
        answer = case.call(headers={**headers, "Accept-Encoding": "identity"})
        no_form = case.media_type == "multipart/form-data" and not isinstance(case.body, dict)  # goes as an empty one
        case.validate_response(answer, checks=SOUND if no_form else [*SOUND, *more])

    try:
        holds()
    except Unsatisfiable:
        return ""  # nothing can be sent to it that is wrong
    except (Exception, FailureGroup) as trouble:
        return "".join(traceback.format_exception_only(trouble))
    return ""
