"""Words that the site does not want are refused where people write, and the sentence names them."""

import os

import pytest

from postways.blocklist import Blocklist
from postways.config import Config, ConfigError
from postways.db import db
from postways.models import Post
from tests.cast import make_post


@pytest.fixture
def listed(tmp_path):
    file = tmp_path / "blocked.txt"
    file.write_text("\ufeffSnark\n\n  boojum   hunt \nßoß\n", "utf-8")
    return file


@pytest.fixture
def blocking(app, listed, monkeypatch):
    """The site has a list."""
    monkeypatch.setitem(app.extensions, "blocklist", Blocklist(str(listed)))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The snark, at last", ["snark"]),
        ("SNARK! ｓｎａｒｋ! sn\u200bark!", ["snark"]),
        ("a Boojum\n hunt for a snark", ["boojum hunt", "snark"]),
        ("#snark and @snark", ["snark"]),
        ("SSOSS", ["ssoss"]),
        ("snarky, the Snarkes, boojum", []),
        ("", []),
    ],
)
def test_whole_words_are_found_however_they_are_written(listed, text, found):
    assert Blocklist(str(listed)).found_in(text) == found


def test_a_list_that_has_changed_is_read_again(listed):
    words = Blocklist(str(listed))
    assert words.found_in("snark or jabberwock") == ["snark"]

    listed.write_text("jabberwock\n")
    os.utime(listed, ns=(1, 1))

    assert words.found_in("snark or jabberwock") == ["jabberwock"]


def test_a_list_that_has_gone_still_holds(listed, caplog):
    words = Blocklist(str(listed))
    assert words.found_in("snark")

    listed.unlink()

    assert words.found_in("snark")
    assert "can't be read" in caplog.text


def test_without_a_list_everything_may_be_said(tmp_path):
    (tmp_path / "empty").touch()

    assert Blocklist("").found_in("snark") == Blocklist(str(tmp_path / "empty")).found_in("snark") == []


@pytest.mark.parametrize("name", ["none.txt", "."])
def test_a_list_that_is_not_there_stops_the_start(tmp_path, name):
    (tmp_path / "development").touch()

    with pytest.raises(ConfigError, match="BLOCKED_WORDS"):
        Config.from_environment({"DATA_DIR": str(tmp_path), "BLOCKED_WORDS": str(tmp_path / name)})


@pytest.mark.parametrize("field", ["title", "content"])
def test_a_post_with_such_a_word_comes_back_filled(app, as_ada, blocking, field):
    answer = as_ada.post("/posts/add/", {"title": "Harbour", "content": "Rain", field: "Hunting a Snark"})

    assert answer.status_code == 422
    assert "does not take these words: snark" in answer.text
    assert "Hunting a Snark" in answer.text
    with app.app_context():
        assert db.session.query(Post).filter_by(title="Harbour").count() == 0


def test_a_post_can_not_be_changed_into_one(app, ada, as_ada, blocking):
    post = make_post(app, ada)

    answer = as_ada.post(f"/posts/{post.id}/edit/", {"title": "Snark"})

    assert (answer.status_code, "these words: snark" in answer.text) == (422, True)
