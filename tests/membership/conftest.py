import pytest

from tests.cast import Browser, make_user


@pytest.fixture
def as_root(app, crowd) -> Browser:
    """An admin's browser."""
    make_user(app, "root2", role="admin")
    return Browser(app).log_in("root2")
