"""What a page costs whoever looks at it: statements of the database, and bytes over the line."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from functools import cache

from flask import Flask
from sqlalchemy import event

from bench.figures import Figure
from bench.parts import Bench
from bench.site import Failed, Site, Visitor, program
from postways import create_app
from postways.config import Config
from postways.db import db
from postways.posts import cards

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SCREENS = ((390, 2), (1280, 1))  # width and pixels per pixel


def queries(bench: Bench) -> Iterator[Figure]:
    """Statements per page, with the asking person included; counted in a test client on the same database."""
    site = bench.site
    member = site.member(0)
    ((username,),) = site.ask(f"SELECT username FROM users WHERE id = {member.user_id}")
    ((post,),) = site.ask("SELECT max(id) FROM posts WHERE published_at IS NOT NULL AND deleted_at IS NULL")
    for name, path, most in (("home", "/", 3), ("post", f"/posts/{post}/", 4), ("profile", f"/@{username}/", 4)):
        asked = counted(site, member, path)
        yield Figure("queries", f"{name}, member", asked, "statements", at_most=most)


def counted(site: Site, visitor: Visitor, path: str) -> int:
    """How many statements a page costs this visitor, nothing of it rendered before, on the database of `site`."""
    app, asked = _looking(site)
    cards.forget()
    asked.clear()
    answer = app.test_client(use_cookies=False).get(path, headers=visitor.headers)
    if answer.status_code != 200:
        raise Failed(f"{path} answered {answer.status_code}")
    return len(asked)


@cache
def _looking(site: Site) -> tuple[Flask, list[str]]:
    """The application on the database of `site`, and what it asks."""
    app = create_app(Config.from_environment({**site.environ, "ENV": "development"}))
    asked: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK")):
            asked.append(statement)

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
    return app, asked


def weight(bench: Bench) -> Iterator[Figure]:
    """The home page's first view in Chromium."""
    browser = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print("left out: weight, because no Chromium is installed and CHROMIUM does not name one.", file=sys.stderr)
        return
    for width, density in SCREENS:
        url = f"http://127.0.0.1:{bench.site.port}/"
        told = json.loads(program("bench.weighing", browser, url, str(width), str(density)))
        screen = f"{width} px"
        yield Figure("weight", f"{screen}: HTML", told["document"] / 1e3, "kB", at_most=12)
        yield Figure("weight", f"{screen}: CSS", told["stylesheet"] / 1e3, "kB", at_most=10)
        yield Figure("weight", f"{screen}: JavaScript", told["script"] / 1e3, "kB", at_most=22)
        others = ", ".join(told["others"])
        name = f"{screen}: requests but for pictures and news"
        yield Figure("weight", name, len(told["others"]), "", at_most=0, note=others)
        most = 120 if density == 2 else None
        yield Figure("weight", f"{screen}: pictures per card, mean", told["mean"] / 1e3, "kB", at_most=most)
        yield Figure("weight", f"{screen}: pictures per card, heaviest", told["heaviest"] / 1e3, "kB")
