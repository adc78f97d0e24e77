"""Telling the staff, through the API and through the page."""

import pytest

from postways.db import db
from postways.models import Block, Report, User
from tests.cast import make_comment, make_post, make_user
from tests.doors.left import same_through_both


@pytest.fixture
def post(app, ada):
    return make_post(app, ada)


def test_posts_comments_and_people_are_reported_once_while_it_waits(app, ada, as_ben_api, post):
    comment = make_comment(app, post, ada)

    for about, link in (
        ({"post": post.id}, ("post", f"/api/v1/posts/{post.id}/")),
        ({"comment": comment.id}, ("comment", f"/api/v1/comments/{comment.id}/")),
        ({"person": "ada"}, None),
    ):
        first = as_ben_api.post("reports/", {**about, "reason": " Not theirs. "})
        again = as_ben_api.post("reports/", {**about, "reason": "Once more."})
        assert (first.status_code, again.status_code) == (201, 200)
        made = first.get_json()
        assert again.get_json() == made
        assert (made["reason"], made["state"], made["person"]["username"]) == ("Not theirs.", "open", "ada")
        assert link is None or made[link[0]].endswith(link[1])
    by_id = as_ben_api.post("reports/", {"person": ada.id, "reason": "By id."})
    assert by_id.status_code == 200


def test_what_is_ones_own_is_not_reported_but_can_be_taken_back(app, ada, as_ben_api):
    sent = as_ben_api.post("messages/", {"receiver": "ada", "content": "Mine"}).get_json()["id"]
    answer = as_ben_api.post("reports/", {"message": sent, "reason": "Odd."})
    words = "This message is your own, so there is nobody to report. You can delete it."
    assert (answer.status_code, answer.get_json()) == (403, {"detail": words})


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason": "x"}, "non_field_errors"),
        ({"post": 1, "person": "ada", "reason": "x"}, "non_field_errors"),
        ({"person": "", "reason": "x"}, "non_field_errors"),
        ({"post": 999, "reason": "x"}, "post"),
        ({"post": "one", "reason": "x"}, "post"),
        ({"comment": 999, "reason": "x"}, "comment"),
        ({"person": "nobody", "reason": "x"}, "person"),
        ({"person": "ada"}, "reason"),
        ({"person": "ada", "reason": " \n"}, "reason"),
        ({"person": "ada", "reason": "x" * 1_001}, "reason"),
        ({"person": "ada", "reason": "\x00"}, "reason"),
        ({"person": "ada", "reason": "x", "block": "perhaps"}, "block"),
    ],
)
def test_what_can_not_be_reported_is_refused_by_field(as_ben_api, ada, body, field):
    answer = as_ben_api.post("reports/", body)

    assert (answer.status_code, list(answer.get_json())) == (400, [field])


def test_nobody_reports_themselves_or_what_they_may_not_see(app, ada, as_ben_api, ben, post):
    hidden = make_post(app, ada, audience="followers")

    for about in ({"person": "ben"}, {"post": make_post(app, ben).id}):
        own = as_ben_api.post("reports/", {**about, "reason": "x"})
        assert (own.status_code, "own" in own.get_json()["detail"]) == (403, True)
    assert list(as_ben_api.post("reports/", {"post": hidden.id, "reason": "x"}).get_json()) == ["post"]
    with app.app_context():
        Block.begin(db.session.get(User, ada.id), db.session.get(User, ben.id))
        db.session.commit()
    unknown = as_ben_api.post("reports/", {"person": "nobody", "reason": "x"})
    assert as_ben_api.post("reports/", {"person": "ada", "reason": "x"}).get_json() == unknown.get_json()
    with app.app_context():
        assert db.session.query(Report).count() == 0


@pytest.mark.parametrize("block", [True, False])
def test_reporting_leaves_the_same_through_page_and_api(app, crowd, block):
    rude = make_user(app, "rude")
    post = make_post(app, rude)

    found = same_through_both(
        app,
        page=lambda browser, _user, _: browser.post(
            f"/report/?post={post.id}", {"reason": "Not theirs.", **({"block": "y"} if block else {})}
        ),
        api=lambda client, _user, _: client.post(
            "reports/", {"post": post.id, "reason": "Not theirs.", "block": block}
        ),
    )

    assert len(found["reports"]) == 1
    assert len(found.get("blocks", [])) == int(block)
