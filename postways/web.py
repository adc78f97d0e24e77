"""The site as people and programs see it: every door, and what holds at all of them."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import brotli
from apiflask import APIFlask
from flask import Flask, Response, current_app, g, redirect, request
from flask_compress import Compress
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, RequestRedirect
from werkzeug.security import safe_join

from postways import (
    access,
    api,
    auth,
    cli,
    cookies,
    db,
    dev,
    elsewhere,
    foundation,
    handlers,
    health,
    limits,
    live,
    media,
    membership,
    messages,
    moderation,
    notifications,
    oauth,
    posts,
    profiles,
    settings,
    sharing,
    social,
    viewing,
    wellknown,
)
from postways.config import Config
from postways.foundation import ROOT
from postways.htmx import VARY, htmx
from postways.models import ApiToken, Family, Guest, Session
from postways.models.attempt import network
from postways.models.audit import Circumstances, circumstances
from postways.models.guest import Actor
from postways.models.token import SEEN_STEP

FORM_BYTES = 1_000_000  # most bytes of a form without files
YEAR = 365 * 24 * 3600  # seconds
POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
XML = ("application/xml", "application/atom+xml")
VARIES = f"{VARY}, Cookie, Accept"
TURN = 0.002  # seconds that requests of one process may follow each other without letting others in
_let_in_at = 0.0
WITHOUT_PERSON = frozenset({"static", "media.file", "health.healthz", "health.readyz", "wellknown.security"})


class Site(APIFlask):
    """Flask, which asks of each function at each request whether it is a coroutine: none of ours is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """As it is."""
        return func


class Id(IntegerConverter):
    """An id in an address: a number that a database can hold."""

    regex = r"[0-9]{1,18}"


def made(config: Config) -> Flask:
    """The site under `config`."""
    app = Site(
        "postways",
        root_path=str(ROOT),
        static_folder="static",
        template_folder="templates",
        json_errors=False,
        enable_openapi=False,
    )
    app.session_interface = cookies.Sessions()
    _configure(app, config)
    foundation.lay(app, config)
    Migrate(app, db.db, directory=str(ROOT / "migrations"))
    limits.init_app(app, config)
    viewing.init_app(app)
    access.init_app(app, config)
    Compress(app)
    htmx.init_app(app)
    app.before_request(_begin)
    live.init_app(app)
    app.before_request(_recognise)
    for part in (
        auth,
        api,
        posts,
        profiles,
        sharing,
        settings,
        media,
        health,
        wellknown,
        dev,
        handlers,
        moderation,
        social,
        notifications,
        messages,
        membership,
        oauth,
        elsewhere,
        cli,
    ):
        part.init_app(app)
    app.after_request(_finish)
    app.teardown_request(lambda error: db.read_only(False))
    return app


def _configure(app: Flask, config: Config) -> None:
    app.config.update(
        SESSION_COOKIE_NAME="__Host-session" if config.production else "session",
        SESSION_COOKIE_SECURE=config.production,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=config.session_days * 24 * 3600,
        MAX_CONTENT_LENGTH=FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=FORM_BYTES,
        WTF_CSRF_CHECK_DEFAULT=False,  # `auth.guard` asks first who it is
        WTF_CSRF_TIME_LIMIT=None,  # a token lives as long as its session
        WTF_CSRF_SSL_STRICT=False,  # `auth.guard` judges the origin
        COMPRESS_MIMETYPES=["text/html", "text/css", "text/javascript", "application/json", "image/svg+xml", *XML],
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_BR_LEVEL=4,
        COMPRESS_LEVEL=5,
        COMPRESS_ALGORITHM_STREAMING=["br", "deflate"],  # files of `static`; events and photographs are of no such type
    )
    app.url_map.converters["int"] = Id
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]


def _begin() -> Response | None:
    """Before anything else: read the body whole, so that no transaction waits for somebody's slow line."""
    _let_others_in()
    g.user = Guest()
    g.request_id = secrets.token_hex(8)
    circumstances.set(Circumstances(network(request.remote_addr or ""), g.request_id))
    only_reads = request.method in ("GET", "HEAD", "OPTIONS")
    db.read_only(only_reads)
    if isinstance(request.routing_exception, RequestRedirect):
        return _to_its_slash(request.routing_exception)
    if not only_reads:
        view = auth.view_of(request.endpoint)
        if request.mimetype == "multipart/form-data" and getattr(view, "takes_files", False):
            config: Config = current_app.extensions["config"]
            request.max_content_length = 11 * config.max_upload_bytes
        elif most := getattr(view, "most_bytes", None):
            request.max_content_length = most
        _read_body()
    return None


def _to_its_slash(leads_on: RequestRedirect) -> Response:
    """By path alone: the name of the host is whatever the request says, and may be another site's."""
    address = urlsplit(leads_on.new_url)
    path = "/" + address.path.lstrip("/")
    answer: Response = current_app.make_response(redirect(f"{path}?{address.query}" if address.query else path, 308))
    return answer


def _let_others_in() -> None:
    """A connection that never waits would starve the others on SQLite; who just came in has let them in himself."""
    global _let_in_at  # noqa: PLW0603 one for the process, whose requests take turns
    if time.monotonic() - _let_in_at > TURN:
        time.sleep(0)
        _let_in_at = time.monotonic()


def _read_body() -> None:
    if request.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data"):
        request.form  # noqa: B018 reading it reads the body
    else:
        request.get_data()
    if request.content_length is None:
        request.stream.read(1)  # of a body without its length what is too much was cut off in silence; this raises 413


def _recognise() -> Response | None:
    # the API has its own ways to know people, apps bring proofs of their own; what other sites read is for everybody
    if request.endpoint in WITHOUT_PERSON or request.blueprint in ("api", "oauth_tokens", "membership_hook", "sharing"):
        return None
    auth.recognise()
    return auth.guard()  # type: ignore[return-value]


def _finish(response: Response) -> Response:
    if "form_leads_to" in g:  # a form may lead on to an app, which browsers count as a place that it sends to
        own = "form-action 'self'"
        response.headers["Content-Security-Policy"] = POLICY.replace(own, f"{own} {g.form_leads_to}")
    told = {name.lower() for name, _ in response.headers}
    for name, value in HEADERS.items():
        if name.lower() not in told:
            response.headers.add(name, value)
    if response.status_code == 204:  # noqa: PLR2004 nothing is of no type
        response.headers.pop("Content-Type", None)
    response.headers["X-Request-ID"] = g.get("request_id", "")
    if request.endpoint == "static":
        _squeeze(response)
        fresh = "public, max-age=31536000, immutable" if "v" in request.args else "public, max-age=3600"
        response.headers["Cache-Control"] = fresh
    elif not response.headers.setdefault("Cache-Control", "private, no-cache").startswith("public"):
        _differs(response, f"Authorization, {VARIES}" if request.blueprint == "api" else VARIES)
    if current_app.extensions["config"].production:
        response.headers["Strict-Transport-Security"] = f"max-age={YEAR}"
    _note_seen(response)
    return response


def _squeeze(response: Response) -> None:
    """A file of `static`, as small as it can be: that takes a tenth of a second, so it is done once."""
    etag, wanted = response.get_etag()[0], response.status_code == 200 and request.accept_encodings.quality("br") > 0  # noqa: PLR2004 all of it
    if not etag or not wanted or response.mimetype not in current_app.config["COMPRESS_MIMETYPES"]:
        return
    path = safe_join(current_app.static_folder or "", (request.view_args or {})["filename"])
    response.close()
    response.direct_passthrough = False
    response.set_data(_smallest(path or "", etag))
    response.headers["Content-Encoding"] = "br"
    response.vary.add("Accept-Encoding")
    response.set_etag(f"{etag}:br")
    response.make_conditional(request)


@lru_cache(maxsize=100)
def _smallest(path: str, _edition: str) -> bytes:
    return cast("bytes", brotli.compress(Path(path).read_bytes(), quality=11))


def _differs(response: Response, by: str) -> None:
    if "Vary" in response.headers:
        response.vary.update(by.split(", "))
    else:
        response.headers["Vary"] = by


def _note_seen(response: Response) -> None:
    """After the answer, at most once a minute, in a transaction of its own."""
    seen = _visit(g.get("user"))
    if seen is None:
        return
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def note() -> None:
        with app.app_context():
            db.read_only(False)
            seen()
            db.db.session.commit()

    response.call_on_close(note)


def _visit(user: Actor | None) -> Callable[[], None] | None:
    """What notes that this person was here, and by which browser or token; None while that is known already."""
    if user is None or not user.is_member:
        return None
    moment, user_id = db.now(), user.id
    known = user.active_since(moment)
    if token_id := user.api_token_id:
        known = known and moment - user.token_seen_at < SEEN_STEP
        return None if known else lambda: ApiToken.seen(token_id)
    if sid := user.family_sid:
        return None if known else lambda: Family.seen(sid, user_id)
    token = user.session_token
    return None if known or not token else lambda: Session.seen(token, user_id)
