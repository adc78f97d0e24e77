"""Members tell the staff, the staff decides, and the reported never learns who it was."""

import re

import pytest

from postways.db import db
from postways.errors import Forbidden, Refused
from postways.models import Audit, Comment, Mail, Post, Report, User
from tests.cast import Browser, letters, make_comment, make_post, make_user
from tests.together import at_once

WRONG = "This is not her photograph."
NOTE = "Taken by somebody else."


@pytest.fixture
def post(app, ada) -> Post:
    return make_post(app, ada, title="Boats")


@pytest.fixture
def reported(app, post, as_ben) -> int:
    """The id of ben's report of ada's post."""
    as_ben.post(f"/report/?post={post.id}", {"reason": WRONG})
    return rows(app)[0].id


def rows(app) -> list[Report]:
    with app.app_context():
        return list(db.session.query(Report).order_by(Report.id))


def mails(app) -> list[tuple]:
    with app.app_context():
        found = db.session.query(Mail).filter(Mail.kind != "verify").order_by(Mail.id)
        return [(mail.kind, mail.user_id, mail.data.get("action") or mail.data.get("reason")) for mail in found]


def kinds(app) -> list[str]:
    with app.app_context():
        entries = db.session.query(Audit).filter(~Audit.kind.like("log-%")).order_by(Audit.id)
        return [entry.kind for entry in entries]


def close(browser, report_id, action, note=NOTE, **fields):
    return browser.post(f"/moderation/reports/{report_id}/close/", {"action": action, "note": note, **fields})


def test_a_member_reports_a_post_or_a_person_once_at_a_time(app, ada, post, as_ben):
    for target, place in ((f"post={post.id}", f"/posts/{post.id}/"), (f"person={ada.id}", "/@ada/")):
        for notice in ("reported", "reported-before"):
            sent = as_ben.post(f"/report/?{target}", {"reason": WRONG})
            assert (sent.status_code, sent.location) == (303, f"{place}?notice={notice}")
    assert "Thank you" in as_ben.get("/?notice=reported").text

    assert [(row.person_id, row.post_id, row.reason, row.state) for row in rows(app)] == [
        (ada.id, post.id, WRONG, "open"),
        (ada.id, None, WRONG, "open"),
    ]
    assert kinds(app) == ["report-made", "report-made"]


def test_two_reports_at_the_same_moment_are_one(app, ada, ben, post):
    def report() -> None:
        with app.app_context():
            Report.make(ben, WRONG, person=User.find(ada.id), post=Post.find(post.id, ben))
            db.session.commit()

    at_once([report] * 4)

    assert len(rows(app)) == 1


@pytest.mark.parametrize(("reason", "said"), [("", "Say what is wrong"), ("x" * 1_001, "shorten it")])
def test_a_report_needs_a_reason(app, post, as_ben, reason, said):
    answer = as_ben.post(f"/report/?post={post.id}", {"reason": reason})

    assert (answer.status_code, said in answer.text, reason in answer.text) == (422, True, True)
    assert rows(app) == []


@pytest.mark.parametrize(
    "target", ["", "post=0", "post=-1", "post=999", "post=99999999999999999999", "person=x", "person=999"]
)
def test_what_does_not_exist_can_not_be_reported(as_ben, target):
    assert as_ben.get(f"/report/?{target}").status_code == 404
    assert as_ben.post(f"/report/?{target}", {"reason": WRONG}).status_code == 404


def test_nobody_reports_themselves(app, ada, post, as_ada):
    for target in (f"post={post.id}", f"person={ada.id}"):
        assert as_ada.post(f"/report/?{target}", {"reason": WRONG}).status_code == 403

    assert "Report" not in as_ada.get(f"/posts/{post.id}/").text


def test_the_links_are_for_members(app, post, guest, as_ben):
    for path in (f"/posts/{post.id}/", "/@ada/"):
        assert "/report/?" in as_ben.get(path).text
        assert "/report/?" not in guest.get(path).text


def test_a_report_is_taken_by_one(app, mod, reported, as_mod):
    make_user(app, "max", role="moderator")
    other = Browser(app).log_in("max")
    assert WRONG in as_mod.get("/moderation/reports/").text

    for _ in range(2):
        assert as_mod.post(f"/moderation/reports/{reported}/take/").status_code == 303
    assert other.post(f"/moderation/reports/{reported}/take/").status_code == 422

    assert WRONG not in as_mod.get("/moderation/reports/").text
    assert "taken by mod" in other.get("/moderation/reports/?state=taken").text
    assert kinds(app) == ["report-made", "report-taken"]


@pytest.mark.parametrize(
    ("action", "mailed"),
    [
        ("none", []),
        ("warned", ["warned"]),
        ("unpublished", ["post-unpublished"]),
        ("removed", ["post-removed"]),
        ("suspended", ["account-suspended"]),
    ],
)
def test_closing_does_what_it_says_and_tells_the_reporter(app, reported, as_mod, action, mailed):
    assert close(as_mod, reported, action).status_code == 303

    row = rows(app)[0]
    assert (row.state, row.action, row.note) == ("closed", action, NOTE)
    assert Browser(app).get(f"/posts/{row.post_id}/").status_code == (
        404 if action in ("unpublished", "removed", "suspended") else 200
    )
    assert kinds(app) == ["report-made", *([] if action == "none" else [action]), "report-closed"]
    assert mails(app) == [
        *((kind, row.person_id, NOTE) for kind in mailed),
        ("report-closed", row.reporter_id, action),
    ]
    assert (
        NOTE in as_mod.get("/moderation/reports/?state=closed").text + as_mod.get(f"/moderation/reports/{row.id}/").text
    )


def test_a_report_is_closed_once(app, reported, as_mod):
    close(as_mod, reported, "none")

    assert close(as_mod, reported, "removed").status_code == 422
    assert mails(app) == [("report-closed", rows(app)[0].reporter_id, "none")]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"note": ""}, "Say why"),
        ({"action": "burnt"}, "choice"),
        ({"action": "suspended", "until": "2020-01-01"}, "still to come"),
    ],
)
def test_a_refused_decision_comes_back_filled(app, reported, as_mod, fields, said):
    answer = close(as_mod, reported, **{"action": "none", "note": NOTE, **fields})

    assert (answer.status_code, said in answer.text, fields.get("note", NOTE) in answer.text) == (422, True, True)
    assert rows(app)[0].state == "open"
    assert kinds(app) == ["report-made"]


def test_a_person_has_no_post_to_remove(app, ada, as_ben, as_mod):
    as_ben.post(f"/report/?person={ada.id}", {"reason": WRONG})

    assert close(as_mod, rows(app)[0].id, "removed").status_code == 422
    assert rows(app)[0].state == "open"


def test_a_reported_moderator_learns_nothing_and_can_not_decide(app, ben, mod, as_ben, as_mod):
    as_ben.post(f"/report/?person={mod.id}", {"reason": WRONG})
    report = rows(app)[0].id

    for path in ("/moderation/reports/", f"/moderation/people/{mod.id}/", f"/moderation/people/{ben.id}/"):
        text = as_mod.get(path).text
        assert WRONG not in text
        assert "report-made" not in text
    assert as_mod.get(f"/moderation/reports/{report}/").status_code == 404
    assert as_mod.post(f"/moderation/reports/{report}/take/").status_code == 404
    assert close(as_mod, report, "none").status_code == 404


def test_a_moderator_can_do_nothing_to_an_admin_by_a_report(app, as_ben, as_mod):
    root = make_user(app, "root-ada", role="admin")
    as_ben.post(f"/report/?person={root.id}", {"reason": WRONG})
    report = rows(app)[0].id

    for action in ("warned", "suspended"):
        assert close(as_mod, report, action).status_code == 403
    assert rows(app)[0].state == "open"
    assert close(as_mod, report, "none").status_code == 303


def test_no_mail_to_the_reported_names_the_reporter(app, ben, reported, as_mod):
    close(as_mod, reported, "warned")

    with app.app_context():
        mail = db.session.query(Mail).filter_by(kind="warned").one()
        assert not re.search(rf"\b{ben.id}\b|ben", str(mail.data))


def test_the_same_may_be_reported_again_once_it_is_closed(app, reported, post, as_ben, as_mod):
    close(as_mod, reported, "none")
    as_ben.post(f"/report/?post={post.id}", {"reason": "Still not hers."})

    assert [row.state for row in rows(app)] == ["closed", "open"]


def test_reports_show_beside_what_they_are_about(reported, post, ada, as_mod):
    for path in (f"/moderation/people/{ada.id}/", f"/moderation/posts/{post.id}/"):
        assert WRONG in as_mod.get(path).text


def test_a_warning_needs_somebody_who_may_give_it(app, ada, ben, inside):
    with pytest.raises(Forbidden):
        User.find(ada.id).warn(ben, NOTE)
    with pytest.raises(Refused):
        Report.make(ben, " ", person=ada)


def test_a_second_report_is_told_that_the_first_one_waits(app, post, as_ben):
    assert as_ben.post(f"/report/?post={post.id}", {"reason": WRONG}).location.endswith("?notice=reported")

    answer = as_ben.post(f"/report/?post={post.id}", {"reason": "Again"})

    assert answer.location.endswith("?notice=reported-before")
    assert "You reported this before" in as_ben.get(answer.location).text
    assert [row.reason for row in rows(app)] == [WRONG]


def test_the_own_post_and_page_have_nobody_to_report(ada, post, as_ada):
    for target, words in ((f"post={post.id}", "This post is your own"), (f"person={ada.id}", "This is your own page")):
        for answer in (as_ada.get(f"/report/?{target}"), as_ada.post(f"/report/?{target}", {"reason": WRONG})):
            assert (answer.status_code, words in answer.text) == (403, True)


def test_a_report_of_a_person_offers_only_what_fits(ada, reported, as_ben, as_mod):
    as_ben.post(f"/report/?person={ada.id}", {"reason": "Rude."})
    of_post, of_person = (as_mod.get(f"/moderation/reports/{number}/").text for number in (reported, reported + 1))

    for action in ("unpublished", "removed"):
        assert f'value="{action}"' in of_post
        assert f'value="{action}"' not in of_person
    assert 'value="suspended"' in of_person


# --- comments


@pytest.fixture
def comment(app, post, ada) -> Comment:
    return make_comment(app, post, ada, "Something nasty")


def test_a_comment_is_reported_once_at_a_time_beside_its_post(app, ada, post, comment, as_ben):
    assert "Something nasty" in as_ben.get(f"/report/?comment={comment.id}").text
    for _ in range(2):
        sent = as_ben.post(f"/report/?comment={comment.id}", {"reason": WRONG})
    as_ben.post(f"/report/?post={post.id}", {"reason": WRONG})

    assert sent.location == f"/posts/{post.id}/?comment={comment.id}&notice=reported-before#comment-{comment.id}"
    assert [(row.person_id, row.post_id, row.comment_id) for row in rows(app)] == [
        (ada.id, post.id, comment.id),
        (ada.id, post.id, None),
    ]


def test_an_own_comment_has_nobody_to_report(comment, as_ada):
    answer = as_ada.get(f"/report/?comment={comment.id}")

    assert (answer.status_code, "This comment is your own" in answer.text) == (403, True)


def test_two_reports_of_a_comment_at_the_same_moment_are_one(app, ada, ben, comment):
    def report() -> None:
        with app.app_context():
            Report.make(ben, WRONG, person=User.find(ada.id), comment=Comment.find(comment.id, ben))
            db.session.commit()

    at_once([report] * 4)

    assert len(rows(app)) == 1


def test_a_reported_comment_is_removed_and_everybody_concerned_is_told(app, ada, ben, comment, as_ben, as_mod):
    as_ben.post(f"/report/?comment={comment.id}", {"reason": WRONG})
    report_id = rows(app)[0].id
    assert "a comment on “Boats”" in as_mod.get("/moderation/reports/").text
    assert "Something nasty" in as_mod.get(f"/moderation/reports/{report_id}/").text

    assert 'value="unpublished"' not in as_mod.get(f"/moderation/reports/{report_id}/").text
    assert close(as_mod, report_id, "unpublished").status_code == 422
    close(as_mod, report_id, "removed")

    assert mails(app) == [("comment-removed", ada.id, NOTE), ("report-closed", ben.id, "removed")]
    told = {letter["To"]: letter.get_body(("plain",)).get_content() for letter in letters(app)}
    assert any("of a comment" in text and "the comment was removed" in text for text in told.values())
    assert any("your comment on “Boats” was removed" in text and NOTE in text for text in told.values())
    assert "comment-removed" in kinds(app)
    assert as_ben.get(f"/comments/{comment.id}/").status_code == 404
    assert "Something nasty" in as_mod.get(f"/moderation/reports/{report_id}/").text


@pytest.mark.parametrize("action", ["none", "warned", "suspended"])
def test_a_reported_comment_may_also_be_left_alone(app, comment, as_ben, as_mod, action):
    as_ben.post(f"/report/?comment={comment.id}", {"reason": WRONG})

    assert close(as_mod, rows(app)[0].id, action).status_code == 303
    with app.app_context():
        assert db.session.get(Comment, comment.id).deleted_at is None
