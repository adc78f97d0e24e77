"""The demo: a dozen people with real photographs on an empty site, all of it or nothing; and bulk for measuring."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click import ClickException
from flask import Flask
from redis import Redis
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from postways import demo
from postways.db import db, now
from postways.demo import bulk
from postways.demo.bulk import _count_posts as count_posts
from postways.demo.content import PEOPLE, POSTS, TALK, credits_by_file
from postways.demo.photographs import prepared
from postways.errors import Missing
from postways.inventory import check_media
from postways.models import (
    Comment,
    CommentLike,
    Conversation,
    Feed,
    Follow,
    Guest,
    Like,
    Photo,
    Post,
    PostTag,
    Repost,
    Save,
    Suggestion,
    User,
)
from postways.models.listed import PAGE_SIZE
from tests.cast import Browser, make_user
from tests.emptied import emptied_after


@pytest.fixture(scope="module")
def derived() -> dict[str, Any]:
    """What is served of the demo's photographs, made once: it takes seconds."""
    return prepared(credits_by_file())


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, derived: dict[str, Any]) -> None:
    """The photographs are prepared already, and fewer of the bulk get files."""
    use_prepared(monkeypatch, derived)
    monkeypatch.setattr(bulk, "SHOWN", 3)


def use_prepared(patch: pytest.MonkeyPatch, derived: dict[str, Any]) -> None:
    for module in (demo, bulk):
        patch.setattr(module, "prepared", lambda files: {file: derived[file] for file in files})


@pytest.fixture(autouse=True)
def password_file(app: Flask) -> Iterator[Path]:
    """Where the password is kept; not there yet."""
    path = path_of_password(app)
    path.unlink(missing_ok=True)
    yield path
    path.unlink(missing_ok=True)


def path_of_password(app: Flask) -> Path:
    path: Path = app.extensions["config"].data_dir / "demo_password"
    return path


def count(noun: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(noun)) or 0


def stored(app: Flask) -> list[str]:
    return sorted(app.extensions["storage"].keys())


def published() -> list[Post]:
    """Every post of which visitors know, newest first."""
    query = Post.known_by(Guest()).where(Post.published_at.is_not(None)).options(selectinload(Post.photos))
    return list(db.session.scalars(query.order_by(Post.published_at.desc())))


def assert_everything_is_right() -> None:
    """Counts are the truth, every file has its row and every row its files."""
    assert Post.with_wrong_count() == {}
    assert Comment.miscounted_posts() == {} and Comment.with_wrong_counts() == {}
    assert Follow.with_wrong_count() == {}
    assert db.session.scalars(select(User.id).where(User.post_count != User.public_post_count)).all() == []
    posts = select(func.count()).where(Post.author_id == User.id, Post.published_at.is_not(None)).scalar_subquery()
    assert db.session.scalars(select(User.username).where(User.post_count != posts)).all() == []
    assert check_media(repair=False) == {"orphans": [], "lost": [], "bare": []}
    assert count(Photo) == Photo.in_states().get("ready", 0)


class TestSeed:
    def test_fills_an_empty_site_so_that_its_first_page_has_pictures(self, app, guest):
        answer = app.test_cli_runner().invoke(args=["demo"])

        assert (answer.exit_code, answer.output) == (0, "12 demo people are here, with 18 posts and 23 photographs.\n")
        home = guest.get("/")
        newest = next(entry for entry in reversed(POSTS) if entry.published)
        assert newest.title in home.text
        with app.app_context():
            keys = db.session.scalars(select(Photo.key).where(Photo.avatar.is_(False))).all()
        shown = [key for key in keys if f"/media/{key}/" in home.text]
        assert len(shown) >= 12
        assert {guest.get(f"/media/{key}/640.webp").status_code for key in shown} == {200}

    def test_uses_the_password_that_is_kept_already(self, app, password_file):
        password_file.write_text("kelp-otter-harbour\n")

        with app.app_context():
            demo.seed()

        assert password_file.read_text() == "kelp-otter-harbour\n"
        Browser(app).log_in("ada", "kelp-otter-harbour")

    def test_twice_is_once(self, inside, app, password_file, capsys):
        demo.seed()
        before = (count(User), count(Post), count(Like), stored(app), password_file.read_text())

        demo.seed()

        assert (count(User), count(Post), count(Like), stored(app), password_file.read_text()) == before
        assert capsys.readouterr().out.endswith(f"{demo.NOT_EMPTY}\n")

    def test_leaves_a_site_with_somebody_in_it_alone(self, inside, app, password_file, capsys):
        make_user(app, "eva")

        demo.seed()

        assert (count(User), count(Post), stored(app)) == (1, 0, [])
        assert not password_file.exists()
        assert capsys.readouterr().out == f"{demo.NOT_EMPTY}\n"

    def test_does_without_redis(self, inside, app, monkeypatch):
        monkeypatch.setattr(app.extensions["outbox"], "redis", Redis.from_url("unix:///nowhere/valkey.sock"))

        demo.seed()

        assert_everything_is_right()


class TestContent:
    """What stands on a site with the demo; seeded once for all that only look."""

    @pytest.fixture(scope="class")
    @classmethod
    def app(cls, made_app: Flask, derived: dict[str, Any]) -> Iterator[Flask]:
        with emptied_after(made_app), pytest.MonkeyPatch.context() as patch:
            use_prepared(patch, derived)
            path_of_password(made_app).unlink(missing_ok=True)
            with made_app.app_context():
                demo.seed()
            yield made_app
        path_of_password(made_app).unlink()

    @pytest.fixture(autouse=True)
    def password_file(self, app: Flask) -> Path:
        return path_of_password(app)

    def test_leaves_every_count_and_file_right(self, inside):
        assert_everything_is_right()

    def test_everybody_has_a_picture_of_their_own(self, app, guest):
        with app.app_context():
            people = {person.username: person.avatar_key for person in db.session.scalars(select(User))}

        assert len(set(people.values())) == len(PEOPLE) and all(people.values())
        assert f"/media/{people['ada']}/square.jpg" in guest.get("/@ada/").text
        assert {guest.get(f"/media/{key}/square.jpg").status_code for key in people.values()} == {200}

    def test_people_write_to_each_other_and_ada_has_something_to_read(self, inside):
        ada = User.named("ada")
        sides = Conversation.listed(ada, None).items
        assert [side.other.username for side in sides] == ["ben", "mod", "zofia"]
        assert [side.unread_count for side in sides] == [2, 0, 0] and not Conversation.with_wrong_counts()
        letters = [copy.message for copy in sides[0].page().items]
        assert letters == sorted(letters, key=lambda letter: letter.created_at, reverse=True)
        assert all(letter.read_at is None or letter.created_at < letter.read_at < now() for letter in letters)
        assert all(ada.joined_at < letter.created_at < now() - timedelta(hours=1) for letter in letters)

    def test_people_follow_each_other(self, inside):
        people = db.session.scalars(select(User)).all()
        assert min(person.following_count for person in people) >= 3
        assert min(person.followers_count for person in people) >= 1
        assert not any(person.following_count == len(people) - 1 for person in people[1:])

    def test_people_talk_under_what_others_share(self, inside):
        assert count(Comment) >= 40
        assert db.session.scalar(select(func.count()).where(CommentLike.id.is_not(None))) >= 40
        assert db.session.query(Comment).filter(Comment.parent_id.is_not(None)).count() >= 5
        titles = set(db.session.scalars(select(Post.title)))
        assert set(TALK) <= titles

    def test_has_reposts_saves_views_and_people_to_meet(self, inside):
        ada, posts = User.named("ada"), published()
        assert Post.with_wrong_repost_count() == Post.with_wrong_save_count() == {}
        assert sum(post.repost_count for post in posts) >= 15 and count(Save) >= 20
        assert all(post.view_count >= post.like_count for post in posts)
        assert {entry.people[0].id for entry in Feed.page(ada, "time", None).items if entry.people}
        assert {suggestion.kind for suggestion in Suggestion.of(ada)} & {"friends"}
        early = select(Repost.id).join(Post, Post.id == Repost.post_id).where(Repost.created_at <= Post.published_at)
        assert not db.session.scalar(early)

    def test_lets_people_in_with_the_password_of_this_site(self, app, password_file):
        with app.app_context():
            password = password_file.read_text().strip()
        Browser(app).log_in("ada", password)
        Browser(app).log_in("mod", password)
        assert stat.S_IMODE(password_file.stat().st_mode) == 0o600
        assert len(password) >= 12

    def test_makes_demo_people_of_whom_one_moderates(self, inside):
        people = db.session.scalars(select(User)).all()
        assert {(person.username, person.display_name, person.bio) for person in people} == {
            (person.username, person.name, person.bio) for person in PEOPLE
        }
        assert all(person.demo for person in people)
        assert [person.username for person in people if person.role != "member"] == ["mod"]

    def test_names_the_photographer_and_the_licence_of_every_photograph(self, inside):
        alts = {credit.alt: credit for credit in credits_by_file().values()}
        pictured = [post for post in published() if post.photos]
        assert len(pictured) == 16
        for post in pictured:
            for photo in post.photos:
                assert (post.credit, post.licence) == (alts[photo.alt].author, alts[photo.alt].licence)
        assert {photo.alt for post in pictured for photo in post.photos} == set(alts)
        assert sorted(len(post.photos) for post in pictured if len(post.photos) > 1) == [2, 2, 2, 4]

    def test_shows_no_photograph_twice_on_the_first_page(self, inside):
        pictures = [photo.alt for post in published()[:PAGE_SIZE] for photo in post.photos]
        assert len(pictures) == len(set(pictures)) > PAGE_SIZE

    def test_has_a_different_favourite_for_each_period(self, inside):
        lists = {period: Post.popular(Guest(), period, None).items for period in ("all", "month", "week")}
        favourites = {period: [post.like_count for post in posts[:3]] for period, posts in lists.items()}
        assert favourites == {"all": [11, 10, 9], "month": [10, 9, 8], "week": [8, 7, 6]}
        assert len({posts[0].id for posts in lists.values()}) == 3

    def test_has_posts_that_ada_likes_and_others(self, inside):
        ada = User.named("ada")
        liked = {post.liked for post in Post.newest(ada, None).items}
        assert liked == {True, False}
        own = select(Like.id).join(Post, Post.id == Like.post_id).where(Like.user_id == Post.author_id)
        assert not db.session.scalar(own)

    def test_lies_in_the_past(self, inside):
        for post in published():
            assert User.find(post.author_id).joined_at < post.created_at == post.published_at < now()
        earlier = select(Like.id).join(Post, Post.id == Like.post_id).where(Like.created_at <= Post.published_at)
        assert not db.session.scalar(earlier)
        assert db.session.scalar(select(func.max(Like.created_at))) < now()
        dates = select(PostTag.post_id).join(Post, Post.id == PostTag.post_id)
        assert not db.session.scalar(dates.where(PostTag.published_at != Post.published_at))

    def test_keeps_one_draft_to_ada(self, inside):
        drafts = Post.of_profile(User.named("ada"), User.named("ada"), None)[1]
        assert [post.title for post in drafts] == ["Evening meadow"]
        with pytest.raises(Missing):
            Post.find(drafts[0].id, User.named("ben"))

    def test_links_tags_that_lead_somewhere_and_people_who_are_here(self, app, guest):
        with app.app_context():
            post_id = next(post.id for post in published() if "@tane" in post.content)

        page = guest.get(f"/posts/{post_id}/").text
        assert 'href="/@tane/"' in page
        assert guest.get("/@tane/").status_code == 200
        assert guest.get("/tags/mountains/").text.count("<article") == 3


class TestInterrupted:
    """Ctrl-C anywhere leaves an empty site on which the command runs again, or a whole one."""

    def stop(self, *args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    def assert_empty_and_willing(self, app: Flask) -> None:
        assert (count(User), count(Photo), stored(app)) == (0, 0, [])
        demo.seed()
        assert count(User) == 12
        assert_everything_is_right()

    def test_while_files_are_stored(self, inside, app, monkeypatch):
        storage = app.extensions["storage"]
        put, calls = storage.put, []

        def put_some(key: str, data: Any, mime: str) -> int:
            calls.append(key)
            if len(calls) > 40:
                raise KeyboardInterrupt
            return put(key, data, mime)

        with monkeypatch.context() as patch:
            patch.setattr(storage, "put", put_some)
            with pytest.raises(KeyboardInterrupt):
                demo.seed()

        self.assert_empty_and_willing(app)

    @pytest.mark.parametrize("verb", ["User.sign_up", "Photo.derived", "Post.publish", "Post.like"])
    def test_while_rows_are_written(self, inside, app, monkeypatch, verb):
        with monkeypatch.context() as patch:
            patch.setattr(f"postways.models.{verb}", self.stop)
            with pytest.raises(KeyboardInterrupt):
                demo.seed()

        self.assert_empty_and_willing(app)

    def test_when_the_rows_have_just_been_committed(self, inside, app, monkeypatch):
        with monkeypatch.context() as patch:
            patch.setattr(app.extensions["outbox"], "send", self.stop)
            with pytest.raises(KeyboardInterrupt):
                demo.seed()

        db.session.rollback()
        assert count(User) == 12
        assert_everything_is_right()

    def test_when_somebody_signs_up_meanwhile(self, inside, app, monkeypatch, capsys):
        prepare = demo.prepared

        def prepared_slowly(files: list[str]) -> dict[str, Any]:
            make_user(app, "eva")
            return prepare(files)

        monkeypatch.setattr(demo, "prepared", prepared_slowly)
        demo.seed()

        assert (count(User), count(Post), stored(app)) == (1, 0, [])
        assert capsys.readouterr().out == f"{demo.NOT_EMPTY}\n"


class TestScale:
    def test_adds_what_was_asked_for(self, app, crowd, guest):
        answer = app.test_cli_runner().invoke(args=["demo", "--scale", "5,40,60"])

        assert (answer.exit_code, answer.output) == (0, "5 people, 40 posts and 60 likes were added.\n")
        with app.app_context():
            assert (count(User), count(Post), count(Like)) == (1 + 5, 1 + 40, 1 + 60)
        assert guest.get("/").status_code == guest.get("/popular/").status_code == 200
        assert guest.get("/@scale-000001/").status_code == 200

    def test_people_talk_repost_and_save_too(self, inside):
        bulk.scale(30, 6, 150)

        assert count(Comment) > db.session.query(Comment).filter(Comment.parent_id.is_(None)).count() > 0
        assert min(count(CommentLike), count(Repost), count(Save)) > 0
        assert Post.with_wrong_repost_count() == Post.with_wrong_save_count() == {}
        assert Comment.miscounted_posts() == {} and Comment.with_wrong_counts() == {}

    def test_keeps_the_rules_of_the_site(self, inside):
        bulk.scale(7, 60, 150)

        assert Post.with_wrong_count() == {}
        posts = published()
        assert {len(post.photos) for post in posts} > {1, 2}
        assert sum(person.post_count for person in db.session.scalars(select(User))) == 60
        for post in posts:
            assert now() - timedelta(days=731) < post.published_at < now()
            assert sorted(db.session.scalars(select(PostTag.tag_id).where(PostTag.post_id == post.id))) == sorted(
                bulk._tag_ids()[tag] for tag in post.tags
            )
            assert {(post.credit, post.licence)} >= {(c.author, c.licence) for c in credits_of(post)}

    def test_has_files_for_the_newest_posts_and_placeholders_for_all(self, inside, app):
        bulk.scale(5, 40, 0)

        files = set(stored(app))
        photos = [photo for post in published()[:3] for photo in post.photos]
        assert photos
        assert all({photo.original, *(photo.folder + name for name in photo.names)} <= files for photo in photos)
        everything = db.session.scalars(select(Photo)).all()
        assert len({photo.key for photo in everything}) == len(everything) > len(photos)
        assert all(photo.ready and photo.placeholder.startswith("data:image/webp") for photo in everything)

    def test_again_adds_more_beside_the_demo(self, inside):
        demo.seed()
        bulk.scale(3, 5, 15)
        bulk.scale(2, 4, 8)

        names = db.session.scalars(select(User.username).where(User.username.startswith("scale-"))).all()
        assert sorted(names) == [f"scale-00000{n}" for n in range(1, 6)]
        assert count(Post) == len(POSTS) + 9
        assert Post.with_wrong_count() == {}

    def test_without_people_those_of_before_write_more(self, inside):
        bulk.scale(4, 6, 6)
        bulk.scale(0, 9, 12)

        assert (count(User), count(Post), count(Like)) == (4, 15, 18)
        assert Post.with_wrong_count() == {}

    def test_can_let_everybody_like_everything(self, inside):
        bulk.scale(6, 9, 54)

        assert {post.like_count for post in published()} == {6}

    def test_writes_in_several_transactions(self, inside, monkeypatch):
        monkeypatch.setattr(bulk, "POSTS_AT_ONCE", 7)
        bulk.scale(3, 25, 30)

        assert (count(Post), count(Like)) == (25, 30)
        assert Post.with_wrong_count() == {}

    def test_adds_people_alone(self, inside):
        bulk.scale(4, 0, 0)

        assert (count(User), count(Post)) == (4, 0)

    @pytest.mark.parametrize("numbers", [(0, 5, 0), (2, 3, 7), (-1, 0, 0), (2, 0, 1)])
    def test_refuses_what_cannot_be(self, inside, numbers):
        with pytest.raises(ClickException):
            bulk.scale(*numbers)

        assert count(User) == 0

    def stop_at_the_newest(self, author_ids: Iterable[int]) -> None:
        authors = list(author_ids)
        if len(authors) == 3:
            raise KeyboardInterrupt
        count_posts(authors)

    def test_leaves_whole_transactions_when_it_is_stopped(self, inside, app, monkeypatch):
        with monkeypatch.context() as patch:
            patch.setattr(bulk, "_count_posts", self.stop_at_the_newest)
            with pytest.raises(KeyboardInterrupt):
                bulk.scale(3, 25, 0)

        assert (count(Post), stored(app)) == (22, [])
        assert db.session.scalar(select(func.sum(User.post_count))) == 22


def credits_of(post: Post) -> list[Any]:
    by_alt = {credit.alt: credit for credit in credits_by_file().values()}
    return [by_alt[photo.alt] for photo in post.photos]
