"""How many statements a page costs, the person who asks included: the same for one post and for a full page."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, text

from postways.db import db
from postways.models import Follow, Post, feed
from tests.api.client import Client
from tests.cast import make_post, make_user

FULL = 12


@contextmanager
def statements(app) -> Iterator[list[str]]:
    """What is asked of the database meanwhile, without the brackets of transactions."""
    seen: list[str] = []

    def note(connection, cursor, statement, *_):
        if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK")):
            seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture(params=[1, FULL])
def posts(request, app, ada, ben) -> list[Post]:
    """One post of ada's, or as many as a page holds; each with two pictures and a like."""
    return [
        make_post(app, ada, title=f"Number {n} #harbour", pictures=2, likes=[ben], ready=False)
        for n in range(request.param)
    ]


@pytest.mark.parametrize(
    ("path", "most"),
    [("/", 3), ("/popular/", 3), ("/popular/?period=week", 3), ("/tags/harbour/", 3), ("/@ada/", 4)],
)
def test_a_list_costs_a_member_the_same_however_long_it_is(app, posts, as_ben, path, most):
    with statements(app) as seen:
        assert as_ben.get(path).status_code == 200

    assert len(seen) <= most, "\n".join(seen)


@pytest.mark.parametrize("path", ["/", "/popular/", "/tags/harbour/"])
def test_a_visitor_costs_one_statement_less(app, posts, guest, path):
    with statements(app) as seen:
        assert guest.get(path).status_code == 200

    assert len(seen) <= 2, "\n".join(seen)


def test_a_profile_with_drafts_costs_its_owner_four_statements(app, ada, posts, as_ada):
    for n in range(len(posts)):
        make_post(app, ada, title=f"Not yet {n}", pictures=2, published=False, ready=False)

    with statements(app) as seen:
        assert "Not yet 0" in as_ada.get("/@ada/").text

    assert len(seen) <= 4, "\n".join(seen)


def test_a_post_costs_four_statements_with_all_its_photographs_and_comments(app, ada, as_ben):
    post = make_post(app, ada, pictures=10, ready=False)

    with statements(app) as seen:
        assert as_ben.get(f"/posts/{post.id}/").status_code == 200

    assert len(seen) <= 4, "\n".join(seen)


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/explore/", 2),
        ("/search/?q=number", 6),
        ("/search/?q=number&kind=posts", 2),
        ("/search/?q=ada&kind=people", 2),
        ("/search/?q=harbour&kind=tags", 2),
        ("/search/", 1),
        ("/posts/2/likes/", 2),
    ],
)
def test_finding_costs_a_visitor_the_same_however_much_there_is(app, ada, posts, guest, path, most):
    with app.app_context():
        db.session.execute(text("UPDATE photos SET state = 'ready', made = '[320]', width = 3, height = 2"))
        db.session.commit()

    with statements(app) as seen:
        assert guest.get(path).status_code == 200

    assert len(seen) <= most, "\n".join(seen)


def test_what_somebody_likes_costs_three_statements(app, ada, posts, as_ben):
    with statements(app) as seen:
        assert "Number 0" in as_ben.get("/likes/").text

    assert len(seen) <= 3, "\n".join(seen)


@pytest.mark.parametrize(("ranking", "few", "most"), [("time", 0, 4), ("time", 200, 5), ("score", 0, 7)])
def test_a_feed_costs_the_same_however_long_it_is(app, ada, ben, posts, as_ben, ranking, few, most, monkeypatch):
    """By time: who asks, what comes next, who brought it, and its cards. With a short feed each is asked besides."""
    monkeypatch.setattr(feed, "FEW", few)
    with app.app_context():
        Follow.begin(ben, ada)
        for post in posts:
            Post.find(post.id, ada).repost(ada)
        db.session.commit()
    as_ben.post("/feed/", {"ranking": ranking})
    as_ben.get("/feed/")

    with statements(app) as seen:
        assert "Number 0" in as_ben.get("/feed/").text

    assert len(seen) <= most + 2 * (few == 0), "\n".join(seen)


@pytest.mark.parametrize("likes", [0, FULL])
def test_a_like_costs_the_same_however_many_there_are(app, ada, as_ben, likes):
    fans = [make_user(app, f"fan{n}") for n in range(likes)]
    post = make_post(app, ada, pictures=2, likes=fans, ready=False)
    token = as_ben.token()

    with statements(app) as seen:
        answer = as_ben.post(f"/posts/{post.id}/like/", token=token, HX_Request="true")

    assert f">{likes + 1}<" in answer.text
    assert len(seen) <= 11, "\n".join(seen)  # its author is told, too


@pytest.mark.parametrize("path", ["posts/", "posts/?ordering=-likes&author__username=ada", "likes/batch/?ids=1,2,3"])
def test_what_programs_ask_for_most_is_one_statement_beside_who_asks(app, posts, ada, path):
    as_ada = Client.bearer(app, ada)
    for client, most in ((Client(app), 1), (as_ada, 2)):
        client.get(path)  # notes when she was here
        with statements(app) as seen:
            assert client.get(path).status_code == 200

        assert len(seen) == most, "\n".join(seen)


def test_a_statement_that_was_made_once_reads_for_each_reader(app, ada, ben):
    post = make_post(app, ada, likes=[ben])
    people = [Client.bearer(app, person) for person in (ada, ben)]
    for path in ("posts/?ordering=-likes&page_size=1", f"likes/batch/?ids={post.id}"):
        answers = [client.get(path).get_json() for client in [*people, Client(app), *people]]

        liked = [
            answer["results"][0]["stats"].get("has_liked") if "results" in answer else answer[str(post.id)]["liked"]
            for answer in answers
        ]
        assert liked in ([False, True, None, False, True], [False, True, False, False, True])
