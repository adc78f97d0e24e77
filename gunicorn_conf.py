"""How gunicorn serves Postways, under `make run` and in production alike."""

import importlib.util
import os
import sys
from pathlib import Path


def _settings():
    """The settings, read without the package around them.

    Whatever this file imports is loaded before gevent patches the standard library; Flask and SQLAlchemy would keep
    the unpatched locks and block all requests of a process.
    """
    spec = importlib.util.spec_from_file_location("postways_settings", Path(__file__).parent / "postways" / "config.py")
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    try:
        return module.Config.from_environment(os.environ)
    except module.ConfigError as error:
        sys.exit(str(error))


_config = _settings()

bind = f"[{_config.host}]:{_config.port}" if ":" in _config.host else f"{_config.host}:{_config.port}"
workers = _config.web_concurrency
worker_class = "gevent"
worker_connections = 12000  # an open page is a connection
backlog = 4096
keepalive = 5
timeout = 30
graceful_timeout = 10
loglevel = "warning"
control_socket_disable = True
limit_request_line = 8190  # bytes, gunicorn's most: what apps ask of /o/authorize/ is long
forwarded_allow_ips = ""  # which proxies to believe is TRUSTED_PROXIES, and the application's business


def on_starting(server):
    """Say nothing of the server in its answers."""
    from gunicorn.http.wsgi import Response

    whole = Response.default_headers
    Response.default_headers = lambda answer: [line for line in whole(answer) if not line.startswith("Server:")]


def post_fork(server, worker):
    """Say nothing of what serves, and let a query on Postgres wait without stopping the process's other requests."""
    from gunicorn.http.wsgi import Response

    headers = Response.default_headers
    Response.default_headers = lambda self: [line for line in headers(self) if not line.startswith("Server:")]
    if _config.on_sqlite:
        return
    from gevent.socket import wait_read, wait_write
    from psycopg2 import extensions

    def wait(connection):
        while (state := connection.poll()) != extensions.POLL_OK:
            if state == extensions.POLL_READ:
                wait_read(connection.fileno())
            elif state == extensions.POLL_WRITE:
                wait_write(connection.fileno())

    extensions.set_wait_callback(wait)


def post_worker_init(worker):
    """End open event streams as soon as the process is told to stop; they would hold it until `graceful_timeout`."""
    import gevent

    def end_streams():
        while worker.alive:
            gevent.sleep(0.2)
        from postways import live

        live.close_all()

    gevent.spawn(end_streams)
