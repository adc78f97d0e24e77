"""What the tests of the API share."""

from dataclasses import replace

import pytest
from flask import Flask


@pytest.fixture
def unlimited(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The application without its throttles, and as people meet it: what crashes is a 500, and no traceback."""
    monkeypatch.setattr(app.extensions["limits"], "_enabled", False)
    monkeypatch.setitem(app.extensions, "config", replace(app.extensions["config"], ratelimit_enabled=False))
    monkeypatch.setattr(app, "testing", False)
    return app
