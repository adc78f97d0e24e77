"""Where a program begins: the addresses of everything."""

from __future__ import annotations

from flask import Response, current_app, request
from pydantic import Field

from postways.api import bp, description
from postways.api.door import absolute, door
from postways.api.shapes import Shape

LINKS = {  # category: name: path below the root
    "users": {
        "list": "users/",
        "me": "users/me/",
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
        "mutes": "mutes/",
    },
    "blocks": {"list": "blocks/", "detail": "blocks/{username}/"},
    "posts": {"list": "posts/", "detail": "posts/{post_id}/"},
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
    "notifications": {"list": "notifications/", "read": "notifications/read/"},
}


class Root(Shape):
    """Absolute addresses, by category and name."""

    users: dict[str, str] = Field(examples=[{"list": "https://example.org/api/v1/users/"}])
    auth: dict[str, str] = Field(examples=[{"login": "https://example.org/api/v1/auth/login/"}])
    posts: dict[str, str] = Field(examples=[{"detail": "https://example.org/api/v1/posts/{post_id}/"}])
    follows: dict[str, str] = Field(examples=[{"list": "https://example.org/api/v1/follows/"}])
    blocks: dict[str, str] = Field(examples=[{"list": "https://example.org/api/v1/blocks/"}])
    likes: dict[str, str] = Field(examples=[{"toggle": "https://example.org/api/v1/likes/toggle/"}])
    comments: dict[str, str] = Field(examples=[{"detail": "https://example.org/api/v1/comments/{comment_id}/"}])
    notifications: dict[str, str] = Field(examples=[{"list": "https://example.org/api/v1/notifications/"}])


@bp.get("/")
@door({200: Root}, tag="start")
def root() -> Root:
    """Read where everything is."""
    here = absolute("/api/v1/")
    return Root(**{kind: {name: here + path for name, path in paths.items()} for kind, paths in LINKS.items()})


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
