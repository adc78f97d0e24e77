"""How somebody's membership stands."""

from __future__ import annotations

from flask import Flask

from postways.db import db
from postways.models import Audit, Mail, User


def until(app: Flask, name: str = "ada") -> str | None:
    """When somebody's membership ends."""
    with app.app_context():
        end = User.named(name).premium_until
        return end and f"{end:%Y-%m-%dT%H:%M:%SZ}"


def told(app: Flask) -> tuple[int, int]:
    """How often something about a membership was written down, and mailed."""
    with app.app_context():
        audited = db.session.query(Audit).filter(Audit.kind.startswith("premium-")).count()
        return audited, db.session.query(Mail).filter(Mail.kind.startswith("premium-")).count()
