"""The outbox: jobs and live news leave after the real commit, and losing Redis loses nothing.

Verbs call `job` and `tell` while their transaction runs. Once it has been committed (never at a savepoint, never after
a rollback, never while the database's write lock is held) what they asked for goes to Redis. What must be done is a
state in the database that `sweep.py` finds again; what must be seen is kept here until Redis is back.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import Any, cast

import structlog
from flask import Flask, current_app
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.job import Job
from rq.serializers import JSONSerializer
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from postways.config import Config
from postways.db import db

warn = logging.getLogger(__name__).warning
events = structlog.get_logger("events")

STREAM = "postways:live"
STREAM_LENGTH = 10_000  # news kept for pages that come back after a cut
QUEUES = {
    "process_photo": "media",
    "erase": "default",
    "send_mail": "mail",
    "make_export": "default",
    "suggest": "default",
    "withdraw": "default",
}
JOB_TIMEOUT = 120  # seconds
LONG_JOBS = {"make_export": 3_600}  # seconds
AGAIN = "-again"  # behind the id of a job that is asked for while it runs
FAILURE_TTL = 3_600  # seconds that a failed job's ids stay in Redis
PATIENCE = 0.25  # seconds that a request waits for Redis
REST = 1.0  # seconds that Redis is left alone after it failed
MOST_UNTOLD = 10_000

News = dict[str, str]


def init_app(app: Flask, config: Config) -> None:
    """Give `app` its Redis."""
    app.extensions["redis"] = Redis.from_url(
        config.redis_url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, decode_responses=False
    )
    app.extensions["outbox"] = Outbox(app.extensions["redis"])


def job(name: str, *ids: int) -> None:
    """Run `jobs.name(*ids)` in a worker once this transaction has been committed."""
    _wanted().append(("job", name, ids))


def tell(topic: str, **fields: int | str) -> None:
    """Tell every open page that shows `topic`, once this transaction has been committed."""
    _wanted().append(("tell", topic, {key: str(value) for key, value in fields.items()}))


def log(kind: str, **fields: object) -> None:
    """Write a line to the structured log once this transaction has been committed."""
    _wanted().append(("log", kind, fields))


def keep_quiet() -> None:
    """Write no line of this transaction to the structured log: nobody has done it."""
    wanted = _wanted()
    wanted[:] = [wish for wish in wanted if wish[0] != "log"]


def outbox() -> Outbox:
    """What this process could not yet send."""
    return cast("Outbox", current_app.extensions["outbox"])


class Outbox:
    """Sends to Redis, rests after a failure, and remembers the news that could not go out."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self._rest_until = 0.0
        self._untold: list[News] = []

    def send(self, wanted: Iterable[tuple[str, str, Any]]) -> None:
        """Jobs that can't go out are found by the sweeper; news that can't is told with the next that can."""
        asked = list(wanted)
        for kind, name, what in asked:
            if kind == "log":
                events.info(name, **what)
        self._untold += [{"topic": name, **what} for kind, name, what in asked if kind == "tell"]
        if time.monotonic() < self._rest_until:
            self._forget_oldest()
            return
        try:
            self._tell()
            for kind, name, what in asked:
                if kind == "job":
                    self._enqueue(name, what)
        except RedisError as error:
            self._rest_until = time.monotonic() + REST
            self._forget_oldest()
            warn("Redis is away, work waits in the database: %s", type(error).__name__)

    def _tell(self) -> None:
        untold, self._untold = self._untold, []
        if not untold:
            return
        try:
            with self.redis.pipeline(transaction=False) as pipeline:
                for news in untold:
                    pipeline.xadd(STREAM, cast("Any", news), maxlen=STREAM_LENGTH, approximate=True)
                pipeline.execute()
        except RedisError:
            self._untold = untold + self._untold
            raise

    def _forget_oldest(self) -> None:
        del self._untold[:-MOST_UNTOLD]

    def _enqueue(self, name: str, ids: tuple[int, ...]) -> None:
        """Let it wait in line, once.

        A job that has left the line runs, has failed, or died with its worker, and which of them can't be told for
        sure. Under its id it may not be asked for again: two workers would share one entry, and who is done first
        takes it from the other. So what is asked for meanwhile waits under a second id.
        """
        queue = Queue(QUEUES[name], connection=self.redis, serializer=JSONSerializer)
        first = _job_of(queue, name, ids)
        for job in (first, _job_of(queue, name, ids, AGAIN)):
            try:
                queue.enqueue_job(job, unique=True)
            except DuplicateJobError:
                if self._in_line(queue, job.id):
                    return
            else:
                return
        queue.enqueue_job(first)  # both have left the line, and the first one long ago

    def _in_line(self, queue: Queue, job_id: str) -> bool:
        return self.redis.lpos(queue.key, job_id) is not None


def _job_of(queue: Queue, name: str, ids: tuple[int, ...], more: str = "") -> Job:
    job_id = "-".join([name, *map(str, ids)]) + more
    return queue.create_job(
        f"postways.jobs.{name}",
        args=ids,
        job_id=job_id,
        description=job_id,
        timeout=LONG_JOBS.get(name, JOB_TIMEOUT),
        result_ttl=0,
        failure_ttl=FAILURE_TTL,
    )


def _wanted() -> list[tuple[str, str, Any]]:
    return cast("list[tuple[str, str, Any]]", db.session.info.setdefault("wanted", []))


@event.listens_for(db.session, "after_commit")
def _committed(session: Session) -> None:
    if session.in_nested_transaction():
        return  # a savepoint: the real commit is still to come
    session.info.setdefault("due", []).extend(session.info.pop("wanted", []))


@event.listens_for(db.session, "after_soft_rollback")
def _rolled_back(session: Session, previous: SessionTransaction) -> None:
    if previous.parent is None:
        session.info.pop("wanted", None)


@event.listens_for(db.session, "after_transaction_end")
def _ended(session: Session, transaction: SessionTransaction) -> None:
    """The connection has gone back and the write lock with it: now talking to Redis holds nobody up."""
    if transaction.parent is None and (due := session.info.pop("due", None)):
        outbox().send(due)
