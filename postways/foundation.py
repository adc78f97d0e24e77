"""What the site, its workers and its scheduler stand on: settings, database, storage, outbox, mail, words."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import structlog
from flask import Flask
from flask_babel import Babel

from postways import blocklist, db, later, links, looks, mail, seal, search, zones
from postways.config import Config
from postways.storage import storage_from

ROOT = Path(__file__).parent.parent


def made(config: Config) -> Flask:
    """An application without doors, for what runs beside the web: it loads a third less."""
    app = Flask("postways", root_path=str(ROOT), template_folder="templates")
    lay(app, config)
    return app


def lay(app: Flask, config: Config) -> None:
    """Give `app` all of that."""
    app.config.update(
        SECRET_KEY=config.secret_key[0],
        SECRET_KEY_FALLBACKS=list(config.secret_key[1:]),
        TESTING=config.testing,
        BABEL_DEFAULT_LOCALE="en",
    )
    _log(config)
    app.extensions["config"] = config
    app.extensions["storage"] = storage_from(config.storage_url, _credentials(config))
    search.init_app(config)
    db.init_app(app, config)
    later.init_app(app, config)
    blocklist.init_app(app, config)
    links.init_app(app, config)
    seal.init_app(app, config)
    mail.init_app(app, config)
    Babel(app, timezone_selector=lambda: zones.here().key)
    looks.init_app(app)


def _log(config: Config) -> None:
    shown = structlog.processors.JSONRenderer() if config.production else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True), shown],
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # what a command answers can be piped on
    )
    if not config.testing:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")


def _credentials(config: Config) -> dict[str, str]:
    names = ("aws_access_key_id", "aws_secret_access_key")
    return {name: getattr(config, name) for name in names if getattr(config, name)}
