"""Who likes a post, and what somebody likes."""

import pytest

from postways.db import db
from postways.models import Block, Mute, Post, User
from tests.cast import make_post, make_user
from tests.posts.test_finding import names, older, titles


class TestWhoLikesIt:
    def test_is_said_to_everybody_the_newest_like_first(self, app, ada, ben, guest, as_ben):
        post = make_post(app, ada, likes=[ben, ada])

        for browser in (guest, as_ben):
            page = browser.get(f"/posts/{post.id}/likes/").text
            assert names(page) == ["ada", "ben"]
            assert "zoe" not in page
        assert f'href="/posts/{post.id}/likes/"' in guest.get(f"/posts/{post.id}/").text

    def test_goes_on_by_key(self, app, ada, guest):
        fans = [make_user(app, f"fan-{number:02}") for number in range(35)]
        post = make_post(app, ada, likes=fans)

        first = guest.get(f"/posts/{post.id}/likes/").text
        second = guest.get(older(first)).text
        part = guest.get(older(first), HX_Request="true").text

        assert names(first) + names(second) == [f"fan-{number:02}" for number in reversed(range(35))]
        assert names(part) == names(second)
        assert "<html" not in part

    def test_is_nobody_yet(self, app, ada, guest):
        assert "Nobody yet." in guest.get(f"/posts/{make_post(app, ada).id}/likes/").text

    @pytest.mark.parametrize("hide", ["suspend", "leave"])
    def test_leaves_out_who_is_hidden(self, app, ada, ben, mod, guest, hide):
        post = make_post(app, ada, likes=[ada, ben])
        with app.app_context():
            ben = User.find(ben.id)
            if hide == "suspend":
                ben.suspend(mod, "Spam.")
            else:
                ben.leave()
            db.session.commit()

        assert names(guest.get(f"/posts/{post.id}/likes/").text) == ["ada"]

    def test_leaves_out_who_may_not_be_seen(self, app, ada, ben, crowd, guest, as_ada, as_ben):
        post = make_post(app, crowd, likes=[ada, ben, crowd])
        with app.app_context():
            Block.begin(User.find(ada.id), User.find(ben.id))
            Mute.begin(User.find(ben.id), User.find(crowd.id))
            db.session.commit()

        assert names(guest.get(f"/posts/{post.id}/likes/").text) == ["zoe", "ben", "ada"]
        assert names(as_ada.get(f"/posts/{post.id}/likes/").text) == ["zoe", "ada"]
        assert names(as_ben.get(f"/posts/{post.id}/likes/").text) == ["ben"]

    def test_is_missing_where_the_post_is(self, app, ada, ben, guest, as_ada, as_ben):
        post = make_post(app, ada, audience="followers")

        assert guest.get(f"/posts/{post.id}/likes/").status_code == 404
        assert as_ben.get(f"/posts/{post.id}/likes/").status_code == 404
        assert as_ada.get(f"/posts/{post.id}/likes/").status_code == 200

    def test_is_missing_with_the_post(self, app, ada, ben, guest, as_ben):
        post = make_post(app, ada, likes=[ben])
        with app.app_context():
            Post.find(post.id, ada).delete(ada)
            db.session.commit()

        assert guest.get(f"/posts/{post.id}/likes/").status_code == 404
        assert as_ben.get(f"/posts/{post.id}/likes/").status_code == 404

    def test_refuses_a_place_that_it_did_not_name(self, app, ada, guest):
        post = make_post(app, ada)

        assert guest.get(f"/posts/{post.id}/likes/?cursor=nonsense").status_code == 400


class TestWhatSomebodyLikes:
    def test_is_shown_to_them_the_newest_like_first(self, app, ada, ben, as_ben, as_ada):
        first, second = make_post(app, ada, title="First"), make_post(app, ada, title="Second")
        make_post(app, ada, title="Another", likes=[ada])
        as_ben.click(f"/posts/{second.id}/like/")
        as_ben.click(f"/posts/{first.id}/like/")

        assert titles(as_ben.get("/likes/").text) == ["First", "Second"]
        assert titles(as_ada.get("/likes/").text) == ["Another"]
        assert 'href="/likes/"' in as_ben.get("/@ben/").text
        assert 'href="/likes/"' not in as_ben.get("/@ada/").text

    def test_leaves_out_what_they_may_not_see_any_more(self, app, ada, ben, mod, as_ben):
        make_post(app, ada, title="Kept", likes=[ben])
        gone = make_post(app, ada, title="Gone", likes=[ben])
        held = make_post(app, ada, title="Held", likes=[ben])
        with app.app_context():
            Post.find(gone.id, ada).delete(ada)
            Post.in_any_state(held.id).unpublish(mod, "No.")
            db.session.commit()

        assert titles(as_ben.get("/likes/").text) == ["Kept"]

    def test_leaves_out_who_blocked_them_but_keeps_who_is_muted(self, app, ada, ben, crowd, as_ben):
        make_post(app, ada, title="Of ada", likes=[ben])
        make_post(app, crowd, title="Of zoe", likes=[ben])
        with app.app_context():
            Block.begin(User.find(ada.id), User.find(ben.id))
            Mute.begin(User.find(ben.id), User.find(crowd.id))
            db.session.commit()

        assert titles(as_ben.get("/likes/").text) == ["Of zoe"]

    def test_goes_on_by_key(self, app, ada, ben, as_ben):
        for number in range(30):
            make_post(app, ada, title=f"{number:02}", likes=[ben])

        first = as_ben.get("/likes/").text
        second = as_ben.get(older(first)).text
        part = as_ben.get(older(first), HX_Request="true").text

        assert titles(first) + titles(second) == [f"{number:02}" for number in reversed(range(30))]
        assert titles(part) == titles(second)

    def test_is_nothing_yet(self, as_ben):
        assert "What you give a heart is kept here." in as_ben.get("/likes/").text

    def test_refuses_a_place_that_it_did_not_name(self, as_ben):
        assert as_ben.get("/likes/?cursor=nonsense").status_code == 400
