"""The frame of a visitor's list is kept; what it is filled with is always that of the moment."""

import re

from tests.cast import Browser, make_post

OLDER = re.compile(r'rel="next" href="([^"]+)"')
LIVE = re.compile(r'hx-sse:connect="([^"]+)"')


def test_a_kept_frame_is_filled_anew(app, ada, guest):
    for n in range(13):
        make_post(app, ada, title=f"Post {n}")
    before = guest.get("/").text
    newest = make_post(app, ada, title="Just now")
    after = guest.get("/").text

    assert "Just now" in after and "Just now" not in before
    assert LIVE.search(after).group(1).startswith(f"/live/?posts={newest.id},")
    assert OLDER.search(after).group(1) != OLDER.search(before).group(1)


def test_each_list_and_each_choice_of_looks_has_a_frame_of_its_own(app, ada, guest):
    make_post(app, ada, title="Boats #harbour #sea")
    guest.get("/")
    dark = Browser(app)
    dark.post("/theme/", {"theme": "dark", "shortcuts": "on"})

    assert 'data-theme="dark"' in dark.get("/").text
    assert 'data-theme="dark"' not in guest.get("/").text
    assert "#sea · Postways" in guest.get("/tags/sea/").text
    assert "#harbour · Postways" in guest.get("/tags/harbour/").text
    assert guest.get("/popular/?period=week").text != guest.get("/popular/").text


def test_a_member_is_never_shown_the_frame_of_visitors(app, guest, as_ben):
    guest.get("/")

    assert "Log out" in as_ben.get("/").text
    assert "Log out" not in guest.get("/").text


def test_an_empty_list_and_a_full_one_differ(app, guest):
    assert "Nothing carries this tag" in guest.get("/tags/none/").text


def test_a_notice_shows_once_where_it_belongs(app, guest):
    assert "Access for staff only!" in guest.get("/?notice=staff").text
    assert "Access for staff only!" not in guest.get("/").text
