"""Everything of one person in one zip: theirs alone, for a day, and nothing of anybody else in it."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest

from postways import jobs, sweep
from postways.db import db, now
from postways.models import Audit, Comment, Conversation, Erasure, Export, Post
from postways.models.export import KEPT_FOR, LEASE, MOST_TRIES
from tests.cast import Browser, letters, make_comment, make_photo, make_post, picture
from tests.clock import in_


def row(app) -> Export | None:
    with app.app_context():
        return db.session.query(Export).order_by(Export.id.desc()).first()


def work(app) -> None:
    """A worker makes what was asked for."""
    jobs.use(app)
    jobs.make_export(row(app).id)


@pytest.fixture
def exported(app, as_ada) -> str:
    """Ada's export is ready; where it is."""
    as_ada.post("/settings/export/")
    work(app)
    return f"/settings/export/{row(app).id}/"


def test_the_zip_holds_what_is_theirs_and_nothing_of_others(app, ada, ben, as_ada):
    post = make_post(app, ada, title="Harbour", content="Two boats", pictures=2, likes=[ben])
    make_post(app, ada, title="Not yet", published=False)
    with app.app_context():
        waiting = make_photo(app, ada, data=picture(colour="red"))
    other = make_post(app, ben, title="Ben's own words", pictures=1, likes=[ada])
    make_comment(app, other, ada, "What I said")
    bens = make_comment(app, other, ben, "Ben's own words too")
    with app.app_context():
        sent = make_photo(app, ada, commit=False)
        Conversation.write(ada, ben, "What I wrote", [sent])
        Conversation.write(ben, ada, "Ben's own words three")
        Comment.find(bens.id, ada).like(ada)
        Post.find(other.id, ada).save(ada)
        db.session.commit()
    as_ada.post("/settings/export/")
    work(app)

    answer = as_ada.get(f"/settings/export/{row(app).id}/")

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    archive = ZipFile(BytesIO(answer.data))
    assert archive.testzip() is None
    documents = {name: json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")}
    assert documents["profile.json"]["email"] == "ada@example.org"
    assert [one["title"] for one in documents["posts.json"]] == ["Harbour", "Not yet"]
    assert [one["post_id"] for one in documents["likes.json"]] == [other.id]
    assert [one["post_id"] for one in documents["saved.json"]] == [other.id]
    assert [(one["post_id"], one["body"]) for one in documents["comments.json"]] == [(other.id, "What I said")]
    assert [one["comment_id"] for one in documents["comment_likes.json"]] == [bens.id]
    first, second = documents["messages.json"]
    assert (first["text"], first["to"], len(first["photographs"])) == ("What I wrote", "ben", 1)
    assert second["from"] == "ben" and "text" not in second
    assert len(documents["uploads.json"]) == 1
    assert len(documents["sessions.json"]) == 1
    assert {"log-in", "export-asked"} <= {event["kind"] for event in documents["events.json"]}
    originals = {name for name in archive.namelist() if name.startswith("originals/")}
    assert originals == {f"originals/{photo.id}.jpg" for photo in [*post.photos, waiting, sent]}
    assert archive.read(f"originals/{waiting.id}.jpg") == picture(colour="red")
    everything = "".join(map(json.dumps, documents.values()))
    for private in ("ben@example.org", "Ben's own words", "zoe", "argon2"):
        assert private not in everything


def test_the_mail_leads_to_the_page_and_the_page_to_the_file(app, as_ada, exported):
    assert letters(app)[-1]["Subject"] == "Your export is there"
    assert exported in as_ada.get("/settings/export/").text


def test_nobody_else_gets_it(app, guest, as_ben, as_mod, exported):
    assert as_ben.get(exported).status_code == 404
    assert as_mod.get(exported).status_code == 404
    assert guest.get(exported).location.startswith("/login/")


def test_after_a_day_it_is_gone_with_its_file(app, as_ada, exported):
    with in_(seconds=KEPT_FOR.total_seconds() - 60), app.app_context():
        sweep.forget()
    assert as_ada.get(exported).status_code == 200

    with in_(seconds=KEPT_FOR.total_seconds() + 60):
        with app.app_context():
            assert not db.session.query(Export).one().ready
            sweep.forget()
            erasures = Erasure.waiting(now() + timedelta(seconds=1))
            db.session.rollback()
        for erasure in erasures:
            jobs.erase(erasure)
    assert row(app) is None
    assert list(app.extensions["storage"].keys("exports")) == []


def test_an_old_proof_asks_for_the_password_first(app, as_ada, exported):
    with in_(hours=2, minutes=1):
        for answer in (as_ada.get("/settings/export/"), as_ada.get(exported), as_ada.post("/settings/export/")):
            assert (answer.status_code, answer.location.partition("?")[0]) == (303, "/settings/prove/")


def test_one_at_a_time(app, as_ada):
    as_ada.post("/settings/export/")
    refused = as_ada.post("/settings/export/")
    assert refused.status_code == 422
    assert "being made already" in refused.text
    work(app)
    as_ada.post("/settings/export/")

    with app.app_context():
        assert db.session.query(Export).count() == 1
        assert db.session.query(Audit).filter_by(kind="export-asked").count() == 2


def test_two_workers_make_it_once_and_one_that_died_is_followed(app, as_ada, monkeypatch):
    as_ada.post("/settings/export/")
    with app.app_context():
        assert db.session.query(Export).one().claim(now())
        db.session.commit()
    work(app)
    assert row(app).state == "processing"

    app.extensions["redis"].flushall()
    with in_(seconds=LEASE.total_seconds() + 1):
        with app.app_context():
            assert sweep.put_back() >= 1
        work(app)
        work(app)
    assert (row(app).state, row(app).tries) == ("ready", 2)
    assert len(list(app.extensions["storage"].keys("exports"))) == 1
    assert len(letters(app)) <= 1


def test_after_three_deaths_it_is_given_up_and_can_be_asked_for_again(app, as_ada):
    as_ada.post("/settings/export/")
    for n in range(MOST_TRIES + 1):
        with in_(minutes=10 * n), app.app_context():
            db.session.query(Export).one().claim(now())
            db.session.commit()

    assert row(app).state == "failed"
    assert "could not be made" in as_ada.get("/settings/export/").text
    assert as_ada.post("/settings/export/").status_code == 303


def test_a_lost_original_does_not_hold_up_the_rest(app, ada, as_ada):
    post = make_post(app, ada, pictures=2)
    app.extensions["storage"].delete(post.photos[0].original)
    as_ada.post("/settings/export/")
    work(app)

    answer = as_ada.get(f"/settings/export/{row(app).id}/")
    names = ZipFile(BytesIO(answer.data)).namelist()
    assert f"originals/{post.photos[1].id}.jpg" in names
    assert f"originals/{post.photos[0].id}.jpg" not in names


def test_whose_session_was_ended_gets_nothing(app, as_ada, exported):
    thief = as_ada.client.get_cookie("session").value
    as_ada.post("/logout/")
    other = Browser(app)
    other.client.set_cookie("session", thief)

    assert other.get(exported).status_code == 303


def test_a_small_file_is_told_in_kilobytes(as_ada, exported):
    assert re.search(r"Download it \([1-9][\d.]* kB\)", as_ada.get("/settings/export/").text)
