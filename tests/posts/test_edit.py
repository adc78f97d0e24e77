"""Changing a post: words and photographs change, likes stay, and a refused change loses nothing."""

from __future__ import annotations

import re

import pytest

from postways import jobs, media
from postways.db import db
from postways.models import Erasure, Photo, Post, User
from tests.cast import make_photo, make_post, picture, upload
from tests.posts.test_new import ALT, LOST_LATER, refusals, shots
from tests.together import at_once, second_tab


@pytest.fixture
def post(app, ada, ben):
    return make_post(app, ada, title="Before", content="Old #words", pictures=3, likes=[ben])


def save(browser, post, *files, token=None, **fields):
    path = f"/posts/{post.id}/edit/"
    kept = {"title": post.title, "content": post.content, "photo": [photo.id for photo in post.photos]}
    data = {"action": "save", "images": list(files), **kept, **fields}
    return browser.post(path, data, page=path, token=token)


def now_is(app, post, actor):
    with app.app_context():
        return Post.find(post.id, actor)


def test_the_form_shows_what_there_is(as_ada, post):
    answer = as_ada.get(f"/posts/{post.id}/edit/")

    assert 'value="Before"' in answer.text
    assert "Old #words" in answer.text
    assert shots(answer) == [photo.id for photo in post.photos]


def test_words_change_likes_stay_and_readers_see_edited(app, as_ada, as_ben, ada, post):
    answer = save(as_ada, post, title="After", content="New #names")

    assert (answer.status_code, answer.location) == (303, f"/posts/{post.id}/")
    page = as_ben.get(answer.location).text
    assert "After" in page and "edited" in page and 'aria-pressed="true"' in page
    assert now_is(app, post, ada).like_count == 1
    assert f"/posts/{post.id}/" in as_ben.get("/tags/names/").text
    assert f"/posts/{post.id}/" not in as_ben.get("/tags/words/").text


def test_lists_show_the_change_at_once(as_ada, guest, post):
    assert "Before" in guest.get("/").text
    save(as_ada, post, title="After")

    for path in ("/", "/popular/", "/@ada/"):
        assert "After" in guest.get(path).text
        assert "Before" not in guest.get(path).text


def test_photographs_are_reordered_removed_and_added(app, as_ada, ada, post):
    one, two, three = (photo.id for photo in post.photos)
    save(as_ada, post, upload(picture(77, 30)), photo=[three, one], alt="new", **{f"alt-{one}": "first"})

    photos = now_is(app, post, ada).photos
    assert [photo.id for photo in photos[:2]] == [three, one]
    assert [(photo.width, photo.alt) for photo in photos[1:]] == [(48, "first"), (77, "new")]
    with app.app_context():
        assert db.session.get(Photo, two) is None


def test_the_files_of_a_removed_photograph_go(app, as_ada, post):
    jobs.use(app)
    gone = post.photos[0]
    save(as_ada, post, photo=[photo.id for photo in post.photos[1:]])
    media.forget()

    assert as_ada.get(f"/media/{gone.key}/square.jpg").status_code == 404
    with app.app_context():
        erasures = [row.id for row in db.session.query(Erasure)]
    for erasure in erasures:
        jobs.erase(erasure)
    kept = list(app.extensions["storage"].keys())
    assert not [name for name in kept if gone.key in name or name == gone.original]
    assert all(f"photos/{photo.key}/square.jpg" in kept for photo in post.photos[1:])


@pytest.mark.parametrize(
    "fields", [{"title": ""}, {"title": "x" * 101}, {"content": "x" * 10_001}], ids=lambda f: list(f)[0]
)
def test_a_refused_change_comes_back_whole_and_changes_nothing(app, as_ada, ada, post, fields):
    one, two, three = (photo.id for photo in post.photos)
    answer = save(
        as_ada,
        post,
        upload(),
        **{
            "title": "After",
            "content": "New",
            "photo": [three, one],
            f"alt-{one}": "Typed",
            "alt": "New one",
            **fields,
        },
    )

    assert answer.status_code == 422
    assert shots(answer)[:2] == [three, one]
    assert ALT.findall(answer.text) == ["", "Typed", "New one"]
    before = now_is(app, post, ada)
    assert (before.title, before.content, before.edited_at) == ("Before", "Old #words", None)
    assert [(photo.id, photo.alt) for photo in before.photos] == [(one, ""), (two, ""), (three, "")]


def test_eight_and_three_are_too_many(app, as_ada, ada, post):
    answer = save(as_ada, post, *[upload(name=f"{number}.jpg") for number in range(8)])

    assert answer.status_code == 422
    assert list(refusals(answer)) == ["7.jpg"]
    assert len(shots(answer)) == 10
    assert len(now_is(app, post, ada).photos) == 3


def test_removing_all_that_is_left_and_moving_needs_no_javascript(app, as_ada, ada, post):
    one, two, three = (photo.id for photo in post.photos)
    moved = save(as_ada, post, action="", title="Typed", **{"move-later": one})
    assert (moved.status_code, shots(moved)) == (200, [two, one, three])
    removed = save(as_ada, post, action="", title="Typed", remove=two)
    assert shots(removed) == [one, three]
    assert 'value="Typed"' in removed.text
    assert [photo.id for photo in now_is(app, post, ada).photos] == [one, two, three]

    assert save(as_ada, post, photo=[]).status_code == 303
    assert now_is(app, post, ada).photos == []


def test_a_form_that_was_open_for_too_long_comes_back_filled(app, as_ada, ada, post):
    answer = save(as_ada, post, upload(), token="old", title="Typed", **{f"alt-{post.photos[0].id}": "Described"})

    assert answer.status_code == 403
    assert 'value="Typed"' in answer.text
    assert ALT.findall(answer.text)[0] == "Described"
    assert len(shots(answer)) == 3
    assert now_is(app, post, ada).title == "Before"
    with app.app_context():
        assert db.session.query(Photo).count() == 3
        assert db.session.get(Photo, post.photos[0].id).alt == ""


def test_a_draft_is_saved_or_published_from_the_form(app, as_ada, guest, ada):
    draft = make_post(app, ada, published=False)

    save(as_ada, draft, title="Saved")
    assert guest.get(f"/posts/{draft.id}/").status_code == 404

    save(as_ada, draft, title="Shown", action="publish")
    page = guest.get(f"/posts/{draft.id}/").text
    assert "Shown" in page
    assert 'class="edited"' not in page


def test_a_draft_is_published_by_its_button(app, as_ada, guest, ada):
    draft = make_post(app, ada, published=False)

    for _ in range(2):
        assert as_ada.post(f"/posts/{draft.id}/publish/").location == f"/posts/{draft.id}/"
    assert guest.get(f"/posts/{draft.id}/").status_code == 200


def test_a_failed_photograph_is_replaced(app, as_ada, ada):
    with app.app_context():
        failed = make_photo(app, ada, data=LOST_LATER).id
        jobs.prepare(failed)
    as_ada.post("/posts/add/", {"title": "Half", "photo": failed, "key": "half"}, page="/posts/add/")
    with app.app_context():
        post = Post.find(db.session.get(Photo, failed).post_id, ada)

    assert "Try again" in as_ada.get(f"/posts/{post.id}/edit/").text
    save(as_ada, post, upload(picture(90, 30)), photo=[])

    assert [photo.width for photo in now_is(app, post, ada).photos] == [90]


@pytest.mark.parametrize("who", ["as_ben", "as_mod"])
def test_only_the_author_changes_it(app, request, ada, post, who):
    browser = request.getfixturevalue(who)

    for path in ("edit", "publish", "withdraw", "delete"):
        answer = browser.post(f"/posts/{post.id}/{path}/", {"title": "Taken", "action": "save"})
        assert answer.status_code == 403, path
    assert browser.get(f"/posts/{post.id}/edit/").status_code == 403
    assert f"/posts/{post.id}/edit/" not in browser.get(f"/posts/{post.id}/").text
    assert now_is(app, post, ada).title == "Before"


def test_another_posts_photographs_are_left_out(app, as_ada, ada, ben, post):
    other, theirs = make_post(app, ada, pictures=1), make_post(app, ben, pictures=1)
    save(as_ada, post, photo=[other.photos[0].id, theirs.photos[0].id, post.photos[0].id])

    assert [photo.id for photo in now_is(app, post, ada).photos] == [post.photos[0].id]
    assert len(now_is(app, other, ada).photos) == len(now_is(app, theirs, ben).photos) == 1


SEEN = re.compile(r'name="seen"[^>]*value="([^"]+)"')


def seen_now(browser, post) -> str:
    """What the form holds when it is opened."""
    return SEEN.search(browser.get(f"/posts/{post.id}/edit/").text).group(1)


def test_of_two_windows_the_later_save_is_asked_and_nothing_is_lost(app, as_ada, ada, post):
    first, second = (seen_now(as_ada, post) for _ in range(2))
    assert save(as_ada, post, title="From the first", seen=first).status_code == 303

    answer = save(as_ada, post, title="From the second", content="Long words", seen=second)

    assert answer.status_code == 409
    for words in ("changed in another window", 'value="From the second"', "Long words", "From the first"):
        assert words in answer.text
    assert shots(answer) == [photo.id for photo in post.photos]
    assert now_is(app, post, ada).title == "From the first"
    fresh = SEEN.search(answer.text).group(1)
    assert save(as_ada, post, title="From the second", seen=fresh).status_code == 303
    assert now_is(app, post, ada).title == "From the second"


def test_descriptions_of_the_other_window_are_not_lost_either(app, as_ada, ada, post):
    first, second = (seen_now(as_ada, post) for _ in range(2))
    alt = f"alt-{post.photos[0].id}"
    save(as_ada, post, seen=first, **{alt: "Boats at six"})

    answer = save(as_ada, post, seen=second, **{alt: "Nothing much"})

    assert (answer.status_code, "Nothing much" in answer.text) == (409, True)
    assert now_is(app, post, ada).photos[0].alt == "Boats at six"


def test_the_same_words_twice_are_saved_once(app, as_ada, post):
    seen = seen_now(as_ada, post)

    assert [save(as_ada, post, title="After", seen=seen).status_code for _ in range(2)] == [303, 303]


def test_many_windows_at_once_lose_nothing(app, as_ada, ada, post):
    seen, tabs = seen_now(as_ada, post), [second_tab(as_ada) for _ in range(6)]
    token = as_ada.token(f"/posts/{post.id}/edit/")

    answers = at_once(
        [lambda n=n: save(tabs[n], post, title=f"Window {n}", seen=seen, token=token).status_code for n in range(6)]
    )

    assert sorted(answers) == [303] + [409] * 5


def test_a_like_and_a_picture_that_becomes_ready_are_no_change(app, as_ada, as_ben, post):
    seen = seen_now(as_ada, post)
    as_ben.post(f"/posts/{post.id}/unlike/")
    with app.app_context():
        jobs.prepare(post.photos[0].id)

    assert save(as_ada, post, title="After", seen=seen).status_code == 303


@pytest.mark.parametrize("seen", ["yesterday", "\x00", "🐦", "9999-12-31T00:00:00+00:00"])
def test_an_invented_stamp_is_asked_too(app, as_ada, post, seen):
    assert save(as_ada, post, title="After", seen=seen).status_code in (303, 409)


def test_tags_stand_beside_the_words_and_lead_to_the_post(app, as_ada, guest, ada, post):
    save(as_ada, post, title="Boats #harbour", tags="sea, #Harbour, fog")

    assert now_is(app, post, ada).tags == ["sea", "Harbour", "fog", "words"]
    assert "Boats" in guest.get("/tags/fog/").text
    assert 'href="/tags/sea/"' in guest.get(f"/posts/{post.id}/").text
    assert 'value="sea, Harbour, fog"' in as_ada.get(f"/posts/{post.id}/edit/").text
    save(as_ada, post, title="Boats #harbour", tags="")
    assert now_is(app, post, ada).tags == ["harbour", "words"]


@pytest.mark.parametrize("tags", ["two words", "#", "7", "a/b", "x" * 51, ",".join(f"t{n}" for n in range(31))])
def test_what_is_no_tag_is_refused_by_its_field(app, as_ada, ada, post, tags):
    answer = save(as_ada, post, tags=tags)

    assert answer.status_code == 422
    assert 'id="tags-help"' in answer.text
    assert now_is(app, post, ada).given_tags == []


def test_a_published_post_becomes_a_draft_again(app, as_ada, guest, ada, ben):
    post = make_post(app, ada, title="Boats #harbour", likes=[ben])

    for _ in range(2):
        assert as_ada.post(f"/posts/{post.id}/withdraw/").location == f"/posts/{post.id}/"
    assert guest.get(f"/posts/{post.id}/").status_code == 404
    assert "Boats" not in guest.get("/").text + guest.get("/tags/harbour/").text
    with app.app_context():
        person = db.session.get(User, ada.id)
        assert (person.post_count, person.public_post_count) == (0, 0)

    as_ada.post(f"/posts/{post.id}/publish/")
    assert "Boats" in guest.get("/").text
    assert now_is(app, post, ada).like_count == 1
