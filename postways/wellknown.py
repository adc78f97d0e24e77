"""What other programs look for at fixed addresses."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Flask, Response, current_app

from postways.config import Config
from postways.db import now

bp = Blueprint("wellknown", __name__)
VALID_FOR = timedelta(days=180)  # RFC 9116 wants an end within a year; it moves along


def init_app(app: Flask) -> None:
    """Open these doors."""
    app.register_blueprint(bp)


@bp.get("/.well-known/security.txt")
def security() -> Response:
    """Whom to tell of a weakness (RFC 9116)."""
    config: Config = current_app.extensions["config"]
    lines = [
        f"Contact: {config.security_contact}",
        f"Expires: {now() + VALID_FOR:%Y-%m-%dT00:00:00Z}",
        "Preferred-Languages: en",
        f"Canonical: {config.base_url}/.well-known/security.txt",
    ]
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
