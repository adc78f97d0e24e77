"""Staff and the command line make people premium members: once, written down, told, and by admins alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from postways import exports
from postways.db import db, now
from postways.errors import Forbidden, Refused
from postways.models import Audit, User
from postways.models.membership import moment_in
from tests.api.client import Client
from tests.cast import letters
from tests.membership.state import told, until
from tests.together import at_once, second_tab

DAY = "2040-12-31"
END = "2040-12-31T23:59:59Z"


@pytest.fixture
def run(app):
    return lambda *words: app.test_cli_runner().invoke(args=["users", "premium", *words])


def words_of(app) -> list[str]:
    return [letter.get_body(("plain",)).get_content() for letter in letters(app)]


def news(app) -> list[dict]:
    return [fields for _, fields in app.extensions["redis"].xrange("postways:live")]


def test_an_admin_grants_changes_and_ends_a_membership(app, ada, as_root):
    page = f"/moderation/people/{ada.id}/"
    assert as_root.post(f"{page}premium/", {"premium_until": DAY}).status_code == 303

    assert until(app) == END
    assert {b"topic": b"rights", b"person": str(ada.id).encode()} in news(app)
    shown = as_root.get(page).text
    assert "It runs until" in shown
    assert f'value="{DAY}"' in shown
    assert "premium</span>" in as_root.get("/authors/?q=ada").text
    assert "before: no membership" in as_root.get("/moderation/log/?kind=premium-changed").text

    as_root.post(f"{page}premium/", {"premium_until": "2041-01-31"})
    assert as_root.post(f"{page}premium/end/").status_code == 303
    assert until(app) is None
    assert "End the membership" not in as_root.get(page).text
    with app.app_context():
        root = User.named("root2").id
        entries = db.session.query(Audit).filter_by(kind="premium-changed").order_by(Audit.id).all()
        assert [(entry.actor_id, entry.target_id, entry.details) for entry in entries] == [
            (root, ada.id, {"door": "page", "before": None, "after": END}),
            (root, ada.id, {"door": "page", "before": END, "after": "2041-01-31T23:59:59Z"}),
            (root, ada.id, {"door": "page", "before": "2041-01-31T23:59:59Z", "after": None}),
        ]
    granted, moved, ended = words_of(app)
    assert "31 Dec 2040 23:59 (UTC)" in granted
    assert "31 Jan 2041 23:59 (UTC)" in moved
    assert "before, it was until 31 Dec 2040" in moved
    assert "was ended on" in ended
    assert "premium-changed" in as_root.get("/moderation/log/?kind=premium-changed").text


def test_the_same_twice_is_once(app, ada, as_root, run):
    path = f"/moderation/people/{ada.id}/premium/"
    for _ in range(2):
        as_root.post(path, {"premium_until": DAY})
    assert run("ada", DAY).output == "ada is a premium member until 2040-12-31 23:59:59 UTC.\n"
    assert told(app) == (1, 1)

    for _ in range(2):
        as_root.post(f"{path}end/")
    assert run("ada", "none").output == "ada is no premium member.\n"
    assert told(app) == (2, 2)


def test_two_admins_at_once_grant_one(app, ada, as_root):
    token = as_root.token()
    tabs = [second_tab(as_root) for _ in range(8)]
    path = f"/moderation/people/{ada.id}/premium/"

    answers = at_once([lambda tab=tab: tab.post(path, {"premium_until": DAY}, token=token).status_code for tab in tabs])

    assert set(answers) == {303}
    assert told(app) == (1, 1)


NO_DAY = "Write a day that the calendar has as 2026-11-21."
IMPOSSIBLE = [
    ("", "Choose the last day of the membership."),
    ("tomorrow", NO_DAY),
    ("2040-02-30", NO_DAY),
    ("10000-01-01", NO_DAY),
    ("٢٠٤٠-01-01", NO_DAY),
    ("2040-1-1", NO_DAY),
    ("2040-12-31\x00", NO_DAY),
    ("2020-01-01", "That day is over."),
    ("2999-12-31", "within the next 100 years"),
    ("9999-12-31", "between the years 1970 and 9000"),
]


def test_what_can_not_be_is_said_by_the_field_with_what_was_typed(app, ada, as_root):
    for typed, sentence in IMPOSSIBLE:
        refused = as_root.post(f"/moderation/people/{ada.id}/premium/", {"premium_until": typed})

        assert (refused.status_code, sentence in refused.text) == (422, True), typed
        assert 'id="premium_until-help"' in refused.text
        shown = typed.strip("\x00")
        assert f'name="premium_until" value="{shown}"' in refused.text
    assert told(app) == (0, 0)


def test_moderators_and_members_grant_nothing_and_see_no_button(app, ada, as_mod, as_ben, mod):
    page = f"/moderation/people/{ada.id}/"
    assert "Premium membership" not in as_mod.get(page).text
    for path in (f"{page}premium/", f"{page}premium/end/"):
        assert as_mod.post(path, {"premium_until": DAY}).status_code == 403
        assert as_ben.post(path, {"premium_until": DAY}).location == "/?notice=staff"
    assert until(app) is None
    with app.app_context():
        moderator = db.session.merge(mod)
        refusals = db.session.query(Audit).filter_by(kind="staff-refused", actor_id=mod.id).all()
        assert {entry.details["door"] for entry in refusals} == {"moderation.grant_premium", "moderation.end_premium"}
        with pytest.raises(Forbidden):
            db.session.merge(ada).become_premium(None, moderator, door="page")


def test_admins_leave_their_own_membership_to_others(app, as_root):
    with app.app_context():
        root = User.named("root2").id
    assert as_root.post(f"/moderation/people/{root}/premium/", {"premium_until": DAY}).status_code == 403
    assert "Premium membership" not in as_root.get(f"/moderation/people/{root}/").text


def test_who_is_suspended_gets_none_and_can_lose_it(app, ada, as_root, run):
    run("ada", DAY)
    with app.app_context():
        User.named("ada").suspend(None, "Spam.")
        db.session.commit()
    path = f"/moderation/people/{ada.id}/premium/"

    refused = as_root.post(path, {"premium_until": "2041-01-31"})
    assert (refused.status_code, "Restore it first" in refused.text) == (422, True)
    assert "Restore it first" in run("ada", "2041-01-31").output
    assert until(app) == END
    assert "To grant one, restore the account first." in as_root.get(f"/moderation/people/{ada.id}/").text
    assert as_root.post(f"{path}end/").status_code == 303
    assert until(app) is None


def test_who_has_left_gets_none(app, ada, as_root, run):
    with app.app_context():
        User.named("ada").leave()
        db.session.commit()

    assert as_root.post(f"/moderation/people/{ada.id}/premium/", {"premium_until": DAY}).status_code == 404
    gone = run("ada", DAY)
    assert (gone.exit_code, gone.output) == (1, "Error: There is nobody with that name.\n")


def test_the_command_line_takes_days_moments_and_none(app, ada, run):
    for words, end in (
        (DAY, END),
        ("2040-06-01T12:00:00Z", "2040-06-01T12:00:00Z"),
        ("2040-06-01T12:00:00.75+02:00", "2040-06-01T10:00:00Z"),
        ("2040-06-01 12:30", "2040-06-01T12:30:00Z"),
        ("NONE", None),
    ):
        assert run("ada", words).exit_code == 0
        assert until(app) == end
    with app.app_context():
        entry = db.session.query(Audit).filter_by(kind="premium-changed").first()
        assert (entry.actor_id, entry.details["door"]) == (None, "command")


NO_MOMENTS = [
    "",
    "soon",
    "2040-13-01",
    "10000-01-01",
    "9999-12-31",
    "9999-12-31T23:59:59-01:00",
    "0001-01-01T00:00:00+14:00",
    "2020-01-01",
    "2٠40-01-01",
    "\udcff",
]


def test_the_command_line_says_what_is_wrong(app, ada, run):
    for words in NO_MOMENTS:
        refused = run("ada", words)

        assert (refused.exit_code, refused.output[:7]) == (1, "Error: "), words
        assert "Traceback" not in refused.output
    assert told(app) == (0, 0)


def test_a_moment_is_judged_to_the_second_and_in_any_zone(inside):
    ada = User.sign_up("ada", None, "x")
    with time_machine.travel(datetime(2026, 11, 21, tzinfo=UTC), tick=False):
        for words in ("2026-11-21T00:00:00Z", "2026-11-21T00:00:00.9Z", "2026-11-21T01:00:00+01:00"):
            with pytest.raises(Refused, match="over"):
                ada.become_premium(moment_in(words), door="command")
        ada.become_premium(moment_in("2026-11-21T00:00:01Z"), door="command")
        assert ada.premium
        with pytest.raises(Refused, match="100 years"):
            ada.become_premium(now() + timedelta(days=36_526), door="command")


def test_the_export_tells_of_it_and_the_account_takes_it_along(app, ada, as_ada, run):
    run("ada", DAY)
    with app.app_context():
        documents, _ = exports.contents(User.named("ada"))
    assert documents["profile.json"]["premium_until"] == datetime(2040, 12, 31, 23, 59, 59, tzinfo=UTC)


def test_a_membership_is_told_to_oneself_and_the_staff_alone(app, ada, as_ada, as_ben, as_mod, run):
    run("ada", DAY)
    with app.app_context():
        ben, mod = User.named("ben"), User.named("mod")
    assert Client.bearer(app, ada).get("users/me/").json["premium_until"] == END
    assert Client.bearer(app, mod).get("users/ada/").json["premium_until"] == END
    for shown in (Client.bearer(app, ben).get("users/ada/"), as_ben.get("/@ada/"), Client(app).get("posts/")):
        assert "premium_until" not in shown.text
        assert "2040" not in shown.text
