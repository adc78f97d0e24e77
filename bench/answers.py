"""The limit of the API: Flask routes that answer the same JSON, each from one query, under the product's own server."""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request

from bench.site import Site, answers, connected, free_port, started, until

HERE = "BENCH_BASE_URL"
SHOWN = "{0}.published_at IS NOT NULL AND {0}.deleted_at IS NULL AND NOT {0}.withheld AND NOT {0}.closed"
LIST = f"""
SELECT p.id, p.title, substr(p.content, 1, 201), p.created_at, p.updated_at, p.like_count, u.id, u.username, f.key,
       (SELECT count(*) FROM posts q WHERE {SHOWN.format("q")})
FROM posts p JOIN users u ON u.id = p.author_id
LEFT JOIN photos f ON f.post_id = p.id AND f.position = 0 AND CAST(f.made AS TEXT) <> '[]'
WHERE {SHOWN.format("p")} ORDER BY p.updated_at DESC, p.id DESC LIMIT 11
"""
COUNTS = f"SELECT p.id, p.like_count FROM posts p WHERE p.id IN ({{ids}}) AND {SHOWN.format('p')} ORDER BY p.id"


@contextmanager
def serving(site: Site) -> Iterator[tuple[int, int]]:
    """Port and process of that server."""
    port = free_port()
    log = site.folder.with_name("answers.log")
    base = f"http://127.0.0.1:{site.port}"
    environ = {**site.environ, "ENV": "development", "PORT": str(port), HERE: base}
    command = ["-m", "gunicorn", "-c", "gunicorn_conf.py", "bench.answers:app()"]
    with started([sys.executable, *command], environ, log) as process:
        until(lambda: answers(port), process, log)
        yield port, process.pid


def app() -> Flask:
    """What it runs."""
    made = Flask(__name__)
    base = os.environ[HERE]
    idle: list[Any] = []  # connections
    url, folder = os.environ.get("DATABASE_URL", ""), Path(os.environ["DATA_DIR"])

    def rows(sql: str) -> Sequence[Any]:
        connection = idle.pop() if idle else connected(url, folder)
        if url:
            connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(sql)
        found = cursor.fetchall()
        idle.append(connection)
        return found

    @made.get("/api/v1/posts/")
    def posts() -> Response:
        found = rows(LIST)
        last = found[9]
        place = json.dumps([_microseconds(last[4]), last[0]], separators=(",", ":")).encode()
        cursor = base64.urlsafe_b64encode(place).decode().rstrip("=")
        following = f"{base}/api/v1/posts/?page=2&cursor={cursor}" if len(found) > 10 else None
        results = [_item(base, row) for row in found[:10]]
        return jsonify(count=found[0][9], next=following, previous=None, results=results)

    @made.get("/api/v1/likes/batch/")
    def batch() -> Response:
        ids = ",".join(str(int(word)) for word in request.args["ids"].split(","))
        counts = rows(COUNTS.format(ids=ids))
        return jsonify({str(post_id): {"count": count, "liked": False} for post_id, count in counts})

    return made


def _item(base: str, row: Sequence[Any]) -> dict[str, Any]:
    post_id, title, content, created, updated, likes, author_id, username, key, _count = row
    return {
        "url": f"{base}/api/v1/posts/{post_id}/",
        "id": post_id,
        "author": {"id": author_id, "username": username, "url": f"{base}/api/v1/users/{author_id}/"},
        "title": title,
        "content_excerpt": content if len(content) <= 200 else content[:200] + "...",
        "thumbnail": f"{base}/media/{key}/square.jpg" if key else None,
        "created_at": _iso(created),
        "updated_at": _iso(updated),
        "likes": f"{base}/api/v1/likes/?post={post_id}",
        "stats": {"like_count": likes},
    }


def _iso(moment: Any) -> str:
    text = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if isinstance(moment, datetime) else f"{moment}Z".replace(" ", "T")
    return text.replace(".000000Z", "Z")


def _microseconds(moment: Any) -> int:
    at = moment if isinstance(moment, datetime) else datetime.fromisoformat(f"{moment}+00:00")
    since = at - datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
