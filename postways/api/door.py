"""A door of the API: who may come in, what is read, what is answered, and how that is described."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from flask import Response, current_app, g, request
from pydantic import BaseModel

from postways.api import idempotency
from postways.api.answers import SAFE, answered
from postways.api.shapes import Shape, body_of, query_of
from postways.auth import takes_files
from postways.config import Config
from postways.errors import Forbidden, Unauthenticated, Unscoped
from postways.models.scopes import WRITE, scopes_of_role

View = TypeVar("View", bound=Callable[..., Any])
NEEDED = "Say who you are: this needs a token."
NO_APPS = "An app can't do this for you. Do it yourself, on the pages of this site or logged in with your password."
ALWAYS = frozenset(
    {"id", "url", "status", "count", "liked", "unread"}
)  # of a change: which thing, and what became of it
KNOWN = "You have an account: this is for people who have none."


@dataclass(frozen=True)
class Door:
    """What a view says of itself."""

    answers: Mapping[int, type[BaseModel] | None]  # status: shape; the first one is the ordinary answer
    tag: str
    scope: str | None = None  # None: anyone
    body: type[Shape] | None = None
    query: type[Shape] | None = None
    files: bool = False  # photographs may come along, as multipart
    errors: Sequence[int] = ()
    visitors: bool = False  # nobody else
    own_credentials: bool = False  # what it reads says who asks; a session of the pages counts for nothing here
    enters: Callable[[], None] | None = None  # judges the Authorization instead, before the body is read
    any_token: bool = False  # one is needed, whatever its scopes: the view sees to it
    says: str = ""  # the `detail` of the ordinary answer
    no_apps: bool = False  # what an account rests on: not by the token of an app, whatever it was allowed

    BRIEF = 200  # with which a change is answered; what was made, 201, is all of whoever made it

    @property
    def brief(self) -> frozenset[str]:
        """Which fields of a change's answer a token that may not read is shown, if it sent them or they say little;
        empty where it is shown all."""
        shape = self.answers.get(self.BRIEF)
        if self.scope not in WRITE or self.tag == "auth" or shape is None:
            return frozenset()
        whole = frozenset(shape.model_fields)
        shown = whole & (ALWAYS | frozenset(self.body.model_fields if self.body is not None else ()))
        return shown if shown < whole else frozenset()

    @property
    def secret(self) -> bool:
        """Whether nothing of its answers may be kept anywhere: credentials, messages, what the staff alone reads."""
        return self.tag in ("auth", "messages") or self.scope in ("moderate", "admin")


def door(
    answers: Mapping[int, type[BaseModel] | None],
    *,
    tag: str,
    scope: str | None = None,
    body: type[Shape] | None = None,
    query: type[Shape] | None = None,
    files: bool = False,
    errors: Sequence[int] = (),
    visitors: bool = False,
    own_credentials: bool = False,
    enters: Callable[[], None] | None = None,
    any_token: bool = False,
    says: str = "",
    no_apps: bool = False,
) -> Callable[[View], View]:
    """Put a view behind a door; it takes `body` and `query` by these names.

    It answers a shape, or None for 204, or a `Response`. Its name is the operation's id, the first line of its
    docstring the summary.
    """
    told = Door(
        answers, tag, scope, body, query, files, errors, visitors, own_credentials, enters, any_token, says, no_apps
    )
    status = next(iter(answers))

    def behind(view: View) -> View:
        @wraps(view)
        def enter(**arguments: Any) -> Response:
            _may_enter(told)
            if query is not None:
                arguments["query"] = query_of(query)
            if request.method not in SAFE and tag != "auth" and (again := idempotency.begin()) is not None:
                return _as_may_read(told, again)
            if body is not None:
                arguments["body"] = body_of(body)
            answer = view(**arguments)
            return _as_may_read(told, answer if isinstance(answer, Response) else answered(answer, status))

        enter.door = told  # type: ignore[attr-defined]
        enter.own_credentials = own_credentials  # type: ignore[attr-defined]
        enter.enters = enters  # type: ignore[attr-defined]
        return takes_files(enter) if files else enter  # type: ignore[return-value]

    return behind


def _may_enter(told: Door) -> None:
    if told.visitors and g.user.is_member:
        raise Forbidden(KNOWN)
    if told.enters is not None:
        told.enters()
    if told.scope is not None:
        _may_use(told.scope)
    if told.no_apps and g.user.is_member and g.user.app_id:
        raise Forbidden(NO_APPS)


def _may_use(scope: str) -> None:
    if not g.user.is_member:
        raise Unauthenticated(NEEDED)
    if scope not in g.user.scopes and scope in scopes_of_role(g.user.role):
        raise Unscoped(scope)
    if scope not in g.user.scopes:
        raise Forbidden


def _as_may_read(told: Door, answer: Response) -> Response:
    """Of what was changed a token that may not read learns what `told.brief` names and it has sent itself."""
    if not told.brief or answer.status_code != told.BRIEF or "read" in g.user.scopes:
        return answer
    sent = body_of(told.body).model_fields_set if told.body is not None else frozenset()
    known = {
        name: value for name, value in answer.get_json().items() if name in ALWAYS or (name in sent and _plain(value))
    }
    answer.headers.pop("ETag", None)  # it is one of all that was left out
    answer.set_data(json.dumps(known, ensure_ascii=False, separators=(",", ":")) + "\n")
    return answer


def _plain(value: object) -> bool:
    return not isinstance(value, dict | list)


def done(shape: str, status: int, **facts: Any) -> Response:
    """Commit what a view has done, and answer it by the renderer of this name (`idempotency.renders`)."""
    return idempotency.commit(shape, status, facts)


def absolute(path: str) -> str:
    """The public address of a path of this site; never built from a request."""
    config: Config = current_app.extensions["config"]
    return f"{config.base_url}{path}"
