"""Words that the site does not want: a file with one word or phrase a line, read again when it has changed.

They are compared as names are (`text.folded`), without regard to case, Unicode form or invisible characters, and only
as whole words, so that a place whose name holds one can still be written about.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import cast

from flask import Flask, current_app

from postways.config import Config
from postways.errors import Refused
from postways.text import folded

MOST_NAMED = 5  # words that one refusal names
SENTENCE = "This site does not take these words: %(words)s. Say it without them."
warn = logging.getLogger(__name__).warning


def init_app(app: Flask, config: Config) -> None:
    """Let `app` know its list."""
    app.extensions["blocklist"] = Blocklist(config.blocked_words)


def refuse(text: str, field: str) -> None:
    """Raise Refused, naming the words, when `text` holds some of the list."""
    if found := cast("Blocklist", current_app.extensions["blocklist"]).found_in(text):
        raise Refused(SENTENCE, field=field, words=", ".join(found[:MOST_NAMED]))


class Blocklist:
    """The words of one file; of no file there are none."""

    def __init__(self, file: str) -> None:
        self._path = Path(file) if file else None
        self._read_at: tuple[int, int] | None = None  # when the file that was read had changed, and its size
        self._words: re.Pattern[str] | None = None

    def found_in(self, text: str) -> list[str]:
        """Those of the list that `text` holds, each once, as the list compares them."""
        self._read()
        return list(dict.fromkeys(self._words.findall(_plain(text)))) if self._words else []

    def _read(self) -> None:
        if self._path is None:
            return
        try:
            told = self._path.stat()
            if (read_at := (told.st_mtime_ns, told.st_size)) == self._read_at:
                return
            words = {_plain(line) for line in self._path.read_text("utf-8-sig").splitlines()} - {""}
        except (OSError, UnicodeDecodeError) as error:
            warn("the blocked words can't be read, the last ones hold: %s", type(error).__name__)
            return
        self._read_at, self._words = read_at, _pattern(words)


def _pattern(words: set[str]) -> re.Pattern[str] | None:
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)") if words else None


def _plain(text: str) -> str:
    return folded(" ".join(text.split()))
