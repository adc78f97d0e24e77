"""Where a program begins: the addresses of everything."""

from __future__ import annotations

import re

from flask import Response, current_app, request
from pydantic import ConfigDict, RootModel

from postways.api import bp, description
from postways.api.door import absolute, door

PART = re.compile("<[^>]+>|{[^}]+}")
LINKS = {  # category: name: path below the root; only those that a door stands at are told
    "users": {
        "list": "users/",
        "me": "users/me/",
        "likes": "users/me/likes/",
        "saved": "users/me/saved/",
        "detail": "users/{user_id_or_username}/",
    },
    "auth": {
        "login": "auth/login/",
        "login_with_cookie": "auth/mylogin/",
        "token_verify": "auth/token/verify/",
        "token_refresh": "auth/token/refresh/",
        "token_recovery": "auth/token/recovery/",
        "password_change": "auth/password/change/",
        "password_reset": "auth/password/reset/",
        "username_change": "auth/username/change/",
        "email_change": "auth/email/change/",
        "email_verify": "auth/email/verify/",
    },
    "follows": {
        "list": "follows/",
        "detail": "follows/{follow_id}/",
        "requests": "follows/requests/",
        "recommendations": "follows/recommendations/",
        "mutes": "mutes/",
    },
    "blocks": {"list": "blocks/", "detail": "blocks/{username}/"},
    "posts": {"list": "posts/", "detail": "posts/{post_id}/", "tag": "tags/{tag}/", "search": "search/"},
    "likes": {
        "list": "likes/",
        "detail": "likes/{like_id}/",
        "toggle": "likes/toggle/",
        "batch": "likes/batch/",
    },
    "comments": {
        "list": "posts/{post_id}/comments/",
        "detail": "comments/{comment_id}/",
        "like": "comments/{comment_id}/like/",
    },
    "feed": {"list": "feed/"},
    "messages": {
        "list": "messages/",
        "sent": "messages/sent/",
        "received": "messages/received/",
        "read": "messages/read/",
        "requests": "messages/requests/",
        "detail": "messages/{message_id}/",
    },
    "notifications": {"list": "notifications/", "read": "notifications/read/"},
    "interactions": {"list": "interactions/", "detail": "interactions/{interaction_id}/"},
    "reports": {"list": "reports/"},
}


class Root(RootModel[dict[str, dict[str, str]]]):
    """Absolute addresses, by category and name."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"posts": {"detail": "https://example.org/api/v1/posts/{post_id}/"}}]}
    )


@bp.get("/")
@door({200: Root}, tag="start")
def root() -> Root:
    """Read where everything is."""
    here, open_now = absolute("/api/v1/"), _paths()
    links = {
        kind: {name: here + path for name, path in paths.items() if _nameless(path) in open_now}
        for kind, paths in LINKS.items()
    }
    return Root({kind: paths for kind, paths in links.items() if paths})


def _paths() -> set[str]:
    """Of every door, below the root."""
    rules = [rule.rule for rule in current_app.url_map.iter_rules() if rule.endpoint.startswith(f"{bp.name}.")]
    return {_nameless(rule.removeprefix(f"{bp.url_prefix}/")) for rule in rules}


def _nameless(path: str) -> str:
    """`path` without what its parts are called."""
    return PART.sub("{}", path)


@bp.get("/openapi.json")
def openapi() -> Response:
    """This description, as OpenAPI 3.1."""
    response = Response(description.as_json(current_app), content_type="application/json")
    response.add_etag()
    return response.make_conditional(request)  # type: ignore[return-value]


@bp.get("/docs/")
def docs() -> str:
    """The same, to be read by people."""
    return description.as_page(current_app)
