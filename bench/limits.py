"""The servers that the product is held against, under its own gunicorn settings: no framework, no session, no cache."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.pages import Made, Row
from bench.site import Site, answers, connected, free_port, started, until

PAGES = "BENCH_PAGES"
CHUNK = 65_536


@contextmanager
def serving(site: Site, pages: Mapping[str, Made]) -> Iterator[tuple[int, int]]:
    """Port and process of a server that gives `pages` by their path, and reads whatever body is sent."""
    port = free_port()
    file = site.folder.with_name("pages.json")
    file.write_text(json.dumps(pages))
    environ = {**site.environ, "ENV": "development", "PORT": str(port), PAGES: str(file)}
    command = ["-m", "gunicorn", "-c", "gunicorn_conf.py", "bench.limits:app()"]
    with started([sys.executable, *command], environ, site.folder.with_name("limits.log")) as process:
        until(lambda: answers(port), process, site.folder.with_name("limits.log"))
        yield port, process.pid


def app() -> Callable[..., Iterable[bytes]]:
    """What that server runs."""
    pages = {path: Made(*page) for path, page in json.loads(Path(os.environ[PAGES]).read_text()).items()}
    templates = {path: page.template() for path, page in pages.items()}
    idle: list[Any] = []  # connections
    url, folder = os.environ.get("DATABASE_URL", ""), Path(os.environ["DATA_DIR"])

    def opened() -> Any:
        connection = connected(url, folder)
        if url:
            connection.autocommit = True
        return connection

    def page(path: str) -> bytes:
        connection = idle.pop() if idle else opened()
        cursor = connection.cursor()
        cursor.execute(pages[path].sql)
        rows = [Row(*row) for row in cursor]
        idle.append(connection)
        return templates[path].render(rows=rows).encode()

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            while environ["wsgi.input"].read(CHUNK):
                pass
            body = b""
        else:
            body = page(environ["PATH_INFO"])
        headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))]
        start_response("200 OK", headers)
        return [body]

    return answer
