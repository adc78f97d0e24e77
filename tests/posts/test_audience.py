"""What is for followers, or of a private account, is found by nobody else, at any door."""

from __future__ import annotations

import pytest

from postways import media
from postways.db import db
from postways.errors import Missing, Refused
from postways.live.stream import Stream
from postways.models import Block, Follow, Guest, Mute, Post, User
from postways.paging import EPOCH
from tests.cast import TOKEN, Browser, make_post, make_user

LISTS = ("/", "/popular/", "/popular/?period=week", "/tags/harbour/", "/explore/", "/search/?q=behind", "/@ada/")


@pytest.fixture
def fan(app, crowd) -> Browser:
    """Somebody's browser who follows ada."""
    make_user(app, "fan")
    act(app, "fan", lambda fan: Follow.begin(fan, User.named("ada")))
    return Browser(app).log_in("fan")


@pytest.fixture
def post(app, ada) -> Post:
    """Of ada's, for followers."""
    return make_post(app, ada, title="Behind the door #harbour", pictures=1, audience="followers")


def act(app, name, verb):
    """Let somebody do something."""
    with app.app_context():
        result = verb(User.named(name))
        db.session.commit()
        return result


def addresses(post: Post) -> list[str]:
    """Everything that speaks of one post."""
    photo = post.photos[0]
    return [
        f"/posts/{post.id}/",
        f"/posts/{post.id}/photos/1/",
        f"/photos/{photo.id}/",
        f"/media/{photo.key}/square.jpg",
        f"/media/{photo.key}/{photo.widths[0] if photo.widths else 48}.webp",
    ]


def finds(browser: Browser, post: Post) -> bool:
    """Whether this browser finds the post: at every door, or at none."""
    media.forget()
    opened = {path: browser.get(path).status_code for path in addresses(post)}
    listed = {path: f'id="post-{post.id}"' in browser.get(path).text for path in LISTS}
    named = {path: "Behind the door" in browser.get(path).text for path in LISTS}
    assert named == listed
    assert len(set(opened.values())) == 1 and len(set(listed.values())) == 1, (opened, listed)
    assert (opened.popitem()[1] == 200) == (listed.popitem()[1])
    return f'id="post-{post.id}"' in browser.get("/").text


@pytest.mark.parametrize("private", [False, True], ids=["for followers", "private account"])
def test_only_followers_find_it(app, ada, post, fan, guest, as_ada, as_ben, private):
    if private:
        post = make_post(app, ada, title="Behind the door #harbour", pictures=1)
        act(app, "ada", lambda ada: ada.keep_private(True))

    assert finds(fan, post)
    assert finds(as_ada, post)
    assert not finds(guest, post)
    assert not finds(as_ben, post)


def test_staff_opens_it_but_is_not_shown_it_in_lists(post, as_mod):
    assert as_mod.get(f"/posts/{post.id}/").status_code == 200
    assert "Behind the door" not in as_mod.get("/").text


def test_a_request_opens_nothing_until_it_is_accepted(app, ada, post, as_ben, ben):
    act(app, "ada", lambda ada: ada.keep_private(True))
    act(app, "ben", lambda ben: Follow.begin(ben, User.named("ada")))
    assert not finds(as_ben, post)

    act(app, "ada", lambda ada: Follow.requests(ada, None).items[0].accept(ada))
    assert finds(as_ben, post)

    act(app, "ada", lambda ada: Follow.remove(ada, User.named("ben")))
    assert not finds(as_ben, post)


def test_going_private_closes_and_going_public_opens_what_is_for_everybody(app, ada, post, guest):
    public = make_post(app, ada, title="Behind the door, for all #harbour", pictures=1)
    assert guest.get(f"/posts/{public.id}/").status_code == 200

    act(app, "ada", lambda ada: ada.keep_private(True))
    assert not finds(guest, public)

    act(app, "ada", lambda ada: ada.keep_private(False))
    assert guest.get(f"/posts/{public.id}/").status_code == 200
    assert guest.get(f"/posts/{post.id}/").status_code == 404


def test_what_a_private_account_shares_later_is_closed_too(app, ada, guest):
    act(app, "ada", lambda ada: ada.keep_private(True))
    draft = make_post(app, ada, title="Behind the door #harbour", pictures=1, published=False)
    act(app, "ada", lambda ada: Post.find(draft.id, ada).publish(ada))

    assert not finds(guest, draft)


def test_hidden_and_missing_look_the_same(post, as_ben, guest):
    for browser in (as_ben, guest):
        hidden, missing = browser.get(f"/posts/{post.id}/"), browser.get("/posts/999999/")
        assert hidden.status_code == missing.status_code == 404
        words = [TOKEN.sub("", answer.text) for answer in (hidden, missing)]  # tokens tell the second
        assert words[0].replace(f"/posts/{post.id}/", "/posts/999999/") == words[1]


def test_nobody_else_likes_it(app, post, as_ben, fan):
    assert as_ben.post(f"/posts/{post.id}/like/").status_code == 404
    assert fan.post(f"/posts/{post.id}/like/").status_code == 303


def test_the_number_of_posts_is_that_of_those_one_finds(app, ada, post, guest, fan, as_ada):
    make_post(app, ada, title="For all")
    numbers = [stats(browser).split("<b>")[1][:1] for browser in (guest, fan, as_ada)]
    assert numbers == ["1", "2", "2"]

    act(app, "ada", lambda ada: ada.keep_private(True))
    assert "post" not in stats(guest)
    assert "<b>2</b> posts" in stats(fan)


def stats(browser: Browser) -> str:
    return browser.get("/@ada/").text.split('class="stats"')[1].split("</p>")[0]


def test_the_counts_follow_the_audience(app, ada, post):
    def counts() -> tuple[int, int]:
        with app.app_context():
            found = User.named("ada")
            return found.post_count, found.public_post_count

    def edit(audience):
        return lambda ada: (found := Post.own(post.id, ada)).edit(
            ada,
            title=found.title,
            content="",
            photos=found.photos,
            licence=found.licence,
            credit="",
            audience=audience,
        )

    assert counts() == (1, 0)
    act(app, "ada", edit("public"))
    assert counts() == (1, 1)
    act(app, "ada", edit(None))
    assert counts() == (1, 1)
    act(app, "ada", edit("followers"))
    assert counts() == (1, 0)
    act(app, "ada", lambda ada: Post.own(post.id, ada).delete(ada))
    assert counts() == (0, 0)


@pytest.mark.parametrize("audience", ["everybody", "", "\x00"])
def test_an_audience_that_is_not_offered_is_refused(app, ada, audience, inside):
    with pytest.raises(Refused) as refusal:
        Post.share(ada, title="Harbour", audience=audience)

    assert refusal.value.field == "audience"


def test_a_block_hides_each_from_the_other(app, ada, ben, as_ada, as_ben, guest):
    post = make_post(app, ada, title="Behind the door #harbour", pictures=1)
    theirs = make_post(app, ben, title="Of ben")
    act(app, "ada", lambda ada: Block.begin(ada, User.named("ben")))

    assert as_ben.get("/@ada/").status_code == 404
    assert as_ben.get(f"/authors/{ada.id}/").status_code == 404
    assert as_ben.get(f"/report/?person={ada.id}").status_code == 404
    assert as_ben.get(f"/posts/{post.id}/").status_code == 404
    assert as_ada.get(f"/posts/{theirs.id}/").status_code == 404
    assert (
        "Behind the door" not in as_ben.get("/").text + as_ben.get("/popular/").text + as_ben.get("/tags/harbour/").text
    )
    assert "Of ben" not in as_ada.get("/").text
    assert "Behind the door" in guest.get("/").text

    act(app, "ada", lambda ada: Block.end(ada, User.named("ben")))
    assert finds(as_ben, post)


def test_an_old_name_of_a_blocker_leads_nowhere(app, ada, ben, as_ben):
    from postways.db import now

    act(app, "ada", lambda ada: ada.rename("adele", now()))
    assert as_ben.get("/@ada/").status_code == 302

    act(app, "adele", lambda ada: Block.begin(ada, User.named("ben")))
    assert as_ben.get("/@ada/").status_code == 404


def test_who_is_muted_is_left_out_of_lists_and_can_be_visited(app, ada, ben, as_ben):
    post = make_post(app, ada, title="Behind the door #harbour", pictures=1)
    act(app, "ben", lambda ben: Mute.begin(ben, User.named("ada")))

    for path in LISTS[:-1]:
        assert "Behind the door" not in as_ben.get(path).text
    assert "Behind the door" in as_ben.get("/@ada/").text
    assert as_ben.get(f"/posts/{post.id}/").status_code == 200


def test_a_muted_word_leaves_posts_out_of_lists_but_never_ones_own(app, ada, ben, as_ben):
    make_post(app, ada, title="Behind the door #harbour")
    make_post(app, ben, title="My harbour")
    act(app, "ben", lambda ben: Mute.begin_word(ben, "Harbour"))

    text = as_ben.get("/").text
    assert "Behind the door" not in text
    assert "My harbour" in text


def test_what_is_new_is_counted_for_those_who_find_it(app, ada, ben, post, crowd, inside):
    fan = make_user_inside("grace")
    Follow.begin(fan, db.session.get(User, ada.id))
    db.session.flush()

    def new(actor) -> int:
        return Post.count_newer(EPOCH, actor)

    assert (new(Guest()), new(ben), new(fan)) == (1, 1, 2)
    Mute.begin(fan, crowd)
    assert new(fan) == 1
    assert Post.readers_among(post.id, [ben.id, fan.id, ada.id, crowd.id]) == (False, {fan.id, ada.id})
    assert Post.readers_among(999_999, [ben.id]) == (False, set())


def make_user_inside(name: str) -> User:
    return User.sign_up(name, f"{name}@example.org", "x")


def test_a_stream_is_asked_for_only_what_its_reader_sees(app, ada, ben, post, inside):
    assert Post.authors_of([post.id], ben) == {}
    assert Post.authors_of([post.id], ada) == {post.id: ada.id}
    with pytest.raises(Missing):
        Post.find(post.id, ben)
    assert Stream(None, Post.authors_of([post.id], Guest()), home=False).posts == {}


def test_the_audience_is_chosen_in_the_form(app, ada, as_ada, guest):
    as_ada.post("/posts/add/", {"title": "Behind the door", "audience": "followers"}, page="/posts/add/")
    assert "Behind the door" not in guest.get("/").text
    post = act(app, "ada", lambda ada: Post.newest(ada, None).items[0])
    assert "for followers" in as_ada.get(f"/posts/{post.id}/").text

    edit = f"/posts/{post.id}/edit/"
    assert '<option value="followers" selected>' in as_ada.get(edit).text
    as_ada.post(edit, {"title": "Behind the door"}, page=edit)  # a form that does not speak of it
    assert "Behind the door" not in guest.get("/").text
    as_ada.post(edit, {"title": "Behind the door", "audience": "public"}, page=edit)
    assert "Behind the door" in guest.get("/").text


def test_a_private_account_begins_with_its_followers(app, ada, as_ada):
    assert '<option value="public" selected>' in as_ada.get("/posts/add/").text
    act(app, "ada", lambda ada: ada.keep_private(True))
    assert '<option value="followers" selected>' in as_ada.get("/posts/add/").text


@pytest.mark.parametrize("audience", ["everybody", "", "😀"])
def test_the_form_refuses_what_is_not_offered(as_ada, audience):
    answer = as_ada.post("/posts/add/", {"title": "Mine", "audience": audience}, page="/posts/add/")

    assert answer.status_code == 422
    assert "Not a valid choice" in answer.text
