"""Every post for staff, and what they do with one: each act with its reason, its mail and its entry in the record."""

import re

import pytest

from postways import media
from postways.db import db
from postways.models import Audit, Mail, Post
from tests.cast import make_post, make_user
from tests.house.test_queries import statements

REASON = "Not your photograph."


@pytest.fixture
def post(app, ada, ben) -> Post:
    return make_post(app, ada, title="Boats #harbour", pictures=1, likes=[ben])


def act(browser, post, action, reason=REASON, **headers):
    return browser.post(f"/moderation/posts/{post.id}/", {"action": action, "reason": reason}, **headers)


def titles(text: str) -> list[str]:
    return re.findall(r"<b>([^<]+)</b></a>", text)


def record(app, post) -> list[tuple]:
    with app.app_context():
        entries = db.session.query(Audit).filter_by(post_id=post.id).order_by(Audit.id)
        acts = [entry for entry in entries if entry.kind not in ("staff-refused", "private-read")]
        return [(entry.kind, entry.details["before"], entry.details["after"], entry.reason) for entry in acts]


def mails(app) -> list[tuple[str, int, str]]:
    with app.app_context():
        kinds = db.session.query(Mail).filter(Mail.kind.startswith("post-")).order_by(Mail.id)
        return [(mail.kind, mail.user_id, mail.data["reason"]) for mail in kinds]


def test_staff_see_posts_in_every_state(app, ada, post, as_mod, as_ada):
    draft = make_post(app, ada, title="Not yet", published=False)
    gone = make_post(app, ada, title="Thrown away")
    as_ada.post(f"/posts/{gone.id}/delete/")
    act(as_mod, post, "unpublish")

    text = as_mod.get("/posts/?author=ada").text

    assert titles(text) == ["Thrown away", "Not yet", "Boats #harbour"]
    for state, title in (("draft", draft.title), ("deleted", gone.title), ("unpublished", post.title)):
        assert titles(as_mod.get(f"/posts/?state={state}").text) == [title]
    assert titles(as_mod.get("/posts/?q=BOATS").text) == [post.title]
    assert titles(as_mod.get("/posts/?sort=likes&order=up").text)[-1] in (post.title, "Something else #other")


def test_an_unpublished_post_is_gone_from_every_door_until_it_is_given_back(app, post, guest, as_ada, as_mod):
    before = as_ada.get("/@ada/").text

    assert act(as_mod, post, "unpublish").status_code == 303
    media.forget()

    for path in (f"/posts/{post.id}/", f"/media/{post.photos[0].key}/square.jpg"):
        assert guest.get(path).status_code == 404
    for path in ("/", "/popular/", "/tags/harbour/", "/@ada/"):
        assert "Boats" not in guest.get(path).text
    assert "took this post back" in as_ada.get(f"/posts/{post.id}/").text
    refused = as_ada.post(f"/posts/{post.id}/publish/")
    assert (refused.status_code, "took this post back" in refused.text) == (422, True)

    act(as_mod, post, "give-back", "A mistake of ours.")

    assert "Boats" in guest.get("/tags/harbour/").text
    differs = r'(?s)<input.*?>|<span class="badge" id="bell">.*?</span>|since=[0-9-]+'
    assert re.sub(differs, "", as_ada.get("/@ada/").text) == re.sub(differs, "", before)
    assert record(app, post) == [
        ("unpublished", "published", "unpublished", REASON),
        ("given-back", "unpublished", "published", "A mistake of ours."),
    ]
    assert mails(app) == [
        ("post-unpublished", post.author_id, REASON),
        ("post-restored", post.author_id, "A mistake of ours."),
    ]


def test_a_removed_post_comes_back_as_it_was(app, ada, post, guest, as_mod):
    act(as_mod, post, "remove")

    assert guest.get(f"/posts/{post.id}/").status_code == as_mod.get(f"/posts/{post.id}/").status_code == 404
    assert "0</b> posts" in guest.get("/@ada/").text

    act(as_mod, post, "give-back")

    assert "Boats" in guest.get("/").text
    assert "1</b> post" in guest.get("/@ada/").text
    assert [entry[:3] for entry in record(app, post)] == [
        ("removed", "published", "removed"),
        ("given-back", "removed", "published"),
    ]
    assert [kind for kind, *_ in mails(app)] == ["post-removed", "post-restored"]


@pytest.mark.parametrize("action", ["unpublish", "remove"])
def test_acting_twice_is_once(app, post, as_mod, action):
    for _ in range(2):
        act(as_mod, post, action)

    assert len(record(app, post)) == len(mails(app)) == 1
    with app.app_context():
        assert Post.in_any_state(post.id).author.post_count == 0


@pytest.mark.parametrize(("reason", "said"), [("", "Say why"), ("  \x00 ", "Say why"), ("x" * 1_001, "shorten it")])
def test_an_act_needs_a_reason(app, post, as_mod, reason, said):
    answer = act(as_mod, post, "remove", reason)

    assert (answer.status_code, said in answer.text) == (422, True)
    assert reason.strip("\x00 ") in answer.text
    assert act(as_mod, post, "remove", reason, HX_Request="true").status_code == 422
    assert as_mod.get(f"/posts/{post.id}/").status_code == 200
    assert record(app, post) == []


def test_by_htmx_the_row_comes_back_as_it_is_now(post, as_mod):
    row = act(as_mod, post, "unpublish", HX_Request="true").text

    assert row.lstrip().startswith(f'<li id="row-{post.id}"')
    assert "unpublished" in row and 'value="give-back"' in row


@pytest.mark.parametrize("action", ["unpublish", "remove", "give-back"])
def test_moderators_leave_their_own_posts_and_those_of_admins_alone(app, mod, as_mod, action):
    for author in (mod, make_user(app, "root-ada", role="admin")):
        post = make_post(app, author)
        for reason in (REASON, ""):
            assert act(as_mod, post, action, reason).status_code == 403
        assert record(app, post) == []


def test_what_its_author_deleted_staff_can_not_bring_back(app, post, as_ada, as_mod):
    as_ada.post(f"/posts/{post.id}/delete/")

    answer = act(as_mod, post, "give-back")

    assert (answer.status_code, "only its author" in answer.text) == (422, True)
    assert record(app, post) == []


def test_a_stale_form_comes_back_filled(app, post, as_mod):
    answer = as_mod.post(f"/moderation/posts/{post.id}/", {"action": "remove", "reason": REASON}, token="forged")

    assert (answer.status_code, REASON in answer.text) == (403, True)
    assert record(app, post) == []


def test_the_page_of_a_post_tells_what_was_done_by_whom(post, as_mod):
    act(as_mod, post, "unpublish")

    text = as_mod.get(f"/moderation/posts/{post.id}/").text

    assert all(words in text for words in (REASON, "before: published", "after: unpublished", "/@mod/"))


def test_the_list_costs_the_same_however_long_it_is(app, ada, as_mod):
    for n in range(5):
        make_post(app, ada, title=f"Number {n}", pictures=1, ready=False)
        with statements(app) as asked:
            assert as_mod.get("/posts/").status_code == 200
        assert len(asked) <= 3, "\n".join(asked)


@pytest.mark.parametrize("query", ["sort=password", "order=sideways", "state=lost", "cursor=x"])
def test_what_the_list_does_not_know_is_refused(as_mod, query):
    assert as_mod.get(f"/posts/?{query}").status_code == 400
