"""Every HX- header that is read or written, and the two kinds of answer: a page and a fragment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import htmx_flask
from flask import Response, current_app, g, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.urls import iri_to_uri
from werkzeug.wrappers import Response as BaseResponse

NOTICE = "#notice"
VARY = "HX-Request"  # page and fragment share one address
MOST_LOADED = 1_000  # `n` only counts pages that were loaded by themselves
htmx = htmx_flask.Htmx()


def asked_by_htmx() -> bool:
    """Whether a fragment is wanted; a restored history entry wants the page."""
    wanted = request.headers.get("HX-Request") == "true"
    return wanted and request.headers.get("HX-History-Restore-Request") != "true"


def page(template: str, status: int = 200, /, **context: Any) -> Response:
    """The whole page; a member's hears at least what concerns the member."""
    if g.user.is_member and "since" in g:
        context.setdefault("live_url", stream([]))
    return make_response(render_template(template, **context), status)


def fragment(template: str, status: int = 200, /, **context: Any) -> Response:
    """A partial."""
    return make_response(render_template(template, **context), status)


def pages_loaded() -> int:
    """How many pages of a list were loaded by themselves before this one."""
    return min(request.args.get("n", 0, int), MOST_LOADED)


def notice(sentence: str, status: int) -> Response:
    """A failed fragment: the page stays as it is and the sentence is spoken in its status region."""
    answer = fragment("errors/_notice.html", status, sentence=sentence)
    answer.headers["HX-Retarget"] = NOTICE
    answer.headers["HX-Reswap"] = "innerHTML"
    return answer


def go(url: str) -> BaseResponse:
    """After a form: see another page. htmx is told to load it as a page of its own."""
    if asked_by_htmx():
        answer = make_response("", 200)
        answer.headers["HX-Redirect"] = iri_to_uri(url)
        return answer
    return redirect(url, 303)


def gone(url: str) -> Response:
    """What a page asked for is not there any more, and neither is the page: it is loaded anew and says so."""
    answer = make_response("", 404)
    answer.headers["HX-Redirect"] = iri_to_uri(url)
    return answer


def to_login() -> BaseResponse:
    """Log in first, then come back to the page that asked."""
    place = came_from() if asked_by_htmx() or request.method != "GET" else request.full_path.rstrip("?")
    url = url_for("auth.login", next=place)
    if not asked_by_htmx():
        return redirect(url, 303)
    answer = make_response("", 401)
    answer.headers["HX-Redirect"] = url
    return answer


def to_proof() -> BaseResponse:
    """Give the password again first, then come back to the page that asked."""
    here = request.full_path.rstrip("?")
    if asked_by_htmx() or (request.method != "GET" and not _is_page()):
        here = came_from(_page_above())
    return go(url_for("auth.prove", next=here))


def _is_page() -> bool:
    """Whether the address of this form is a page too: browsers may not tell which one they come from."""
    adapter = current_app.create_url_adapter(request)
    return adapter is not None and adapter.test(method="GET")


def _page_above() -> str:
    """The nearest address above this one that is a page, for browsers that do not tell where they come from."""
    adapter, parts = current_app.create_url_adapter(request), request.path.rstrip("/").split("/")
    above = ["/".join(parts[:count]) + "/" for count in range(len(parts) - 1, 0, -1)]
    return next((path for path in above if adapter is not None and adapter.test(path, "GET")), "/")


def came_from(otherwise: str = "/") -> str:
    """The path of the page whose form or link this is, if the browser tells and it is ours."""
    told = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    try:
        parts = urlsplit(told)
    except ValueError:
        return otherwise
    if parts.netloc != request.host:
        return otherwise
    return inside(parts.path + (f"?{parts.query}" if parts.query else ""), otherwise)


def asking_endpoint() -> str:
    """Which page of ours asks by htmx, by the name of its view; empty where that can't be told."""
    adapter = current_app.create_url_adapter(request)
    try:
        return adapter.match(urlsplit(came_from()).path, method="GET")[0] if adapter is not None else ""
    except HTTPException:  # no page of ours, or one at another address by now
        return ""


def inside(url: str | None, otherwise: str) -> str:
    """`url` if it is a path of this site, which no browser could read as another host; else `otherwise`."""
    if not url or not url.startswith("/") or url.startswith(("//", "/\\")) or any(ord(c) < 33 for c in url):  # noqa: PLR2004 control characters and blanks
        return otherwise
    try:
        parts = urlsplit(url)
    except ValueError:
        return otherwise
    return otherwise if parts.scheme or parts.netloc or "\\" in url else url


def refilled(template: str, place: str, status: int, /, **context: Any) -> Response:
    """A form that was refused: it comes back in its own place, with what was typed and what is wrong."""
    answer = fragment(template, status, **context)
    answer.headers["HX-Retarget"] = place
    answer.headers["HX-Reswap"] = "outerHTML"
    return answer


def stream(
    posts: Iterable[int],
    *,
    newest: int | None = None,
    feed: int | None = None,
    comments: int | None = None,
    own: bool = False,
) -> str:
    """The address of the page's event stream: what it shows, and from which moment on."""
    asked: dict[str, Any] = {"newest": newest, "feed": feed, "comments": comments, "own": "1" if own else None}
    return url_for("live.stream", posts=",".join(map(str, posts)) or None, since=g.since, **asked)
