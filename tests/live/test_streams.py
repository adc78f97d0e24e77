"""Event streams of the real server, over real connections."""

import http.client
import re
import signal
import socket
from contextlib import closing, contextmanager
from datetime import datetime, timedelta

import pytest
from flask import Flask
from redis import Redis

from postways import jobs
from postways.db import db, now
from postways.local import valkey
from postways.models import Post, User
from tests.cast import make_post, make_user
from tests.servers import PATIENCE, Site, Stream, Visitor, empty_database, until

pytestmark = pytest.mark.slow
SINCE = re.compile(r"since=([\d-]+)")


class Plug:
    """The site's own Valkey, to be killed and started."""

    def __init__(self, folder) -> None:
        folder.mkdir()
        self.folder = folder
        self.start()

    def start(self) -> None:
        self.process, self.url = valkey.start(self.folder)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def plug(tmp_path_factory) -> Plug:
    plug = Plug(tmp_path_factory.mktemp("live") / "valkey")
    yield plug
    plug.kill()


@pytest.fixture(scope="module")
def site(tmp_path_factory, worker_id, plug) -> Site:
    folder = tmp_path_factory.mktemp("site")
    return Site(folder, empty_database(folder, f"postways_live_{worker_id}"), plug.url)


@pytest.fixture(scope="module")
def seen(site) -> Flask:
    with site.seen() as app:
        for name in ("ada", "ben"):
            make_user(app, name)
        yield app


@pytest.fixture(scope="module")
def web(site, seen):
    with site.web() as process:
        yield process


@pytest.fixture
def ada(seen):
    with seen.app_context():
        return User.named("ada")


@pytest.fixture
def post(seen, ada) -> Post:
    return make_post(seen, ada)


@pytest.fixture
def ben(web, site) -> Visitor:
    """Ben's browser, logged in."""
    return Visitor(site).log_in("ben")


@pytest.fixture
def visitor(web, site) -> Visitor:
    return Visitor(site)


@contextmanager
def listening(visitor: Visitor, path: str, **headers: str):
    with closing(visitor.listen(path, **headers)) as stream:
        yield stream


def like(browser: Visitor, post: Post, verb: str = "like") -> None:
    status, _ = browser.post(f"/posts/{post.id}/{verb}/", csrf_token=browser.token())
    assert status == 303


def shown(post: Post, count: int) -> str:
    return f'#like-count-{post.id}" hx-swap="textContent">{count}<'


def test_a_like_appears_on_an_open_page_with_an_id(ben, visitor, post):
    with listening(visitor, f"/live/?posts={post.id}") as stream:
        like(ben, post)

        stream.read_until(shown(post, 1))

        assert stream.ids
        assert "retry: 1000" in stream.text


def test_a_page_s_stream_begins_where_the_page_was_read(ben, visitor, post):
    with listening(visitor, f"/live/?posts={post.id}"):
        until(lambda: "0-0" not in SINCE.findall(visitor.get(f"/posts/{post.id}/")[1]))
    since = SINCE.search(visitor.get(f"/posts/{post.id}/")[1]).group(1)
    like(ben, post)

    with listening(visitor, f"/live/?posts={post.id}&since={since}") as stream:
        assert stream.read_until(shown(post, 1)).count(shown(post, 1)) == 1
        assert "resync" not in stream.text


def test_a_page_that_comes_back_is_told_what_it_missed_once(seen, ada, ben, visitor, post):
    other = make_post(seen, ada)
    with listening(visitor, f"/live/?posts={post.id}") as stream:
        like(ben, post)
        stream.read_until(shown(post, 1))
        known = stream.ids[-1]
    with listening(visitor, f"/live/?posts={other.id}") as witness:
        like(ben, post, "unlike")
        like(ben, post)
        like(ben, post, "unlike")
        like(ben, other)
        witness.read_until(shown(other, 1))

    with listening(visitor, f"/live/?posts={post.id}", Last_Event_ID=known) as stream:
        stream.read_until(shown(post, 0))
        assert stream.read_for(0.5).count("like-count") == 1
        assert "resync" not in stream.text
    with listening(visitor, f"/live/?posts={post.id}", Last_Event_ID=stream.ids[-1]) as stream:
        assert "like-count" not in stream.read_for(0.5)


def test_a_page_that_knows_nothing_is_told_everything_anew(visitor, post, seen, ada):
    other = make_post(seen, ada, likes=[ada])

    with listening(visitor, f"/live/?posts={post.id},{other.id}", Last_Event_ID="0-0") as stream:
        text = stream.read_until("event: resync")

    assert shown(post, 0) in text
    assert shown(other, 1) in text


def test_a_draft_is_not_told_to_others(seen, ada, ben, visitor, post):
    draft = make_post(seen, ada, published=False, pictures=1, ready=False)
    with (
        listening(visitor, f"/live/?posts={draft.id},{post.id}") as visitors,
        listening(ben, f"/live/?posts={draft.id},{post.id}&own=1") as bens,
        listening(Visitor(visitor.site).log_in("ada"), f"/live/?posts={draft.id}") as adas,
    ):
        with seen.app_context():
            jobs.prepare(draft.photos[0].id)
        like(ben, post)

        adas.read_until(f"event: photo-{draft.photos[0].id}")
        for stream in (visitors, bens):
            assert f"-{draft.id}" not in stream.read_until(shown(post, 1)).replace(f"-{post.id}", "")
            assert f"photo-{draft.photos[0].id}" not in stream.text


def test_a_deleted_post_falls_silent(seen, ada, visitor, post):
    other = make_post(seen, ada)
    with listening(visitor, f"/live/?posts={post.id},{other.id}") as stream, seen.app_context():
        Post.find(post.id, ada).delete(ada)
        Post.set_count(other.id, 5)
        db.session.commit()
        stream.read_until(shown(other, 5))
        Post.set_count(post.id, 7)
        Post.set_count(other.id, 6)
        db.session.commit()

        assert shown(post, 7) not in stream.read_until(shown(other, 6)) + stream.read_for(0.3)


def test_new_photographs_are_a_pill_on_the_home_page_of_others(seen, ada, visitor):
    live = re.search(r'hx-sse:connect="([^"]+)"', visitor.get("/")[1]).group(1).replace("&amp;", "&")
    with listening(visitor, live) as stream:
        make_post(seen, ada, pictures=2, ready=False)

        assert "2 new photographs" in stream.read_until("2 new photographs")


@pytest.mark.parametrize(
    "path", ["/live/?posts=x", "/live/?posts=1,-2", "/live/?posts=" + "1," * 501, "/live/?newest=99999999999999999999"]
)
def test_what_is_no_list_of_posts_is_refused(web, site, path):
    with closing(Stream(site.port, path, {})) as stream:
        assert stream.status == 400


def test_two_hundred_pages_listen_and_the_site_still_answers(ben, visitor, post, site):
    streams = [Stream(site.port, f"/live/?posts={post.id}", {}) for _ in range(200)]
    try:
        assert visitor.get("/")[0] == 200
        like(ben, post)
        for stream in streams:
            stream.read_until(shown(post, 1))
    finally:
        for stream in streams:
            stream.close()


def test_a_reader_who_never_reads_holds_nobody_up(ben, visitor, post, site):
    with socket.create_connection(("127.0.0.1", site.port)) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        deaf.sendall(f"GET /live/?posts={post.id} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        with listening(visitor, f"/live/?posts={post.id}") as stream:
            for _ in range(3):
                like(ben, post)
                like(ben, post, "unlike")
            like(ben, post)

            stream.read_until(shown(post, 1))


def test_counts_are_right_again_after_redis_was_killed(ben, visitor, post, plug):
    with listening(visitor, f"/live/?posts={post.id}") as stream:
        plug.kill()
        like(ben, post)
        assert visitor.get(f"/posts/{post.id}/")[0] == 200
        plug.start()

        stream.read_until(shown(post, 1))
        like(ben, post, "unlike")
        stream.text = ""
        stream.read_until(shown(post, 0))


def test_news_go_on_after_redis_was_emptied(ben, visitor, post, plug):
    with listening(visitor, f"/live/?posts={post.id}") as stream:
        like(ben, post)
        stream.read_until(shown(post, 1))
        with closing(Redis.from_url(plug.url)) as redis:
            redis.flushall()
        like(ben, post, "unlike")

        stream.read_until(shown(post, 0))


def test_stopping_the_server_ends_every_stream_before_it_would_be_killed(tmp_path, plug, site, post):
    second = Site(tmp_path, site.environ["DATABASE_URL"], plug.url)
    with second.web() as process:
        streams = [Stream(second.port, f"/live/?posts={post.id}", {}) for _ in range(20)]

        process.send_signal(signal.SIGTERM)

        assert all(stream.ended() for stream in streams)
        for stream in streams:
            stream.close()
        assert process.wait(timeout=PATIENCE) == 0
    assert "graceful timeout" not in second.log.read_text()
    assert "Traceback" not in second.log.read_text()


def test_the_server_does_not_say_what_it_is(web, site):
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE)
    with closing(connection):
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("Server")) == (200, None)


def test_a_stream_ends_with_a_membership_and_learns_of_it_when_it_comes_back(seen, ada, ben):
    closed = make_post(seen, ada, audience="premium")
    _premium(seen, days=1)
    since = SINCE.search(ben.get("/membership/")[1]).group(1)
    path = f"/live/?posts={closed.id}&since={since}"
    like(ben, closed)
    ends = _premium(seen, seconds=5)

    with listening(ben, path) as stream:
        assert "anew" not in stream.read_until(shown(closed, 1))
        assert stream.ended()  # without a scheduler, which is not there
        assert now() >= ends
    with seen.app_context():
        assert User.tell_of_ends(now()) == 1
        Post.find(closed.id, ada).like(db.session.merge(ada))
        db.session.commit()
    with listening(ben, path) as stream:
        assert "event: anew\n" in stream.read_until("event: rights\n")
        assert shown(closed, 2) not in stream.read_for(0.5)


def _premium(seen: Flask, **length: float) -> datetime:
    with seen.app_context():
        end = User.named("ben").premium_until = now() + timedelta(**length)
        db.session.commit()
    return end
