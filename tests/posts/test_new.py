"""Sharing a post: what is wrong is said in a sentence, and nothing that was typed or sent is lost."""

from __future__ import annotations

import re
from html import unescape

import pytest
from sqlalchemy import event

from postways import db as house
from postways import jobs
from postways.db import db
from postways.models import Photo, Post
from tests.cast import make_photo, picture, upload
from tests.pictures import STRANGERS, jpeg_claiming, one_bit_bomb
from tests.together import at_once, second_tab

SHOT = re.compile(r'name="photo" value="(\d+)"')
ALT = re.compile(r'name="alt-\d+"[^>]*>\n([^<]*)</textarea>')
REFUSAL = re.compile(r'<b class="name">(.*?)</b>.*?class="why">(.*?)</span>', re.S)
LOST_LATER = picture(800, 500)[:2_000]  # half a JPEG: its header is whole


def share(browser, *files, token=None, **fields):
    data = {"title": "Harbour at six", "content": "", "action": "publish", "images": list(files), **fields}
    return browser.post("/posts/add/", data, page="/posts/add/", token=token)


def shots(answer):
    """The ids of the photographs that the form refers to, in its order."""
    return [int(photo_id) for photo_id in SHOT.findall(answer.text)]


def refusals(answer):
    shown = answer.text.partition("<template")[0]
    return {unescape(name): unescape(why) for name, why in REFUSAL.findall(shown)}


def stored(app):
    return list(app.extensions["storage"].keys())


def posts(app, author="ada"):
    with app.app_context():
        return db.session.query(Post).join(Post.author).where(Post.author.has(username=author)).all()


def photos_of(app, post):
    with app.app_context():
        return db.session.query(Photo).where(Photo.post_id == post.id).order_by(Photo.position).all()


def pending(app, user, count):
    with app.app_context():
        return [make_photo(app, user).id for _ in range(count)]


# --- what works


def test_an_album_is_shared_in_its_order_with_its_words(app, as_ada):
    files = [upload(picture(40 + number, 30)) for number in range(3)]
    answer = share(
        as_ada, *files, content="At the #sea", alt=["one", "two", "three"], licence="CC-BY-4.0", credit="Ada"
    )

    (post,) = posts(app)
    assert (answer.status_code, answer.location) == (303, f"/posts/{post.id}/")
    assert [(photo.width, photo.alt) for photo in photos_of(app, post)] == [(40, "one"), (41, "two"), (42, "three")]
    page = as_ada.get(answer.location).text
    for shown in ("Harbour at six", 'href="/tags/sea/"', "CC BY 4.0", "Being prepared"):
        assert shown in page


def test_a_diary_page_needs_no_photograph(app, as_ada):
    assert share(as_ada, (upload(b"", "")[0], "")).status_code == 303
    assert len(posts(app)) == 1


@pytest.mark.parametrize("field", [{"action": "draft"}, {"published": "0"}, {"published": "false"}], ids=str)
def test_a_draft_is_kept_for_its_author(app, as_ada, guest, field):
    answer = share(as_ada, upload(), **field)

    assert "This is a draft" in as_ada.get(answer.location).text
    assert guest.get(answer.location).status_code == 404


def test_earlier_uploads_are_referred_to(app, as_ada, ada):
    one, two = pending(app, ada, 2)
    share(as_ada, photo=[two, one], **{f"alt-{one}": "first sent", f"alt-{two}": "second sent"})

    (post,) = posts(app)
    assert [(photo.id, photo.alt) for photo in photos_of(app, post)] == [(two, "second sent"), (one, "first sent")]


def test_uploads_and_files_together_keep_the_order_of_the_page(app, as_ada, ada):
    (one,) = pending(app, ada, 1)
    share(as_ada, upload(picture(99, 30)), photo=one)

    (post,) = posts(app)
    assert [photo.width for photo in photos_of(app, post)] == [48, 99]


def test_a_file_name_is_used_for_nothing(app, as_ada, guest):
    answer = share(as_ada, upload(name="../../../etc/passwd.jpg"), upload(name="..\\..\\x\r\ny\x00.jpg"))

    assert answer.status_code == 303
    assert not [name for name in stored(app) if ".." in name or "passwd" in name]
    assert "passwd" not in guest.get(answer.location).text


# --- what is refused


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"title": ""}, "Give the post a title."),
        ({"title": "  \r\n "}, "Give the post a title."),
        ({"title": "x" * 101}, "longer than 100 characters"),
        ({"content": "x" * 10_001}, "longer than 10000 characters"),
        ({"credit": "x" * 201}, "longer than 200 characters"),
        ({"licence": "mine"}, "Not a valid choice"),
        ({"key": "x" * 65}, ""),
    ],
    ids=lambda value: str(value)[:30],
)
def test_words_that_do_not_fit_come_back_with_everything_else(app, as_ada, fields, said):
    kept = {"title": "Kept title", "content": "Kept text\nof two lines", "credit": "Kept credit"}
    answer = share(as_ada, upload(), upload(), alt=["left <1>", "right"], **{**kept, **fields})

    assert answer.status_code == 422
    assert said in answer.text
    for name, text in kept.items():
        assert fields.get(name, text).strip() in answer.text.replace("\r\n", "\n")
    assert [unescape(alt) for alt in ALT.findall(answer.text)] == ["left <1>", "right"]
    assert len(shots(answer)) == 2
    assert posts(app) == []


def test_the_form_that_came_back_is_sent_again_without_the_files(app, as_ada):
    first = share(as_ada, upload(picture(50, 30)), upload(picture(60, 30)), title="")
    key = re.search(r'name="key"[^>]*value="([^"]+)"', first.text).group(1)

    share(as_ada, photo=shots(first), key=key)

    (post,) = posts(app)
    assert [photo.width for photo in photos_of(app, post)] == [50, 60]


def test_good_files_of_a_refused_form_are_shown(app, as_ada):
    answer = share(as_ada, upload(picture(400, 300)), title="")
    (photo,) = shots(answer)
    assert "Being prepared" in answer.text

    with app.app_context():
        jobs.prepare(photo)
        key = db.session.get(Photo, photo).key
    again = share(as_ada, title="", photo=photo)

    assert f'src="/media/{key}/square.jpg"' in again.text
    assert as_ada.get(f"/media/{key}/square.jpg").status_code == 200


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("notes.jpg", STRANGERS["text"], "holds text"),
        ("drawing.svg", STRANGERS["svg"], "SVG"),
        ("drawing.jpg", STRANGERS["svg"], "SVG"),
        ("paper.pdf", STRANGERS["pdf"], "PDF"),
        ("paper.jpg", STRANGERS["pdf"], "PDF"),
        ("page.png", STRANGERS["html"], "can't be shown|holds text"),
        ("nothing.jpg", b"", "empty"),
        ("film.jpg", STRANGERS["film"], "can't be shown|not a picture"),
        ("noise.jpg", STRANGERS["noise"], "not a picture"),
        ("bomb.png", one_bit_bomb(), "13300 × 13300 pixels; at most 60 megapixels"),
        ("liar.jpg", jpeg_claiming(65_535, 65_535), "65535 × 65535 pixels"),
        ("wide.jpg", jpeg_claiming(30_000, 1), "30000 × 1 pixels"),
        ("moving.gif", None, "Animated"),
        ("large.jpg", picture() + bytes(31_000_000), "31.0 MB is too much; the most is 30 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_is_no_photograph_is_refused_by_name(app, as_ada, name, data, said):
    from tests.pictures import animated

    data = animated("GIF") if data is None else data
    answer = share(as_ada, upload(data, name), upload(picture(70, 30), "good.jpg"), title="Kept title")

    assert answer.status_code == 422
    assert re.search(said, refusals(answer)[name])
    assert list(refusals(answer)) == [name]
    assert "Kept title" in answer.text
    assert len(shots(answer)) == 1
    assert posts(app) == []
    assert len(stored(app)) == 1  # the good one's original


def test_descriptions_stay_with_their_own_files(app, as_ada):
    answer = share(as_ada, upload(b"x", "bad.jpg"), upload(name="good.jpg"), alt=["of the bad one", "of the good one"])

    assert ALT.findall(answer.text) == ["of the good one"]


def test_the_eleventh_photograph_is_left_out_in_words(app, as_ada):
    answer = share(as_ada, *[upload(name=f"{number}.jpg") for number in range(11)])

    assert answer.status_code == 422
    assert refusals(answer) == {"10.jpg": "A post has at most 10 photographs. This one was left out."}
    assert len(shots(answer)) == 10
    assert posts(app) == []


def test_eleven_earlier_uploads_come_back_with_their_descriptions(app, as_ada, ada):
    ids = pending(app, ada, 11)
    answer = share(as_ada, photo=ids, **{f"alt-{photo}": f"number {photo}" for photo in ids})

    assert answer.status_code == 422
    assert "at most 10 photographs; these are 11" in answer.text
    assert shots(answer) == ids
    assert ALT.findall(answer.text) == [f"number {photo}" for photo in ids]


@pytest.mark.parametrize("where", ["an upload", "a file"])
def test_a_description_that_is_too_long_comes_back_whole(app, as_ada, ada, where):
    long = "y" * 1_501
    if where == "an upload":
        (photo,) = pending(app, ada, 1)
        answer = share(as_ada, photo=photo, **{f"alt-{photo}": long})
    else:
        answer = share(as_ada, upload(), alt=long)

    assert answer.status_code == 422
    assert "longer than 1500 characters" in answer.text
    assert ALT.findall(answer.text) == [long]
    assert posts(app) == []


def test_other_peoples_and_used_uploads_are_left_out(app, as_ada, ada, ben):
    (theirs,) = pending(app, ben, 1)
    (own,) = pending(app, ada, 1)
    share(as_ada, photo=own, title="First")
    share(as_ada, photo=[own, theirs, 10**9], title="Second")

    first, second = sorted(posts(app), key=lambda post: post.id)
    assert [photo.id for photo in photos_of(app, first)] == [own]
    assert photos_of(app, second) == []


@pytest.mark.parametrize("odd", ["abc", "-1", "0", str(2**63), "9" * 30, "1e3", "", "\x00"])
def test_ids_that_are_none_are_left_out(app, as_ada, odd):
    fields = {"move-earlier": odd, "retry": odd}

    assert share(as_ada, photo=odd).status_code == 303
    assert share(as_ada, photo=odd, **fields).status_code == 200
    assert share(as_ada, photo=odd, remove=odd).status_code == 200


def test_odd_characters_are_no_trouble(app, as_ada):
    answer = share(
        as_ada, title="a\x00b", content="\x00\x07 \ud7ff #" + "\ufdfa" * 50, credit="\x00", key="k\x00", alt="\x00"
    )

    assert answer.status_code == 303
    assert as_ada.get(answer.location).status_code == 200


def test_too_many_fields_are_more_than_the_site_takes(as_ada):
    assert share(as_ada, photo=list(range(2_000))).status_code == 413


def test_half_a_photograph_becomes_a_failed_one_and_the_post_stays(app, as_ada, guest):
    answer = share(as_ada, upload(LOST_LATER, "half.jpg"), upload(picture(400, 300)))
    assert answer.status_code == 303
    (post,) = posts(app)
    half, whole = photos_of(app, post)
    for photo in (half, whole):
        with app.app_context():
            jobs.prepare(photo.id)

    page = as_ada.get(answer.location).text
    assert "The file ends early. Send it again" in unescape(page)
    assert f'action="/photos/{half.id}/retry/"' in page
    assert f"/media/{whole.key}/" in page
    others = guest.get(answer.location).text
    assert "This picture is not there yet." in others
    assert "ends early" not in others


# --- twice


def test_the_same_form_twice_is_one_post(app, as_ada):
    first = share(as_ada, upload(), key="one form")
    second = share(as_ada, upload(), key="one form")

    assert first.location == second.location
    (post,) = posts(app)
    assert len(photos_of(app, post)) == 1


@pytest.mark.parametrize("with_file", [False, True], ids=["referring to an upload", "with the file"])
def test_the_same_form_at_once_is_one_post(app, as_ada, ada, with_file):
    photo = [] if with_file else pending(app, ada, 1)
    token, tabs = as_ada.token("/posts/add/"), [second_tab(as_ada) for _ in range(6)]

    def send(tab):
        files = [upload()] if with_file else []
        return share(tab, *files, token=token, photo=photo, key="one form")

    answers = at_once([lambda tab=tab: send(tab) for tab in tabs])

    (post,) = posts(app)
    assert {(answer.status_code, answer.location) for answer in answers} == {(303, f"/posts/{post.id}/")}
    assert len(photos_of(app, post)) == 1


def test_each_form_has_a_key_of_its_own(as_ada):
    keys = {re.search(r'name="key"[^>]*value="([^"]+)"', as_ada.get("/posts/add/").text).group(1) for _ in range(3)}

    assert len(keys) == 3


# --- a token that is too old


def test_a_form_that_was_open_for_too_long_comes_back_filled(app, as_ada, ada):
    (photo,) = pending(app, ada, 1)
    answer = share(
        as_ada,
        upload(),
        token="old",
        title="Kept title",
        content="Kept text",
        photo=photo,
        key="kept-key",
        **{f"alt-{photo}": "Kept description"},
    )

    assert answer.status_code == 403
    for kept in ("open for too long", "Kept title", "Kept text", "Kept description", "kept-key", "choose the files"):
        assert kept in answer.text
    assert shots(answer) == [photo]
    with app.app_context():
        assert db.session.query(Photo).count() == 1  # the file was not taken
        assert db.session.get(Photo, photo).alt == ""
    assert posts(app) == []

    fresh = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', answer.text).group(1)
    assert share(as_ada, token=fresh, photo=photo, title="Kept title").status_code == 303


# --- the buttons of a form without JavaScript


def press(browser, **button):
    return share(browser, action="", **button)


@pytest.mark.parametrize(
    ("pressed", "order"),
    [
        (("move-earlier", 1), [1, 0, 2]),
        (("move-later", 1), [0, 2, 1]),
        (("move-earlier", 0), [0, 1, 2]),
        (("move-later", 2), [0, 1, 2]),
        (("remove", 1), [0, 2]),
    ],
)
def test_photographs_are_moved_and_removed(app, as_ada, ada, pressed, order):
    ids, (button, which) = pending(app, ada, 3), pressed
    answer = press(as_ada, photo=ids, title="", content="Kept text", **{button: ids[which], f"alt-{ids[2]}": "Kept"})

    assert answer.status_code == 200
    assert shots(answer) == [ids[place] for place in order]
    assert "Kept text" in answer.text
    assert "Kept" in ALT.findall(answer.text)
    assert posts(app) == []


def test_files_are_uploaded_and_the_form_goes_on(app, as_ada):
    answer = share(as_ada, upload(), upload(b"x", "bad.jpg"), action="add", title="")

    assert answer.status_code == 422
    assert list(refusals(answer)) == ["bad.jpg"]
    assert len(shots(answer)) == 1

    again = share(as_ada, upload(), action="add", title="", photo=shots(answer))
    assert again.status_code == 200
    assert "Not done yet" not in again.text and "aria-invalid" not in again.text
    assert len(shots(again)) == 2
    assert posts(app) == []


def test_a_failed_upload_is_tried_again_from_the_form(app, as_ada, ada):
    with app.app_context():
        photo = make_photo(app, ada, data=LOST_LATER).id
        jobs.prepare(photo)
    failed = press(as_ada, photo=photo, remove="")
    assert "ends early" in unescape(failed.text)
    assert f'name="retry" value="{photo}"' in failed.text

    answer = press(as_ada, photo=photo, retry=photo, content="Kept text")

    assert answer.status_code == 200
    assert "Being prepared" in answer.text
    assert "Kept text" in answer.text
    with app.app_context():
        assert db.session.get(Photo, photo).state == "waiting"


def test_a_form_that_comes_back_from_the_history_with_other_words_loses_nothing(app, as_ada):
    share(as_ada, title="First", content="One", key="one form")
    again = share(as_ada, title="Second", content="Two", key="one form")

    assert again.status_code == 422
    assert "First" in again.text and "Second" in again.text and "Two" in again.text
    fresh = re.search(r'name="key"[^>]*value="([^"]+)"', again.text).group(1)
    assert share(as_ada, title="Second", content="Two", key=fresh).status_code == 303
    assert [post.title for post in posts(app)] == ["First", "Second"]


def test_nothing_is_written_in_a_transaction_that_only_reads(app, ada, as_ada):
    """On SQLite that fails as soon as a worker has written in between."""
    [photo] = pending(app, ada, 1)
    wrong = []

    def watch(connection, cursor, statement, *_):
        if house._reading.get() and not statement.startswith(("BEGIN", "SELECT")):
            wrong.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", watch)
    try:
        answer = share(as_ada, photo=photo, **{f"alt-{photo}": "Two boats"})
    finally:
        event.remove(engine, "before_cursor_execute", watch)

    assert answer.status_code == 303
    assert not wrong


def test_uploads_that_no_post_used_are_offered_again(app, as_ada, ada):
    photo = pending(app, ada, 1)

    offer = as_ada.get("/posts/add/")
    assert "1 photograph that you uploaded before is still here" in offer.text and shots(offer) == []
    assert shots(as_ada.get("/posts/add/?uploads=1")) == photo


def test_uploads_that_no_post_used_can_be_thrown_away_by_their_owner_alone(app, as_ada, ada, as_ben):
    photo = pending(app, ada, 1)

    as_ben.post("/posts/uploads/forget/")
    assert shots(as_ada.get("/posts/add/?uploads=1")) == photo
    assert as_ada.post("/posts/uploads/forget/").status_code == 303
    assert "uploaded before" not in as_ada.get("/posts/add/").text


@pytest.mark.parametrize("published", ["0", "false", "off", ""])
def test_a_post_that_is_not_to_be_published_is_a_draft(app, as_ada, guest, published):
    answer = as_ada.post("/posts/add/", {"title": "Later", "published": published}, page="/posts/add/")

    assert guest.get(answer.location).status_code == 404


def test_a_form_that_does_not_say_is_published(app, as_ada, guest):
    answer = as_ada.post("/posts/add/", {"title": "Now"}, page="/posts/add/")

    assert guest.get(answer.location).status_code == 200
