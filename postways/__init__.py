"""Postways: a home for photographs that one person can run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from postways.config import Config


def create_app(config: Config | None = None) -> Flask:
    """The site under `config`, or under the environment's. Raises ConfigError."""
    from postways import web
    from postways.config import Config

    return web.made(config or Config.from_environment(os.environ))


def create_background(config: Config | None = None) -> Flask:
    """What workers and scheduler need of it: the same nouns, no doors. Raises ConfigError."""
    from postways import foundation
    from postways.config import Config

    return foundation.made(config or Config.from_environment(os.environ))
