"""The authorization server (OAuth2): people let apps act for them, and apps get tokens for it.

`/o/authorize/` is a page of a person; the other addresses are for programs, which bring no session and no form token.
"""

from __future__ import annotations

from flask import Blueprint, Flask

bp = Blueprint("oauth", __name__)
tokens = Blueprint("oauth_tokens", __name__)


def init_app(app: Flask) -> None:
    """Open these doors."""
    from postways.oauth import consent, endpoints  # noqa: F401, PLC0415 the routes attach themselves

    app.register_blueprint(bp)
    app.register_blueprint(tokens)
