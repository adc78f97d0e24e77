"""Whether the process is up, and whether it can do its work."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Flask, Response, current_app, jsonify
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from postways.db import db
from postways.storage import Storage
from postways.threads import in_thread

bp = Blueprint("health", __name__)


def init_app(app: Flask) -> None:
    """Open these doors."""
    app.register_blueprint(bp)


@bp.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@bp.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Database, Redis and storage answer: 200, else 503 with what does not."""
    parts = {"database": _database(), "redis": _redis(), "storage": _storage()}
    return jsonify(parts), 200 if all(parts.values()) else 503


def _database() -> bool:
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        db.session.rollback()
        return False
    return True


def _redis() -> bool:
    try:
        return bool(cast("Redis", current_app.extensions["redis"]).ping())
    except RedisError:
        return False


def _storage() -> bool:
    storage = cast("Storage", current_app.extensions["storage"])
    try:
        return in_thread(storage.answers) is not False
    except Exception:
        current_app.logger.exception("the storage does not answer")
        return False
