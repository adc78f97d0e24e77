"""What happens by itself: lost work is found, what is over is forgotten, files and counts are put right."""

from datetime import timedelta

import pytest
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import update

from postways import inventory, jobs, sweep
from postways.db import db, now
from postways.models import Attempt, Erasure, Photo, Post, Session, User
from postways.models.photo import LEASE
from tests.cast import make_photo, make_post
from tests.clock import in_

pytestmark = pytest.mark.usefixtures("inside")


def rung(app) -> set[str]:
    """The jobs that wait; taking them out of the line is what a worker that dies does."""
    queues = [
        Queue(name, connection=app.extensions["redis"], serializer=JSONSerializer) for name in ("media", "default")
    ]
    return {job_id for queue in queues for job_id in queue.job_ids}


def lost(app) -> None:
    """Redis forgets everything."""
    app.extensions["redis"].flushall()


def erased(app) -> None:
    """A worker does what is to be erased."""
    jobs.use(app)
    waiting = Erasure.waiting(now())
    db.session.rollback()  # a job has a transaction of its own
    for row in waiting:
        jobs.erase(row)


def counts() -> dict[str, int]:
    return {kind.__name__: db.session.query(kind).count() for kind in (Post, Photo, Session, Attempt, User)}


def test_uploads_and_erasures_that_redis_forgot_are_rung_again(app, ada):
    waiting, removed = make_photo(app, ada), make_photo(app, ada)
    jobs.prepare(removed.id)
    db.session.get(Photo, removed.id).remove()
    db.session.commit()
    lost(app)

    assert sweep.put_back() == 0  # whoever was asked a moment ago is given time
    with in_(seconds=6):
        assert sweep.put_back() == 3

    assert rung(app) == {f"process_photo-{waiting.id}", *(f"erase-{row}" for row in Erasure.waiting(now()))}


def test_a_photograph_whose_worker_died_is_rung_again_and_one_at_work_is_not(app, ada):
    photo = make_photo(app, ada)
    assert photo.claim(now())
    db.session.commit()
    lost(app)

    with in_(seconds=LEASE.total_seconds() - 1):
        assert sweep.put_back() == 0
    with in_(seconds=LEASE.total_seconds() + 1):
        assert sweep.put_back() == 1

    assert rung(app) == {f"process_photo-{photo.id}"}


def test_what_is_ready_or_failed_is_left_alone(app, ada, photos):
    make_post(app, ada, pictures=2)
    make_photo(app, ada).fail("It is damaged.")
    db.session.commit()

    with in_(hours=1):
        assert sweep.put_back() == 0


def test_two_sweepers_ring_once(app, ada):
    photo = make_photo(app, ada)
    lost(app)

    with in_(seconds=6):
        sweep.put_back()
        sweep.put_back()

    assert Queue("media", connection=app.extensions["redis"]).job_ids == [f"process_photo-{photo.id}"]


def test_sessions_and_tries_that_are_over_are_forgotten(app, ada, ben):
    old = Session.begin(ada, "Firefox", "192.0.2.1")
    Attempt.note("password", "account ada")
    db.session.commit()

    with in_(days=20):
        young = Session.begin(ben, "Firefox", "192.0.2.1")
        Attempt.note("password", "account ben")
        db.session.commit()
        sweep.forget()
        kept = [Session.person(token, timedelta(days=14), timedelta(days=90)) for token in (old, young)]
        assert [person and person.username for person in kept] == [None, "ben"]

    assert (counts()["Session"], counts()["Attempt"]) == (1, 1)


def test_an_upload_that_no_post_uses_is_gone_after_a_day_with_its_files(app, ada):
    kept = make_post(app, ada, pictures=1)
    upload = make_photo(app, ada)
    jobs.prepare(upload.id)
    with in_(hours=23):
        sweep.forget()
    assert counts()["Photo"] == 2

    with in_(hours=25):
        sweep.forget()
        erased(app)

    assert [photo.id for photo in db.session.query(Photo)] == [kept.photos[0].id]
    assert not list(app.extensions["storage"].keys(upload.folder))
    assert set(app.extensions["storage"].keys(kept.photos[0].folder))


def test_a_post_is_gone_after_thirty_days_in_the_trash_with_its_files_and_likes(app, ada, ben):
    post, kept = make_post(app, ada, pictures=2, likes=[ben]), make_post(app, ada, pictures=1)
    Post.find(post.id, ada).delete(ada)
    db.session.commit()
    with in_(days=29):
        sweep.forget()
    assert len(list(app.extensions["storage"].keys(post.photos[0].folder))) > 0

    with in_(days=31):
        sweep.forget()
        erased(app)

    assert db.session.get(Post, post.id) is None
    left = set(app.extensions["storage"].keys())
    assert left == {kept.photos[0].original, *(kept.photos[0].folder + name for name in kept.photos[0].names)}


def test_files_without_rows_are_found_and_erased_once_they_are_old(app, ada):
    post = make_post(app, ada, pictures=1)
    storage = app.extensions["storage"]
    for key in ("photos/0f/640.webp", "originals/0f/original.jpg"):
        storage.put(key, b"nobody's", "image/webp")

    assert inventory.check_media(repair=False)["orphans"] == ["originals/0f/original.jpg", "photos/0f/640.webp"]
    inventory.check_media()
    assert len(inventory.check_media(repair=False)["orphans"]) == 2  # a request may be about to write their row

    with in_(hours=2):
        inventory.check_media()

    assert inventory.check_media(repair=False) == {"orphans": [], "lost": [], "bare": []}
    assert set(storage.keys(post.photos[0].folder))


def test_a_missing_derivative_is_made_again(app, ada):
    photo = make_post(app, ada, pictures=1).photos[0]
    storage = app.extensions["storage"]
    storage.delete(f"{photo.folder}square.jpg")

    assert inventory.check_media()["bare"] == [photo.folder]
    jobs.prepare(photo.id)

    assert inventory.check_media() == {"orphans": [], "lost": [], "bare": []}
    assert db.session.get(Photo, photo.id, populate_existing=True).ready


def test_a_lost_original_is_named_and_what_was_made_of_it_stays(app, ada):
    photo = make_post(app, ada, pictures=1).photos[0]
    app.extensions["storage"].delete(photo.original)

    with in_(hours=2):
        assert inventory.check_media()["lost"] == [photo.original]

    assert db.session.get(Photo, photo.id, populate_existing=True).ready
    assert len(list(app.extensions["storage"].keys(photo.folder))) == len(photo.names)


def test_a_wrong_count_of_likes_is_put_right_and_told(app, ada, ben):
    post, right = make_post(app, ada, likes=[ben, ada]), make_post(app, ada, likes=[ben])
    db.session.execute(update(Post).where(Post.id == post.id).values(like_count=7))
    db.session.commit()
    lost(app)

    assert sweep.check_counters() == 1
    db.session.commit()

    assert Post.counts([post.id, right.id]) == {post.id: (2, 0, 0), right.id: (1, 0, 0)}
    assert [fields[b"post"] for _, fields in app.extensions["redis"].xrange("postways:live")] == [b"%d" % post.id]
    assert sweep.check_counters() == 0


def test_a_sweep_that_stumbles_goes_on(app, ada, monkeypatch):
    done: list[str] = []

    def stumbles() -> None:
        done.append("stumbled")
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr(sweep, "put_back", stumbles)
    monkeypatch.setattr(sweep, "forget", lambda: done.append("forgot"))
    rounds = iter([False, True])

    sweep.run(app, lambda: next(rounds))

    assert done == ["stumbled", "forgot"]
