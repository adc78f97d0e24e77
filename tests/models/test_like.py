"""A person likes a post once, and the count is always right."""

from __future__ import annotations

import pytest

from postways.db import db
from postways.errors import Forbidden, Missing, Refused
from postways.models import Guest, Like, Post
from tests.cast import make_post, make_user
from tests.together import at_once


@pytest.fixture
def post(app, ada):
    return make_post(app, ada)


def likes(post):
    """The count in the row, and the rows themselves."""
    rows = db.session.query(Like).where(Like.post_id == post.id).count()
    return Post.counts([post.id])[post.id].likes, rows


def test_a_like_is_counted(post, ben, inside):
    Post.find(post.id, ben).like(ben)

    assert likes(post) == (1, 1)
    assert Post.find(post.id, ben).liked
    assert not Post.find(post.id, Guest()).liked


def test_liking_twice_counts_once(post, ben, inside):
    Post.find(post.id, ben).like(ben)
    Post.find(post.id, ben).like(ben)

    assert likes(post) == (1, 1)


def test_unliking_twice_counts_once(post, ada, ben, inside):
    found = Post.find(post.id, ben)
    for person in (ada, ben):
        found.like(person)
    found.unlike(ben)
    found.unlike(ben)

    assert likes(post) == (1, 1)
    assert not Post.find(post.id, ben).liked


def test_unliking_what_was_never_liked_changes_nothing(post, ben, inside):
    Post.find(post.id, ben).unlike(ben)

    assert likes(post) == (0, 0)


def test_a_guest_does_not_like(post, inside):
    for verb in (Post.like, Post.unlike):
        with pytest.raises(Forbidden):
            verb(Post.find(post.id, Guest()), Guest())


def test_a_draft_can_not_be_liked_even_by_its_author(app, ada, inside):
    draft = make_post(app, ada, published=False)

    with pytest.raises(Refused, match="draft"):
        Post.find(draft.id, ada).like(ada)


def test_a_deleted_post_can_not_be_liked(post, ada, inside):
    found = Post.find(post.id, ada)
    found.delete(ada)

    with pytest.raises(Refused):
        found.like(ada)
    with pytest.raises(Missing):
        Post.find(post.id, ada)


def test_likes_of_one_post_leave_others_alone(app, post, ada, ben, inside):
    other = make_post(app, ada)
    Post.find(post.id, ben).like(ben)

    assert likes(other) == (0, 0)


def test_fifty_at_once_are_counted_right(app, post):
    people = [make_user(app, f"fan{number}") for number in range(10)]

    def like(person):
        with app.app_context():
            Post.find(post.id, person).like(person)
            db.session.commit()

    at_once([lambda person=person: like(person) for person in people * 5])

    with app.app_context():
        assert likes(post) == (10, 10)


def test_a_wrong_count_is_found_and_put_right(post, ben, inside):
    Post.find(post.id, ben).like(ben)
    Post.set_count(post.id, 7)

    assert Post.with_wrong_count() == {post.id: 1}

    Post.set_count(post.id, 1)
    assert Post.with_wrong_count() == {}
