"""The outbox: what leaves after the commit, in which order, and what losing Redis costs."""

import logging
from datetime import UTC, datetime

import pytest
import time_machine
from redis import Redis
from rq import Queue, SimpleWorker
from rq.registry import FailedJobRegistry, StartedJobRegistry
from rq.serializers import JSONSerializer

from postways import jobs, later, sweep
from postways.db import db, now
from postways.local import valkey
from postways.models import Photo, Post
from tests.cast import make_photo, make_post

pytestmark = pytest.mark.usefixtures("inside")


def news(app) -> list[str]:
    """What the test has told so far, as the number that it put in."""
    told = [fields for _, fields in app.extensions["redis"].xrange(later.STREAM)]
    return [fields[b"post"].decode() for fields in told if fields[b"topic"] == b"test"]


def queued(app, name: str = "media") -> list[str]:
    """The ids of the jobs that wait."""
    return Queue(name, connection=app.extensions["redis"], serializer=JSONSerializer).job_ids


@pytest.fixture
def unplugged(app, tmp_path, monkeypatch):
    """A Redis of our own that the application uses, to be stopped and started."""
    own, usual = Plug(tmp_path), {name: app.extensions[name] for name in ("redis", "outbox")}
    redis = Redis.from_url(own.url, socket_timeout=10, socket_connect_timeout=10)
    app.extensions |= {"redis": redis, "outbox": later.Outbox(redis)}
    monkeypatch.setattr(later, "REST", 0.0)
    yield own
    own.stop()
    app.extensions |= usual


@pytest.fixture
def clock():
    """The clock, to be put forward."""
    with time_machine.travel(datetime.now(UTC), tick=True) as traveller:
        yield traveller


class Plug:
    """A Valkey that is pulled and put back."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.start()

    def start(self) -> None:
        self.process, self.url = valkey.start(self.folder)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def test_nothing_leaves_before_the_commit_and_everything_after_it(app):
    later.tell("test", post=1)
    later.job("process_photo", 7)
    db.session.flush()
    assert news(app) == queued(app) == []

    db.session.commit()

    assert news(app) == ["1"]
    assert queued(app) == ["process_photo-7"]


def test_nothing_leaves_after_a_rollback(app):
    assert Post.in_trash_since(now()) == []  # a transaction has begun
    later.tell("test", post=1)
    later.job("process_photo", 7)

    db.session.rollback()
    later.tell("test", post=2)
    db.session.commit()

    assert news(app) == ["2"]
    assert queued(app) == []


def test_a_savepoint_sends_nothing_by_itself(app):
    with db.session.begin_nested():
        later.tell("test", post=1)
    assert news(app) == []

    db.session.commit()

    assert news(app) == ["1"]


def test_a_savepoint_that_is_taken_back_does_not_silence_the_rest(app, ada):
    later.tell("test", post=1)
    savepoint = db.session.begin_nested()
    savepoint.rollback()
    later.tell("test", post=2)

    db.session.commit()

    assert news(app) == ["1", "2"]


def test_a_rollback_after_a_savepoint_sends_nothing(app):
    with db.session.begin_nested():
        later.tell("test", post=1)

    db.session.rollback()
    db.session.commit()

    assert news(app) == []


def test_news_keep_their_order_over_several_commits(app):
    for number in range(1, 7):
        later.tell("test", post=number)
        if number % 2 == 0:
            db.session.commit()

    assert news(app) == ["1", "2", "3", "4", "5", "6"]


def test_a_job_that_waits_is_not_queued_twice(app):
    for _ in range(2):
        later.job("process_photo", 7)
        later.job("process_photo", 7)
        db.session.commit()

    assert queued(app) == ["process_photo-7"]


def test_a_job_that_failed_can_be_queued_again(app):
    later.job("process_photo", 7)
    db.session.commit()
    queue, job = _taken(app)
    FailedJobRegistry(queue=queue).add(job, ttl=later.FAILURE_TTL)
    assert queued(app) == []

    for _ in range(2):
        later.job("process_photo", 7)
        db.session.commit()

    assert [waiting.args for waiting in queue.jobs] == [[7]]


def test_a_job_whose_worker_died_can_be_queued_again(app):
    later.job("process_photo", 7)
    db.session.commit()
    queue, job = _taken(app)
    with app.extensions["redis"].pipeline() as pipeline:
        StartedJobRegistry(queue=queue).add_execution(_execution(job), pipeline=pipeline, ttl=60)
        pipeline.execute()

    for _ in range(2):
        later.job("process_photo", 7)
        db.session.commit()

    assert [waiting.args for waiting in queue.jobs] == [[7]]


def test_a_job_whose_workers_died_twice_can_be_queued_again(app):
    for _ in range(4):
        later.job("process_photo", 7)
        db.session.commit()
        queue, job = _taken(app)
        assert job.args == [7]
    assert queued(app) == []


def test_a_job_that_is_asked_for_while_it_runs_runs_once_more_and_disturbs_no_other(app, monkeypatch, caplog):
    caplog.set_level(logging.WARNING)
    worked: list[int] = []

    def work() -> None:
        queue = Queue("default", connection=app.extensions["redis"], serializer=JSONSerializer)
        SimpleWorker([queue], connection=queue.connection, serializer=JSONSerializer).work(burst=True)

    def suggest(person_id: int) -> None:
        worked.append(person_id)
        if len(worked) == 1:
            for _ in range(2):
                later.job("suggest", person_id)
                db.session.commit()
            work()  # another worker is free

    monkeypatch.setattr(jobs, "suggest", suggest)
    later.job("suggest", 7)
    db.session.commit()
    work()

    assert worked == [7, 7]
    assert [record.message for record in caplog.records if "exception" in record.message] == []
    assert FailedJobRegistry("default", connection=app.extensions["redis"]).get_job_ids() == []


def _taken(app):
    """A worker takes the job out of the line."""
    queue = Queue("media", connection=app.extensions["redis"], serializer=JSONSerializer)
    job = queue.fetch_job(queue.pop_job_id())
    return queue, job


def _execution(job):
    from rq.executions import Execution

    return Execution(id="one", job_id=job.id, connection=job.connection)


def test_a_job_carries_ids_and_nothing_else(app, ada):
    photo = make_photo(app, ada)

    job = Queue("media", connection=app.extensions["redis"], serializer=JSONSerializer).jobs[0]

    assert (job.func_name, list(job.args), job.kwargs) == ("postways.jobs.process_photo", [photo.id], {})
    assert job.description == f"process_photo-{photo.id}"


def test_a_like_is_kept_while_redis_is_away_and_told_when_it_is_back(app, ada, ben, unplugged):
    post = make_post(app, ada)
    unplugged.stop()

    Post.find(post.id, ben).like(ben)
    db.session.commit()
    db.session.remove()

    assert Post.find(post.id, ben).like_count == 1
    unplugged.start()
    later.outbox().send([])
    told = [news for _, news in app.extensions["redis"].xrevrange(later.STREAM, count=2)]
    assert {b"topic": b"post", b"post": str(post.id).encode()} in told


def test_news_from_before_and_after_an_outage_keep_their_order(app, unplugged):
    for number, what in enumerate(("before", "away", "away", "back"), 1):
        if what == "away" and unplugged.process.poll() is None:
            unplugged.stop()
        if what == "back":
            unplugged.start()
        later.tell("test", post=number)
        db.session.commit()

    assert [one for one in news(app) if one != "1"] == ["2", "3", "4"]  # the first may not have reached the disk


def test_an_upload_while_redis_is_away_is_found_by_the_sweeper(app, ada, unplugged, clock):
    unplugged.stop()
    photo = make_photo(app, ada)
    unplugged.start()
    assert queued(app) == []

    clock.shift(6)
    assert sweep.put_back() == 1

    assert queued(app) == [f"process_photo-{photo.id}"]
    jobs.prepare(photo.id)
    assert db.session.get(Photo, photo.id, populate_existing=True).ready
    assert sweep.put_back() == 0


def test_a_page_is_served_while_redis_is_away(app, ada, unplugged):
    unplugged.stop()

    with app.test_client() as client:
        assert client.get("/").status_code == 200
        assert client.get("/healthz").status_code == 200
        ready = client.get("/readyz")

    assert ready.status_code == 503
    assert ready.json == {"database": True, "redis": False, "storage": True}


def test_an_outage_is_one_line_in_the_log_that_names_no_content(app, ada, unplugged, caplog):
    unplugged.stop()
    caplog.set_level(logging.WARNING)

    make_photo(app, ada)

    assert [record.message for record in caplog.records if record.name == "postways.later"] == [
        "Redis is away, work waits in the database: ConnectionError"
    ]


def test_only_so_many_news_are_kept_while_redis_is_away(app, unplugged, monkeypatch):
    monkeypatch.setattr(later, "MOST_UNTOLD", 3)
    unplugged.stop()
    for number in range(1, 6):
        later.tell("test", post=number)
        db.session.commit()

    unplugged.start()
    later.outbox().send([])

    assert news(app) == ["3", "4", "5"]
