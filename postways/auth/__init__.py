"""Who is asking: signing up, logging in and out, and what every other door asks before it opens."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar, cast

from flask import Blueprint, Flask, after_this_request, current_app, g, request, session, url_for
from flask_login import LoginManager, current_user, login_user, logout_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.wrappers import Response

from postways import cookies
from postways.config import Config
from postways.db import db, now, read_only, reading
from postways.htmx import go, to_login, to_proof
from postways.models import Audit, Guest, Session, User
from postways.models.scopes import scopes_of_role
from postways.seal import Broken, seal

bp = Blueprint("auth", __name__)
login_manager = LoginManager()
csrf = CSRFProtect()
DEVICE, DEVICE_KNOWN = "device", timedelta(days=180)
View = TypeVar("View", bound=Callable[..., Any])
PROOF_LASTS = timedelta(hours=2)  # after that sensitive acts ask for the password again


def init_app(app: Flask) -> None:
    """Let `app` know its people."""
    login_manager.session_protection = None
    login_manager.anonymous_user = Guest
    login_manager.init_app(app)
    # it looks into the session after each request for who is to be remembered longer than that: nobody is
    app.after_request_funcs[None].remove(login_manager._update_remember_cookie)
    csrf.init_app(app)
    from postways.auth import deletion, email, password, prove, reset, routes, undo, username, verify  # noqa: F401, PLC0415 the routes attach themselves to `bp`

    app.register_blueprint(bp)


def members_only(view: View) -> View:
    """Visitors are sent to log in, before anything else about the request is looked at."""
    view.members_only = True  # type: ignore[attr-defined]
    return view


def staff_only(view: View) -> View:
    """Everybody else, visitors too, is sent home with a warning; members who tried are written down."""
    view.staff_only = True  # type: ignore[attr-defined]
    return view


def needs_proof(view: View) -> View:
    """For members who gave their password within the last two hours; others give it first, then come back."""
    view.needs_proof = True  # type: ignore[attr-defined]
    return members_only(view)


def refills_form(view: View) -> View:
    """The view itself judges the form's token, so that a form that was open for too long comes back filled."""
    view.refills_form = True  # type: ignore[attr-defined]
    return view


def own_proof(view: View) -> View:
    """The address itself proves that it may be used, also by a mail program that knows no form of ours."""
    view.own_proof = True  # type: ignore[attr-defined]
    return view


def takes_files(view: View) -> View:
    """The body may hold as many photographs as a post does."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


def takes_at_most(size: int) -> Callable[[View], View]:
    """The body is no longer than so many bytes."""

    def little(view: View) -> View:
        view.most_bytes = size  # type: ignore[attr-defined]
        return view

    return little


def view_of(request_endpoint: str | None) -> Callable[..., Any] | None:
    """The view function that will answer."""
    return current_app.view_functions.get(request_endpoint or "")


@login_manager.user_loader
def load(token: str) -> User | None:
    """Row and person of a session in one statement."""
    config: Config = current_app.extensions["config"]
    user = Session.person(token, timedelta(days=config.session_idle_days), timedelta(days=config.session_days))
    if user is not None:
        user.session_token = token
        user.scopes = scopes_of_role(user.role)
        user.must_verify = config.require_verified_email and user.verified_at is None
    return user


def recognise() -> None:
    """Set `g.user`. In a request that may change something this is a transaction of its own."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        g.user = _current()
    else:
        with reading():
            g.user = _current()


def _current() -> User | Guest:
    if current_app.config["SESSION_COOKIE_NAME"] not in request.cookies:
        return Guest()
    return cast("User | Guest", current_user._get_current_object())


def guard() -> Response | None:
    """Member or not, then the form's token: in this order, so that a visitor's form leads to the login page."""
    view = view_of(request.endpoint)
    if getattr(view, "staff_only", False) and not g.user.is_staff:
        return _to_home()
    if getattr(view, "members_only", False) and not g.user.is_member:
        return to_login()
    if getattr(view, "needs_proof", False) and not proved_lately():
        return to_proof()
    if view is not None and not getattr(view, "own_proof", False):
        guard_unsafe(refills_form=getattr(view, "refills_form", False))
    return None


def guard_unsafe(*, refills_form: bool = False) -> None:
    """What may change something comes from a page of ours, and with its token. Raises CSRFError."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    refuse_foreign_origin()
    if not refills_form:
        csrf.protect()


def _to_home() -> Response:
    if g.user.is_member:
        db.session.commit()  # nothing but this entry is written, in a transaction of its own
        read_only(False)
        Audit.note("staff-refused", g.user, door=request.endpoint)
        db.session.commit()
    return go(url_for("posts.home", notice="staff"))


def proved_lately() -> bool:
    """Whether whoever sits at this browser has shown within the last two hours that it is the person."""
    return g.user.is_member and now() - g.user.proved_at < PROOF_LASTS


def proved() -> None:
    """The person has just shown it: the session goes on under a new id. Commits."""
    g.user.session_token = Session.renew(g.user.session_token)
    db.session.commit()
    login_user(g.user)


def refuse_foreign_origin() -> None:
    """Raise CSRFError for what another site has sent."""
    config: Config = current_app.extensions["config"]
    origin = request.headers.get("Origin")
    ours = {config.base_url, f"{request.scheme}://{request.host}"}
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if site not in ("same-origin", "none") or (origin is not None and origin not in ours and not _private(origin)):
        raise CSRFError("foreign origin")


def _private(origin: str) -> bool:
    """Some browsers hide the origin of a form of our own; they say same-origin beside it."""
    return origin == "null" and request.headers.get("Sec-Fetch-Site") == "same-origin"


def may_come_in(user: User) -> bool:
    """The demo's password is no secret on the machine it was made for, so it opens nothing from elsewhere."""
    return user.active and _opens_here(user)


def shut_out(user: User) -> bool:
    """Suspended: whoever gives the right password, and nobody else, is told so."""
    return user.suspended_at is not None and user.deleted_at is None and _opens_here(user)


def _opens_here(user: User) -> bool:
    config: Config = current_app.extensions["config"]
    return not user.demo or (config.on_loopback and not config.production)


def log_in(user: User) -> None:
    """Begin a session for `user` in this browser and commit; what the browser held before counts no more."""
    if token := session.get("_user_id"):
        Session.end(token)
    user.session_token = Session.begin(user, request.headers.get("User-Agent", ""), request.remote_addr or "")
    Audit.note("log-in", user, user)
    db.session.commit()
    session.clear()
    session.permanent = True
    login_user(user)
    g.user = user
    after_this_request(lambda answer: _remember_device(answer, user))


def known_device(user: User | None) -> str:
    """A word for this browser if `user` has logged in with it before: others' wrong passwords don't lock it out."""
    try:
        user_id, _, word = seal().open(cookies.read(DEVICE), DEVICE, DEVICE_KNOWN).partition(" ")
    except Broken:
        return ""
    return word if user is not None and user_id == str(user.id) else ""


def _remember_device(answer: Response, user: User) -> Response:
    if not known_device(user):
        cookies.keep(answer, DEVICE, seal().close(f"{user.id} {secrets.token_hex(8)}", DEVICE), DEVICE_KNOWN)
    return answer


def log_out() -> None:
    """End this browser's session on the server and commit."""
    if token := session.get("_user_id"):
        Session.end(token)
    Audit.note("log-out", g.user, g.user)
    db.session.commit()
    logout_user()
    session.clear()
    g.user = Guest()
