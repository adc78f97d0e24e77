"""What the tests of the API share."""

from dataclasses import replace

import pytest
from flask import Flask

from postways.models import User
from tests.api.client import Client


@pytest.fixture
def unlimited(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The application without its throttles, and as people meet it: what crashes is a 500, and no traceback."""
    monkeypatch.setattr(app.extensions["limits"], "_enabled", False)
    monkeypatch.setitem(app.extensions, "config", replace(app.extensions["config"], ratelimit_enabled=False))
    monkeypatch.setattr(app, "testing", False)
    return app


@pytest.fixture
def as_ada_api(app: Flask, ada: User) -> Client:
    """Ada's program."""
    return Client.bearer(app, ada)


@pytest.fixture
def as_ben_api(app: Flask, ben: User) -> Client:
    """Ben's program."""
    return Client.bearer(app, ben)
