"""What pages of other sites may read: the answers to programs, by token or for everybody, never by a cookie of ours."""

from __future__ import annotations

from flask import Flask, Response, g, request
from flask_cors import CORS

BY_COOKIE = "auth/mylogin/|auth/token/refresh/|docs/"  # doors that give or take a cookie, and a page
OPEN = rf"/api/v1/(?!{BY_COOKIE}).*|/o/(token|revoke_token)/|/\.well-known/oauth-authorization-server"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
ASKED = ["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match"]
ANSWERED = [
    "ETag",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-ID",
]
REMEMBERED = 3600  # seconds for which a browser need not ask again what it may send


def init_app(app: Flask) -> None:
    """Say so to browsers, in answers that are the same whichever page asks: caches need no `Vary: Origin`."""
    app.after_request(_keep_to_ourselves)  # comes after what CORS adds
    CORS(
        app,
        resources=OPEN,
        origins="*",
        send_wildcard=True,
        supports_credentials=False,
        methods=METHODS,
        allow_headers=ASKED,
        expose_headers=ANSWERED,
        max_age=REMEMBERED,
        intercept_exceptions=False,
    )


def _keep_to_ourselves(response: Response) -> Response:
    user = g.get("user")
    by_cookie = user is not None and user.is_member and "Authorization" not in request.headers
    if by_cookie or "Set-Cookie" in response.headers:
        for name in [name for name, _ in response.headers if name.lower().startswith("access-control-")]:
            del response.headers[name]
    return response
