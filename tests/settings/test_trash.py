"""The trash: a deleted post comes back as it was, or goes for good with its files."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine

from postways import jobs, sweep
from postways.db import db, now
from postways.models import Erasure, Photo, Post, User
from tests.cast import make_post
from tests.together import at_once, second_tab

TRASH = "/settings/trash/"


def counted(app, user):
    with app.app_context():
        return db.session.get(User, user.id).post_count


@pytest.fixture
def post(app, ada, ben, as_ada) -> Post:
    """Deleted by its author."""
    post = make_post(app, ada, pictures=2, title="Boats #harbour", likes=[ben])
    assert as_ada.post(f"/posts/{post.id}/delete/").status_code == 303
    return post


def test_deleting_leads_to_the_trash(app, ada, as_ada):
    post = make_post(app, ada)
    assert 'href="/settings/trash/"' in as_ada.get(f"/posts/{post.id}/delete/").text

    answer = as_ada.post(f"/posts/{post.id}/delete/")

    assert 'trash/">Open the trash</a>' in as_ada.get(answer.location).text
    assert "Harbour at six" in as_ada.get(TRASH).text


def test_what_is_brought_back_is_as_it_was(app, ada, as_ada, guest, post):
    assert counted(app, ada) == 0
    assert "2 photographs" in as_ada.get(TRASH).text

    answer = as_ada.post(f"{TRASH}{post.id}/restore/")

    assert answer.location == f"/posts/{post.id}/?notice=brought-back"
    assert "Boats" not in as_ada.get(TRASH).text
    assert counted(app, ada) == 1
    for path in ("/", "/@ada/", "/tags/harbour/", "/popular/", f"/posts/{post.id}/"):
        assert f"/posts/{post.id}/" in guest.get(path).text, path
    assert re.search(rf'id="like-count-{post.id}">1<', guest.get(f"/posts/{post.id}/").text)
    assert guest.get(f"/media/{post.photos[0].key}/square.jpg").status_code == 200


def test_a_draft_comes_back_as_a_draft(app, ada, as_ada, guest):
    draft = make_post(app, ada, published=False)
    as_ada.post(f"/posts/{draft.id}/delete/")

    as_ada.post(f"{TRASH}{draft.id}/restore/")

    assert as_ada.get(f"/posts/{draft.id}/").status_code == 200
    assert guest.get(f"/posts/{draft.id}/").status_code == 404
    assert counted(app, ada) == 0


def test_deleting_for_good_asks_and_takes_the_files(app, ada, as_ada, post):
    page = as_ada.get(f"{TRASH}{post.id}/purge/").text
    assert "2 photographs and 1 like" in page
    assert "Boats" in as_ada.get(TRASH).text

    assert as_ada.post(f"{TRASH}{post.id}/purge/").location == "/settings/trash/?notice=purged"

    jobs.use(app)
    with app.app_context():
        due = Erasure.waiting(now())
    for erasure in due:
        jobs.erase(erasure)
    with app.app_context():
        assert db.session.get(Post, post.id) is None
        assert db.session.query(Photo).filter_by(owner_id=ada.id).count() == 0
        assert list(app.extensions["storage"].keys()) == []
    assert counted(app, ada) == 0
    assert as_ada.post(f"{TRASH}{post.id}/purge/").status_code == 404


@pytest.mark.parametrize(
    ("hours", "words"),
    [(0, "30 days left"), (25, "29 days left"), (24 * 29.5, "1 day left"), (24 * 30.5, "0 days left")],
)
def test_the_days_left_are_told(app, as_ada, post, hours, words):
    with app.app_context():
        db.session.get(Post, post.id).deleted_at = now() - timedelta(hours=hours)
        db.session.commit()

    assert words in as_ada.get(TRASH).text


@pytest.mark.parametrize("verb", ["restore", "purge"])
def test_it_is_nobody_elses(as_ben, as_mod, guest, post, verb):
    path = f"{TRASH}{post.id}/{verb}/"

    assert guest.post(path).location.startswith("/login/")
    for browser in (as_ben, as_mod):
        assert browser.post(path).status_code == 404
        assert "Boats" not in browser.get(TRASH).text


@pytest.mark.parametrize("verb", ["restore", "purge"])
def test_what_is_not_in_the_trash_can_not_leave_it(app, ada, as_ada, verb):
    post = make_post(app, ada)

    assert as_ada.post(f"{TRASH}{post.id}/{verb}/").status_code == 404
    assert as_ada.get(f"/posts/{post.id}/").status_code == 200
    assert counted(app, ada) == 1


@pytest.mark.parametrize("verb", ["restore", "purge"])
def test_what_staff_removed_stays_there(app, ada, as_ada, mod, verb):
    post = make_post(app, ada)
    with app.app_context():
        moderator = db.session.get(User, mod.id)
        Post.find(post.id, moderator).remove(moderator, "Not yours")
        db.session.commit()

    text = as_ada.get(TRASH).text
    assert "removed by the people who run this site" in text
    assert "Bring back" not in text
    assert as_ada.post(f"{TRASH}{post.id}/{verb}/").status_code == 404


@pytest.mark.parametrize("verb", ["delete", "restore"])
def test_twice_at_once_counts_once(app, ada, as_ada, verb):
    post = make_post(app, ada)
    make_post(app, ada, title="Another one")
    path = f"/posts/{post.id}/delete/"
    if verb == "restore":
        as_ada.post(path)
        path = f"{TRASH}{post.id}/restore/"
    tabs = [second_tab(as_ada) for _ in range(4)]
    tokens = [tab.token() for tab in tabs]

    at_once([lambda n=n: tabs[n].post(path, token=tokens[n]) for n in range(4)])

    assert counted(app, ada) == (1 if verb == "delete" else 2)


def test_older_ones_are_on_the_next_page(app, ada, as_ada):
    with app.app_context():
        user = db.session.get(User, ada.id)
        for n in range(30):
            Post.share(user, title=f"Number {n:02}").delete(user)
        db.session.commit()

    text = as_ada.get(TRASH).text
    assert len(re.findall(r"<b>Number", text)) == 24
    older = re.search(r'rel="next" href="([^"]+)"', text).group(1)
    assert len(re.findall(r"<b>Number", as_ada.get(older.replace("&amp;", "&")).text)) == 6
    assert as_ada.get(f"{TRASH}?cursor=nonsense").status_code == 400


def test_after_thirty_days_it_is_too_late(app, as_ada, post):
    with time_machine.travel(now() + timedelta(days=30, seconds=1), tick=False), app.app_context():
        sweep.forget()

    with app.app_context():
        assert db.session.get(Post, post.id) is None
