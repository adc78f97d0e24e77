"""What security.md asks of the staff: acts and looks are written down, and reading changes nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from postways import sweep
from postways.db import db, now
from postways.models import Audit, Conversation, Mail, Report, Session, User
from tests.api.client import Client
from tests.auth.test_csrf import rows
from tests.cast import PASSWORD, Browser, make_post, make_user


@pytest.fixture
def as_root(app) -> Browser:
    make_user(app, "root2", role="admin")
    return Browser(app).log_in("root2")


def looks(app) -> list[tuple]:
    with app.app_context():
        entries = db.session.scalars(select(Audit).where(Audit.kind == "private-read").order_by(Audit.id))
        return [(entry.actor_id, entry.target_id, entry.post_id) for entry in entries]


def test_staff_who_reads_a_draft_is_written_down_once(app, ada, mod, as_mod, as_ada, as_ben):
    draft, open_ = make_post(app, ada, published=False, pictures=1), make_post(app, ada)

    for browser in (as_ada, as_ben):
        browser.get(f"/posts/{draft.id}/")
    as_mod.get(f"/posts/{open_.id}/")
    as_mod.get(f"/moderation/posts/{open_.id}/")
    assert looks(app) == []

    for path in (f"/posts/{draft.id}/", f"/posts/{draft.id}/photos/1/", f"/moderation/posts/{draft.id}/"):
        assert as_mod.get(path).status_code == 200

    assert looks(app) == [(mod.id, ada.id, draft.id)]


def test_what_only_followers_see_is_written_down_too(app, ada, mod, as_mod):
    post = make_post(app, ada)
    with app.app_context():
        db.session.get(type(post), post.id).audience = "followers"
        db.session.get(type(post), post.id).closed = True
        db.session.commit()

    as_mod.get(f"/posts/{post.id}/")

    assert looks(app) == [(mod.id, ada.id, post.id)]


def test_staff_who_opens_a_premium_post_is_written_down(app, ada, mod, as_mod, as_ada):
    first, second = (make_post(app, ada, audience="premium", pictures=1) for _ in range(2))
    as_ada.get(f"/posts/{first.id}/")
    program = Client.bearer(app, mod)

    for _ in range(2):
        assert as_mod.get(f"/posts/{first.id}/").status_code == 200
        assert program.get(f"posts/{second.id}/").status_code == 200
    assert looks(app) == [(mod.id, ada.id, first.id), (mod.id, ada.id, second.id)]

    with app.app_context():  # who may read it as a member does nothing that staff alone can
        db.session.get(User, mod.id).premium_until = now() + timedelta(days=1)
        db.session.commit()
    third = make_post(app, ada, audience="premium")
    as_mod.get(f"/posts/{third.id}/")
    assert len(looks(app)) == 2  # noqa: PLR2004 as before


def test_staff_who_reads_a_reported_message_is_written_down_once(app, ada, ben, mod, as_mod):
    with app.app_context():
        writer, reader, staff = (db.session.get(User, one.id) for one in (ada, ben, mod))
        for told in ("Meet me at the mill", "And bring the keys"):
            Report.make(reader, "Odd.", person=writer, message=Conversation.write(writer, reader, told))
        Report.make(staff, "To me, too.", person=writer, message=Conversation.write(writer, staff, "You as well"))
        db.session.commit()
        ids = db.session.scalars(select(Report.id).order_by(Report.id)).all()
    pages = [f"/moderation/reports/{one}/" for one in ids]

    as_mod.get("/moderation/reports/")
    assert looks(app) == []
    for path in (pages[0], pages[0], *pages):
        assert as_mod.get(path).status_code == 200
    assert as_mod.post(f"{pages[1]}close/", {"note": ""}, page=pages[1]).status_code == 422

    assert looks(app) == [(mod.id, ada.id, None)] * 2
    log = as_mod.get("/moderation/log/?kind=private-read").text
    assert f"report: {ids[0]}" in log and f"report: {ids[1]}" in log and "the mill" not in log


def test_an_admin_logs_somebody_out_everywhere_and_the_person_is_told(app, ada, as_ada, as_root):
    path = f"/moderation/people/{ada.id}/logout/"
    assert "Log out everywhere" in as_root.get(f"/moderation/people/{ada.id}/").text

    assert as_root.post(path, {"reason": ""}).status_code == 422
    assert "/logout/" in as_ada.get("/").text
    assert as_root.post(path, {"reason": "A stranger in the library"}).status_code == 303

    assert "/logout/" not in as_ada.get("/").text
    with app.app_context():
        assert db.session.query(Session).filter_by(user_id=ada.id).count() == 0
        entry = db.session.query(Audit).filter_by(kind="logged-out-by-staff").one()
        assert (entry.target_id, entry.reason) == (ada.id, "A stranger in the library")
        assert db.session.query(Mail).filter_by(kind="logged-out", user_id=ada.id).count() == 1
    assert Browser(app).log_in("ada", PASSWORD)


def test_a_moderator_logs_nobody_out(app, ada, as_ada, as_mod):
    assert "Log out everywhere" not in as_mod.get(f"/moderation/people/{ada.id}/").text
    assert as_mod.post(f"/moderation/people/{ada.id}/logout/", {"reason": "Because."}).status_code == 403
    assert "/logout/" in as_ada.get("/").text


def test_staff_changes_nothing_by_reading(app, ada):
    post = make_post(app, ada, pictures=1)
    make_user(app, "adele", role="admin")  # who is refused nowhere: a refusal goes into the record
    as_admin = Browser(app).log_in("adele")
    values = {"post_id": post.id, "user_id": ada.id, "report_id": 1}
    doors = app.url_map.bind("localhost")
    paths = [
        doors.build(rule.endpoint, {name: values[name] for name in rule.arguments}, method="GET")
        for rule in app.url_map.iter_rules()
        if "GET" in rule.methods and rule.endpoint.startswith("moderation.")
    ]
    before = rows(app)

    for path in [*paths, f"/posts/{post.id}/", "/@ada/"]:
        for method in ("get", "head", "options"):
            assert getattr(as_admin.client, method)(path).status_code < 500, path

    assert len(paths) >= 7
    assert rows(app) == before


def test_of_a_deleted_account_no_word_is_left_in_the_database(app, ada, as_ada, as_mod):
    words = {"display_name": "Adelheid Quastenflosser", "bio": "Keeps a lighthouse at Krummhörn."}
    as_ada.post("/settings/profile/", words)
    post = make_post(app, ada, title="Quastenflosser", content="At krummhorn.", pictures=1)
    as_mod.post(f"/report/?post={post.id}", {"reason": "Not her own."})
    as_ada.post("/email_change/", {"new_email": "adelheid@example.net", "password": PASSWORD})
    as_ada.post(f"/authors/{ada.id}/delete/", {"password": PASSWORD})
    with time_machine.travel(now() + timedelta(hours=23)), app.app_context():
        sweep.purge()
        sweep.forget()
        assert db.session.get(User, ada.id) is None
        everything = "\n".join(
            f"{table.name}: {row!r}"
            for table in db.metadata.sorted_tables
            for row in db.session.execute(select(table))
            if table.name not in ("past_usernames", "tags")
        ).lower()

    for word in ("ada@example.org", "adelheid", "quastenflosser", "lighthouse", "krummhorn"):
        assert word not in everything, word
