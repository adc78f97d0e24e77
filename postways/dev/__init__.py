"""What a developer may look at, on the own machine only: the mails that were not sent anywhere."""

from __future__ import annotations

import ipaddress
from email.message import EmailMessage

from flask import Blueprint, Flask, Response, current_app, request

from postways import mail as mails_sent
from postways.config import LOOPBACK, Config
from postways.errors import Missing
from postways.htmx import page

bp = Blueprint("dev", __name__)


def init_app(app: Flask) -> None:
    """Open these doors, to nobody but the person at this machine."""
    app.register_blueprint(bp)


@bp.before_request
def _only_here() -> None:
    """Another site's page that gives itself this machine's address still asks by its own name."""
    config: Config = current_app.extensions["config"]
    host = request.host.rpartition(":")[0] if not request.host.endswith("]") and ":" in request.host else request.host
    ours = host.strip("[]") in LOOPBACK and "X-Forwarded-For" not in request.headers
    if config.production or not ours or not _is_loopback(request.remote_addr or ""):
        raise Missing


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


@bp.get("/dev/mail/")
def mails() -> Response:
    """Every mail, newest first."""
    read = [(name, letter) for name in mails_sent.kept()[:200] if (letter := mails_sent.read(name))]
    return _private(page("dev/mails.html", mails=read))


@bp.get("/dev/mail/<name>/")
def mail(name: str) -> Response:
    """One mail, as text and as HTML."""
    letter = mails_sent.read(name)
    if letter is None:
        raise Missing
    return _private(page("dev/mail.html", letter=letter, text=_part(letter, "plain"), html=_part(letter, "html")))


def _part(letter: EmailMessage, kind: str) -> str:
    body = letter.get_body((kind,))
    return str(body.get_content()) if body is not None else ""


def _private(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
