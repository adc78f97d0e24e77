"""Mails: written from `templates/mail/<kind>` and handed to the mail server, or kept as files while there is none.

Only workers send. `deliver` raises whatever went wrong and the mail is tried again, so a mail counts as gone when the
server has said so and not earlier.
"""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote, urlsplit

import flask_mail
from flask import Flask, current_app

from postways.config import Config
from postways.db import now
from postways.links import links

if TYPE_CHECKING:
    from postways.models import User

TIMEOUT = 10  # seconds that the mail server may take for each answer
PORTS = {"smtp": 25, "smtps": 465}
SUBJECT = "Subject:"
OF_THEIR_CHOICE = {"digest"}  # kinds of mail that people asked for and can end


@dataclass(frozen=True)
class Letter:
    """What is to be read."""

    subject: str
    text: str
    html: str
    unsubscribe: str = ""  # the address that ends mails of this kind


def init_app(app: Flask, config: Config) -> None:
    """Let `app` send mail as MAIL_URL says."""
    parts = urlsplit(config.mail_url)
    app.config.update(
        MAIL_SERVER=parts.hostname or "",
        MAIL_PORT=parts.port or PORTS.get(parts.scheme, 0),
        MAIL_USERNAME=unquote(parts.username or "") or None,
        MAIL_PASSWORD=unquote(parts.password or "") or None,
        MAIL_USE_TLS=parts.scheme == "smtp" and parts.query == "tls=1",
        MAIL_USE_SSL=parts.scheme == "smtps",
        MAIL_DEFAULT_SENDER=config.mail_from,
        MAIL_SUPPRESS_SEND=False,
    )
    flask_mail.Mail(app)


def write(kind: str, user: User | None, data: Mapping[str, Any]) -> Letter:
    """The mail of this kind, in words; links in it get their tokens now."""

    def link(purpose: str) -> str:
        assert user is not None, f"a mail of the kind {kind} is for somebody"
        return links().link(purpose, user)

    def token(purpose: str) -> str:
        assert user is not None, f"a mail of the kind {kind} is for somebody"
        return links().token(purpose, user)

    templates = current_app.jinja_env
    context = {
        "user": user,
        "data": data,
        "link": link,
        "token": token,
        "undo_link": links().undo_link,
        "url": links().url,
        "now": now(),
    }
    first, _, text = templates.get_template(f"mail/{kind}.txt").render(context).partition("\n")
    assert first.startswith(SUBJECT), f"mail/{kind}.txt begins with its subject"
    subject = " ".join(first.removeprefix(SUBJECT).split())
    html = templates.get_template(f"mail/{kind}.html").render(context, subject=subject)
    return Letter(subject, text.strip() + "\n", html, link("unsubscribe") if kind in OF_THEIR_CHOICE else "")


def deliver(letter: Letter, address: str, *, name: str) -> None:
    """Hand the letter over. `name` is the same at every try, so that a second copy can be recognised."""
    config: Config = current_app.extensions["config"]
    message = flask_mail.Message(
        letter.subject,
        recipients=[address],
        body=letter.text,
        html=letter.html,
        extra_headers={"Auto-Submitted": "auto-generated", **_way_out(letter)},
    )
    message.msgId = f"<{name}@{config.mail_from.rpartition('@')[2]}>"
    if (folder := _folder(config)) is not None:
        _keep(folder, f"{name}.eml", message.as_bytes())
        return
    with _Connection(current_app.extensions["mail"]) as connection:
        connection.send(message)


def _way_out(letter: Letter) -> dict[str, str]:
    """What mail programs need to end such mails with one click (RFC 8058)."""
    if not letter.unsubscribe:
        return {}
    return {"List-Unsubscribe": f"<{letter.unsubscribe}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


class _Connection(flask_mail.Connection):
    """Flask-Mail's own, but patient for so long only, sure of whom it talks to, and not upset by a rude farewell."""

    def configure_host(self) -> smtplib.SMTP:
        server, port, name = self.mail.server, self.mail.port or 0, self.mail.default_sender.rpartition("@")[2]
        context = ssl.create_default_context()
        if self.mail.use_ssl:
            host: smtplib.SMTP = smtplib.SMTP_SSL(server, port, name, timeout=TIMEOUT, context=context)
        else:
            host = smtplib.SMTP(server, port, name, timeout=TIMEOUT)
        try:
            if self.mail.use_tls:
                host.starttls(context=context)
            if self.mail.username and self.mail.password:
                host.login(self.mail.username, self.mail.password)
        except BaseException:
            host.close()
            raise
        return host

    def __exit__(self, kind: type[BaseException], error: BaseException, trace: TracebackType) -> None:
        with suppress(smtplib.SMTPException, OSError):  # what was accepted stays so, and must not be sent again
            super().__exit__(kind, error, trace)


def kept() -> list[str]:
    """The names of the mails that lie in the folder, newest first."""
    folder = _folder(current_app.extensions["config"])
    if folder is None or not folder.is_dir():
        return []
    return sorted((path.name for path in folder.glob("[!.]*.eml")), key=_number, reverse=True)


def read(name: str) -> EmailMessage | None:
    """One of those mails."""
    if name not in kept():
        return None
    path = cast("Path", _folder(current_app.extensions["config"])) / name
    return message_from_bytes(path.read_bytes(), policy=policy.default)


def _number(name: str) -> tuple[str, int]:
    """Second and number of the mail, the order in which they were asked for."""
    day, second, number, _ = name.split("-", 3)
    return day + second, int(number)


def _folder(config: Config) -> Path | None:
    parts = urlsplit(config.mail_url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def _keep(folder: Path, name: str, data: bytes) -> None:
    """Written whole or not at all, and only for its owner's eyes."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = folder / f".{name}.{os.getpid()}"
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(folder / name)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
