"""What the doors of accounts have in common: the form that comes back, and the tries that are counted."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import current_app, g, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms import Field

from postways import limits
from postways.auth import passwords
from postways.db import db, reading
from postways.errors import Refused, Taken, TooMany
from postways.forms import PageForm
from postways.handlers import sentence
from postways.htmx import inside, page
from postways.limits import Window
from postways.models import Attempt, Audit, Client
from postways.models.attempt import LIMITS, network
from postways.text import folded


def form_page(template: str, form: PageForm, status: int | None = None, **context: Any) -> Response:
    """The page with the form: as it was asked for, or filled with what was typed when it is refused."""
    if form.is_submitted() and form.csrf_token.errors:
        status = 403
        form.form_errors.append(_("This page was open for too long. What you typed is still here; send it once more."))
    elif form.is_submitted():
        status = status or 422
    onward = inside(request.values.get("next"), "")
    return page(template, status or 200, form=form, next=onward, sent_by=_app_at(onward), **context)


def _app_at(url: str) -> str:
    """The registered name of the app whose page of consent this is, if any."""
    parts = urlsplit(url)
    asking = parse_qs(parts.query).get("client_id", [""])[0] if parts.path == "/o/authorize/" else ""
    client = Client.working(asking) if asking.isalnum() and asking.isascii() else None
    return client.name if client is not None else ""


def slowed_down(template: str, form: PageForm, error: TooMany, **context: Any) -> Response:
    """The form again, with the time after which another try makes sense."""
    form.form_errors.append(sentence(error))
    answer = form_page(template, form, 429, **context)
    answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def beside_field(form: PageForm, error: Refused) -> None:
    """Put what a noun refuses beside the field that it is about."""
    field = form[error.field]
    field.errors = [*field.errors, sentence(error)]


def refused(template: str, form: PageForm, error: Refused, field: str, **context: Any) -> Response:
    """The form again, with what a noun refused beside `field`; nothing of it was changed."""
    db.session.rollback()
    error.field = field
    beside_field(form, error)
    return form_page(template, form, **context)


def check_tries(kind: str, *against: str) -> None:
    """Raise TooMany while tries of this kind are used up; programs are told what is left.

    That of the last in `against` alone, an address or the person who asks: how often others tried an account is theirs.
    """
    if not current_app.extensions["config"].ratelimit_enabled:
        return
    most, within = LIMITS[kind]
    try:
        left, wait = Attempt.check(kind, *against)
    except TooMany as error:
        limits.announce(Window(kind, most, 0, within, error.retry_after))
        raise
    limits.announce(Window(kind, most, left, within, wait))


def count_try(kind: str, *against: str) -> None:
    """Count one, once it has been checked that there are some left."""
    Attempt.note(kind, *against)
    limits.one_less(kind)


def whom(name: str, device: str = "") -> tuple[str, str]:
    """Against whom a wrong password counts: the account of this name, and the address it comes from.

    A device on which the account was used before counts for itself, so that strangers can't lock its owner out.
    """
    return f"account {folded(name.strip())} {device}".strip(), f"address {network(request.remote_addr or '')}"


def dead_link(error: Refused, purpose: str) -> Response:
    """The link of a mail that works no more, with the way to a new one; 409 when somebody else was faster."""
    words = sentence(error)
    db.session.rollback()
    status = 409 if isinstance(error, Taken) else 410
    return unseen(page("auth/dead_link.html", status, sentence=words, purpose=purpose))


def unseen(answer: Response) -> Response:
    """A page whose address is a secret: nobody keeps it, and no other site is told."""
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def unproved(template: str, form: PageForm, password: Field, **context: Any) -> Response | None:
    """The refused form unless `password` holds the password of the person who asks; a wrong one counts as a try."""
    try:
        if right_password(password.data):
            return None
    except TooMany as error:
        return slowed_down(template, form, error, **context)
    password.errors = [*password.errors, _("That is not your password. Type it again.")]
    return form_page(template, form, **context)


def right_password(text: str) -> bool:
    """Whether it is the password of the person who asks; a wrong one counts as a try. Raises TooMany or Busy.

    Slow, and commits what it counts.
    """
    against = whom(g.user.username)
    with reading():
        check_tries("password", *against)
    if passwords.matches(g.user.password_hash, text):
        return True
    count_try("password", *against)
    Audit.note("log-in-failed", g.user, g.user, door=request.endpoint)
    db.session.commit()
    return False
