"""The application as it was before anybody used it: what is left in tables, files, Redis and memory goes."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import text

from postways import live, media, search
from postways.db import db
from postways.posts import cards, frames, talk

_emptied = itertools.count(1)


@contextmanager
def emptied_after(made_app: Flask) -> Iterator[None]:
    """Take away what was left in tables, files, Redis and memory."""
    try:
        yield
    finally:
        _empty(made_app)


def _empty(made_app: Flask) -> None:
    with made_app.app_context():
        db.session.rollback()
        _empty_tables()
        storage = made_app.extensions["storage"]
        for key in list(storage.keys()):
            storage.delete(key)
    shutil.rmtree(made_app.extensions["config"].data_dir / "mail", ignore_errors=True)
    made_app.extensions["redis"].flushall()
    made_app.extensions["outbox"].__init__(made_app.extensions["redis"])
    made_app.extensions["viewing"].__init__(made_app.extensions["redis"])
    media.forget()
    cards.forget()
    frames.forget()
    talk.forget()
    live._hubs.clear()


def _empty_tables() -> None:
    for words in search.KINDS:
        words.empty()
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SELECT empty_tables(:whole)"), {"whole": next(_emptied) % 100 == 0})
    else:
        for table in reversed(db.metadata.sorted_tables):
            db.session.execute(table.delete())
        db.session.execute(text("DELETE FROM sqlite_sequence"))
    db.session.commit()


def teach_to_empty_tables() -> None:
    """TRUNCATE makes new files for every table and index, a hundred times the price of deleting the few rows of a test;
    it is needed now and then all the same, because nothing else takes away what was deleted."""
    if db.engine.dialect.name != "postgresql":
        return
    names = ", ".join(f"'{table.name}'" for table in db.metadata.sorted_tables)
    db.session.execute(
        text(f"""
CREATE OR REPLACE FUNCTION empty_tables(whole boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    names text[] := ARRAY[{names}];
    name text;
BEGIN
    IF whole THEN
        EXECUTE 'TRUNCATE ' || array_to_string(names, ', ');
    ELSE
        SET LOCAL session_replication_role = replica;
        FOREACH name IN ARRAY names LOOP EXECUTE format('DELETE FROM %I', name); END LOOP;
        SET LOCAL session_replication_role = origin;
    END IF;
    PERFORM setval(seqrelid, seqstart, false) FROM pg_sequence WHERE pg_sequence_last_value(seqrelid) IS NOT NULL;
END $$""")
    )
    db.session.commit()
