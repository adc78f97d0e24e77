"""The real server under many hands at once, and workers that are killed in the middle of their work."""

import os
import random
import signal
import threading
import time
from contextlib import ExitStack

import pytest
from flask import Flask
from sqlalchemy import func, select

from postways.db import db
from postways.local.processes import members
from postways.models import Like, Photo, Post, User
from tests.cast import make_photo, make_post, make_user, picture
from tests.pictures import encoded, photo
from tests.servers import Site, Visitor, empty_database, own_valkey, until

pytestmark = pytest.mark.slow

CONNECTIONS = 16
SECONDS = 5.0
LONGEST_RECOVERY = 120.0  # seconds; it is far less, and no test asserts a time


@pytest.fixture
def site(tmp_path, worker_id) -> Site:
    (tmp_path / "valkey").mkdir()
    with own_valkey(tmp_path / "valkey") as redis_url:
        yield Site(tmp_path, empty_database(tmp_path, f"postways_many_{worker_id}"), redis_url)


@pytest.fixture
def seen(site) -> Flask:
    with site.seen() as app:
        yield app


class Hand(threading.Thread):
    """One connection that reads and likes, at random, until told to stop."""

    def __init__(self, site: Site, name: str, posts: list[int], stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.visitor = Visitor(site).log_in(name)
        self.token = self.visitor.token()
        self.visitor.connection.close()  # it would idle while the others log in, and the server ends what idles
        self.posts, self.stop = posts, stop
        self.statuses: list[int] = []
        self.random = random.Random(name)

    def run(self) -> None:
        while not self.stop.is_set():
            post = self.random.choice(self.posts)
            if self.random.random() < 0.5:
                verb = self.random.choice(["like", "unlike"])
                status, _ = self.visitor.post(f"/posts/{post}/{verb}/", csrf_token=self.token)
            else:
                path = self.random.choice(["/", "/popular/", f"/posts/{post}/", "/@ada/"])
                status, _ = self.visitor.get(path)
            self.statuses.append(status)


def test_many_who_read_and_like_beside_a_busy_worker_get_answers_and_every_count_is_right(seen, site):
    ada = make_user(seen, "ada")
    posts = [make_post(seen, ada, title=f"Number {n}", pictures=1, ready=False).id for n in range(6)]
    people = [make_user(seen, f"person{n}") for n in range(CONNECTIONS)]
    with seen.app_context():
        for _ in range(12):
            make_photo(seen, ada, data=picture(1600, 1200))
    stop = threading.Event()

    with site.web(), site.worker():
        hands = [Hand(site, person.username, posts, stop) for person in people]
        for hand in hands:
            hand.start()
        time.sleep(SECONDS)
        stop.set()
        for hand in hands:
            hand.join(timeout=90)

    statuses = [status for hand in hands for status in hand.statuses]
    assert set(statuses) == {200, 303}
    assert min(len(hand.statuses) for hand in hands) > 1  # nobody was starved
    with seen.app_context():
        truth = dict(db.session.execute(select(Like.post_id, func.count()).group_by(Like.post_id)).all())
        assert Post.counts(posts) == {post: (truth.get(post, 0), 0, 0) for post in posts}
        assert truth
        assert "ready" in Photo.in_states()
    print(f"{len(statuses) / SECONDS:.0f} answers a second over {CONNECTIONS} connections")


def test_ten_uploads_are_ready_although_the_worker_was_killed_among_them(seen, site):
    make_user(seen, "ada")
    data = encoded(photo(3000, 2000), "JPEG")

    def states() -> dict[str, int]:
        with seen.app_context():
            db.session.rollback()
            found = Photo.in_states()
            db.session.rollback()
            return found

    with ExitStack() as stack:
        stack.enter_context(site.web())
        stack.enter_context(site.scheduler())
        worker = stack.enter_context(site.worker())
        browser = Visitor(site).log_in("ada")
        for _ in range(10):
            browser.upload(data)
        until(lambda: states().get("processing") and states().get("ready"))
        for pid in members([worker.pid]):  # the worker and the horse that it forked
            os.kill(pid, signal.SIGKILL)
        worker.wait()
        assert states().get("ready", 0) < 10

        started = time.monotonic()
        stack.enter_context(site.worker())
        until(lambda: states() == {"ready": 10}, patience=LONGEST_RECOVERY)
        took = time.monotonic() - started

    with seen.app_context():
        assert {row.tries for row in db.session.query(Photo)} <= {1, 2}
        assert db.session.query(User).count() == 1
    print(f"all ready {took:.0f} s after a worker was back")


def test_a_worker_that_is_told_to_stop_finishes_the_photograph_it_has(seen, site):
    ada = make_user(seen, "ada")
    with seen.app_context():
        for _ in range(3):
            make_photo(seen, ada, data=encoded(photo(3000, 2000), "JPEG"))

    def states() -> dict[str, int]:
        with seen.app_context():
            db.session.rollback()
            return Photo.in_states()

    with site.worker() as worker:
        until(lambda: states().get("processing"))
        worker.send_signal(signal.SIGTERM)
        worker.wait(timeout=60)

    assert states().get("processing", 0) == 0
    assert states()["ready"] >= 1
    assert "failed" not in states()
