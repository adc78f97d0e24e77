"""Full text behind one function: what people write becomes words here, and SQLite and Postgres only look them up.

Neither database's own parser is trusted with text: they split and fold differently, and Postgres by the locale of the
server. Python cuts a text into words once, and both get the same ones: FTS5 as text that `unicode61` splits at blanks,
Postgres as a tsvector that `array_to_tsvector` takes as it is, which is what `simple` would do.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    ForeignKey,
    Label,
    Select,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    cast,
    column,
    delete,
    false,
    func,
    insert,
    literal_column,
    select,
    table,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from postways.config import Config, ConfigError
from postways.db import Id, changed, db

LONGEST_WORD = 60  # characters; of a longer word only its beginning is compared
MOST_ASKED = 16  # words of a question that count
LONGEST_QUESTION = 200  # characters that are looked at
# lengths of beginnings that FTS5 keeps lists of; for a longer one it collects all matches first
PREFIXES = " ".join(map(str, range(1, 17)))
AT_ONCE = 500  # documents in one statement
FTS5 = (
    "CREATE VIRTUAL TABLE {0}_index USING fts5(words, content='{0}_words', content_rowid='place', detail=none, "
    "columnsize=0, prefix='" + PREFIXES + "', "
    "tokenize=\"unicode61 remove_diacritics 0 categories 'L* M* N* C*'\")"
)
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_MICROSECOND = timedelta(microseconds=1)
_PLACES = 1 << 10  # in each microsecond

# Scripts that are written without blanks between words: Thai, Lao, Burmese, Khmer, Hangul, Kana, Bopomofo, Han.
_RUN = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u318f\u31a0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U0001aff0-\U0001b16f\U00020000-\U0003ffff"
)
_PIECES = re.compile(f"([{_RUN}]+)|[^{_RUN}]+")
# Accents of Latin, Greek and Cyrillic, points of Hebrew and Arabic; vowels of other scripts are no accents.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
_LETTERS = str.maketrans({"ı": "i", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h"})
_UNSEEN = re.compile("[\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\U000e0100-\U000e01ef]")


class Document(NamedTuple):
    """What is to be found: whose words these are, where it stands among the others (newest last), and its text."""

    subject_id: int
    place: int
    text: str


class Words:
    """The words of one noun: one row for each, in a table that both databases have, and the index beside it.

    On SQLite that is the FTS5 table `…_index`, whose content this table is; every write here goes into both.
    """

    def __init__(self, name: str, subjects: str) -> None:
        self.name = name
        self.rows = Table(
            f"{name}_words",
            db.metadata,
            Column("place", Id, primary_key=True, autoincrement=False),
            Column("subject_id", Id, ForeignKey(f"{subjects}.id", ondelete="CASCADE"), nullable=False),
            Column("words", Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
            UniqueConstraint("subject_id"),
        )
        self.index = table(f"{name}_index", column("rowid", BigInteger), column("words", Text), column(f"{name}_index"))

    # --- asking

    def matching(self, question: str) -> Select[Any]:
        """The ids of the subjects that have all words of `question`, the last of which may be a beginning."""
        return self.narrowed(select(self.rows.c.subject_id), question)

    def ordered(
        self, query: Select[Any], subject: ColumnElement[Any], question: str
    ) -> tuple[Select[Any], Label[Any], ColumnElement[Any]]:
        """`query` on those whose id is `subject`, its key for pages, newest first, and where the key stands."""
        place: Label[Any] = self.rows.c.place.label("place")
        query = query.add_columns(place).join(self.rows, self.rows.c.subject_id == subject)
        by = self.index.c.rowid if _on_sqlite() and asked(question) else self.rows.c.place
        return self.narrowed(query, question), place, by

    def narrowed(self, query: Select[Any], question: str) -> Select[Any]:
        """`query`, which reads `rows`, on those that match; none when there is nothing to look for."""
        words = asked(question)
        if not words:
            return query.where(false())
        if not _on_sqlite():
            return query.where(self.rows.c.words.op("@@")(cast(_tsquery(words), TSQUERY)))
        match = self.index.c[f"{self.name}_index"].op("MATCH")(_fts5(words))
        return query.join(self.index, self.index.c.rowid == self.rows.c.place).where(match)

    # --- writing

    def write(self, documents: Sequence[Document]) -> None:
        """Let these be found by their text as it is now, and by nothing that it was before."""
        if not documents:
            return
        ids = [document.subject_id for document in documents]
        if _on_sqlite():
            self.forget(ids)
        rows = [
            {"place": place, "subject_id": document.subject_id, "words": " ".join(sorted(set(words_in(document.text))))}
            for document, place in zip(documents, self._free_places(documents, ids), strict=True)
        ]
        if _on_sqlite():
            db.session.execute(insert(self.rows), rows)
            db.session.execute(insert(self.index), [{"rowid": row["place"], "words": row["words"]} for row in rows])
        else:
            db.session.execute(self._upsert(), rows)

    def forget(self, ids: Sequence[int]) -> None:
        """Let these be found no more. Before they are deleted: their words are needed to take them out."""
        gone = self.rows.c.subject_id.in_(ids)
        if _on_sqlite():
            command = insert(self.index).from_select(
                [self.index.c[f"{self.name}_index"], self.index.c.rowid, self.index.c.words],
                select(literal_column("'delete'"), self.rows.c.place, self.rows.c.words).where(gone),
            )
            db.session.execute(command)
        changed(delete(self.rows).where(gone))

    def mend(self) -> None:
        """Make the index anew from the rows, whatever it holds."""
        if _on_sqlite():
            db.session.execute(text(f"INSERT INTO {self.name}_index({self.name}_index) VALUES ('rebuild')"))

    def empty(self) -> None:
        """Let nothing be found."""
        changed(delete(self.rows))
        self.mend()

    def _upsert(self) -> Any:
        statement = postgresql.insert(self.rows).values(
            place=bindparam("place"),
            subject_id=bindparam("subject_id"),
            words=func.array_to_tsvector(func.string_to_array(bindparam("words", type_=Text), " ")),
        )
        newer = {"place": statement.excluded.place, "words": statement.excluded.words}
        return statement.on_conflict_do_update(index_elements=["subject_id"], set_=newer)

    def _free_places(self, documents: Sequence[Document], ids: Sequence[int]) -> Iterator[int]:
        """Their places, or the next ones where those are others'."""
        wanted = self.rows.c.place.in_([document.place for document in documents])
        others = select(self.rows.c.place).where(wanted, self.rows.c.subject_id.not_in(ids))
        taken = set(db.session.scalars(others))
        for document in documents:
            place = document.place
            while place in taken:
                place += 1
            taken.add(place)
            yield place


posts = Words("post", "posts")
people = Words("person", "users")
tags = Words("tag", "tags")
KINDS = (posts, people, tags)


def init_app(config: Config) -> None:
    """See that the database can do it. Raises ConfigError."""
    if not config.on_sqlite:
        return
    with sqlite3.connect(":memory:") as connection:
        try:
            connection.execute("CREATE VIRTUAL TABLE trial USING fts5(words)")
        except sqlite3.OperationalError:
            raise ConfigError(
                f"The SQLite {sqlite3.sqlite_version} of this Python was built without FTS5, which search needs. "
                "Use a Python with another SQLite, or set DATABASE_URL to a Postgres database."
            ) from None


def matching_posts(question: str) -> ColumnElement[bool]:
    """As a condition on `Post`: title, text, tags or descriptions of its photographs have all words of `question`.

    Goes with any other condition and order. A question without a letter or digit matches nothing: see `asked`.
    """
    return db.metadata.tables["posts"].c.id.in_(posts.matching(question)) if asked(question) else false()


def place_of(moment: datetime, subject_id: int) -> int:
    """Where something of this moment stands: later is higher, and at the same moment, nearly always, a higher id."""
    return (moment - _EPOCH) // _MICROSECOND * _PLACES + subject_id % _PLACES


def is_index(name: str | None, kind: str) -> bool:
    """Whether a table or index of this name is one that only one of the databases has, and no model speaks of."""
    if kind == "index":
        return name in {f"ix_{words.name}_words_words" for words in KINDS}
    return kind == "table" and any((name or "").startswith(f"{words.name}_index") for words in KINDS)


def asked(question: str) -> list[tuple[str, bool]]:
    """The words that are looked for, each with whether it may be a beginning; none for what has no letter or digit."""
    found: dict[tuple[str, bool], None] = {}
    plain = _plain(question[:LONGEST_QUESTION]).split()
    pieces = [piece for word in plain for piece in _PIECES.finditer(word)]
    for piece in pieces:
        run, word = piece.group(1), piece.group()
        if run and len(run) > 1:
            found.update(((pair, False), None) for pair in _pairs(run))
        else:
            found[(word[:LONGEST_WORD], bool(run) or piece is pieces[-1])] = None
    return list(found)[:MOST_ASKED]


def words_in(words: str) -> Iterator[str]:
    """The words by which a text is found; runs of a script without blanks give each pair of letters, and the last."""
    for word in _plain(words).split():
        for piece in _PIECES.finditer(word):
            run = piece.group(1)
            if run:
                yield from _pairs(run)
                yield run[-1]
            else:
                yield piece.group()[:LONGEST_WORD]


def _pairs(run: str) -> Iterator[str]:
    return (run[place : place + 2] for place in range(len(run) - 1))


def _plain(words: str) -> str:
    """Without case, accents and everything that is no letter or digit; what is left is in NFKC."""
    words = unicodedata.normalize("NFKC", words).casefold()
    words = _ACCENTS.sub("", unicodedata.normalize("NFKD", words)).translate(_LETTERS)
    return unicodedata.normalize("NFKC", words).translate(_letters)


class _Letters(dict[int, str | None]):
    """For `str.translate`: letters, marks and digits stay, what shows nothing goes, the rest is a blank."""

    def __missing__(self, code: int) -> str | None:
        letter = chr(code)
        category = unicodedata.category(letter)
        kept: str | None = letter if category[0] in "LMN" else " "
        if category == "Cf" or _UNSEEN.match(letter):
            kept = None
        return self.setdefault(code, kept)


_letters = _Letters()


def _fts5(words: Sequence[tuple[str, bool]]) -> str:
    return " ".join(f'"{word}"*' if beginning else f'"{word}"' for word, beginning in words)


def _tsquery(words: Sequence[tuple[str, bool]]) -> str:
    return " & ".join(f"'{word}':*" if beginning else f"'{word}'" for word, beginning in words)


def _on_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"
