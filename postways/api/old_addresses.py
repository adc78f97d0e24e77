"""The addresses of the systems that Postways grew out of: second addresses of the same views, and no redirects.

They are put right before routing, so that everything behind this knows one address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

V1 = "/api/v1"
OLD = {  # with and without a slash at the end
    "/api/auth/register": f"{V1}/auth/register/",
    "/api/auth/login": f"{V1}/auth/token/",
    "/api/auth/logout": f"{V1}/auth/logout/",
    "/api/message": f"{V1}/messages/",
    "/api/message/sent": f"{V1}/messages/sent/",
    "/api/message/received": f"{V1}/messages/received/",
    "/api/block": f"{V1}/blocks/",
    "/users/create": f"{V1}/users/",
}
SHARED = {"/posts/": f"{V1}/posts/", "/posts": f"{V1}/posts"}  # a page too: programs say that they are one
Environ = dict[str, Any]


def init_app(app: Flask) -> None:
    """Let `app` answer at the old addresses."""
    app.wsgi_app = OldAddresses(app.wsgi_app)  # type: ignore[method-assign]


class OldAddresses:
    """Puts the path of a request right."""

    def __init__(self, app: Callable[[Environ, Any], Iterable[bytes]]) -> None:
        self._app = app

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        new = OLD.get(path.removesuffix("/"))
        if new is None and path in SHARED and _is_program(environ):
            new = SHARED[path]
        if new is not None:
            environ = {**environ, "PATH_INFO": new}
        return self._app(environ, start_response)


def _is_program(environ: Environ) -> bool:
    if "HTTP_AUTHORIZATION" in environ:
        return True
    accepted = parse_accept_header(environ.get("HTTP_ACCEPT", ""), MIMEAccept)
    return accepted.best_match(["text/html", "application/json"], "text/html") == "application/json"
