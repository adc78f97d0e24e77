"""What concerns somebody: told once, together, and exact after it was read, withdrawn, blocked or deleted."""

from datetime import timedelta

import pytest
import time_machine

from postways import sweep
from postways.db import db, now
from postways.models import Block, Comment, Follow, Mute, Notification, Post, User
from tests.cast import Browser, letters, make_post, make_user
from tests.house.test_queries import statements
from tests.together import at_once


@pytest.fixture
def post(app, ada):
    return make_post(app, ada, title="Boats")


def unread(app, user):
    with app.app_context():
        return Notification.unread_of([user.id])[user.id]


def act(app, work):
    """Do it in a transaction of its own, with everybody read anew."""
    with app.app_context():
        work()
        db.session.commit()


def user(person):
    return db.session.get(User, person.id)


def say(app, post, person, body, answers=None):
    with app.app_context():
        found = Comment.find(answers, user(person)) if answers else None
        comment = Comment.make(Post.find(post.id, user(person)), user(person), body, answers=found)
        db.session.commit()
        return comment.id


def test_a_like_is_told_to_the_author_and_to_nobody_else(app, as_ada, as_ben, post, ada, ben):
    as_ben.post(f"/posts/{post.id}/like/")

    page = as_ada.get("/notifications/")

    assert "ben" in page.text
    assert "Boats" in page.text
    assert (unread(app, ada), unread(app, ben)) == (1, 0)
    assert '<span class="badge" id="bell">1</span>' in as_ada.get("/").text
    assert "Nothing yet" in as_ben.get("/notifications/").text


def test_ones_own_acts_are_no_news(app, as_ada, post, ada):
    as_ada.post(f"/posts/{post.id}/like/")
    say(app, post, ada, "Mine, @ada")

    assert unread(app, ada) == 0


def test_likes_of_one_post_stand_together(app, post, ada, as_ada):
    people = [make_user(app, f"reader{n}") for n in range(5)]
    for person in people:
        act(app, lambda person=person: Post.find(post.id, user(person)).like(user(person)))

    page = as_ada.get("/notifications/").text

    assert unread(app, ada) == 1
    assert "and 3 others" in page
    assert page.count('<li class="told') == 1


def test_a_like_that_is_taken_back_is_no_news(app, as_ada, as_ben, post, ada):
    as_ben.post(f"/posts/{post.id}/like/")
    as_ben.post(f"/posts/{post.id}/unlike/")

    assert unread(app, ada) == 0
    assert "Nothing yet" in as_ada.get("/notifications/").text


def test_fifty_likes_at_once_are_one_line_of_fifty(app, post, ada):
    people = [make_user(app, f"reader{n}") for n in range(50)]

    def like(person):
        with app.app_context():
            Post.find(post.id, user(person)).like(user(person))
            db.session.commit()

    at_once([lambda person=person: like(person) for person in people])

    with app.app_context():
        page = Notification.listed(user(ada), None)
        assert [(row.kind, row.count) for row in page.items] == [("like", 50)]


def test_no_picture_stands_for_a_post_that_its_reader_may_not_see_any_more(app, ada, as_ada, ben):
    post = make_post(app, ben, title="Boats", pictures=1)
    first = say(app, post, ada, "Fine light")
    say(app, post, ben, "Thanks", answers=first)
    assert "/square.jpg" in as_ada.get("/notifications/").text

    act(app, lambda: user(ben).keep_private(True))

    assert "/square.jpg" not in as_ada.get("/notifications/").text


def test_what_is_told_of_a_comment_shows_its_beginning_and_the_picture_and_leads_there(app, as_ada, ada, ben):
    post = make_post(app, ada, title="Boats", pictures=2)
    said = say(app, post, ben, "Where is this? " * 20)

    page = as_ada.get("/notifications/").text
    assert f'href="/posts/{post.id}/?comment={said}#comment-{said}"' in page
    assert "Where is this? Where" in page and "Where is this? " * 6 not in page
    assert page.count("/square.jpg") == 1

    with app.app_context():
        db.session.get(Post, post.id).warning = "blood"
        db.session.commit()
    covered = as_ada.get("/notifications/").text
    assert "Where is this?" not in covered and "/square.jpg" not in covered


def test_reading_is_a_form_and_looking_changes_nothing(app, as_ada, as_ben, post, ada):
    as_ben.post(f"/posts/{post.id}/like/")

    as_ada.get("/notifications/")
    assert unread(app, ada) == 1

    answer = as_ada.post("/notifications/read/", page="/notifications/")
    assert answer.status_code == 303
    assert unread(app, ada) == 0
    assert '<span class="badge" id="bell"></span>' in as_ada.get("/").text


def test_what_comes_after_the_page_was_made_stays_unread(app, as_ada, as_ben, post, ada):
    before = int((now() - timedelta(minutes=1)).timestamp() * 1e6)
    as_ben.post(f"/posts/{post.id}/like/")

    as_ada.post("/notifications/read/", {"until": str(before)}, page="/notifications/")

    assert unread(app, ada) == 1


@pytest.mark.parametrize("until", ["x", "-1", "9" * 30, ""])
def test_a_forged_moment_reads_everything_or_nothing_but_never_fails(as_ada, until):
    assert as_ada.post("/notifications/read/", {"until": until}, page="/notifications/").status_code == 303


def test_after_reading_a_new_like_begins_anew(app, as_ada, as_ben, post, ada, mod):
    as_ben.post(f"/posts/{post.id}/like/")
    as_ada.post("/notifications/read/", page="/notifications/")
    act(app, lambda: Post.find(post.id, user(mod)).like(user(mod)))

    assert unread(app, ada) == 1
    assert as_ada.get("/notifications/").text.count('<li class="told') == 2


def test_a_comment_a_reply_and_a_mention_reach_whom_they_concern(app, post, ada, ben, mod):
    first = say(app, post, ben, "Fine light")
    say(app, post, mod, "Yes, @ada would say so", answers=first)

    with app.app_context():
        told = {
            name: sorted(row.kind for row in Notification.listed(user(person), None).items)
            for name, person in (("ada", ada), ("ben", ben), ("mod", mod))
        }
    assert told == {"ada": ["comment"], "ben": ["reply"], "mod": []}


def test_a_mention_in_a_post_is_told_once_and_only_to_who_may_see_it(app, ada, ben):
    draft = make_post(app, ada, title="For @ben", published=False)
    assert unread(app, ben) == 0

    act(app, lambda: Post.find(draft.id, user(ada)).publish(user(ada)))
    assert unread(app, ben) == 1

    def edit():
        found = Post.find(draft.id, user(ada))
        words = {"licence": found.licence, "credit": "", "photos": []}
        found.edit(user(ada), title="For @ben", content="@zoe too", **words)

    act(app, edit)
    assert unread(app, ben) == 1


def test_a_comment_that_is_gone_is_no_news(app, post, ada, ben, as_ada):
    comment = say(app, post, ben, "Fine light")
    act(app, lambda: Comment.find(comment, user(ben)).delete(user(ben)))

    assert unread(app, ada) == 0


def test_a_deleted_post_takes_its_news_along_and_brings_them_back(app, post, ada, ben, as_ada, as_ben):
    comment = say(app, post, ben, "Fine light")
    say(app, post, ada, "Thanks", answers=comment)
    assert unread(app, ben) == 1

    as_ada.post(f"/posts/{post.id}/delete/")
    assert unread(app, ben) == 0

    as_ada.post(f"/settings/trash/{post.id}/restore/", page="/settings/trash/")
    assert unread(app, ben) == 1


def kinds(app, person):
    with app.app_context():
        return sorted(row.kind for row in Notification.listed(user(person), None).items)


def test_a_follow_is_told_until_it_ends(app, ada, ben):
    act(app, lambda: Follow.begin(user(ben), user(ada)))
    assert kinds(app, ada) == ["follow"]
    act(app, lambda: Follow.end(user(ben), user(ada)))
    assert kinds(app, ada) == []


def test_a_request_is_told_and_so_is_that_it_was_accepted(app, ada, ben):
    act(app, lambda: setattr(user(ada), "private", True))
    act(app, lambda: Follow.begin(user(ben), user(ada)))
    assert (kinds(app, ada), kinds(app, ben)) == (["request"], [])

    act(app, lambda: Follow.requests(user(ada), None).items[0].accept(user(ada)))
    assert kinds(app, ben) == ["accepted"]


def test_requests_without_an_answer_stand_on_top_even_after_their_news_was_read(app, ada, ben, as_ada):
    with app.app_context():
        User.find(ada.id).keep_private(True)
        Follow.begin(User.find(ben.id), User.find(ada.id))
        db.session.commit()
    as_ada.post("/notifications/read/")
    assert "1 person waits for your answer" in as_ada.get("/notifications/").text

    as_ada.post("/@ben/accept/")

    assert "waits for your answer" not in as_ada.get("/notifications/").text


def test_a_request_that_is_withdrawn_is_no_news(app, ada, ben):
    act(app, lambda: setattr(user(ada), "private", True))
    act(app, lambda: Follow.begin(user(ben), user(ada)))
    act(app, lambda: Follow.end(user(ben), user(ada)))

    assert kinds(app, ada) == []


def test_a_block_ends_what_was_told_both_ways_and_what_would_be(app, post, ada, ben):
    act(app, lambda: Post.find(post.id, user(ben)).like(user(ben)))
    act(app, lambda: Block.begin(user(ada), user(ben)))

    assert unread(app, ada) == 0
    with app.app_context():
        assert Notification.listed(user(ada), None).items == []


def test_the_muted_and_the_suspended_are_not_heard_of(app, post, ada, ben, mod):
    act(app, lambda: Post.find(post.id, user(ben)).like(user(ben)))
    act(app, lambda: user(ben).suspend(user(mod), "Spam"))
    assert unread(app, ada) == 0

    act(app, lambda: user(ben).restore(user(mod), "Sorry"))
    assert unread(app, ada) == 1

    act(app, lambda: Mute.begin(user(ada), user(ben)))
    assert unread(app, ada) == 0


def test_what_staff_did_is_told(app, post, ada, mod, as_ada):
    act(app, lambda: Post.in_any_state(post.id, acting=True).unpublish(user(mod), "Not yours"))

    assert unread(app, ada) == 1
    assert "The staff has acted" in as_ada.get("/notifications/").text


# --- wishes


def test_a_kind_that_is_not_wanted_is_not_told(app, as_ada, as_ben, post, ada):
    kinds = ["comment", "reply", "mention", "comment-like", "follow", "request", "accepted"]
    answer = as_ada.post("/settings/notifications/", {"kinds": kinds, "digest": "never"})
    as_ben.post(f"/posts/{post.id}/like/")

    assert answer.status_code == 303
    assert unread(app, ada) == 0


@pytest.mark.parametrize("digest", ["", "hourly", "x" * 10_000, "\x00"])
def test_a_wish_that_is_none_is_refused(as_ada, digest):
    answer = as_ada.post("/settings/notifications/", {"digest": digest, "kinds": ["nonsense"]})

    assert answer.status_code == 422
    assert "Choose how often" in answer.text


# --- by mail


def want(app, person, digest="daily"):
    def wish():
        user(person).wants_to_hear([], digest)
        user(person).verified_at = now()

    act(app, wish)


def digests(app):
    with app.app_context():
        count = sweep.sum_up()
        db.session.commit()
    return count


def test_what_is_unread_is_summed_up_once_a_day(app, post, ada, ben):
    want(app, ada)
    act(app, lambda: Post.find(post.id, user(ben)).like(user(ben)))

    assert (digests(app), digests(app)) == (1, 0)
    letter = letters(app)[-1]
    assert letter["Subject"] == "1 thing you have not seen on Postways"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["List-Unsubscribe"].startswith("<http://localhost/unsubscribe/")
    assert "Boats" not in letter.as_string()

    with time_machine.travel(now() + timedelta(days=1, minutes=1)):
        assert digests(app) == 0  # nothing new since
        say(app, post, ben, "Fine light")
        assert digests(app) == 1


def test_nobody_is_written_to_who_did_not_ask(app, post, ada, ben):
    act(app, lambda: Post.find(post.id, user(ben)).like(user(ben)))

    assert digests(app) == 0


def test_one_click_in_a_mail_program_ends_it_without_log_in(app, post, ada, ben):
    want(app, ada)
    act(app, lambda: Post.find(post.id, user(ben)).like(user(ben)))
    digests(app)
    letter = letters(app)[-1]
    path = letter["List-Unsubscribe"].strip("<>").removeprefix("http://localhost")

    seen = Browser(app).get(path)
    with app.app_context():
        assert user(ada).digest == "daily"  # a scanner that looks changes nothing
    answer = app.test_client().post(path, data={"List-Unsubscribe": "One-Click"})

    assert (seen.status_code, answer.status_code) == (200, 200)
    assert seen.headers["Referrer-Policy"] == "no-referrer"
    with app.app_context():
        assert user(ada).digest == "never"


def test_a_forged_way_out_is_a_dead_link(guest):
    assert guest.get("/unsubscribe/never-made/").status_code == 410
    assert guest.client.post("/unsubscribe/never-made/").status_code == 410


def test_old_news_are_forgotten_once_they_were_read(app, post, ada, ben, as_ada):
    act(app, lambda: Post.find(post.id, user(ben)).like(user(ben)))
    as_ada.post("/notifications/read/", page="/notifications/")

    with time_machine.travel(now() + timedelta(days=91)), app.app_context():
        assert Notification.forget_old() == 1


@pytest.mark.parametrize("length", [1, 12])
def test_the_page_asks_the_same_number_of_statements_however_long_it_is(app, ada, as_ada, ben, mod, length):
    for n in range(length):
        post = make_post(app, ada, title=f"Number {n}")
        for person in (ben, mod):
            act(app, lambda person=person, post=post: Post.find(post.id, user(person)).like(user(person)))
            say(app, post, person, f"Said by {person.username}")

    with statements(app) as seen:
        assert as_ada.get("/notifications/").text.count('<li class="told') == 2 * length

    assert len(seen) == 3, "\n".join(seen)
