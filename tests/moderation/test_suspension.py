"""A suspended person is gone from every door at once, and comes back whole."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from redis import Redis

from postways import media, sweep
from postways.db import db, now
from postways.errors import Forbidden
from postways.live.hub import Hub
from postways.live.stream import Stream
from postways.models import Audit, Mail, Post, Session, User
from tests.cast import PASSWORD, Browser, make_post, make_user

REASON = "Sells sunglasses."


@pytest.fixture
def post(app, ada, ben) -> Post:
    return make_post(app, ada, title="Boats #harbour", pictures=1, likes=[ben])


@pytest.fixture
def root(app, crowd) -> User:
    """The admin."""
    return make_user(app, "root-ada", role="admin")


@pytest.fixture
def as_root(app, root) -> Browser:
    return Browser(app).log_in("root-ada")


def judge(browser, who, verdict="suspend", reason=REASON, **fields):
    return browser.post(f"/moderation/people/{who.id}/{verdict}/", {"reason": reason, **fields})


def record(app, *kinds: str) -> list[tuple]:
    with app.app_context():
        entries = db.session.query(Audit).filter(Audit.kind.in_(kinds)).order_by(Audit.id)
        return [
            (entry.kind, entry.actor_id, entry.target_id, entry.details.get("before"), entry.details.get("after"))
            for entry in entries
        ]


def log_in(app, name: str):
    return Browser(app).post("/login/", {"username": name, "password": PASSWORD}, page="/login/")


def doors(post: Post) -> list[str]:
    """Where ada's post and ada are to be seen."""
    key = post.photos[0].key
    return [f"/posts/{post.id}/", f"/posts/{post.id}/photos/1/", f"/media/{key}/square.jpg", "/@ada/", "/authors/2/"]


def test_everything_of_a_suspended_person_is_gone_and_comes_back(app, ada, post, as_ada, as_mod):
    guest, lists = Browser(app), ("/", "/popular/", "/tags/harbour/")
    before = [guest.get(path).status_code for path in doors(post)]
    assert ada.id == 2

    assert judge(as_mod, ada).status_code == 303
    media.forget()  # what is remembered for two seconds

    assert as_ada.get("/posts/add/").status_code == 303
    assert log_in(app, "ada").status_code == 422
    assert [guest.get(path).status_code for path in doors(post)] == [404] * 5
    for browser in (guest, as_mod):
        assert not any("Boats" in browser.get(path).text for path in lists)

    assert judge(as_mod, ada, "restore", "A mistake of ours.").status_code == 303
    media.forget()

    assert [guest.get(path).status_code for path in doors(post)] == before
    assert all("Boats" in guest.get(path).text for path in lists)
    assert log_in(app, "ada").status_code == 303
    assert as_ada.get("/posts/add/").status_code == 303  # what was logged in before stays out


def test_suspension_and_return_are_written_down_and_mailed(app, ada, mod, as_mod):
    judge(as_mod, ada)
    judge(as_mod, ada)  # a second click
    judge(as_mod, ada, "restore", "A mistake of ours.")
    judge(as_mod, ada, "restore", "A mistake of ours.")

    assert record(app, "suspended", "restored") == [
        ("suspended", mod.id, ada.id, "active", "suspended"),
        ("restored", mod.id, ada.id, "suspended", "active"),
    ]
    with app.app_context():
        sent = [(mail.kind, mail.user_id, mail.data["reason"]) for mail in db.session.query(Mail).order_by(Mail.id)]
    assert sent == [("account-suspended", ada.id, REASON), ("account-restored", ada.id, "A mistake of ours.")]
    page = as_mod.get(f"/moderation/people/{ada.id}/").text
    assert all(words in page for words in (REASON, "A mistake of ours.", "before: active"))


def test_a_suspension_with_an_end_ends_by_itself(app, ada, post, guest, as_mod):
    tomorrow = now() + timedelta(days=1)
    judge(as_mod, ada, until=f"{tomorrow:%Y-%m-%d}")

    with app.app_context():
        sweep.put_back()
    assert log_in(app, "ada").status_code == 422

    with time_machine.travel(datetime(tomorrow.year, tomorrow.month, tomorrow.day, 0, 1, tzinfo=UTC)):
        with app.app_context():
            sweep.put_back()
        assert log_in(app, "ada").status_code == 303
        assert guest.get(f"/posts/{post.id}/").status_code == 200
    assert record(app, "restored")[0][:3] == ("restored", None, ada.id)


@pytest.mark.parametrize(
    ("fields", "said"),
    [({"reason": ""}, "Say why"), ({"until": "2020-01-01"}, "still to come"), ({"until": "soon"}, "Write a day")],
)
def test_a_refused_suspension_comes_back_filled(app, ada, as_mod, fields, said):
    answer = judge(as_mod, ada, **{"reason": REASON, **fields})

    assert (answer.status_code, said in answer.text) == (422, True)
    assert fields.get("reason", REASON) in answer.text
    assert log_in(app, "ada").status_code == 303


def test_open_pages_of_the_suspended_are_cut_off_and_others_hear_no_more(app, ada, ben, post, as_mod):
    redis = Redis.from_url(app.extensions["config"].redis_url, socket_timeout=30)
    hub = Hub(app, redis, app.extensions["outbox"])
    hub._begin()
    hers, his = (Stream(who.id, {post.id: ada.id}, home=False) for who in (ada, ben))
    hub.open(hers)
    hub.open(his)

    judge(as_mod, ada)
    hub._read()
    with app.app_context():
        Post.set_count(post.id, 7)
        db.session.commit()
    hub._read()
    redis.close()

    assert (hers.closed, his.closed) == (True, False)
    assert his.posts == {}
    (told,) = his.queue.queue
    assert told.endswith(b"event: anew\ndata: \n\n")  # that something is to be looked at anew, and nothing else


def test_a_post_that_was_on_its_way_is_not_shared(app, ada, as_mod):
    judge(as_mod, ada)

    with app.app_context(), pytest.raises(Forbidden):
        Post.share(User.find(ada.id), title="Too late")


def test_a_suspended_person_keeps_a_deleted_post_in_the_trash(ada, post, as_ada, guest, as_mod):
    as_ada.post(f"/posts/{post.id}/delete/")
    judge(as_mod, ada)
    judge(as_mod, ada, "restore")

    assert guest.get(f"/posts/{post.id}/").status_code == 404


@pytest.mark.parametrize("verdict", ["suspend", "restore"])
def test_moderators_judge_neither_admins_nor_themselves(app, mod, root, as_mod, verdict):
    for who in (root, mod):
        for reason in (REASON, ""):
            assert judge(as_mod, who, verdict, reason).status_code == 403

    assert record(app, "suspended", "restored") == []
    assert [entry[:2] for entry in record(app, "staff-refused")] == [("staff-refused", mod.id)] * 4


def test_an_admin_changes_a_role_at_once_and_it_is_written_down(app, ben, root, as_ben, as_root):
    assert as_root.post(f"/moderation/people/{ben.id}/role/", {"role": "moderator"}).status_code == 303

    assert as_ben.get("/settings/").status_code == 303  # logged out
    again = Browser(app).log_in("ben")
    assert again.get("/authors/").status_code == 200
    assert record(app, "role-changed") == [("role-changed", root.id, ben.id, "member", "moderator")]

    as_root.post(f"/moderation/people/{ben.id}/role/", {"role": "member"})
    assert again.get("/authors/").location == "/?notice=staff"


@pytest.mark.parametrize("role", ["king", ""])
def test_an_unknown_role_is_refused(app, ben, as_root, role):
    assert as_root.post(f"/moderation/people/{ben.id}/role/", {"role": role}).status_code == 422


def test_only_admins_change_roles_and_nobody_the_own(app, ada, root, as_mod, as_root):
    for browser, who in ((as_mod, ada), (as_mod, root), (as_root, root)):
        assert browser.post(f"/moderation/people/{who.id}/role/", {"role": "moderator"}).status_code == 403

    assert "Change the role" not in as_mod.get(f"/moderation/people/{ada.id}/").text
    assert record(app, "role-changed") == []


def test_nobody_finds_a_deleted_account(app, ada, as_mod):
    with app.app_context():
        User.find(ada.id).deleted_at = now()
        db.session.commit()

    assert as_mod.get(f"/moderation/people/{ada.id}/").status_code == 404
    assert judge(as_mod, ada).status_code == 404
    assert as_mod.get("/@ada/").status_code == 404


def test_the_command_line_suspends_restores_and_gives_roles(app, ada, as_ada):
    run = app.test_cli_runner().invoke

    assert run(args=["users", "suspend", "ada", "--reason", REASON, "--until", "2099-01-01"]).exit_code == 0
    assert as_ada.get("/settings/").status_code == 303
    assert "active" in run(args=["users", "restore", "ada", "--reason", "Back"]).output
    run(args=["users", "role", "ada", "moderator"])

    assert [entry[0] for entry in record(app, "suspended", "restored", "role-changed")] == [
        "suspended",
        "restored",
        "role-changed",
    ]
    assert run(args=["users", "suspend", "ada", "--reason", " "]).exit_code == 1
    assert re.search("nobody with that name", run(args=["users", "restore", "eve", "--reason", "x"]).output)


def test_a_suspended_person_has_no_session_left(app, ada, as_ada, as_mod):
    judge(as_mod, ada)

    with app.app_context():
        assert db.session.query(Session).filter_by(user_id=ada.id).count() == 0


def test_who_left_while_suspended_does_not_come_back(app, ada, as_mod):
    judge(as_mod, ada, until=f"{now() + timedelta(days=1):%Y-%m-%d}")
    with app.app_context():
        User.find(ada.id).leave()
        db.session.commit()

    with time_machine.travel(now() + timedelta(days=2)), app.app_context():
        sweep.put_back()

    assert record(app, "restored") == []
