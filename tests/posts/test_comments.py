"""The pages of comments, without JavaScript and as htmx asks for them."""

from __future__ import annotations

import re

import pytest

from postways.blocklist import Blocklist
from postways.db import db
from postways.models import Audit, Block, Comment, Mute, Post, User
from postways.models.comment import LONGEST_COMMENT
from postways.models.comment_row import CHANGES_FOR
from postways.models.talk import REPLIES_SHOWN, THREADS
from tests.cast import Browser, make_comment, make_post
from tests.house.test_queries import statements

KEY = re.compile(r'name="key" value="([^"]+)"')
SAID = re.compile(r'id="comment-(\d+)"')


@pytest.fixture
def post(app, ada) -> Post:
    return make_post(app, ada, title="Boats")


@pytest.fixture
def place(post) -> str:
    return f"/posts/{post.id}/"


def say(browser: Browser, place: str, body: str = "Lovely light.", **more):
    return browser.post(f"{place}comments/", {"body": body, **more})


def said(app) -> list[Comment]:
    with app.app_context():
        return list(db.session.query(Comment).order_by(Comment.id))


def on(text: str) -> list[int]:
    """The ids of the comments on a page, in its order."""
    return [int(found) for found in SAID.findall(text)]


def test_a_comment_is_said_and_read_without_scripts(app, place, as_ben, guest):
    answer = say(as_ben, place, "Lovely *light*, @ada. #harbour")
    (made,) = said(app)

    assert (answer.status_code, answer.location) == (303, f"{place}#comment-{made.id}")
    for browser in (as_ben, guest):
        text = browser.get(place).text
        assert "Lovely <em>light</em>" in text
        assert 'href="/@ada/"' in text and 'href="/tags/harbour/"' in text
        assert re.search(r'id="comment-count-\d+">1<', text)


def test_a_reply_form_stands_under_what_it_answers_and_leads_back_there(app, post, place, ada, ben, as_ben):
    top = make_comment(app, post, ada, "Where is this?")
    page = as_ben.get(f"{place}?reply={top.id}")
    assert f'<input type="hidden" name="parent" value="{top.id}">' in page.text

    answer = say(as_ben, place, "In the harbour", parent=top.id)
    reply = said(app)[-1]

    assert (reply.parent_id, answer.location) == (top.id, f"{place}?comment={reply.id}#comment-{reply.id}")
    assert on(as_ben.get(answer.location).text) == [top.id, reply.id]


def test_the_form_that_answers_a_reply_begins_with_the_name(app, post, place, ada, ben, as_ben, as_ada):
    top = make_comment(app, post, ben)
    reply = make_comment(app, post, ada, answers=top)

    assert ">\n@ada </textarea>" in as_ben.get(f"{place}?reply={reply.id}").text
    assert ">\n</textarea>" in as_ada.get(f"{place}?reply={reply.id}").text
    assert ">\n</textarea>" in as_ada.get(f"{place}?reply={top.id}").text


@pytest.mark.parametrize(
    ("body", "words"), [(" \n", "Write something first"), ("x" * (LONGEST_COMMENT + 1), "the most is 5000")]
)
@pytest.mark.parametrize("answered", [False, True])
def test_what_is_refused_comes_back_as_it_was_typed(app, post, place, ada, as_ben, body, words, answered):
    more = {"parent": make_comment(app, post, ada).id} if answered else {}

    for browse in (as_ben.post, as_ben.click):
        data = {"body": body, **more}
        answer = browse(f"{place}comments/", data) if browse == as_ben.post else browse(f"{place}comments/", **data)
        assert (answer.status_code, words in answer.text, body.strip() in answer.text) == (422, True, True)
    assert answer.headers["HX-Retarget"] == f"#say{more.get('parent', '')}"
    assert len(said(app)) == len(more)


def test_a_form_that_was_open_for_too_long_comes_back_filled(app, place, as_ben):
    for headers in ({}, {"HX_Request": "true"}):
        answer = as_ben.post(f"{place}comments/", {"body": "Long thoughts"}, token="old", **headers)
        assert (answer.status_code, "open for too long" in answer.text, "Long thoughts" in answer.text) == (
            403,
            True,
            True,
        )
    assert said(app) == []


def test_a_visitor_is_led_to_log_in(app, place, guest):
    page = guest.get(place)
    answer = say(guest, place)

    assert "Log in to comment" in page.text and "<textarea" not in page.text
    assert (answer.status_code, answer.location) == (303, "/login/?next=/")
    assert said(app) == []


def test_the_same_form_sent_twice_is_one_comment(app, place, as_ben):
    key = KEY.search(as_ben.get(place).text).group(1)

    assert say(as_ben, place, key=key).location == say(as_ben, place, key=key).location
    assert len(said(app)) == 1


def test_what_is_answered_may_have_gone_meanwhile(app, post, place, ada, as_ben):
    gone = make_comment(app, post, ada)
    with app.app_context():
        Comment.find(gone.id, ada).delete(ada)
        db.session.commit()

    for parent in (gone.id, 999_999, "9" * 40, "x", "-1"):
        answer = say(as_ben, place, "My answer", parent=parent)
        assert (answer.status_code, "My answer" in answer.text) == (422, True)
        assert "What you answer has gone" in answer.text
        assert as_ben.click(f"{place}comments/", body="x", parent=parent).status_code == 422
    assert len(said(app)) == 1


def test_more_than_an_hours_worth_is_refused_with_what_was_typed(app, place, as_ben, monkeypatch):
    from limits import RateLimitItemPerHour

    from postways import limits

    monkeypatch.setitem(limits.AN_HOUR, "comment", RateLimitItemPerHour(1, namespace="comment"))
    say(as_ben, place)
    answer = say(as_ben, place, "One too many")

    assert (answer.status_code, "One too many" in answer.text, "Retry-After" in answer.headers) == (429, True, True)
    assert len(said(app)) == 1


def test_words_that_the_site_does_not_take_are_named_beside_the_field(app, place, as_ben, tmp_path, monkeypatch):
    (tmp_path / "words").write_text("snark\n")
    monkeypatch.setitem(app.extensions, "blocklist", Blocklist(str(tmp_path / "words")))

    answer = say(as_ben, place, "You snark!")

    assert (answer.status_code, "these words: snark" in answer.text) == (422, True)


# --- reading


def test_older_threads_are_a_link_and_for_htmx_a_part(app, post, place, ben, guest):
    made = [make_comment(app, post, ben, f"Number {n}").id for n in range(THREADS + 3)][::-1]
    first = guest.get(place).text
    older = re.search(r'id="older-comments" rel="next" href="([^"#]+)#comments"', first).group(1)

    assert on(first) == made[:THREADS]
    assert on(guest.get(older).text) == made[THREADS:]
    part = guest.get(older, HX_Request="true").text
    assert on(part) == made[THREADS:]
    assert part.startswith('<hx-partial hx-target="#threads"') and "<html" not in part


def test_older_replies_are_a_link_and_for_htmx_a_part(app, post, place, ben, guest):
    top = make_comment(app, post, ben)
    replies = [make_comment(app, post, ben, f"Reply {n}", answers=top).id for n in range(REPLIES_SHOWN + 2)]
    first = guest.get(place).text
    older = re.search(r'id="earlier-\d+" href="([^"#]+)#', first).group(1).replace("&amp;", "&")

    assert on(first) == [top.id, *replies[2:]]
    assert on(guest.get(older).text) == [top.id, *replies[:2]]
    assert on(guest.get(older, HX_Request="true").text) == replies[:2]


def test_a_link_leads_to_a_comment_and_when_it_has_gone_to_the_others(app, post, place, ada, ben, guest):
    top, other = make_comment(app, post, ben), make_comment(app, post, ben)
    reply = make_comment(app, post, ada, answers=top)

    assert guest.get(f"/comments/{reply.id}/").location == f"{place}?comment={reply.id}#comment-{reply.id}"
    assert on(guest.get(f"{place}?comment={reply.id}").text) == [top.id, reply.id]

    with app.app_context():
        for comment in (reply, top):
            Comment.find(comment.id, ada).delete(ada)
        db.session.commit()
    text = guest.get(f"{place}?comment={reply.id}").text
    assert "That comment is not there any more" in text
    assert on(text) == [other.id]
    assert guest.get(f"/comments/{reply.id}/").status_code == 404


@pytest.mark.parametrize("query", ["comment=x", "before=-1", "since=", "reply=1.5", "comment=" + "9" * 30])
def test_an_address_that_was_changed_on_its_way_is_a_bad_one(place, guest, query):
    assert guest.get(f"{place}?{query}", HX_Request="true").status_code == 400


@pytest.mark.parametrize("query", ["comment=999999", "before=1", "since=0", "reply=999999"])
def test_ids_that_nothing_has_break_nothing(place, guest, query):
    assert guest.get(f"{place}?{query}").status_code == 200
    assert guest.get(f"{place}?{query}", HX_Request="true").status_code in (200, 404)


def test_an_htmx_answer_holds_everything_since_and_a_fresh_form(app, post, place, ada, ben, as_ben):
    first = make_comment(app, post, ada)
    reply = make_comment(app, post, ada, "Mine too", answers=first)
    answer = as_ben.click(f"{place}comments/", body="Live", since=first.id, key="used")

    assert on(answer.text) == [said(app)[-1].id, reply.id]
    assert f'hx-target="#replies-{first.id}" hx-swap="beforeend"' in answer.text
    assert f'name="since" value="{said(app)[-1].id}"' in answer.text
    assert f"comments={said(app)[-1].id}" in answer.text
    assert KEY.search(answer.text).group(1) != "used"
    assert "Your comment is there." in answer.text


def test_far_too_much_since_then_is_a_page_of_its_own(app, post, place, ben, guest, monkeypatch):
    monkeypatch.setattr("postways.posts.talk.MOST_NEW", 2)
    for _ in range(3):
        make_comment(app, post, ben)

    assert guest.get(f"{place}?since=0", HX_Request="true").headers["HX-Redirect"] == f"{place}#comments"


def test_a_draft_shows_no_comments(app, ada, as_ada):
    draft = make_post(app, ada, published=False)

    assert 'id="comments"' not in as_ada.get(f"/posts/{draft.id}/").text


def test_a_card_counts_comments(app, post, ben, as_ben, guest):
    for n in (1, 2):
        make_comment(app, post, ben)
        for browser in (guest, as_ben):
            assert f'id="comment-count-{post.id}">{n}<' in browser.get("/").text


@pytest.mark.parametrize("count", [1, THREADS])
def test_a_post_costs_four_statements_however_much_was_said(app, post, place, ada, ben, as_ben, guest, count):
    for n in range(count):
        top = make_comment(app, post, ben, f"Number {n}")
        for _ in range(2):
            make_comment(app, post, ada, answers=top)
    for path in (place, f"{place}?comment={top.id}", f"{place}?reply={top.id}"):
        with statements(app) as seen:
            assert f'id="comment-{top.id}"' in as_ben.get(path).text
        assert len(seen) <= 4, "\n".join(seen)
    with statements(app) as seen:
        guest.get(place)
    assert len(seen) <= 3


# --- changing and taking away


def test_a_comment_is_changed_on_a_page_and_in_its_place(app, post, place, ben, as_ben):
    made = make_comment(app, post, ben, "Frist")
    door = f"/comments/{made.id}/edit/"
    assert "Frist" in as_ben.get(door).text
    assert "<html" not in as_ben.get(door, HX_Request="true").text

    answer = as_ben.post(door, {"body": "First"})
    assert answer.location == f"{place}?comment={made.id}#comment-{made.id}"
    text = as_ben.get(place).text
    assert "First" in text and ">edited<" in text

    assert "<p>Once more</p>" in as_ben.click(door, body="Once more").text
    refused = as_ben.post(door, {"body": " "})
    assert (refused.status_code, "Write something first" in refused.text) == (422, True)
    refused = as_ben.click(door, body="x" * 5_001)
    assert (refused.status_code, refused.headers["HX-Retarget"]) == (422, f"#edit{made.id}")


def test_after_a_quarter_of_an_hour_it_stays_as_it_is(app, post, place, ben, as_ben):
    made = make_comment(app, post, ben)
    assert f"/comments/{made.id}/edit/" in as_ben.get(place).text
    with app.app_context():
        db.session.get(Comment, made.id).created_at -= CHANGES_FOR
        db.session.commit()

    answer = as_ben.post(f"/comments/{made.id}/edit/", {"body": "Too late"})

    assert (answer.status_code, "15 minutes" in answer.text, "Too late" in answer.text) == (422, True, True)
    assert f"/comments/{made.id}/edit/" not in as_ben.get(place).text
    assert said(app)[0].body == "Lovely light."


def test_only_who_may_is_offered_to_change_or_take_away(app, post, place, ben, as_ada, as_ben, as_mod, guest):
    made = make_comment(app, post, ben)
    door = f"/comments/{made.id}/"
    offered = {
        name: (f"{door}edit/" in text, f"{door}delete/" in text, f"comment={made.id}" in text and "/report/?" in text)
        for name, text in (
            (who, browser.get(place).text)
            for who, browser in (("ada", as_ada), ("ben", as_ben), ("mod", as_mod), ("guest", guest))
        )
    }

    assert offered["ada"][:2] == (False, True)
    assert offered["ben"][:2] == (True, True)
    assert offered["mod"][:2] == (False, True)
    assert offered["guest"][:2] == (False, False)


def test_a_comment_is_taken_away_after_a_question(app, post, place, ben, as_ben, guest):
    made = make_comment(app, post, ben)
    door = f"/comments/{made.id}/delete/"
    assert "Nobody can bring it back" in as_ben.get(door).text
    assert len(on(guest.get(place).text)) == 1

    answer = as_ben.post(door)

    assert answer.location == f"{place}?notice=comment-deleted#comments"
    assert on(guest.get(place).text) == []
    assert as_ben.post(door).status_code == 404


def test_staff_says_why_and_it_is_written_down(app, post, place, ben, as_mod, guest):
    made = make_comment(app, post, ben)
    door = f"/comments/{made.id}/delete/"
    refused = as_mod.post(door, {"reason": ""})
    assert (refused.status_code, "Say why" in refused.text) == (422, True)

    as_mod.post(door, {"reason": "Be kind."})

    assert on(guest.get(place).text) == []
    with app.app_context():
        (entry,) = db.session.query(Audit).filter_by(kind="comment-removed")
        assert (entry.target_id, entry.post_id, entry.reason) == (ben.id, post.id, "Be kind.")
        assert entry.details == {"comment": made.id}


def test_what_others_replied_stays_under_a_gap(app, post, place, ada, ben, as_ben, guest):
    top = make_comment(app, post, ben, "Never mind")
    make_comment(app, post, ada, "I do mind", answers=top)
    as_ben.post(f"/comments/{top.id}/delete/")

    text = guest.get(place).text

    assert "This comment was deleted." in text and "I do mind" in text and "Never mind" not in text


def test_the_author_closes_and_opens_comments(app, post, place, as_ada, as_ben):
    say(as_ben, place, "Before")
    assert as_ada.post(f"{place}comments/close/").location == f"{place}?notice=comments-closed#comments"
    text = as_ben.get(place).text
    assert "Comments are closed." in text and "<textarea" not in text and "Before" in text
    refused = say(as_ben, place, "After")
    assert (refused.status_code, "Comments on this post are closed" in refused.text) == (422, True)
    assert "After</textarea>" in refused.text

    as_ada.post(f"{place}comments/open/")
    assert say(as_ben, place, "After").status_code == 303


# --- likes


def test_a_comment_is_liked_and_unliked_by_forms_and_by_htmx(app, post, place, ben, as_ada):
    made = make_comment(app, post, ben)
    for verb, count, pressed in (("like", 1, "true"), ("like", 1, "true"), ("unlike", 0, "false")):
        answer = as_ada.post(f"/comments/{made.id}/{verb}/", Referer=f"http://localhost{place}?comment={made.id}")
        assert answer.location == f"{place}?comment={made.id}#comment-{made.id}"
        part = as_ada.click(f"/comments/{made.id}/{verb}/").text
        assert f'aria-pressed="{pressed}"' in part
        assert f'id="comment-likes-{made.id}">{count}<' in part
        assert f'id="comment-likes-{made.id}">{count}<' in as_ada.get(place).text


# --- who may not


def test_under_what_cannot_be_seen_nothing_can_be_done(app, ada, ben, as_ada, as_ben, guest):
    hidden = make_post(app, ada)
    made = make_comment(app, hidden, ada)
    with app.app_context():
        Post.find(hidden.id, ada).delete(ada)
        db.session.commit()
    doors = [f"/comments/{made.id}/{verb}/" for verb in ("edit", "delete", "like", "unlike")]

    for browser in (as_ben, as_ada):
        for door in [*doors, f"/posts/{hidden.id}/comments/", f"/posts/{hidden.id}/comments/close/"]:
            assert browser.post(door, {"body": "x", "reason": "x"}).status_code == 404, door
    for path in (f"/comments/{made.id}/", f"/posts/{hidden.id}/?comment={made.id}", f"/report/?comment={made.id}"):
        assert as_ben.get(path).status_code == 404
        if "report" not in path:
            missing = path.replace(str(made.id), "999999").replace(str(hidden.id), "999998")
            hidden_answer, missing_answer = guest.get(path), guest.get(missing)
            assert (hidden_answer.status_code, hidden_answer.text) == (404, missing_answer.text)


def test_comments_of_blocked_people_are_hidden_both_ways_and_of_muted_ones_from_the_muter(
    app, post, place, ada, ben, crowd, as_ben, guest
):
    zoes = make_comment(app, post, crowd, "Zoe's")
    bens = make_comment(app, post, ben, "Ben's", answers=zoes)
    as_zoe = Browser(app).log_in("zoe")
    with app.app_context():
        Block.begin(User.find(ben.id), User.find(crowd.id))
        db.session.commit()

    assert "Zoe" not in as_ben.get(f"{place}?since=0", HX_Request="true").text
    text = as_ben.get(place).text
    assert "Zoe's" not in text and "Ben's" in text and "This comment is hidden." in text
    assert "Ben's" not in as_zoe.get(place).text
    assert as_zoe.post(f"/comments/{bens.id}/like/").status_code == 404
    assert len(on(guest.get(place).text)) == 2

    with app.app_context():
        Block.end(User.find(ben.id), User.find(crowd.id))
        Mute.begin(User.find(ben.id), User.find(crowd.id))
        db.session.commit()
    assert "Zoe's" not in as_ben.get(place).text
    assert "Ben's" in as_zoe.get(place).text
    assert as_ben.get(f"/comments/{zoes.id}/").status_code == 302
