"""A draft with a time is published by itself: once, not early, and only if it still may be."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from postways import sweep
from postways.db import db, now
from postways.errors import Forbidden, Refused
from postways.models import Post, User
from tests.cast import make_post
from tests.posts.test_edit import now_is, save
from tests.together import at_once

HOUR = timedelta(hours=1)


@pytest.fixture
def draft(app, ada):
    return make_post(app, ada, title="Tomorrow #later", pictures=1, published=False)


def schedule(app, draft, author, moment):
    with app.app_context():
        Post.find(draft.id, author).schedule(moment, author)
        db.session.commit()


def its_time_comes(app, post, moment=None):
    """As if the clock had gone on."""
    with app.app_context():
        db.session.get(Post, post.id).publish_at = moment or now() - timedelta(seconds=1)
        db.session.commit()


def swept(app):
    with app.app_context():
        return sweep.publish_due()


def typed(moment, zone="UTC"):
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


def test_a_time_in_the_form_makes_a_draft_that_says_when(app, as_ada, guest, ada):
    at = (now() + 3 * HOUR).replace(second=0, microsecond=0)
    form = {"title": "Soon", "action": "publish", "publish_at": typed(at), "key": "soon"}
    answer = as_ada.post("/posts/add/", form, page="/posts/add/")

    page = as_ada.get(answer.location).text
    assert "It is published by itself on" in page and f"{at:%H:%M} (UTC)" in page
    assert guest.get(answer.location).status_code == 404
    with app.app_context():
        assert Post.find(int(answer.location.split("/")[2]), ada).publish_at == at


def test_the_time_is_that_of_the_sites_clock(app, as_ada, ada, draft, monkeypatch):
    config = app.extensions["config"]
    object.__setattr__(config, "time_zone", "Asia/Kolkata")
    try:
        at = (now() + 24 * HOUR).replace(second=0, microsecond=0)
        save(as_ada, draft, publish_at=typed(at, "Asia/Kolkata"))

        assert now_is(app, draft, ada).publish_at == at
        text = as_ada.get(f"/posts/{draft.id}/edit/").text
        assert f'value="{typed(at, "Asia/Kolkata")}"' in text and "Asia/Kolkata" in text
    finally:
        object.__setattr__(config, "time_zone", "UTC")


def test_it_is_published_when_its_time_has_come_and_not_before(app, guest, ada, draft):
    schedule(app, draft, ada, now() + HOUR)
    assert swept(app) == 0
    assert guest.get(f"/posts/{draft.id}/").status_code == 404

    its_time_comes(app, draft)
    assert (swept(app), swept(app)) == (1, 0)

    assert "Tomorrow" in guest.get("/").text and "Tomorrow" in guest.get("/tags/later/").text
    after = now_is(app, draft, ada)
    assert after.publish_at is None and after.edited_at is None
    with app.app_context():
        assert db.session.get(User, ada.id).post_count == 1


def test_many_schedulers_publish_it_once(app, ada, draft):
    its_time_comes(app, draft)

    def publish():
        with app.app_context():
            Post.publish_due(draft.id, now())
            db.session.commit()

    at_once([publish] * 10)

    with app.app_context():
        assert db.session.get(User, ada.id).post_count == 1
        db.session.rollback()
    assert now_is(app, draft, ada).published


@pytest.mark.parametrize(
    "when",
    ["yesterday", "0001-01-01T00:00", "9999-12-31T23:59", "2026-13-01T00:00", "\x00", "😀", "2001-01-01T00:00"],
)
def test_a_time_that_can_not_be_is_refused_by_the_field(app, as_ada, ada, draft, when):
    answer = save(as_ada, draft, publish_at=when, title="Typed")

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text and 'value="Typed"' in answer.text
    assert now_is(app, draft, ada).publish_at is None


def test_a_time_is_taken_away_or_overtaken(app, as_ada, guest, ada, draft):
    schedule(app, draft, ada, now() + HOUR)
    save(as_ada, now_is(app, draft, ada), publish_at="")
    assert now_is(app, draft, ada).publish_at is None

    schedule(app, draft, ada, now() + HOUR)
    assert "Publish now" in as_ada.get(f"/posts/{draft.id}/").text
    as_ada.post(f"/posts/{draft.id}/publish/")
    after = now_is(app, draft, ada)
    assert after.published and after.publish_at is None


@pytest.mark.parametrize("fate", ["deleted", "suspended", "held", "left"])
def test_what_may_not_be_published_any_more_is_not(app, guest, ada, mod, draft, fate):
    its_time_comes(app, draft)
    with app.app_context():
        owner, staff, post = db.session.get(User, ada.id), db.session.get(User, mod.id), Post.find(draft.id, ada)
        match fate:
            case "deleted":
                post.delete(owner)
            case "suspended":
                owner.suspend(staff, "Spam")
            case "held":
                post.unpublish(staff, "Not here")
            case "left":
                owner.leave()
        db.session.commit()

    assert swept(app) == 0
    with app.app_context():
        Post.publish_due(draft.id, now())
        db.session.commit()
        assert db.session.get(Post, draft.id).published_at is None


def test_it_is_published_after_a_suspension_but_not_out_of_the_trash(app, ada, mod, draft):
    its_time_comes(app, draft)
    with app.app_context():
        db.session.get(User, ada.id).suspend(db.session.get(User, mod.id), "Spam")
        db.session.commit()
        db.session.get(User, ada.id).restore(db.session.get(User, mod.id), "Sorry")
        db.session.commit()
    assert swept(app) == 1

    other = make_post(app, ada, title="In the trash", published=False)
    its_time_comes(app, other)
    with app.app_context():
        Post.find(other.id, ada).delete(ada)
        db.session.commit()
        Post.in_trash_of(other.id, ada).restore(ada)
        db.session.commit()
    assert swept(app) == 0


def test_only_its_author_says_when_and_only_of_a_draft(app, ada, ben, draft):
    shown = make_post(app, ada)
    with app.app_context():
        Post.find(shown.id, ada).schedule(now() + HOUR, ada)
        assert Post.find(shown.id, ada).publish_at is None
        with pytest.raises(Forbidden):
            Post.find(shown.id, ben).schedule(now() + HOUR, ben)
        with pytest.raises(Refused):
            Post.find(draft.id, ada).schedule(datetime.max.replace(tzinfo=ZoneInfo("UTC")), ada)
