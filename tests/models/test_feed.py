"""What comes into a feed: each post once, everything of those followed, whatever happens between two pages."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import update

from postways.db import db, now
from postways.models import Block, Feed, Follow, Mute, Post, Repost, User
from postways.models import feed as feeds
from postways.models.feed import Why
from postways.models.user import FEED_RANKINGS
from postways.paging import BadCursor
from tests.cast import make_post, make_user


@pytest.fixture
def people(app, ada, ben, crowd):
    """Some people who post and repost, of whom ben follows the first four and ada."""
    people = [make_user(app, f"person{n}") for n in range(7)]
    with app.app_context():
        for person in (ada, *people[:4]):
            Follow.begin(ben, person)
        db.session.commit()
    return people


def forget():
    """Make the statements anew, which hold their bounds."""
    for made in (feeds._looking_through, feeds._last_of_each):
        made.cache_clear()


def fill(app, people, posts=40, reposts=60):
    """Posts and reposts at known moments, some of which are the same; answers with them as rows."""
    chance, moment = Random(7), now() - timedelta(days=3)
    with app.app_context():
        made = []
        for n in range(posts):
            author = chance.choice(people)
            at = moment + timedelta(minutes=10 * (n // 2))
            made.append(Post(author_id=author.id, title=f"Number {n}", content="", published_at=at, words=f" n{n} "))
        db.session.add_all(made)
        db.session.flush()
        seen = set()
        for _ in range(reposts):
            post, person = chance.choice(made), chance.choice(people)
            if (post.id, person.id) not in seen:
                seen.add((post.id, person.id))
                at = post.published_at + timedelta(minutes=5 * chance.randint(1, 60))
                db.session.add(Repost(post_id=post.id, user_id=person.id, created_at=at))
                post.repost_count += 1
        db.session.commit()


def expected(reader):
    """The same by going through everything."""
    followed = {
        row.followed_id for row in db.session.query(Follow).filter_by(follower_id=reader.id, state="accepted")
    } - {row.person_id for row in db.session.query(Mute).filter_by(muter_id=reader.id)}
    entries = []
    for post in db.session.query(Post).filter(Post.published_at.is_not(None)):
        reposts = db.session.query(Repost).filter(Repost.post_id == post.id, Repost.user_id.in_(followed))
        if post.author_id in followed:
            entries.append((post.published_at, post.id))
        elif post.author_id != reader.id and (moments := [repost.created_at for repost in reposts]):
            entries.append((min(moments), post.id))
    return [post_id for _, post_id in sorted(entries, reverse=True)]


def read(reader, ranking="time", size=5, between=lambda: None):
    """All pages, one after the other."""
    ids, cursor = [], None
    for _ in range(100):
        page = Feed.page(reader, ranking, cursor, size)
        ids += [entry.id for entry in page.items]
        assert len(page.items) <= size
        cursor = page.next_cursor
        if cursor is None:
            return ids
        between()
    raise AssertionError("it never ends")


@pytest.mark.parametrize("few", [0, 200], ids=["looking through the newest", "asking each"])
def test_pages_hold_everything_once_in_order(app, people, ben, few, monkeypatch):
    monkeypatch.setattr(feeds, "FEW", few)
    fill(app, people)
    with app.app_context():
        reader = User.find(ben.id)
        wanted = expected(reader)
        assert len(wanted) > 25
        assert read(reader) == wanted
        assert sorted(read(reader, "score")) == sorted(wanted)


@pytest.mark.parametrize(("bound", "value"), [("LOOKED_THROUGH", 3), ("AHEAD", 1), ("WINDOW", 6)])
def test_where_a_look_ends_nothing_is_lost(app, people, ben, bound, value, monkeypatch):
    monkeypatch.setattr(feeds, "FEW", 0 if bound == "LOOKED_THROUGH" else 200)
    monkeypatch.setattr(feeds, bound, value)
    forget()
    fill(app, people)
    with app.app_context():
        reader = User.find(ben.id)
        for ranking in FEED_RANKINGS:
            ids = read(reader, ranking, size=2)
            assert sorted(ids) == sorted(expected(reader))
            assert ranking == "score" or ids == expected(reader)
    forget()


@pytest.mark.parametrize("ranking", ["time", "score"])
def test_what_happens_between_two_pages_repeats_and_hides_nothing(app, people, ben, ranking):
    fill(app, people)
    chance = Random(3)
    with app.app_context():
        reader = User.find(ben.id)
        wanted = expected(reader)

        def meanwhile():
            """Somebody posts, likes change, and the post that stands last is reposted by those whom ben follows."""
            Post.share(people[0], title="Just now")
            changes = {"like_count": chance.randint(0, 500)}
            db.session.execute(update(Post).where(Post.id == chance.choice(wanted)).values(changes))
            for person in people[:3]:
                Post.find(wanted[-1], person).repost(person)
            db.session.commit()

        ids = read(reader, ranking, between=meanwhile)

    assert sorted(ids) == sorted(wanted)
    assert ranking == "score" or ids == wanted


def test_an_author_and_two_friends_bring_a_post_once_and_are_named(app, people, ada, ben):
    post = make_post(app, ada, title="Brought by many")
    with app.app_context():
        for person in (people[1], people[0], people[6]):  # the last one is not followed
            Post.find(post.id, person).repost(person)
        db.session.commit()
        (entry,) = Feed.page(User.find(ben.id)).items

        assert (entry.id, entry.reposts) == (post.id, 2)
        assert [person.username for person in entry.people] == ["person1", "person0"]


def test_who_may_not_see_is_not_brought(app, people, ada, ben, crowd, inside):
    """Blocks, mutes, closed posts, what was taken away, and one's own."""
    friend, stranger = people[0], people[5]
    posts = {
        name: make_post(app, stranger, title=name) for name in ("plain", "blocked word", "closed", "deleted", "#muted")
    }
    own = make_post(app, ben, title="My own")
    for post in (*posts.values(), own):
        Post.find(post.id, friend).repost(friend)
    reader = User.find(ben.id)
    Mute.begin_word(reader, "blocked")
    Mute.begin_word(reader, "#muted")
    Post.find(posts["deleted"].id, stranger).delete(stranger)
    db.session.execute(update(Post).where(Post.id == posts["closed"].id).values(closed=True))
    assert read(reader) == [posts["plain"].id] == read(reader, "score")

    for begin, end in ((Mute.begin, Mute.end), (Block.begin, Block.end)):
        for person in (stranger, friend):
            begin(reader, person)
            assert read(reader) == []
            end(reader, person)
    assert Follow.between(reader, friend) is None  # the block ended it
    Follow.begin(reader, friend)
    assert read(reader) == [posts["plain"].id]
    User.find(friend.id).suspend(None, "Spam")
    assert read(reader) == []
    User.find(friend.id).restore(None, "A mistake")
    assert read(reader) == [posts["plain"].id]


def test_a_follower_reads_what_is_for_followers_and_a_request_opens_nothing(app, ada, ben, crowd, inside):
    reader = User.find(ben.id)
    User.find(crowd.id).keep_private(True)
    Follow.begin(reader, User.find(crowd.id))
    Follow.begin(reader, User.find(ada.id))
    db.session.commit()
    closed = make_post(app, ada, audience="followers")

    assert read(reader) == [closed.id]


def test_score_rises_with_answers_and_closeness_and_falls_by_half_each_day():
    new = Why(timedelta(), 0, 0)

    assert new.score == 1
    assert Why(timedelta(days=1), 0, 0).score == 0.5
    assert Why(timedelta(), 3, 0).score > Why(timedelta(), 1, 0).score > 1
    assert Why(timedelta(), 0, 3).score > Why(timedelta(), 3, 0).score
    assert Why(timedelta(days=30), 10_000, 200).score < 1


def test_closeness_is_counted_from_the_readers_own_likes(app, people, ben, inside):
    near, far = people[0], people[1]
    liked = [make_post(app, near, title=f"Liked {n}", likes=[ben], days_ago=9) for n in range(3)]
    posts = {person.username: make_post(app, person, title="New") for person in (near, far)}
    ranked = Feed.page(User.find(ben.id), "score").items

    assert [entry.id for entry in ranked[:2]] == [posts["person0"].id, posts["person1"].id]
    assert [entry.why.closeness for entry in ranked[:2]] == [len(liked), 0]


@pytest.mark.parametrize(
    "odd", ["x", "t", "tAAAA", "s" * 60, "t" + "_" * 40, "WzEsMl0", "t\x00", "täöü", "s" + "A" * 4000]
)
def test_a_cursor_that_this_site_did_not_make_is_refused(app, people, ben, inside, odd):
    for ranking in FEED_RANKINGS:
        with pytest.raises(BadCursor):
            Feed.page(User.find(ben.id), ranking, odd)


def test_newer_posts_are_counted_and_told_to_those_into_whose_feed_they_come(app, people, ada, ben, inside):
    first = make_post(app, ada, title="First")
    page = Feed.page(User.find(ben.id))
    db.session.rollback()
    strange = make_post(app, people[6], title="Of a stranger")
    assert Feed.count_newer(ben.id, page.newest) == 0
    assert Feed.brought_to([ben.id, ada.id], strange.id) == set()
    for person in people[:2]:
        Post.find(strange.id, person).repost(person)

    assert Feed.count_newer(ben.id, page.newest) == 1
    assert Feed.brought_to([ben.id, ada.id], strange.id, people[0].id) == {ben.id}
    assert Feed.brought_to([ben.id, ada.id], strange.id, people[1].id) == set()  # it is there already
    assert Feed.brought_to([ben.id, ada.id], first.id) == {ben.id}
