"""What is found by which words: the same on both databases."""

import random
import unicodedata
from functools import partial

import pytest
from sqlalchemy import func, select, text

from postways import search
from postways.config import Config, ConfigError
from postways.db import db, now
from postways.models import Guest, Post, Tag, User, departure
from tests.cast import make_post
from tests.together import at_once

SCRIPTS = {
    "Düne im Straßenlicht": ["dune", "DÜNE", "strassen", "Straßenlicht", "strassenlicht im dune"],
    "İstanbul ışığı": ["istanbul", "ISTANBUL", "İstanbul", "isigi", "IŞIĞI"],
    "Łódź i Ærø": ["lodz", "łódź", "aero"],
    "القَاهِرَة في الليل": ["القاهرة", "الليل", "القَاهِرَة"],
    "ירושלים בלילה": ["ירושלים", "בלי"],
    "東京タワーの夜": ["東京", "タワー", "夜", "ワー", "東", "の夜", "東京 夜"],
    "上海的雨天": ["上海", "雨", "雨天"],
    "กรุงเทพมหานคร": ["กรุงเทพ", "นคร"],
    "서울의 가족사진": ["서울", "사진", "가족"],
    "बारिश में दिल्ली": ["बारिश", "दिल्ली"],
    "Αθήνα το βράδυ": ["αθηνα", "ΑΘΉΝΑ", "βραδυ"],
    "Ёлка на Неве": ["елка", "ЁЛКА", "нев"],
    "ﬁne Ｗｉｄｅ ①": ["fine", "wide", "1"],
    "soft\u00adly zero\u200bwidth": ["softly", "zerowidth"],
    "naïve café #new_york": ["naive", "cafe", "new york", "#new_york", "york"],
}
STRANGE = [
    "",
    " ",
    "*",
    '"',
    "'",
    '""',
    "\\",
    "' OR 1=1 --",
    "AND",
    "OR",
    "NOT",
    "NEAR",
    "AND OR NEAR(",
    "a AND",
    "a:b",
    "title:harbour",
    "^harbour",
    "-harbour",
    "harbour*",
    "har*bour",
    "(harbour",
    "harbour)",
    "{harbour}",
    "harbour:*",
    "harbour & !at",
    "harbour <-> six",
    "%",
    "_",
    "a",
    "é",
    "🌊",
    "🏳️‍🌈",
    "\x00",
    "har\x00bour",
    "\ud83d",
    "x\udfff",
    "\u200b",
    "\u0301",
    "\ufeff",
    "\u202e",
    "１",
    "\t\n\r\x0b",
    "x" * 10_000,
    "harbour " * 1_250,
    '"' * 10_000,
    "ﷺ" * 3_000,
    "日" * 10_000,
    "\U0010ffff",
]


def found(question: str) -> list[str]:
    """The titles of the posts that match, newest first."""
    query = Post.seen_by(Guest()).where(search.matching_posts(question), Post.published_at.is_not(None))
    return [post.title for post in db.session.scalars(query.order_by(Post.published_at.desc(), Post.id.desc()))]


@pytest.fixture
def post(inside, ada) -> Post:
    post = Post.share(ada, title="Harbour at six", content="Cold morning, *nobody* up #winter")
    db.session.commit()
    return post


class TestWords:
    @pytest.mark.parametrize("question", ["harbour", "HARBOUR six", "six harb", "h", "winter", "#winter", "nobody up"])
    def test_all_words_must_be_there_and_the_last_may_be_a_beginning(self, post, question):
        assert found(question) == ["Harbour at six"]

    @pytest.mark.parametrize("question", ["harb six", "arbour", "harbour summer", "sixty", "nobody harbourside"])
    def test_nothing_else_is_found(self, post, question):
        assert found(question) == []

    @pytest.mark.parametrize(("title", "question"), [(title, q) for title, qs in SCRIPTS.items() for q in qs])
    def test_in_any_script(self, inside, ada, title, question):
        Post.share(ada, title=title)

        assert found(question) == [title]

    def test_letters_that_are_no_accents_stay_apart(self, inside, ada):
        Post.share(ada, title="कल")
        Post.share(ada, title="かき")

        assert found("कुल") == found("がき") == []

    @pytest.mark.parametrize("question", STRANGE)
    def test_whatever_is_asked_is_answered(self, post, question):
        assert set(found(question)) <= {"Harbour at six", "Something else #other"}
        assert db.session.scalars(search.people.matching(question)).all() is not None

    @pytest.mark.parametrize("strange", [words for words in STRANGE if words.strip()])
    def test_whatever_is_written_is_kept(self, inside, ada, strange):
        content = strange.encode("utf-8", "replace").decode()[:10_000]

        Post.share(ada, title="Strange", content=content)

        assert found("strange") == ["Strange"]

    def test_every_letter_of_unicode_is_a_letter_in_both(self, inside, ada):
        """A parser of a database's own would cut words at letters that it does not know."""
        letters = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code))[0] in "LN"]
        some = random.Random(7).sample(letters, 300)
        Post.share(ada, title="All", content=" ".join(f"x{letter}y" for letter in some))

        assert [letter for letter in some if found(f"x{letter}y") != ["All"]] == []


class TestPosts:
    def test_are_found_by_what_their_photographs_show(self, app, ada):
        with app.app_context():
            first = make_post(app, ada, pictures=1, ready=False)
            second = Post.find(first.id, ada)
            second.photos[0].alt = "A lighthouse"
            second.edit(ada, title="Later", content="", photos=second.photos, licence="CC0-1.0", credit="")
            db.session.commit()

            assert found("lighthouse") == ["Later"]

    def test_are_found_by_new_words_alone_once_they_are_edited(self, post, ada):
        post = Post.find(post.id, ada)
        post.edit(ada, title="Pier", content="Warm", photos=[], licence="CC0-1.0", credit="")

        assert found("harbour") == found("winter") == []
        assert found("pier warm") == ["Pier"]

    def test_are_not_found_while_they_are_drafts(self, inside, ada):
        draft = Post.share(ada, title="Draft", published=False)
        draft.edit(ada, title="Still a draft", content="", photos=[], licence="CC0-1.0", credit="")
        assert found("draft") == []

        draft.publish(ada)
        draft.publish(ada)

        assert found("draft") == ["Still a draft"]

    def test_are_not_found_in_the_trash_but_again_when_they_are_back(self, post, ada):
        post = Post.find(post.id, ada)
        post.delete(ada)
        assert found("harbour") == []

        post.restore(ada)

        assert found("harbour") == ["Harbour at six"]

    def test_are_not_found_while_staff_hold_them(self, post, mod):
        post = Post.in_any_state(post.id)
        post.unpublish(mod, "Look again.")
        assert found("harbour") == []

        post.give_back(mod, "Fine.")

        assert found("harbour") == ["Harbour at six"]

    def test_are_not_found_while_their_author_is_suspended(self, post, ada, mod):
        User.find(ada.id).suspend(mod, "Spam.")
        assert found("harbour") == []

        User.find(ada.id).restore(mod, "Sorry.")

        assert found("harbour") == ["Harbour at six"]

    def test_leave_no_words_behind_when_they_are_purged(self, post, ada):
        Post.find(post.id, ada).purge()
        db.session.flush()

        assert left(search.posts, "harbour") == []

    def test_leave_nothing_of_a_transaction_that_is_given_up(self, post, ada):
        Post.find(post.id, ada).edit(ada, title="Pier", content="", photos=[], licence="CC0-1.0", credit="")
        db.session.rollback()

        assert found("harbour") == ["Harbour at six"]
        assert found("pier") == []

    def test_stand_in_the_order_of_publication(self, inside, ada):
        draft = Post.share(ada, title="Harbour, written first", published=False)
        Post.share(ada, title="Harbour, shared first")
        draft.publish(ada)

        query, place, by = search.posts.ordered(select(Post.title), Post.id, "harbour")

        titles = [row.title for row in db.session.execute(query.order_by(by.desc()))]
        assert titles == ["Harbour, written first", "Harbour, shared first"]

    def test_share_a_moment_without_taking_each_others_place(self, inside, ada):
        first, second = Post.share(ada, title="Harbour"), Post.share(ada, title="Harbour")
        place = search.place_of(now(), first.id)

        search.posts.write([search.Document(one.id, place, "pier") for one in (first, second)])
        search.posts.write([search.Document(first.id, place, "pier again")])
        search.posts.write([search.Document(second.id, place, "pier again")])

        assert len(found("pier again")) == 2

    def test_go_with_other_conditions_and_orders(self, inside, ada, ben):
        for author, title in ((ada, "Harbour B"), (ben, "Harbour C"), (ada, "Harbour A"), (ada, "Pier")):
            Post.share(author, title=title)

        query = Post.seen_by(Guest()).where(search.matching_posts("harbour"), Post.author_id == ada.id)
        some = db.session.scalars(query.order_by(Post.title)).all()

        assert [one.title for one in some] == ["Harbour A", "Harbour B"]
        assert db.session.scalar(select(func.count()).select_from(query.subquery())) == 2


def left(words: search.Words, question: str) -> list[int]:
    """The places that the index itself still names, whether or not there is a row."""
    if db.engine.dialect.name == "sqlite":
        match = text(f"SELECT rowid FROM {words.name}_index WHERE {words.name}_index MATCH :question")
        return list(db.session.scalars(match, {"question": f'"{question}"'}))
    return list(db.session.scalars(words.matching(question)))


def people(question: str) -> list[str]:
    query = select(User.username).where(User.id.in_(search.people.matching(question)))
    return list(db.session.scalars(query.order_by(User.id)))


class TestPeople:
    def test_are_found_by_both_names_and_by_what_they_say_of_themselves(self, inside, ada, ben):
        User.find(ada.id).introduce("Ada Lovelace", "Engines & poems")

        assert people("ada") == people("love") == people("ada engine") == ["ada"]
        assert people("ben") == ["ben"]

    def test_are_found_by_their_new_name_alone(self, inside, ada):
        User.find(ada.id).rename("countess", now())

        assert people("ada") == []
        assert people("count") == ["countess"]

    def test_leave_no_words_behind_when_they_are_erased(self, inside, ada):
        User.find(ada.id).leave()
        while departure.erase_some(ada.id):
            pass

        assert left(search.people, "ada") == []


class TestTags:
    def test_are_found_by_their_words(self, inside, ada):
        Post.share(ada, title="New #Straße_Süd #東京タワー")

        def tags(question: str) -> list[str]:
            return list(db.session.scalars(select(Tag.name).where(Tag.id.in_(search.tags.matching(question)))))

        assert tags("strasse") == tags("sud") == tags("#straße_süd") == ["Straße_Süd"]
        assert tags("タワー") == ["東京タワー"]
        assert tags("west") == []


class TestRebuild:
    def test_puts_right_what_went_wrong(self, app, ada, as_ada):
        with app.app_context():
            Post.share(ada, title="Harbour at six")
            Post.share(ada, title="Draft", published=False)
            db.session.commit()
            for words in search.KINDS:
                db.session.execute(words.rows.delete())
            db.session.commit()
            assert found("harbour") == []

        answer = app.test_cli_runner().invoke(args=["search", "rebuild"])

        assert answer.exit_code == 0, answer.output
        with app.app_context():
            assert found("harbour") == ["Harbour at six"]
            assert found("draft") == []
            assert people("ada") == ["ada"]

    def test_goes_on_from_one_batch_to_the_next(self, app, ada, monkeypatch):
        monkeypatch.setattr(search, "AT_ONCE", 2)
        with app.app_context():
            for number in range(5):
                Post.share(ada, title=f"Harbour {number}")
            db.session.commit()

        app.test_cli_runner().invoke(args=["search", "rebuild"])

        with app.app_context():
            assert len(found("harbour")) == 5


def test_a_python_without_fts5_is_told_what_to_do(monkeypatch, config):
    class Bare:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            """Nothing to close."""

        def execute(self, statement):
            raise search.sqlite3.OperationalError("no such module: fts5")

    monkeypatch.setattr(search.sqlite3, "connect", lambda name: Bare())
    on_sqlite = Config(database_url="sqlite:///x.db", data_dir=config.data_dir)

    with pytest.raises(ConfigError, match="without FTS5"):
        search.init_app(on_sqlite)


def test_many_edits_at_once_leave_one_row_with_the_words_of_the_last(app, ada):
    post = make_post(app, ada, title="Harbour", ready=False)

    def edit(number: int) -> None:
        with app.app_context():
            mine = Post.own(post.id, User.find(ada.id))
            mine.edit(ada, title=f"Pier {number}", content="", photos=[], licence="CC0-1.0", credit="")
            db.session.commit()

    at_once([partial(edit, number) for number in range(20)])

    with app.app_context():
        title = Post.find(post.id, ada).title
        assert [number for number in range(20) if found(f"pier {number} ") == [title]]
        assert len(left(search.posts, "pier")) == 1
        assert left(search.posts, "harbour") == []
