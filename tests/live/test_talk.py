"""What open pages of a post are told of its comments: ids and numbers, for those who may hear it."""

import pytest

from postways.db import db, now
from postways.live.hub import Hub
from postways.live.routes import _missed_talk
from postways.live.stream import Stream
from postways.models import Block, Comment, Mute, Post, User
from tests.cast import make_comment, make_post
from tests.live.test_hub import heard
from tests.servers import own_hub


@pytest.fixture
def hub(app) -> Hub:
    """A hub that reads only when a test says so."""
    with own_hub(app) as hub:
        yield hub


@pytest.fixture
def post(app, ada) -> Post:
    return make_post(app, ada)


def page(hub: Hub, post: Post, person: int | None = None, comments: int | None = 0, unheard=frozenset()) -> Stream:
    stream = Stream(person, {post.id: post.author_id}, home=False, comments=comments, unheard=unheard)
    hub.open(stream)
    return stream


def test_a_comment_fills_the_pill_and_the_count_and_tells_no_word_of_it(app, hub, post, ada, ben, crowd):
    pages = {"visitor": page(hub, post), "ada": page(hub, post, ada.id), "ben": page(hub, post, ben.id)}
    card, elsewhere = page(hub, post, comments=None), page(hub, make_post(app, crowd))
    hub._read()
    heard(elsewhere)
    top = make_comment(app, post, ben, "Secret words")
    make_comment(app, post, ben, "More of them", answers=top)
    hub._read()

    told = {name: heard(stream) for name, stream in pages.items()}
    for name in ("visitor", "ada"):
        assert f'hx-target="#comment-pill-{post.id}"' in told[name] and "2 new comments" in told[name]
        assert told[name].count("new comments") == 1
    assert "comment-pill" not in told["ben"]
    cards = heard(card)
    assert "comment-pill" not in cards
    for text in (*told.values(), cards):
        assert f'hx-target="#comment-count-{post.id}" hx-swap="textContent">2<' in text
        assert "Secret" not in text and "ben" not in text
        about = [line for line in text.splitlines() if line.startswith("data:") and "#bell" not in line]
        assert all(f"{post.id}" in line for line in about)
    assert heard(elsewhere) == ""


def test_what_is_on_the_page_already_is_not_new(app, hub, post, ben):
    made = make_comment(app, post, ben)
    stream = page(hub, post, comments=made.id)
    hub._read()

    assert "comment-pill" not in heard(stream)


def test_a_comment_that_goes_leaves_the_page_and_the_pill(app, hub, post, ada, ben):
    made = make_comment(app, post, ben)
    stream = page(hub, post)
    hub._read()
    heard(stream)
    with app.app_context():
        Comment.find(made.id, ada).delete(ada)
        db.session.commit()
    hub._read()

    text = heard(stream)
    assert f'hx-target="#comment-{made.id} > .said"' in text and "This comment was deleted." in text
    assert f'hx-target="#comment-pill-{post.id}" hx-swap="innerHTML"></hx-partial>' in text


def test_likes_of_a_comment_are_told_once_a_round(app, hub, post, ada, ben):
    made = make_comment(app, post, ben)
    stream = page(hub, post)
    hub._read()
    heard(stream)
    with app.app_context():
        for person in (ada, ben):
            Comment.find(made.id, person).like(person)
        db.session.commit()
    hub._read()

    assert heard(stream).count(f'hx-target="#comment-likes-{made.id}"') == 1


def test_other_words_are_asked_for_by_whoever_shows_the_old_ones(app, hub, post, ada, ben):
    made = make_comment(app, post, ben)
    stream, muting = page(hub, post), page(hub, post, ada.id, unheard=frozenset({ben.id}))
    hub._read()
    heard(stream)
    heard(muting)
    before = hub.last
    with app.app_context():
        for body in ("Secret", "Secret", "More secret"):
            Comment.find(made.id, ben).edit(ben, body, now())
            db.session.commit()
    hub._read()

    text = heard(stream)
    assert text.count(f'hx-target="#comment-{made.id} > article.said" hx-swap="beforeend"') == 2  # one changed nothing
    assert f'hx-get="/comments/{made.id}/"' in text
    assert "ecret" not in text
    assert f"comment-{made.id}" not in heard(muting)
    missed = hub.missed(before)
    with app.test_request_context():
        told = b"".join(_missed_talk(stream, missed, every=False)).decode()
        assert told.count(f'hx-get="/comments/{made.id}/"') == 1
        assert _missed_talk(muting, missed, every=False) == []


def test_nobody_hears_of_those_whom_a_block_or_a_mute_hides(app, hub, post, ada, ben, crowd, mod):
    with app.app_context():
        Block.begin(User.find(ben.id), User.find(crowd.id))
        Mute.begin(User.find(ada.id), User.find(ben.id))
        db.session.commit()
        unheard = {person.id: Comment.unheard_by(User.find(person.id)) for person in (ada, ben, crowd, mod)}
    assert unheard == {ada.id: {ben.id}, ben.id: {crowd.id}, crowd.id: {ben.id}, mod.id: frozenset()}
    pages = {person: page(hub, post, person, unheard=hidden) for person, hidden in unheard.items()}
    make_comment(app, post, ben)
    hub._read()

    assert {person: "1 new comment" in heard(stream) for person, stream in pages.items()} == {
        ada.id: False,
        ben.id: False,
        crowd.id: False,
        mod.id: True,
    }


def test_a_post_that_was_hidden_is_silent(app, hub, post, ada, ben):
    stream = page(hub, post, ben.id)
    with app.app_context():
        Post.find(post.id, ada).delete(ada)
        db.session.commit()
    hub._read()
    heard(stream)
    with app.app_context():
        Post.in_trash_of(post.id, ada).restore(ada)
        db.session.commit()
    make_comment(app, post, ada)
    hub._read()

    assert heard(stream) == ""


@pytest.mark.parametrize(
    "query", ["posts={0}&comments=x", "posts={0},{0}&comments=1", "comments=1", "posts={0}&comments=1,2"]
)
def test_an_address_that_can_not_be_meant_is_a_bad_one(post, guest, query):
    assert guest.get(f"/live/?{query.format(post.id)}").status_code == 400
