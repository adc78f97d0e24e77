"""Posts: sharing, seeing, changing, deleting."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from postways import jobs
from postways.db import db, now
from postways.errors import Forbidden, Missing, Refused
from postways.models import Erasure, Guest, Photo, Post, User
from postways.models.moderated import IN_TRASH_FOR
from tests.cast import make_photo, make_post, make_user
from tests.together import at_once

WORDS = {"content": "", "licence": "all-rights-reserved", "credit": ""}


def titles(posts):
    names = dict(db.session.execute(select(Post.id, Post.title)).all())
    return [names[post.id] for post in posts]


def seen(post, actor):
    try:
        return Post.find(post.id, actor).id == post.id
    except Missing:
        return False


def post_count(user):
    return db.session.get(User, user.id, populate_existing=True).post_count


# --- sharing


def test_a_shared_post_is_seen_by_everybody(app, ada, ben, inside):
    post = make_post(app, ada, pictures=2)

    assert seen(post, Guest()) and seen(post, ben) and seen(post, ada)
    assert [photo.position for photo in post.photos] == [0, 1]
    assert post_count(ada) == 1


def test_a_draft_is_seen_by_its_author_and_by_staff(app, ada, ben, mod, inside):
    draft = make_post(app, ada, published=False)

    assert seen(draft, ada) and seen(draft, mod)
    assert not seen(draft, ben) and not seen(draft, Guest())
    assert post_count(ada) == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": " \n "}, "title"),
        ({"title": "x" * 101}, "title"),
        ({"content": "x" * 10_001}, "content"),
        ({"credit": "x" * 201}, "credit"),
        ({"licence": "mine"}, "licence"),
    ],
)
def test_words_that_do_not_fit_are_refused_by_field(ada, inside, change, field):
    with pytest.raises(Refused) as refused:
        Post.share(ada, **{"title": "Harbour", **change})

    assert refused.value.field == field


def test_the_longest_words_fit(ada, inside):
    post = Post.share(ada, title="é" * 100, content="日" * 10_000, credit="x" * 200)
    db.session.commit()

    assert (len(post.title), len(post.content)) == (100, 10_000)


def test_eleven_photographs_are_too_many(app, ada, inside):
    photos = [make_photo(app, ada, commit=False) for _ in range(11)]

    with pytest.raises(Refused, match="at most 10 photographs; these are 11"):
        Post.share(ada, title="Harbour", photos=photos)


def test_other_peoples_uploads_are_missing(app, ada, ben, inside):
    theirs = make_photo(app, ben, commit=False)

    with pytest.raises(Missing):
        Post.share(ada, title="Harbour", photos=[theirs])


def test_a_photograph_stands_in_one_post(app, ada):
    first = make_post(app, ada, pictures=1)

    with app.app_context(), pytest.raises(Missing):
        Post.share(ada, title="Again", photos=[Photo.upload_of(first.photos[0].id, ada)])


def test_the_same_form_is_one_post(ada, ben, inside):
    first = Post.share(ada, title="Harbour", key="a form")
    second = Post.share(ada, title="Harbour", key="a form")
    others = Post.share(ben, title="Harbour", key="a form")

    assert first.id == second.id != others.id
    assert post_count(ada) == 1


def test_the_same_form_at_once_is_one_post(app, ada):
    def share():
        with app.app_context():
            post = Post.share(User.find(ada.id), title="Harbour", key="a form")
            db.session.commit()
            return post.id

    assert len(set(at_once([share] * 8))) == 1
    with app.app_context():
        assert post_count(ada) == 1


# --- lists


def test_the_newest_come_first_by_publication(app, ada, inside):
    make_post(app, ada, title="old", days_ago=3)
    late = make_post(app, ada, title="late draft", published=False)
    make_post(app, ada, title="new", days_ago=1)
    with app.app_context():
        Post.find(late.id, ada).publish(ada)
        db.session.commit()

    assert titles(Post.newest(Guest(), None).items) == ["late draft", "Something else #other", "new", "old"]


def test_the_most_liked_come_first_then_the_newest(app, ada, ben, crowd, inside):
    make_post(app, ada, title="none")
    make_post(app, ada, title="two", likes=[ben, crowd], days_ago=40)
    make_post(app, ada, title="one, old", likes=[ben], days_ago=10)
    make_post(app, ada, title="one, new", likes=[ben], days_ago=2)
    other = "Something else #other"  # liked once, now

    def popular(period):
        return titles(Post.popular(Guest(), period, None).items)

    assert popular("all") == ["two", other, "one, new", "one, old", "none"]
    assert popular("month") == [other, "one, new", "one, old", "none"]
    assert popular("week") == [other, "one, new", "none"]


def test_popular_is_paged_without_gap_or_repeat(app, ada, ben, inside):
    for number in range(15):
        make_post(app, ada, title=str(number), likes=[ben] if number % 2 else [])

    first = Post.popular(Guest(), "all", None)
    second = Post.popular(Guest(), "all", first.next_cursor)

    found = titles([*first.items, *second.items])
    assert len(found) == len(set(found)) == 16
    assert second.next_cursor is None


def test_a_profile_has_its_own_posts_and_for_the_owner_drafts(app, ada, ben, inside):
    make_post(app, ada, title="shown")
    make_post(app, ada, title="draft", published=False)

    for actor, drafts in ((ada, ["draft"]), (ben, []), (Guest(), [])):
        page, unpublished = Post.of_profile(ada, actor, None)
        assert (titles(page.items), titles(unpublished)) == (["shown"], drafts)


def test_staff_find_drafts_by_address_not_in_lists(app, ada, mod, inside):
    make_post(app, ada, title="draft #other", published=False)

    for page in (Post.newest(mod, None), Post.popular(mod, "all", None), Post.tagged("other", mod, None)):
        assert titles(page.items) == ["Something else #other"]


# --- changing


def test_editing_keeps_likes_and_says_edited(app, ada, ben, inside):
    post = make_post(app, ada, likes=[ben])
    Post.find(post.id, ada).edit(ada, title="Better", photos=[], **WORDS)
    db.session.commit()

    changed = Post.find(post.id, ben)
    assert (changed.title, changed.like_count, changed.liked) == ("Better", 1, True)
    assert changed.edited_at is not None
    assert changed.published_at == post.published_at


def test_editing_a_draft_is_not_editing(app, ada, inside):
    draft = make_post(app, ada, published=False)
    Post.find(draft.id, ada).edit(ada, title="Better", photos=[], **WORDS)

    assert Post.find(draft.id, ada).edited_at is None


def test_only_the_author_changes_it(app, ada, ben, mod, inside):
    post = make_post(app, ada)

    for actor in (ben, mod, Guest()):
        found = Post.find(post.id, actor)
        for verb, words in (("edit", {"title": "x", "photos": [], **WORDS}), ("publish", {}), ("delete", {})):
            with pytest.raises(Forbidden):
                getattr(found, verb)(actor, **words)
        with pytest.raises(Forbidden):
            Post.own(post.id, actor)
    assert seen(post, Guest())


def test_photographs_are_reordered_added_and_removed(app, ada):
    post = make_post(app, ada, pictures=3)
    one, two, three = (photo.id for photo in post.photos)

    with app.app_context():
        new = make_photo(app, ada)
        found = Post.find(post.id, ada)
        by_id = {photo.id: photo for photo in [*found.photos, new]}
        found.edit(ada, title="x", photos=[by_id[three], new, by_id[one]], **WORDS)
        db.session.commit()

    with app.app_context():
        assert [photo.id for photo in Post.find(post.id, ada).photos] == [three, new.id, one]
        assert db.session.get(Photo, two) is None
        assert db.session.query(Erasure).count() == 2  # its derivatives and its original


def test_publishing_twice_is_once(app, ada, inside):
    draft = make_post(app, ada, published=False)
    Post.find(draft.id, ada).publish(ada)
    first = Post.find(draft.id, ada).published_at
    Post.find(draft.id, ada).publish(ada)

    assert Post.find(draft.id, ada).published_at == first
    assert post_count(ada) == 1


# --- deleting


def test_a_deleted_post_is_gone_for_everybody(app, ada, ben, mod, inside):
    post = make_post(app, ada, title="gone #sea", pictures=1, likes=[ben])
    Post.find(post.id, ada).delete(ada)
    db.session.commit()

    assert not any(seen(post, actor) for actor in (ada, ben, mod, Guest()))
    for page in (
        Post.newest(ada, None),
        Post.popular(ada, "all", None),
        Post.tagged("sea", ada, None),
        Post.of_profile(ada, ada, None)[0],
    ):
        assert post.id not in [item.id for item in page.items]
    assert Post.photo_seen_by(ada, key=post.photos[0].key) is None
    assert Post.authors_of([post.id], ada) == {}
    assert post_count(ada) == 0


def test_deleting_twice_counts_once(app, ada, inside):
    make_post(app, ada)
    found = Post.find(make_post(app, ada).id, ada)
    found.delete(ada)
    found.delete(ada)

    assert post_count(ada) == 1


def test_deleting_a_draft_leaves_the_count(app, ada, inside):
    make_post(app, ada)
    Post.find(make_post(app, ada, published=False).id, ada).delete(ada)

    assert post_count(ada) == 1


def test_after_thirty_days_in_the_trash_rows_and_files_go(app, ada, ben):
    jobs.use(app)
    post = make_post(app, ada, pictures=1, likes=[ben])
    with app.app_context():
        Post.find(post.id, ada).delete(ada)
        db.session.commit()

    with app.app_context():
        assert Post.in_trash_since(now()) == []
        for old in Post.in_trash_since(now() + IN_TRASH_FOR + timedelta(days=1)):
            old.purge()
        db.session.commit()
        erasures = [row.id for row in db.session.query(Erasure)]
    for erasure in erasures:
        jobs.erase(erasure)

    with app.app_context():
        assert db.session.get(Post, post.id) is None
        assert db.session.query(Photo).count() == 0
    assert list(app.extensions["storage"].keys()) == []


# --- news


def test_new_photographs_are_counted_without_drafts_and_ones_own(app, ada, ben):
    before = now()
    make_post(app, ada, pictures=3)
    make_post(app, ada)
    make_post(app, ada, published=False)
    make_user(app, "idle")

    with app.app_context():
        assert Post.count_newer(before, Guest()) == 4
        assert Post.count_newer(before, ben) == 4
        assert Post.count_newer(before, ada) == 0
        assert Post.count_newer(now() + timedelta(hours=1), ben) == 0


def test_news_reach_only_those_who_may_see_the_post(app, ada, ben):
    draft, post = make_post(app, ada, published=False), make_post(app, ada)

    with app.app_context():
        assert Post.authors_of([draft.id, post.id, 10**9], ben) == {post.id: ada.id}
        assert Post.authors_of([draft.id, post.id], ada) == {draft.id: ada.id, post.id: ada.id}
