"""The one password of all demo people, made for this site alone."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import cast

from flask import current_app

from postways.config import Config

SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that can be taken for another; twelve of them are 59 bits


def kept_password() -> str:
    """The password in DATA_DIR/demo_password, readable by its owner alone; made now if there is none yet."""
    path = cast("Config", current_app.extensions["config"]).data_dir / "demo_password"
    if not path.exists():
        _make(path)
    return path.read_text().strip()


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    password = "-".join("".join(secrets.choice(SIGNS) for _ in range(4)) for _ in range(3))
    unfinished = path.with_name(f".demo_password.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{password}\n")
        with suppress(FileExistsError):  # another process was faster: its password counts
            path.hardlink_to(unfinished)
    finally:
        unfinished.unlink(missing_ok=True)
