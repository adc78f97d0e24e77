"""The list of everybody, for staff alone."""

import re

import pytest

from postways.db import db, now
from postways.models import Audit, Post, User
from tests.cast import make_post, make_user
from tests.house.test_queries import statements

ROW = re.compile(r"<span class=\"muted\">@(\w+)</span>")


def names(text: str) -> list[str]:
    return ROW.findall(text)


def audited(app, kind: str) -> list[Audit]:
    with app.app_context():
        return list(db.session.query(Audit).filter_by(kind=kind))


@pytest.mark.parametrize("path", ["/authors/"])
def test_others_are_sent_home_with_a_warning(app, guest, as_ben, ben, path):
    for browser in (guest, as_ben):
        sent = browser.get(path)
        assert (sent.status_code, sent.location) == (303, "/?notice=staff")
        assert "Access for staff only!" in browser.get(sent.location).text

    assert [(entry.actor_id, entry.details) for entry in audited(app, "staff-refused")] == [
        (ben.id, {"door": "moderation.authors"})
    ]


def test_htmx_is_told_to_go_home(as_ben):
    sent = as_ben.get("/authors/", HX_Request="true")

    assert sent.headers["HX-Redirect"] == "/?notice=staff"


def test_a_page_says_only_what_the_site_has_words_for(guest):
    assert "Free text" not in guest.get("/?notice=Free+text").text


def test_likes_are_counted_both_ways_and_those_of_the_trash_are_not(app, ada, ben, as_mod):
    make_post(app, ada, likes=[ben])
    make_post(app, ada, published=False)
    gone = make_post(app, ada, likes=[ada, ben])
    with app.app_context():
        Post.find(gone.id, ada).delete(ada)
        db.session.commit()

    text = as_mod.get("/authors/?q=ada").text
    numbers = re.findall(r'<td [^>]*class="number">(\d+)</td>', text)

    assert (names(text), numbers) == (["ada"], ["1", "0", "1"])
    assert re.findall(r'<td [^>]*class="number">(\d+)</td>', as_mod.get("/authors/?q=BEN").text) == ["0", "1", "0"]


@pytest.fixture
def two_posts(app, ada, ben) -> None:
    """Ben's, both liked by ada."""
    for _ in range(2):
        make_post(app, ben, likes=[ada])


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("sort=name", "ada"),
        ("sort=name&order=down", "zoe"),
        ("sort=posts&order=down", "ben"),
        ("sort=given&order=down", "ada"),
        ("sort=received&order=down", "ben"),
        ("sort=joined&order=up", "zoe"),
        ("sort=active&order=down", "mod"),
    ],
)
def test_every_column_sorts(two_posts, as_mod, query, first):

    text = as_mod.get(f"/authors/?{query}").text

    assert names(text)[0] == first
    assert text.count("aria-sort") == 1


@pytest.fixture
def known(app, ada, ben) -> None:
    """Ada by another name, and ben suspended."""
    with app.app_context():
        User.find(ada.id).display_name = "Ada Lovelace"
        User.find(ben.id).suspended_at = now()
        db.session.commit()


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("q=BE", ["ben"]),
        ("q=lovelace", ["ada"]),
        ("role=moderator", ["mod"]),
        ("state=suspended", ["ben"]),
        ("q=%25", []),
        ("q=nobody&role=admin", []),
    ],
)
def test_the_list_is_filtered(known, as_mod, query, shown):

    assert names(as_mod.get(f"/authors/?{query}").text) == shown


@pytest.mark.parametrize(
    "query", ["sort=password", "order=sideways", "role=king", "state=asleep", "cursor=x", "cursor=WzEsMV0&sort=name"]
)
def test_what_the_list_does_not_know_is_refused(as_mod, query):
    assert as_mod.get(f"/authors/?{query}").status_code == 400


@pytest.mark.parametrize("sort", ["name", "active", "received"])
def test_pages_show_everybody_once_and_cost_three_statements(app, as_mod, monkeypatch, sort):
    for n in range(7):
        make_user(app, f"person{n}")
    monkeypatch.setattr("postways.models.directory.ROLL_SIZE", 4)

    path, seen = f"/authors/?sort={sort}", []
    while path:
        with statements(app) as asked:
            text = as_mod.get(path).text
        assert len(asked) <= 3, "\n".join(asked)
        seen += names(text)
        found = re.search(r'rel="next" href="([^"]+)"', text)
        path = found and found.group(1).replace("&amp;", "&")

    assert sorted(seen) == sorted(["zoe", "mod", *(f"person{n}" for n in range(7))])


def test_staff_pages_are_kept_nowhere(as_mod):
    assert as_mod.get("/authors/").headers["Cache-Control"] == "no-store"
