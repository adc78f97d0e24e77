"""One post and its pictures; hidden is the same as missing."""

from __future__ import annotations

import pytest

from postways.db import db
from postways.models import Photo
from tests.cast import TOKEN, make_photo, make_post


@pytest.fixture
def post(app, ada):
    return make_post(app, ada, title="Harbour", content="With *care*", pictures=2)


@pytest.fixture
def draft(app, ada):
    return make_post(app, ada, title="Hidden", pictures=1, published=False)


def test_a_post_shows_words_and_pictures_with_sizes(guest, post):
    text = guest.get(f"/posts/{post.id}/").text

    assert "<h1" in text and "Harbour" in text and "<em>care</em>" in text
    for photo in post.photos:
        assert f'id="picture-{photo.id}"' in text
        assert f'width="{photo.width}" height="{photo.height}"' in text
    assert f'href="http://localhost/posts/{post.id}/"' in text


def test_who_reads_a_post_can_follow_its_author_until_they_do(guest, as_ada, as_ben, post):
    place, door = f"/posts/{post.id}/", 'action="/@ada/follow/"'
    assert door in as_ben.get(place).text
    assert door not in as_ada.get(place).text and door not in guest.get(place).text
    assert door not in as_ben.get("/").text

    as_ben.post("/@ada/follow/", page=place)

    assert door not in as_ben.get(place).text and "/@ada/unfollow/" not in as_ben.get(place).text


def test_alt_texts_and_camera_data_are_shown(app, guest, ada, post):
    with app.app_context():
        photo = db.session.get(Photo, post.photos[0].id)
        photo.alt, photo.camera, photo.shutter, photo.iso = 'A "boat" <1>', "Canon EOS 7D", 0.004, 400
        db.session.commit()

    text = guest.get(f"/posts/{post.id}/").text

    for shown in ('alt="A &#34;boat&#34; &lt;1&gt;"', "Canon EOS 7D", "1/250 s", "400"):
        assert shown in text


def test_a_picture_has_a_page_of_its_own(guest, post):
    first, second = (guest.get(f"/posts/{post.id}/photos/{n}/") for n in (1, 2))

    assert 'rel="next"' in first.text and 'rel="prev"' not in first.text
    assert 'rel="prev"' in second.text and 'rel="next"' not in second.text
    for n in (0, 3, 10**17):
        assert guest.get(f"/posts/{post.id}/photos/{n}/").status_code == 404


@pytest.mark.parametrize("who", ["guest", "as_ben"])
def test_a_draft_is_the_same_as_nothing_at_every_door(app, request, draft, who):
    browser, photo, nothing = request.getfixturevalue(who), draft.photos[0], 999_999
    with app.app_context():
        pending = make_photo(app, draft.author).id
    browser.get("/")  # from now on its cookie stays as it is

    for hidden, missing in (
        (f"/posts/{draft.id}/", f"/posts/{nothing}/"),
        (f"/posts/{draft.id}/photos/1/", f"/posts/{nothing}/photos/1/"),
        (f"/photos/{photo.id}/", f"/photos/{nothing}/"),
        (f"/photos/{pending}/", f"/photos/{nothing}/"),
        (f"/media/{photo.key}/square.jpg", f"/media/{'0' * 32}/square.jpg"),
        (f"/media/{photo.key}/original", f"/media/{'0' * 32}/original"),
    ):
        for headers in ({}, {"HX_Request": "true"}):
            one, other = browser.get(hidden, **headers), browser.get(missing, **headers)
            assert one.status_code == other.status_code == 404, hidden
            assert _plain(one) == _plain(other), hidden


@pytest.mark.parametrize("verb", ["edit", "delete", "publish", "like", "unlike"])
def test_a_draft_is_the_same_as_nothing_to_every_verb(as_ben, draft, verb):
    as_ben.get("/")
    one, other = (as_ben.post(f"/posts/{post_id}/{verb}/") for post_id in (draft.id, 999_999))

    assert one.status_code == other.status_code == 404
    assert _plain(one) == _plain(other)


def _plain(answer):
    """Body and headers without what differs between any two answers: the token holds the second."""
    headers = {name: value for name, value in answer.headers.items() if name != "X-Request-ID"}
    return TOKEN.sub("", answer.text), headers


def test_the_author_and_staff_see_the_draft(as_ada, as_mod, draft):
    assert "Only you and the staff can see it." in as_ada.get(f"/posts/{draft.id}/").text
    assert "Its author has not published it." in as_mod.get(f"/posts/{draft.id}/").text
    assert f"/posts/{draft.id}/publish/" not in as_mod.get(f"/posts/{draft.id}/").text


def test_a_picture_on_its_way_asks_again_for_itself(app, guest, ada):
    post = make_post(app, ada, pictures=1, ready=False)
    photo = post.photos[0]

    assert f'hx-get="/photos/{photo.id}/?as=page"' in guest.get(f"/posts/{post.id}/").text
    assert "Being prepared" in guest.get(f"/photos/{photo.id}/?as=page").text
    assert guest.get(f"/media/{photo.key}/square.jpg").status_code == 404
