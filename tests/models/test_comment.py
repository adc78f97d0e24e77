"""What people say under a post: two levels, counted right, and gone when it should be."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import has_app_context
from sqlalchemy import insert

from postways import sweep
from postways.blocklist import Blocklist
from postways.db import db, now
from postways.errors import Forbidden, Missing, Refused
from postways.models import Comment, CommentLike, Guest, Mail, Post, User
from postways.models.comment import LONGEST_COMMENT
from postways.models.comment_erasure import KEPT_FOR_STAFF
from postways.models.talk import REPLIES, REPLIES_SHOWN, THREADS
from tests.cast import make_comment, make_post, make_user
from tests.together import at_once

SOON = timedelta(minutes=14)
TOO_LATE = timedelta(minutes=15)


@pytest.fixture
def post(app, ada) -> Post:
    return make_post(app, ada)


def say(app, post, person, body="Lovely light.", answers=None, key=None) -> Comment:
    """In the transaction of this test, or where there is none in one of its own."""
    if not has_app_context():
        return make_comment(app, post, person, body, answers=answers, key=key)
    made = Comment.make(Post.find(post.id, person), person, body, answers=answers, key=key)
    db.session.commit()
    return made


def count(post: Post) -> int:
    """In the row, held against the truth."""
    assert Comment.miscounted_posts() == {}
    assert Comment.with_wrong_counts() == {}
    return Post.counts([post.id])[post.id].comments


def shape(post: Post, reader=None) -> list[tuple[str | None, list[str]]]:
    """The threads as a page shows them: their words, None for a gap."""
    talk = Comment.talk(Post.find(post.id, reader or Guest()), reader or Guest())
    return [
        (thread.comment.body if thread.comment.seen else None, [reply.body for reply in thread.replies])
        for thread in talk.threads
    ]


def test_what_is_said_stands_under_the_post_newest_first(app, post, ada, ben, inside):
    say(app, post, ben, "First")
    say(app, post, ada, "Second")

    assert shape(post) == [("Second", []), ("First", [])]
    assert count(post) == 2


def test_a_reply_to_a_reply_joins_the_thread_and_names_whom_it_answers(app, post, ada, ben, inside):
    top = say(app, post, ben, "First")
    reply = say(app, post, ada, "Thanks", answers=top)
    say(app, post, ben, "You are welcome", answers=reply)
    say(app, post, ben, "and @ADA, once more", answers=reply)
    say(app, post, ada, "Me again", answers=reply)

    assert shape(post) == [("First", ["@ada You are welcome", "and @ADA, once more", "Me again"])]
    assert count(post) == 5
    assert Comment.find(top.id, ada).reply_count == 4


def test_the_same_form_twice_is_one_comment(app, post, ben, inside):
    first = say(app, post, ben, "Once", key="k")
    again = say(app, post, ben, "Once", key="k")

    assert (first.id, count(post)) == (again.id, 1)


def test_fifty_times_the_same_form_at_once_is_one_comment(app, post, ben):
    def send() -> int:
        with app.app_context():
            made = Comment.make(Post.find(post.id, ben), ben, "Once", key="k")
            db.session.commit()
            return made.id

    assert len(set(at_once([send] * 50))) == 1
    with app.app_context():
        assert count(post) == 1


def test_fifty_people_at_once_are_all_counted(app, post, ben):
    top = say(app, post, ben, "Who else?")
    people = [make_user(app, f"fan{number}") for number in range(10)]

    def send(person: User) -> None:
        with app.app_context():
            answers = Comment.find(top.id, person)
            Comment.make(Post.find(post.id, person), person, "Me", answers=answers).like(person)
            answers.like(person)
            db.session.commit()

    at_once([lambda person=person: send(person) for person in people * 5])

    with app.app_context():
        assert count(post) == 51
        found = Comment.find(top.id, ben)
        assert (found.reply_count, found.like_count) == (50, 10)


def test_saying_and_deleting_at_once_leave_the_counts_right(app, post, ada, ben):
    top = say(app, post, ben, "Who else?")
    replies = [say(app, post, ben, f"Reply {n}", answers=top) for n in range(10)]

    def add() -> None:
        with app.app_context():
            Comment.make(Post.find(post.id, ada), ada, "More", answers=Comment.find(top.id, ada))
            db.session.commit()

    def take(reply: Comment) -> None:
        with app.app_context():
            Comment.find(reply.id, ben).delete(ben)
            db.session.commit()

    at_once([add] * 10 + [lambda reply=reply: take(reply) for reply in replies])

    with app.app_context():
        assert count(post) == 11


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "Write something"),
        (" \n\t ", "Write something"),
        ("\u200b\u2060\ufe0f", "Write something"),
        ("\x00", "Write something"),
        ("\ud800", "Write something"),
        ("x" * (LONGEST_COMMENT + 1), "5001 characters; the most is 5000"),
    ],
    ids=["nothing", "blanks", "unseen", "NUL", "half a character", "too long"],
)
def test_what_says_nothing_or_too_much_is_refused(app, post, ben, inside, body, said):
    with pytest.raises(Refused, match=said) as refused:
        say(app, post, ben, body)

    assert refused.value.field == "body"
    db.session.rollback()
    assert count(post) == 0


@pytest.mark.parametrize("body", ["❤️", "👩‍👩‍👧", "ع", "x" * LONGEST_COMMENT, "@nobody and @no.one."])
def test_an_emoji_or_all_that_fits_is_taken(app, post, ben, inside, body):
    assert say(app, post, ben, body).body == body


def test_a_name_that_does_not_fit_any_more_is_left_out(app, post, ada, ben, inside):
    reply = say(app, post, ada, answers=say(app, post, ben))

    assert len(say(app, post, ben, "x" * LONGEST_COMMENT, answers=reply).body) == LONGEST_COMMENT


def test_words_that_the_site_does_not_take_are_named(app, post, ben, inside, tmp_path, monkeypatch):
    (tmp_path / "words").write_text("snark\n")
    monkeypatch.setitem(app.extensions, "blocklist", Blocklist(str(tmp_path / "words")))

    with pytest.raises(Refused, match="these words: snark"):
        say(app, post, ben, "You Snark!")


def test_nobody_says_anything_under_what_is_not_open(app, post, ada, ben, inside):
    draft = make_post(app, ada, published=False)
    closed = make_post(app, ada)
    Post.find(closed.id, ada).close_comments(ada)
    db.session.flush()

    with pytest.raises(Refused, match="draft"):
        Comment.make(Post.find(draft.id, ada), ada, "Mine")
    for person in (ada, ben):
        with pytest.raises(Refused, match="closed"):
            Comment.make(Post.find(closed.id, person), person, "Too late")
    with pytest.raises(Forbidden):
        Comment.make(Post.find(post.id, Guest()), Guest(), "Hello")


def test_closing_a_moment_earlier_wins(app, post, ada, ben, inside):
    open_still = Post.find(post.id, ben)
    db.session.expunge(open_still)
    Post.find(post.id, ada).close_comments(ada)
    db.session.commit()

    with pytest.raises(Refused, match="closed"):
        Comment.make(open_still, ben, "Late")
    db.session.rollback()
    assert count(post) == 0


def test_only_the_author_closes_and_opens(app, post, ada, ben, inside):
    for verb in (Post.close_comments, Post.open_comments):
        with pytest.raises(Forbidden):
            verb(Post.find(post.id, ben), ben)
    Post.find(post.id, ada).close_comments(ada)
    Post.find(post.id, ada).open_comments(ada)
    db.session.flush()

    assert say(app, post, ben)


def test_who_must_confirm_the_address_first_says_and_likes_nothing(app, post, ada, ben, inside):
    comment = say(app, post, ada)
    ben.must_verify = True

    with pytest.raises(Refused, match="Confirm your address"):
        say(app, post, ben)
    with pytest.raises(Refused, match="Confirm your address"):
        Comment.find(comment.id, ben).like(ben)


def test_a_comment_of_another_post_can_not_be_answered_here(app, post, ada, ben, inside):
    elsewhere = say(app, make_post(app, ada), ben)

    with pytest.raises(Missing):
        say(app, post, ben, answers=elsewhere)


# --- changing and taking away


def test_its_author_changes_it_for_fifteen_minutes(app, post, ada, ben, inside):
    comment = say(app, post, ben, "Frist")

    comment.edit(ben, "First", comment.created_at + SOON)
    assert (comment.body, comment.edited_at) == ("First", comment.created_at + SOON)

    with pytest.raises(Refused, match="15 minutes"):
        comment.edit(ben, "Never", comment.created_at + TOO_LATE)
    with pytest.raises(Refused, match="Write something"):
        comment.edit(ben, " ", now())
    for other in (ada, Guest()):
        with pytest.raises(Forbidden):
            comment.edit(other, "Mine now", now())


def test_the_same_words_again_are_no_edit(app, post, ben, inside):
    comment = say(app, post, ben, "First")
    comment.edit(ben, " First ", now())

    assert comment.edited_at is None


@pytest.mark.parametrize("who", ["ada", "ben"])
def test_its_author_and_the_posts_author_take_it_away_once(request, app, post, ada, ben, inside, who):
    person = request.getfixturevalue(who)
    found = Comment.find(say(app, post, ben).id, person)

    found.delete(person)
    found.delete(person)

    assert (shape(post), count(post)) == ([], 0)
    with pytest.raises(Missing):
        Comment.find(found.id, person)


def test_others_take_nothing_away(app, post, ben, crowd, mod, inside):
    found = Comment.find(say(app, post, ben).id, crowd)

    for person in (crowd, mod, Guest()):
        with pytest.raises(Forbidden):
            found.delete(person)
    for person in (crowd, ben, Guest()):
        with pytest.raises(Forbidden):
            found.remove(person, "I do not like it")


def test_staff_take_it_away_with_a_reason_that_its_author_gets(app, post, ben, mod, inside):
    found = Comment.find(say(app, post, ben).id, mod)

    with pytest.raises(Refused, match="Say why"):
        found.remove(mod, " ")
    found.remove(mod, "Be kind.")
    found.remove(mod, "Be kind.")

    mails = db.session.query(Mail).filter_by(kind="comment-removed").all()
    assert [(mail.user_id, mail.data["reason"]) for mail in mails] == [(ben.id, "Be kind.")]
    assert count(post) == 0


def test_replies_stay_under_what_was_deleted(app, post, ada, ben, inside):
    top = say(app, post, ben, "First")
    reply = say(app, post, ada, "Reply", answers=top)
    Comment.find(top.id, ben).delete(ben)

    assert (shape(post), count(post)) == ([(None, ["Reply"])], 1)

    say(app, post, ben, "Still talking", answers=Comment.find(reply.id, ben))
    assert (shape(post), count(post)) == ([(None, ["Reply", "@ada Still talking"])], 2)


def test_a_gap_without_replies_is_not_shown(app, post, ada, ben, inside):
    top = say(app, post, ben, "First")
    reply = say(app, post, ada, "Reply", answers=top)
    Comment.find(top.id, ben).delete(ben)
    Comment.find(reply.id, ada).delete(ada)

    assert (shape(post), count(post)) == ([], 0)


def test_what_was_deleted_is_erased_after_a_while(app, post, ada, ben, inside):
    alone, top = say(app, post, ben, "Alone"), say(app, post, ben, "Answered")
    say(app, post, ada, "Reply", answers=top)
    alone_id, top_id = alone.id, top.id
    for comment in (alone, top):
        Comment.find(comment.id, ben).delete(ben)
    db.session.commit()

    Comment.forget_deleted(now() + KEPT_FOR_STAFF - timedelta(hours=1))
    assert db.session.get(Comment, alone_id, populate_existing=True).body == "Alone"

    Comment.forget_deleted(now() + KEPT_FOR_STAFF)

    assert db.session.get(Comment, alone_id, populate_existing=True) is None
    gap = db.session.get(Comment, top_id, populate_existing=True)
    assert (gap.body, gap.author_id) == ("", None)
    assert shape(post) == [(None, ["Reply"])]
    assert Comment.forget_deleted(now() + KEPT_FOR_STAFF) == 0


# --- likes


def test_a_like_of_a_comment_counts_once_and_ends_once(app, post, ada, ben, inside):
    comment = Comment.find(say(app, post, ada).id, ben)
    for person in (ada, ben, ben):
        comment.like(person)
    assert (count(post), Comment.find(comment.id, ben).like_count) == (1, 2)
    assert Comment.find(comment.id, ben).liked and not Comment.find(comment.id, Guest()).liked

    comment.unlike(ben)
    comment.unlike(ben)

    assert (count(post), Comment.find(comment.id, ben).like_count) == (1, 1)
    for verb in (Comment.like, Comment.unlike):
        with pytest.raises(Forbidden):
            verb(comment, Guest())


# --- who may read it


def test_what_stands_under_a_hidden_post_is_missing(app, post, ada, ben, mod, inside):
    comment = say(app, post, ben)
    Post.in_any_state(post.id, acting=True).unpublish(mod, "Look again")
    db.session.flush()

    for person in (ben, Guest()):
        with pytest.raises(Missing):
            Comment.find(comment.id, person)
    assert Comment.find(comment.id, ada)


def test_a_suspended_persons_words_are_hidden_and_come_back(app, post, ada, ben, mod, inside):
    top = say(app, post, ben, "First")
    say(app, post, ada, "Reply", answers=top)
    say(app, post, ben, "Mine", answers=top)
    deleted = say(app, post, ben, "Deleted")
    Comment.find(deleted.id, ben).delete(ben)

    User.find(ben.id).suspend(mod, "Enough")
    User.find(ben.id).suspend(mod, "More than enough")
    db.session.commit()
    assert (shape(post), count(post)) == ([(None, ["Reply"])], 1)
    with pytest.raises(Missing):
        Comment.find(top.id, ada)
    with pytest.raises(Forbidden):
        say(app, post, ben, "Still here")
    db.session.rollback()

    User.find(ben.id).restore(mod, "Fine")
    db.session.commit()
    assert (shape(post), count(post)) == ([("First", ["Reply", "Mine"])], 3)


def test_who_has_left_leaves_gaps_where_others_answered(app, post, ada, ben, inside):
    top, alone = say(app, post, ben, "First"), say(app, post, ben, "Alone")
    top_id, alone_id = top.id, alone.id
    own = say(app, post, ben, "Only mine")
    say(app, post, ben, "To myself", answers=own)
    say(app, post, ada, "Reply", answers=top)
    adas = say(app, post, ada, "Ada's")
    say(app, post, ben, "Ben's", answers=adas)
    for comment in (top, adas):
        Comment.find(comment.id, ben).like(ben)
    db.session.commit()
    User.find(ben.id).leave()
    db.session.commit()
    assert (shape(post), count(post)) == ([("Ada's", []), (None, ["Reply"])], 2)

    while Comment.erase_likes_of(ben.id, 1) or Comment.erase_some_of(ben.id, 1):
        db.session.commit()
        assert count(post) == 2

    assert db.session.query(Comment).filter_by(author_id=ben.id).count() == 0
    assert db.session.query(CommentLike).count() == 0
    assert db.session.get(Comment, alone_id, populate_existing=True) is None
    assert db.session.get(Comment, top_id, populate_existing=True).body == ""
    assert shape(post) == [("Ada's", []), (None, ["Reply"])]


def test_a_post_that_goes_for_good_takes_its_comments_along(app, post, ada, ben, inside):
    say(app, post, ada, answers=say(app, post, ben)).like(ben)
    found = Post.find(post.id, ada)
    found.delete(ada)
    db.session.commit()
    Post.in_trash_of(post.id, ada).purge()
    db.session.commit()

    assert db.session.query(Comment).count() == db.session.query(CommentLike).count() == 0


def test_a_post_from_the_trash_has_its_comments_again(app, post, ada, ben, inside):
    say(app, post, ben, "First")
    Post.find(post.id, ada).delete(ada)
    Post.in_trash_of(post.id, ada).restore(ada)
    db.session.flush()

    assert shape(post) == [("First", [])]


def test_wrong_counts_are_put_right(app, post, ada, ben, inside):
    top = say(app, post, ben)
    say(app, post, ada, answers=top)
    Post.set_comment_count(post.id, 9)
    Comment.set_counts(top.id, 3, 7)
    db.session.commit()

    assert sweep.check_counters() == 2
    db.session.commit()

    assert count(post) == 2
    assert sweep.check_counters() == 0


# --- pages


def test_older_threads_follow_without_gap_or_repeat(app, post, ben, inside):
    made = [say(app, post, ben, f"Number {n}").id for n in range(THREADS * 2 + 3)]
    found, seen, before = Post.find(post.id, ben), [], None
    while before != 0:
        talk = Comment.talk(found, ben, before) if before else Comment.talk(found, ben)
        assert talk.newest == made[-1]
        seen += [thread.comment.id for thread in talk.threads]
        before = talk.older

    assert seen == made[::-1]


def test_a_page_shows_the_last_replies_of_a_thread(app, post, ben, inside):
    top = say(app, post, ben)
    replies = [say(app, post, ben, f"Reply {n}", answers=top).id for n in range(REPLIES_SHOWN + 1)]
    found = Post.find(post.id, ben)

    thread = Comment.talk(found, ben).threads[0]
    assert [reply.id for reply in thread.replies] == replies[1:]
    assert thread.older == replies[1]

    older = Comment.thread(found, ben, top.id, thread.older).threads[0]
    assert ([reply.id for reply in older.replies], older.older, older.newer) == (replies[:1], 0, True)


def test_a_reply_stands_in_the_middle_of_its_thread(app, post, ben, inside):
    top = say(app, post, ben)
    replies = [say(app, post, ben, f"Reply {n}", answers=top).id for n in range(REPLIES * 3)]
    found = Post.find(post.id, ben)

    for place in (0, 1, REPLIES, REPLIES * 2, REPLIES * 3 - 1):
        thread = Comment.thread(found, ben, replies[place]).threads[0]
        shown = [reply.id for reply in thread.replies]
        assert replies[place] in shown and len(shown) <= REPLIES
        assert shown == sorted(shown)
        assert bool(thread.older) == (shown[0] != replies[0])
        assert thread.newer == (shown[-1] != replies[-1])

    assert [reply.id for reply in Comment.thread(found, ben, top.id).threads[0].replies] == replies[-REPLIES:]


def test_a_thread_that_is_not_there_is_missing(app, post, ada, ben, inside):
    elsewhere = say(app, make_post(app, ada), ben)
    gone = say(app, post, ben)
    gone.delete(ben)

    for comment_id in (elsewhere.id, gone.id, 999_999, 2**62):
        with pytest.raises(Missing):
            Comment.thread(Post.find(post.id, ben), ben, comment_id)


def test_what_came_since_is_told_oldest_first_and_without_ones_own(app, post, ada, ben, inside):
    first = say(app, post, ada)
    second, third = say(app, post, ben), say(app, post, ada, answers=first)

    assert [comment.id for comment in Comment.since(post, ben, first.id)] == [second.id, third.id]
    assert Comment.ids_since(post.id, ben, first.id) == {third.id}
    assert Comment.ids_since(post.id, Guest(), 0) == {first.id, second.id, third.id}


def test_however_deep_people_answer_there_are_two_levels(app, post, ada, ben, inside):
    top = last = say(app, post, ben)
    for n in range(30):
        last = say(app, post, (ada, ben)[n % 2], f"Deeper {n}", answers=last)

    assert {comment.parent_id for comment in db.session.query(Comment)} == {None, top.id}
    assert Comment.find(top.id, ben).reply_count == 30


def test_a_thread_of_ten_thousand_shows_what_others_show(app, post, ben, inside):
    top = say(app, post, ben)
    reply = {"post_id": post.id, "author_id": ben.id, "parent_id": top.id, "body": "Me too", "created_at": now()}
    reply |= {"like_count": 0, "reply_count": 0, "withheld": False}
    db.session.execute(insert(Comment), [reply] * 10_000)
    db.session.commit()
    found = Post.find(post.id, ben)

    (thread,) = Comment.talk(found, ben).threads
    assert (len(thread.replies), bool(thread.older)) == (REPLIES_SHOWN, True)

    (thread,) = Comment.thread(found, ben, top.id + 5_000).threads
    assert (len(thread.replies), bool(thread.older), thread.newer) == (REPLIES, True, True)
