"""The processes beside the web: `python -m postways.background worker`, and `… scheduler`.

They are not commands of `flask`, which would load every door and Alembic with them.
"""

from __future__ import annotations

import logging
import signal
import sys
import time

import click
from redis import Redis
from redis.exceptions import RedisError

from postways import create_background
from postways.config import Config, ConfigError
from postways.db import db

JOB_LOG_LEVEL = logging.WARNING  # RQ says at INFO what it runs with which arguments


@click.group()
def processes() -> None:
    """What runs beside the web."""


@processes.command()
@click.option("--queues", default="mail,default,media", show_default=True, help="The first is emptied first.")
def worker(queues: str) -> None:
    """Run jobs until told to stop."""
    from rq import Queue, Worker
    from rq.serializers import JSONSerializer

    from postways import jobs

    app = create_background()
    jobs.use(app)
    config: Config = app.extensions["config"]
    redis = Redis.from_url(config.redis_url)
    _wait_for(redis)
    names = [name for name in queues.split(",") if name]
    with app.app_context():
        db.engine.dispose()  # RQ forks: no connection may be shared with the child
    logging.getLogger("rq").setLevel(JOB_LOG_LEVEL)
    Worker.max_connection_wait_time = 2.0  # looks for a Redis that went away every two seconds, not every minute
    Worker(
        [Queue(name, connection=redis, serializer=JSONSerializer) for name in names],
        connection=redis,
        serializer=JSONSerializer,
        worker_ttl=30,
        maintenance_interval=10,
        job_monitoring_interval=5,
    ).work(logging_level="WARNING")


@processes.command()
def scheduler() -> None:
    """Put back lost work every 30 seconds and forget what is over; exactly one is enough, more do no harm."""
    from postways import sweep

    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: stopped.append(number))
    sweep.run(create_background(), lambda: bool(stopped))


def _wait_for(redis: Redis) -> None:
    while True:
        try:
            redis.ping()
        except RedisError:
            time.sleep(0.5)
        else:
            return


if __name__ == "__main__":
    try:
        processes()
    except ConfigError as error:
        sys.exit(str(error))
