"""The apps that the tests of OAuth speak as."""

import pytest
from flask import Flask

from postways.models import User
from tests.oauth.flow import Prints


@pytest.fixture
def prints(app: Flask, ben: User) -> Prints:
    """Ben's app, which keeps a secret."""
    return Prints(app, ben)


@pytest.fixture
def phone(app: Flask, ben: User) -> Prints:
    """Ben's app for phones, which can't keep one."""
    return Prints(app, ben, public=True)
