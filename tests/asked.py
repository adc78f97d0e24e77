"""What the running test has asked of the site, and how it was answered: the table of the API's paths is held to it."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


class Request(NamedTuple):
    """One request as it was sent; `path` has no query."""

    method: str
    path: str
    status: int


ASKED: list[Request] = []


class Noting(FlaskClient):
    """The test client of Flask, which notes what goes through it."""

    def open(self, *args: Any, **options: Any) -> TestResponse:
        """Send a request."""
        answer = super().open(*args, **options)
        ASKED.append(Request(answer.request.method, answer.request.path, answer.status_code))
        return answer
