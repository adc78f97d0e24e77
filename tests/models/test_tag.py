"""Tags: one per folded word, on published posts only."""

from __future__ import annotations

from postways.db import db
from postways.models import Guest, Post, Tag
from tests.cast import make_post
from tests.together import at_once


def tagged(tag):
    return [post.id for post in Post.tagged(tag, Guest(), None).items]


def test_a_tag_is_found_in_any_spelling(app, ada, inside):
    post = make_post(app, ada, title="At the #Straße", content="#日本")

    assert tagged("straße") == tagged("STRASSE") == tagged("Strasse") == tagged("日本") == [post.id]
    assert tagged("other") != [post.id]


def test_the_first_spelling_is_kept_once(app, ada, inside):
    make_post(app, ada, title="#Sea")
    make_post(app, ada, title="#SEA")

    assert [tag.name for tag in db.session.query(Tag).where(Tag.key == "sea")] == ["Sea"]


def test_an_unknown_tag_has_no_posts(ada, inside):
    assert tagged("nowhere") == tagged("") == tagged("\x00") == []


def test_a_draft_carries_none_until_it_is_published(app, ada, inside):
    draft = make_post(app, ada, title="#sea", published=False)
    assert tagged("sea") == []

    Post.find(draft.id, ada).publish(ada)
    assert tagged("sea") == [draft.id]


def test_editing_changes_the_tags(app, ada, inside):
    post = make_post(app, ada, title="#sea #sky")
    Post.find(post.id, ada).edit(
        ada, title="#sky #land", content="", photos=[], licence="all-rights-reserved", credit=""
    )

    assert (tagged("sea"), tagged("sky"), tagged("land")) == ([], [post.id], [post.id])


def test_thirty_tags_count(app, ada, inside):
    post = make_post(app, ada, content=" ".join(f"#t{number}" for number in range(40)))

    assert tagged("t29") == [post.id]
    assert tagged("t30") == []


def test_tags_are_listed_newest_first(app, ada, inside):
    older, newer = make_post(app, ada, title="#sea one"), make_post(app, ada, title="#sea two")

    assert tagged("sea") == [newer.id, older.id]


def test_the_same_new_tag_at_once_is_one_tag(app, ada):
    at_once([lambda: make_post(app, ada, title="#fresh") for _ in range(8)])

    with app.app_context():
        assert db.session.query(Tag).where(Tag.key == "fresh").count() == 1
        assert len(tagged("fresh")) == 8
