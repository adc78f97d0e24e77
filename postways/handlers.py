"""From errors to answers: the one map from what went wrong to a status and a page or fragment."""

from __future__ import annotations

import logging

from flask import Flask, g, jsonify, request, url_for
from flask_babel import gettext, lazy_gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Response

from postways.db import db
from postways.errors import (
    Busy,
    Forbidden,
    Invalid,
    Missing,
    PremiumOnly,
    Refused,
    Stale,
    Taken,
    TooMany,
    Unauthenticated,
    Underway,
    Unpublished,
    Unscoped,
    Unsupported,
)
from postways.htmx import asked_by_htmx, notice, page
from postways.paging import BadCursor, NoSuchPage
from postways.storage import StorageFull

log = logging.getLogger(__name__)

TITLES = {
    400: lazy_gettext("That can't be read"),
    401: lazy_gettext("Log in again"),
    403: lazy_gettext("Not allowed"),
    404: lazy_gettext("Nothing here"),
    405: lazy_gettext("Not allowed"),
    409: lazy_gettext("Somebody was faster"),
    413: lazy_gettext("Too large"),
    422: lazy_gettext("Not like this"),
    429: lazy_gettext("Too many tries"),
    500: lazy_gettext("Something went wrong"),
    503: lazy_gettext("Too busy just now"),
    507: lazy_gettext("No room left"),
}
SENTENCES = {
    400: lazy_gettext("This address was changed on its way. Start again from the list."),
    403: lazy_gettext("This is not yours to change."),
    404: lazy_gettext("There is no such page, or it is not for everybody. It may have been moved to the trash."),
    405: lazy_gettext("This address can't be used in that way."),
    413: lazy_gettext("That is more than this site takes at once. Send fewer or smaller photographs."),
    500: lazy_gettext("It is not your fault, and it has been noted. Try again in a moment."),
    503: lazy_gettext("Nothing was changed. Try again in a few seconds."),
    507: lazy_gettext(
        "The site has no room for more photographs just now. What you typed is not lost; tell the people who run it."
    ),
}
IN_SHORT = {  # for programs, where the pages' sentence would mislead
    400: lazy_gettext("This request can't be read."),
    403: lazy_gettext("You may not do this."),
    404: lazy_gettext("There is nothing here, or it is not for you."),
    412: lazy_gettext("It was changed since the version that you name. Read it again."),
    413: lazy_gettext("This is larger than what this site takes."),
    415: lazy_gettext("Send JSON, a form or multipart/form-data."),
    500: lazy_gettext("Something went wrong"),
}
EXPIRED = lazy_gettext(
    "This page was open for too long or you logged in anew. Go back, load it again and send it once more."
)
TOKENLESS = lazy_gettext(
    "A session of the pages changes things from pages of this site alone, and with its CSRF token in the header "
    "X-CSRFToken. Send that, or use a token of your own in Authorization."
)
TO_APPS = {  # of the letters that RFC 6749 knows
    413: "This is larger than what is taken here.",
    429: "Too much came from here in too short a time. Wait for as long as Retry-After says.",
    503: "Nothing was changed. Wait for as long as Retry-After says.",
}
RETRY_BUSY = "2"
FOR_PROGRAMS = ("/api/", "/membership/webhook/")
OF_APPS = ("/o/token/", "/o/revoke_token/", "/o/introspect/", "/.well-known/oauth-authorization-server")


def init_app(app: Flask) -> None:
    """Let `app` answer errors."""
    app.register_error_handler(Missing, lambda error: answer(404, gettext(error.args[0]) if error.args else None))
    app.register_error_handler(NoSuchPage, lambda error: answer(404))
    app.register_error_handler(Forbidden, _forbidden)
    app.register_error_handler(Unscoped, _unscoped)
    app.register_error_handler(Unpublished, lambda error: answer(403, gettext("This post is not published.")))
    app.register_error_handler(PremiumOnly, _premium_only)
    app.register_error_handler(Unauthenticated, lambda error: _unauthenticated(gettext(error.message)))
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(Invalid, lambda error: _by_field(error.fields))
    app.register_error_handler(Unsupported, lambda error: answer(415))
    app.register_error_handler(Stale, lambda error: answer(412))
    app.register_error_handler(Underway, _underway)
    app.register_error_handler(Taken, lambda error: answer(409, sentence(error)))
    app.register_error_handler(TooMany, _too_many)
    app.register_error_handler(BadCursor, lambda error: _bad_cursor())
    app.register_error_handler(CSRFError, lambda error: answer(403, str(TOKENLESS if asks_api() else EXPIRED)))
    app.register_error_handler(RequestEntityTooLarge, lambda error: answer(413))
    app.register_error_handler(StorageFull, lambda error: answer(507))
    for kind in (Busy, PoolTimeout, OperationalError):
        app.register_error_handler(kind, _busy)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _crashed)


def sentence(error: Refused | TooMany) -> str:
    """What a refusal says, in the reader's language."""
    wait = 0 if isinstance(error, Refused) else error.retry_after
    values = error.values if isinstance(error, Refused) else {"minutes": -(-wait // 60), "seconds": wait}
    return gettext(error.message, **values)


def answer(status: int, words: str | None = None) -> Response:
    """A page that says what happened and what to do, or for htmx a sentence that leaves the page as it is."""
    db.session.rollback()
    if request.path.startswith(OF_APPS):
        return _as_oauth(status)
    if asks_api():
        return _as_json(status, {"detail": words or str(IN_SHORT.get(status, SENTENCES.get(status, IN_SHORT[500])))})
    words = words or str(SENTENCES.get(status, SENTENCES[500]))
    if asked_by_htmx():
        return notice(words, status)
    if "user" not in g:
        return Response(words, status, content_type="text/plain; charset=utf-8")
    return page(
        "errors/error.html",
        status,
        status=status,
        title=str(TITLES.get(status, TITLES[500])),
        sentence=words,
        action_url=url_for("posts.home"),
        action_label=gettext("Go to the newest photographs"),
    )


def asks_api() -> bool:
    """Whether a program asks, which reads JSON; unknown addresses have no door that could say so."""
    return request.path.startswith(FOR_PROGRAMS)


def _as_oauth(status: int) -> Response:
    """In the form of RFC 6749, which knows no 413."""
    known = {413: "invalid_request", 429: "temporarily_unavailable", 503: "temporarily_unavailable"}
    otherwise = "server_error" if status >= 500 else "invalid_request"  # noqa: PLR2004 ours, not the program's
    body = {"error": known.get(status, otherwise)}
    if status in TO_APPS:
        body["error_description"] = TO_APPS[status]
    response = _as_json(400 if status == 413 else status, body)  # noqa: PLR2004 too large
    response.headers["Cache-Control"] = "no-store"
    return response


def _as_json(status: int, body: object) -> Response:
    response = jsonify(body)
    response.status_code = status
    return response


def _by_field(fields: dict[str, list[str]]) -> Response:
    db.session.rollback()
    return _as_json(400, fields)


def _refused(error: Refused) -> Response:
    if not asks_api():
        return answer(422, sentence(error))
    return _by_field({error.field or "non_field_errors": [sentence(error)]})


def _bad_cursor() -> Response:
    if not asks_api():
        return answer(400)
    return _by_field({"cursor": [gettext("This cursor is not one of ours. Begin the list again.")]})


def _forbidden(error: Forbidden) -> Response:
    if asks_api() and not g.user.is_member:
        return _unauthenticated(gettext("Say who you are: this needs a token."))
    return answer(403, gettext(error.args[0]) if error.args else None)


def _unscoped(error: Unscoped) -> Response:
    words = gettext("This token may not do that: it lacks the scope “%(scope)s”.", scope=error.scope)
    response = answer(403, words)
    challenge = f'Bearer realm="Postways", error="insufficient_scope", scope="{error.scope}"'  # RFC 6750
    response.headers["WWW-Authenticate"] = challenge
    return response


def _premium_only(error: PremiumOnly) -> Response:
    """What everybody may know of the post, with the way to a membership."""
    if asks_api() or asked_by_htmx() or request.method not in ("GET", "HEAD"):
        return answer(403, gettext(error.args[0]))
    db.session.rollback()
    return page("posts/locked.html", 403, post=error.post)


def _unauthenticated(words: str) -> Response:
    response = answer(401, words)
    wrong = ', error="invalid_token"' if "Authorization" in request.headers else ""
    response.headers["WWW-Authenticate"] = f'Bearer realm="Postways"{wrong}'
    return response


def _too_many(error: TooMany) -> Response:
    response = answer(429, sentence(error))
    response.headers["Retry-After"] = str(error.retry_after)
    return response


def _underway(error: Underway) -> Response:
    response = answer(409, gettext("The same request is being carried out. Ask again in a moment."))
    response.headers["Retry-After"] = RETRY_BUSY
    return response


def _busy(error: Exception) -> Response:
    log.warning("busy: %s at %s", type(error).__name__, request.endpoint)
    response = answer(503)
    response.headers["Retry-After"] = RETRY_BUSY
    return response


def _http(error: HTTPException) -> Response | HTTPException:
    if error.code is None or error.code < 400:  # noqa: PLR2004 redirects, such as the one that adds a slash
        return error
    response = answer(error.code, None if error.code in SENTENCES else error.description)
    for name, value in error.get_headers(request.environ):
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _crashed(error: Exception) -> Response:
    # the door by its name: a path can hold the token of a link
    log.exception("crashed on %s %s", request.method, request.endpoint, exc_info=error)
    return answer(500)
