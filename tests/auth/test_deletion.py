"""Leaving: the account is gone from every door at once, and nothing of it is left within a day."""

from __future__ import annotations

from datetime import timedelta

import pytest

from postways import jobs, media, sweep
from postways.db import db, now
from postways.models import Audit, Comment, Erasure, Export, Mail, Photo, Post, User
from postways.models.departure import ERASED_AFTER
from tests.cast import PASSWORD, Browser, letters, make_comment, make_photo, make_post
from tests.clock import in_


def leave(browser: Browser, who: User, password: str = PASSWORD):
    path = f"/authors/{who.id}/delete/"
    return browser.post(path, {"password": password}, page="/theme/")


def purged(app, **ahead: float) -> None:
    """The scheduler passes by, and a worker erases files."""
    jobs.use(app)
    with in_(**ahead):
        with app.app_context():
            sweep.purge()
            erasures = Erasure.waiting(now() + timedelta(seconds=1))
            db.session.rollback()
        for erasure in erasures:
            jobs.erase(erasure)


@pytest.fixture
def post(app, ada, ben) -> Post:
    return make_post(app, ada, title="Harbour #sea", pictures=2, likes=[ben])


@pytest.fixture
def readers(guest, as_ben, as_mod) -> list[Browser]:
    """Everybody else."""
    return [guest, as_ben, as_mod]


def test_the_page_asks_with_what_goes(app, ada, as_ada, post, ben):
    make_post(app, ben, likes=[ada])

    text = as_ada.get(f"/authors/{ada.id}/delete/").text

    for words in ("1 post", "2 photographs", "1 like", "Delete @ada?"):
        assert words in text


def test_what_counted_elsewhere_is_taken_back_without_waiting(app, ada, as_ada, ben, guest):
    post = make_post(app, ben, likes=[ada, ben])
    comment = make_comment(app, post, ben)
    with app.app_context():
        Post.find(post.id, ada).repost(ada)
        Comment.find(comment.id, ada).like(ada)
        db.session.commit()
    leave(as_ada, ada)

    jobs.use(app)
    jobs.withdraw(ada.id)
    jobs.withdraw(ada.id)

    found = guest.get(f"/api/v1/posts/{post.id}/").json["stats"]
    assert (found["likes_count"], guest.get(f"/api/v1/likes/?post={post.id}").json["count"]) == (1, 1)
    with app.app_context():
        assert (Post.find(post.id, ben).repost_count, Comment.find(comment.id, ben).like_count) == (0, 0)


def test_nothing_is_taken_back_of_somebody_who_stays(app, ada, ben):
    post = make_post(app, ben, likes=[ada])

    jobs.use(app)
    jobs.withdraw(ada.id)

    with app.app_context():
        assert Post.find(post.id, ben).like_count == 1


def test_everything_is_hidden_at_once(app, ada, as_ada, readers, post):
    elsewhere = Browser(app).log_in("ada")

    answer = leave(as_ada, ada)
    media.forget()

    assert (answer.status_code, answer.location) == (303, "/?notice=account-deleted")
    assert "Your account is deleted" in as_ada.get(answer.location).text
    for own in (as_ada, elsewhere):
        assert "/logout/" not in own.get("/").text
    for reader in readers:
        for path in ("/@ada/", f"/authors/{ada.id}/", f"/posts/{post.id}/", f"/media/{post.photos[0].key}/square.jpg"):
            assert reader.get(path).status_code == 404, path
        for path in ("/", "/popular/", "/tags/sea/"):
            assert "Harbour" not in reader.get(path).text, path
    login = Browser(app).post("/login/", {"username": "ada", "password": PASSWORD}, page="/login/")
    assert "Username or password are not right" in login.text


def test_open_pages_are_told(app, ada, as_ada, post):
    app.extensions["redis"].delete("postways:live")

    leave(as_ada, ada)

    told = [(news[b"topic"], news.get(b"person")) for _, news in app.extensions["redis"].xrange("postways:live")]
    assert (b"person", str(ada.id).encode()) in told


def test_it_is_written_down_and_mailed(app, ada, as_ada):
    leave(as_ada, ada)

    (letter,) = letters(app)
    assert (letter["To"], letter["Subject"]) == ("ada@example.org", "Your account is deleted")
    with app.app_context():
        assert db.session.query(Audit).filter_by(kind="account-deleted", actor_id=ada.id).count() == 1


@pytest.mark.parametrize("password", ["", "wrong"])
def test_without_the_password_nothing_happens(app, ada, as_ada, post, password):
    answer = leave(as_ada, ada, password)

    assert answer.status_code == 422
    assert as_ada.get(f"/posts/{post.id}/").status_code == 200


def test_wrong_passwords_are_counted(app, ada, as_ada):
    for _ in range(10):
        assert leave(as_ada, ada, "wrong").status_code == 422

    assert leave(as_ada, ada).status_code == 429


def test_nobody_deletes_somebody_else(ada, readers, post):
    guest, as_ben, as_mod = readers
    assert leave(as_ben, ada).status_code == 403
    assert leave(as_mod, ada).status_code == 403
    assert leave(guest, ada).location.startswith("/login/")
    assert guest.get(f"/posts/{post.id}/").status_code == 200


def test_within_a_day_nothing_is_left_and_other_peoples_counts_are_right(app, ada, ben, as_ada, post):
    others = make_post(app, ben, title="Ben's", pictures=1, likes=[ada, ben])
    with app.app_context():
        make_photo(app, ada)
    as_ada.post("/settings/export/")
    jobs.use(app)
    with app.app_context():
        export = db.session.query(Export.id).scalar()
    jobs.make_export(export)
    as_ada.post(f"/posts/{others.id}/save/")
    leave(as_ada, ada)

    purged(app, seconds=ERASED_AFTER.total_seconds() - 60)
    with app.app_context():
        assert db.session.get(User, ada.id) is not None
    purged(app, seconds=ERASED_AFTER.total_seconds() + 60)

    with app.app_context():
        storage = app.extensions["storage"]
        photo = db.session.query(Photo).filter_by(owner_id=ben.id).one()
        assert set(storage.keys()) == {photo.original, *(photo.folder + name for name in photo.names)}
        assert Post.counts([others.id])[others.id].likes == 1
        for table in db.metadata.sorted_tables:
            assert "ada@example.org" not in str(db.session.execute(table.select()).all()), table.name
        for noun, whose in ((User, User.id), (Post, Post.author_id), (Photo, Photo.owner_id), (Mail, Mail.user_id)):
            assert db.session.query(noun).filter(whose == ada.id).count() == 0
        assert db.session.get(Post, others.id).save_count == 0
        assert sweep.check_counters() == 0


def test_a_purge_that_is_cut_off_goes_on(app, ada, ben, as_ada, monkeypatch):
    posts = [make_post(app, ben, likes=[ada]) for _ in range(3)]
    make_post(app, ada, pictures=1)
    monkeypatch.setattr("postways.models.departure.STEP", 1)
    leave(as_ada, ada)
    real = Post.purge

    def dies(post: Post) -> None:
        raise MemoryError

    monkeypatch.setattr(Post, "purge", dies)
    with pytest.raises(MemoryError):
        purged(app, days=1)
    monkeypatch.setattr(Post, "purge", real)
    with app.app_context():
        assert {counts.likes for counts in Post.counts([post.id for post in posts]).values()} == {0}

    purged(app, days=1)

    with app.app_context():
        assert db.session.get(User, ada.id) is None


def test_the_name_stays_taken_for_thirty_days_and_the_address_is_free(app, ada, as_ada, guest):
    leave(as_ada, ada)
    form = {"email": "ada@example.org", "password": PASSWORD, "password2": PASSWORD}

    for days in (0, 1, 29):
        purged(app, days=1)
        with in_(days=days):
            refused = Browser(app).post("/signup/", {**form, "username": "ADA"}, page="/signup/")
        assert "That username is taken" in refused.text
    with in_(days=31):
        assert Browser(app).post("/signup/", {**form, "username": "ada"}, page="/signup/").status_code == 303


def test_a_photograph_that_is_being_prepared_meanwhile_does_not_come_back(app, ada, as_ada):
    with app.app_context():
        photo = make_photo(app, ada)
        derive = jobs._derive

    def left_meanwhile(row: Photo):
        derived = derive(row)
        leave(as_ada, ada)
        purged(app, days=1)
        return derived

    with pytest.MonkeyPatch.context() as patch, app.app_context():
        patch.setattr(jobs, "_derive", left_meanwhile)
        jobs.prepare(photo.id)

    assert list(app.extensions["storage"].keys()) == []
