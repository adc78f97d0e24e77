"""Blocking and muting through the pages."""

from __future__ import annotations

import pytest

from postways.db import db
from postways.models import Audit, Block, Follow, Mute, User
from tests.cast import make_post

PRIVACY = "/settings/privacy/"


def act(app, name, verb):
    """Let somebody do something."""
    with app.app_context():
        result = verb(User.named(name))
        db.session.commit()
        return result


def test_a_block_shows_as_such_to_who_made_it_and_as_nothing_to_the_other(app, ada, ben, as_ada, as_ben):
    make_post(app, ben, title="Of ben")
    assert as_ada.post("/@ben/block/").location == "/@ben/"

    page = as_ada.get("/@ben/").text
    assert "You blocked ben" in page and "Of ben" not in page and "/@ben/unblock/" in page
    assert "/@ben/follow/" not in page
    assert as_ben.get("/@ada/").status_code == 404
    assert as_ben.post("/@ada/follow/").status_code == 404
    assert as_ada.post("/@ben/follow/").status_code == 422


def test_a_block_can_be_undone_from_the_settings(app, ada, ben, as_ada, as_ben):
    as_ada.post("/@ben/block/")
    assert "/@ben/unblock/" in as_ada.get(PRIVACY).text

    answer = as_ada.post("/@ben/unblock/", Referer=f"http://localhost{PRIVACY}")

    assert answer.location == PRIVACY
    assert "You have blocked nobody." in as_ada.get(PRIVACY).text
    assert as_ben.get("/@ada/").status_code == 200
    with app.app_context():
        kinds = [entry.kind for entry in db.session.query(Audit).filter(Audit.kind.like("%blocked")).order_by(Audit.id)]
    assert kinds == ["blocked", "unblocked"]


def test_a_block_ends_follows_both_ways(app, ada, ben, as_ada):
    act(app, "ada", lambda ada: Follow.begin(ada, User.named("ben")))
    act(app, "ben", lambda ben: Follow.begin(ben, User.named("ada")))

    as_ada.post("/@ben/block/")

    with app.app_context():
        assert db.session.query(Follow).count() == 0
        assert (User.named("ada").followers_count, User.named("ben").followers_count) == (0, 0)


def test_staff_still_sees_who_blocked_them(app, ada, mod, as_ada, as_mod):
    post = make_post(app, ada)
    as_ada.post("/@mod/block/")

    assert as_mod.get("/@ada/").status_code == 200
    assert as_mod.get(f"/posts/{post.id}/").status_code == 200


def test_who_reports_somebody_can_block_in_the_same_step(app, ada, as_ben):
    post = make_post(app, ada)
    answer = as_ben.post(f"/report/?post={post.id}", {"reason": "Spam.", "block": "1"})

    assert answer.location == "/@ada/?notice=reported"
    assert act(app, "ben", lambda ben: Block.exists_between(ben, User.named("ada")))


def test_a_person_is_muted_for_a_time_and_shown_again(app, ada, as_ben):
    make_post(app, ada, title="Of ada")
    assert as_ben.post("/@ada/mute/", {"days": "7"}).location == "/@ada/"

    assert "Of ada" not in as_ben.get("/").text
    assert "Of ada" in as_ben.get("/@ada/").text
    assert "/@ada/unmute/" in as_ben.get("/@ada/").text
    assert "/@ada/unmute/" in as_ben.get(PRIVACY).text

    as_ben.post("/@ada/unmute/")
    assert "Of ada" in as_ben.get("/").text


@pytest.mark.parametrize("days", ["", "-1", "x", "99999999999999999999", "2"])
def test_a_time_that_is_not_offered_is_for_good(app, ada, ben, as_ben, days):
    assert as_ben.post("/@ada/mute/", {"days": days}).status_code == 303
    assert act(app, "ben", lambda ben: Mute.people_of(ben)[0].until) is None


def test_a_word_is_muted_until_a_day_and_shown_again(app, ada, ben, as_ben):
    make_post(app, ada, title="Fog again #weather")
    answer = as_ben.post("/settings/privacy/words/", {"word": "#Weather", "until": "2099-12-31"}, page=PRIVACY)
    assert answer.location == f"{PRIVACY}?notice=saved"

    assert "Fog again" not in as_ben.get("/").text
    page = as_ben.get(PRIVACY).text
    assert "#Weather" in page and "2100-01-01" in page
    mute = act(app, "ben", lambda ben: Mute.words_of(ben)[0])

    as_ben.post(f"/settings/privacy/words/{mute.id}/remove/")
    assert "Fog again" in as_ben.get("/").text


@pytest.mark.parametrize(
    ("word", "until", "sentence"),
    [
        ("", "", "Type a word"),
        ("😀", "", "Type a word"),
        ("x" * 101, "", "the most is 100"),
        ("a\x00", "2001-01-01", "still to come"),
        ("fog", "soon", "Write a day that the calendar has"),
    ],
)
def test_a_refused_word_comes_back_with_a_sentence(as_ben, word, until, sentence):
    answer = as_ben.post("/settings/privacy/words/", {"word": word, "until": until}, page=PRIVACY)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'id="errors"' in answer.text


def test_nobody_undoes_somebody_elses_mute(app, ada, ben, as_ada):
    mute = act(app, "ben", lambda ben: Mute.begin_word(ben, "fog") and Mute.words_of(ben)[0])

    assert as_ada.post(f"/settings/privacy/words/{mute.id}/remove/").status_code == 404
    assert "fog" not in as_ada.get(PRIVACY).text


def test_an_account_goes_private_and_back_and_other_choices_stay(app, ada, ben, as_ada, as_ben):
    as_ada.post(PRIVACY, {"private": ["0", "1"], "shows_camera": "on"})
    as_ben.post("/@ada/follow/")
    assert act(app, "ada", lambda ada: (ada.private, ada.shows_camera)) == (True, True)

    as_ada.post(PRIVACY, {"shows_camera": "on"})
    assert act(app, "ada", lambda ada: ada.private)

    as_ada.post(PRIVACY, {"private": "0", "shows_camera": "on"})
    assert not act(app, "ada", lambda ada: ada.private)
    assert act(app, "ben", lambda ben: Follow.between(ben, User.named("ada")).state) == "accepted"
