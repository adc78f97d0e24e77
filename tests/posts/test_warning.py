"""A content warning covers the pictures of a post, with its reason, until somebody asks for them."""

from __future__ import annotations

import re

import pytest

from postways.db import db
from postways.models import Post, User
from tests.cast import make_post
from tests.posts.test_edit import now_is, save

REASON = "A spider, very close"


@pytest.fixture
def post(app, ada):
    return warn(app, make_post(app, ada, title="Eight legs", pictures=2), REASON)


def warn(app, post, reason):
    with app.app_context():
        found = Post.find(post.id, post.author)
        found.edit(
            post.author,
            title=post.title,
            content=post.content,
            photos=found.photos,
            licence=post.licence,
            credit=post.credit,
            warning=reason,
        )
        db.session.commit()
    return now_is(app, post, post.author)


def covers(answer):
    """How many pictures wait under a cover."""
    return len(re.findall(r'class="cover"', answer.text))


def test_a_warning_is_given_with_the_form_and_changed(app, as_ada, guest, ada):
    sent = as_ada.post("/posts/add/", {"title": "Legs", "warning": f"  {REASON}\n", "key": "k"}, page="/posts/add/")
    with app.app_context():
        post = Post.find(int(sent.location.split("/")[2]), ada)
    assert post.warning == REASON

    assert f'value="{REASON}"' in as_ada.get(f"/posts/{post.id}/edit/").text
    save(as_ada, post, warning="")
    assert now_is(app, post, ada).warning == ""
    assert REASON not in guest.get("/").text


def test_a_warning_that_is_too_long_comes_back(app, as_ada, ada, post):
    answer = save(as_ada, post, warning="w" * 201)

    assert answer.status_code == 422
    assert "w" * 201 in answer.text
    assert now_is(app, post, ada).warning == REASON


@pytest.mark.parametrize("who", ["guest", "as_ben", "as_ada"])
def test_lists_and_pages_cover_the_pictures_and_say_why(request, post, who):
    browser = request.getfixturevalue(who)

    assert covers(browser.get("/")) == 1
    assert covers(browser.get(f"/posts/{post.id}/")) == 2
    assert covers(browser.get(f"/posts/{post.id}/photos/2/")) == 1
    for path in ("/", f"/posts/{post.id}/", f"/posts/{post.id}/photos/1/", "/@ada/"):
        assert REASON in browser.get(path).text


def test_a_covered_picture_is_not_in_strips_grids_and_full_screen(guest, post):
    first, second = (f"/media/{photo.key}/" for photo in post.photos)

    assert second not in guest.get("/").text
    assert first not in guest.get("/@ada/").text
    assert first not in guest.get(f"/posts/{post.id}/photos/1/").text


def test_other_sites_are_shown_the_reason_instead_of_the_picture(guest, post):
    text = guest.get(f"/posts/{post.id}/").text

    assert "og:image" not in text
    assert f'"og:description" content="Content warning: {REASON}"' in text


def test_asking_uncovers_without_scripts(guest, post):
    page = guest.get(f"/posts/{post.id}/?show=1")
    assert covers(page) == 0
    assert REASON in page.text
    assert f"/posts/{post.id}/photos/1/?show=1" in page.text

    alone = guest.get(f"/posts/{post.id}/photos/1/?show=1")
    assert covers(alone) == 0
    assert f"/posts/{post.id}/photos/2/?show=1" in alone.text


def test_asking_on_one_page_uncovers_nothing_for_others(guest, post):
    guest.get("/?show=1")

    assert covers(guest.get("/?show=1")) == covers(guest.get("/")) == 1


def test_a_member_who_wants_to_sees_everything_and_others_do_not(app, guest, as_ben, as_ada, ben, post):
    as_ben.get("/")
    as_ben.post("/theme/", {"theme": "system", "always_show": "on"})

    assert "always_show" in as_ben.get("/theme/").text and "always_show" not in guest.get("/theme/").text
    for path in ("/", f"/posts/{post.id}/", f"/posts/{post.id}/photos/1/"):
        assert covers(as_ben.get(path)) == 0
        assert covers(guest.get(path)) > 0 and covers(as_ada.get(path)) > 0

    as_ben.post("/theme/", {"theme": "system"})
    with app.app_context():
        assert db.session.get(User, ben.id).covers_warned
    assert covers(as_ben.get("/")) == 1


def test_the_words_of_a_post_without_pictures_are_covered_too(app, guest, ada):
    post = warn(app, make_post(app, ada, content="It was the butler."), "The end of a book")

    for path in ("/", f"/posts/{post.id}/"):
        assert re.search(r"<details[^>]*><summary>Content warning: The end of a book</summary>", guest.get(path).text)
    assert "<summary>Content" not in guest.get(f"/posts/{post.id}/?show=1").text


def test_posts_without_a_warning_are_never_covered(app, ada, guest):
    post = make_post(app, ada, pictures=1)

    assert covers(guest.get("/")) == covers(guest.get(f"/posts/{post.id}/")) == 0
    assert "Content warning" not in guest.get(f"/posts/{post.id}/").text


def test_a_picture_that_becomes_ready_comes_covered(app, ada, guest):
    post = warn(app, make_post(app, ada, pictures=1, ready=True), REASON)

    assert covers(guest.get(f"/photos/{post.photos[0].id}/?as=page")) == 1
