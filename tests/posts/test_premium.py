"""What is for premium members opens for them, its author and staff; others learn title, author and a blur."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from postways import media
from postways.db import db, now
from postways.exports import contents
from postways.models import Block, Comment, Follow, Mute, Notification, Post, User
from tests.cast import Browser, make_comment, make_post, make_user

SECRET = "moonlit"
LISTS = ("/", "/@ada/")
BY_CONTENT = (
    "/popular/",
    "/popular/?period=week",
    "/tags/cellar/",
    "/explore/",
    "/search/?q=stairs",
    "/search/?q=Behind",
    "/search/?q=cellar",
)
UNSAFE = ("like", "save", "repost", "comments")


def act(app, name, verb):
    """Let somebody do something."""
    with app.app_context():
        result = verb(User.named(name))
        db.session.commit()
        return result


def make_premium(app, name, days=30):
    """Let a membership run."""

    def begin(person):
        person.premium_until = now() + timedelta(days=days)

    act(app, name, begin)


@pytest.fixture
def post(app, ada) -> Post:
    """Of ada's, for premium members, with everything that must not be told."""
    made = make_post(
        app, ada, title="Behind the door", content=f"The {SECRET} stairs of the #cellar", pictures=2, audience="premium"
    )

    def describe(ada):
        found = Post.find(made.id, ada)
        for photo in found.photos:
            photo.alt = f"A {SECRET} wall"
        found.credit = f"{SECRET} club"

    act(app, "ada", describe)
    make_comment(app, made, ada, f"So {SECRET}.")
    return act(app, "ada", lambda ada: Post.find(made.id, ada))


@pytest.fixture
def patron(app, crowd) -> Browser:
    """The browser of somebody whose membership runs."""
    make_user(app, "patron")
    make_premium(app, "patron")
    return Browser(app).log_in("patron")


def files(post: Post) -> list[str]:
    """Everything that is served of its pictures."""
    return [
        path
        for photo in post.photos
        for path in (
            f"/photos/{photo.id}/",
            f"/media/{photo.key}/square.jpg",
            f"/media/{photo.key}/{photo.widths[0]}.webp",
            f"/media/{photo.key}/{photo.widths[0]}.jpg",
        )
    ]


def tells_nothing(text: str, post: Post) -> bool:
    """Whether neither its words nor its files are named."""
    return SECRET not in text and "cellar" not in text and not any(photo.key in text for photo in post.photos)


def sees_it_locked(browser: Browser, post: Post) -> None:
    media.forget()
    answer = browser.get(f"/posts/{post.id}/")
    assert answer.status_code == 200
    assert "Behind the door" in answer.text and "/@ada/" in answer.text and "/membership/" in answer.text
    assert post.photos[0].placeholder in answer.text
    assert tells_nothing(answer.text, post)
    for path in (f"/posts/{post.id}/photos/1/", f"/posts/{post.id}/likes/", f"/posts/{post.id}/reposts/"):
        answer = browser.get(path)
        assert answer.status_code == 403 and "/membership/" in answer.text and tells_nothing(answer.text, post), path
    for path in files(post):
        assert browser.get(path).status_code == 404, path
    for path in LISTS:
        text = browser.get(path).text
        assert f'id="post-{post.id}"' in text and "Behind the door" in text, path
        assert tells_nothing(text, post), path
        assert f"posts={post.id}" not in text, path  # of which no stream tells
    for path in BY_CONTENT:
        text = browser.get(path).text
        assert f'id="post-{post.id}"' not in text and not any(photo.key in text for photo in post.photos), path


def opens(browser: Browser, post: Post) -> None:
    media.forget()
    answer = browser.get(f"/posts/{post.id}/")
    assert answer.status_code == 200 and SECRET in answer.text and post.photos[0].key in answer.text
    assert browser.get(f"/posts/{post.id}/photos/2/").status_code == 200
    for path in files(post):
        assert browser.get(path).status_code == 200, path
    for path in (*LISTS, *BY_CONTENT):
        text = browser.get(path).text
        assert f'id="post-{post.id}"' in text, path
        assert "This post is for premium members" not in text, path


def test_who_is_no_premium_member_learns_title_author_and_blur_at_every_page(post, guest, as_ben):
    for browser in (guest, as_ben):
        sees_it_locked(browser, post)


def test_premium_members_its_author_and_staff_open_it_everywhere(post, patron, as_ada, as_mod):
    for browser in (patron, as_ada, as_mod):
        opens(browser, post)
    assert "no-store" in patron.get(f"/media/{post.photos[0].key}/square.jpg").headers["Cache-Control"]


def test_its_content_warning_is_not_told_either(app, post, guest):
    def warn(ada):
        Post.find(post.id, ada).warning = f"{SECRET} spiders"

    act(app, "ada", warn)
    sees_it_locked(guest, post)


def test_rendered_cards_are_not_mixed_up_between_the_two(post, guest, as_ben, patron):
    for _ in range(2):
        assert SECRET in patron.get("/").text
        assert SECRET not in guest.get("/").text
        assert SECRET not in as_ben.get("/").text


def test_a_follower_has_it_locked_in_the_feed(app, post, ben, as_ben, patron):
    for name, browser, shown in (("ben", as_ben, False), ("patron", patron, True)):
        act(app, name, lambda one: Follow.begin(one, User.named("ada")))
        for order in ("time", "score"):
            browser.post("/feed/", {"ranking": order}, page="/feed/")
            text = browser.get("/feed/").text
            assert "Behind the door" in text
            assert (SECRET in text) == shown and tells_nothing(text, post) == (not shown)


def test_of_a_private_account_only_followers_know_of_it(app, post, guest, as_ben, patron):
    act(app, "ada", lambda ada: ada.keep_private(True))
    for browser in (guest, as_ben, patron):
        assert browser.get(f"/posts/{post.id}/").status_code == 404
        assert "Behind the door" not in browser.get("/").text

    for name in ("ben", "patron"):
        act(app, name, lambda one: Follow.begin(one, User.named("ada")))
        act(app, "ada", lambda ada: Follow.requests(ada, None).items[0].accept(ada))
    sees_it_locked(as_ben, post)
    opens(patron, post)


def test_a_block_hides_even_the_title(app, post, as_ben):
    act(app, "ada", lambda ada: Block.begin(ada, User.named("ben")))
    assert as_ben.get(f"/posts/{post.id}/").status_code == 404
    assert "Behind the door" not in as_ben.get("/").text


@pytest.mark.parametrize("verb", UNSAFE)
def test_nothing_can_be_done_to_it(app, post, as_ben, guest, verb):
    path = f"/posts/{post.id}/{verb}/"
    answer = as_ben.post(path, {"body": "Let me in"})
    assert answer.status_code == 403 and "Only premium members" in answer.text
    assert as_ben.click(path, body="Let me in").status_code == 403
    assert guest.post(path).status_code == 303
    with app.app_context():
        assert Post.counts([post.id])[post.id] == (0, 1, 0)


@pytest.mark.parametrize("state", ["draft", "withdrawn", "deleted", "held"])
def test_what_is_not_published_is_not_known_of(app, ada, as_ben, as_mod, patron, state):
    post = make_post(app, ada, title="Behind the door", audience="premium", published=state != "draft")
    if state == "withdrawn":
        act(app, "ada", lambda ada: Post.own(post.id, ada).withdraw(ada))
    elif state == "deleted":
        act(app, "ada", lambda ada: Post.own(post.id, ada).delete(ada))
    elif state == "held":
        act(app, "mod", lambda mod: Post.in_any_state(post.id, acting=True).unpublish(mod, "Not here."))
    for browser in (as_ben, patron):
        assert browser.get(f"/posts/{post.id}/").status_code == 404
        assert "Behind the door" not in browser.get("/").text + browser.get("/@ada/").text


def test_when_the_membership_ends_what_was_kept_is_locked_and_comes_back(app, post, patron):
    for verb in ("like", "save"):
        patron.post(f"/posts/{post.id}/{verb}/")
    lists = ("/saved/", "/likes/")
    for path in lists:
        assert post.photos[0].key in patron.get(path).text

    make_premium(app, "patron", days=-1)
    sees_it_locked(patron, post)
    for path in lists:
        text = patron.get(path).text
        assert f'id="post-{post.id}"' in text and tells_nothing(text, post)

    make_premium(app, "patron")
    opens(patron, post)
    assert post.photos[0].key in patron.get("/saved/").text


def test_what_one_did_can_be_taken_back_when_the_membership_is_over(app, post, patron):
    for verb in ("like", "save"):
        patron.post(f"/posts/{post.id}/{verb}/")
    said = make_comment(app, post, act(app, "patron", lambda one: one), "Lovely.").id
    make_premium(app, "patron", days=-1)

    for verb in ("unlike", "unsave", "unrepost"):
        assert patron.post(f"/posts/{post.id}/{verb}/").status_code == 303
        assert patron.click(f"/posts/{post.id}/{verb}/").headers["HX-Redirect"] == f"/posts/{post.id}/"
    assert patron.post(f"/comments/{said}/delete/").status_code == 303
    with app.app_context():
        assert Post.counts([post.id])[post.id] == (0, 1, 0)
    for path in ("/saved/", "/likes/"):
        assert "Behind the door" not in patron.get(path).text


def test_its_page_says_what_one_did_with_it_and_takes_it_back(app, ada, post, patron, as_ben):
    carried = make_post(app, ada, title="Once for all")
    patron.post(f"/posts/{carried.id}/repost/")
    act(app, "ada", lambda ada: Post.own(carried.id, ada)._address("premium", ada))
    for verb in ("like", "save"):
        patron.post(f"/posts/{post.id}/{verb}/")
    make_premium(app, "patron", days=-1)

    for verb, of in (("unlike", post), ("unsave", post), ("unrepost", carried)):
        page = f"/posts/{of.id}/"
        form = f'action="{page}{verb}/"'
        assert form in patron.get(page).text and form not in as_ben.get(page).text
        answer = patron.post(f"{page}{verb}/", page=page)
        assert answer.status_code == 303 and answer.headers["Location"].startswith(page)
        assert form not in patron.get(page).text
    assert "What you did with it" not in patron.get(f"/posts/{post.id}/").text
    assert tells_nothing(patron.get(f"/posts/{post.id}/").text, post)


def test_the_like_of_a_comment_can_be_taken_back_and_shows_none_of_its_words(app, ada, post, patron, as_ben):
    comment = make_comment(app, post, ada, f"{SECRET} again").id
    patron.post(f"/comments/{comment}/like/")
    make_premium(app, "patron", days=-1)

    assert as_ben.post(f"/comments/{comment}/unlike/").status_code == 404
    answer = patron.click(f"/comments/{comment}/unlike/")
    assert answer.headers["HX-Redirect"] == f"/posts/{post.id}/" and tells_nothing(answer.text, post)
    with app.app_context():
        assert Comment.like_counts([comment]) == {comment: 0}
    assert patron.post(f"/comments/{comment}/unlike/").status_code == 404


def test_who_sees_no_more_than_the_title_can_report_it(app, ada, post, as_ben, as_mod):
    page = as_ben.get(f"/posts/{post.id}/").text
    form = f"/report/?post={post.id}"
    assert f'href="{form}"' in page

    assert "Behind the door" in as_ben.get(form).text and tells_nothing(as_ben.get(form).text, post)
    answer = as_ben.post(form, {"reason": "That door is mine."}, page=form)
    assert answer.headers["Location"] == f"/posts/{post.id}/?notice=reported"
    assert tells_nothing(as_ben.get(answer.headers["Location"]).text, post)
    assert "Behind the door" in as_mod.get("/moderation/reports/").text
    act(app, "ada", lambda ada: Block.begin(ada, User.named("ben")))
    assert as_ben.get(form).status_code == 404


def test_a_ranked_feed_tells_others_nothing_of_how_it_is_answered(app, post, as_ben, patron):
    patron.post(f"/posts/{post.id}/like/")
    act(app, "ben", lambda ben: Follow.begin(ben, User.named("ada")))
    as_ben.post("/feed/", {"ranking": "score"}, page="/feed/")
    text = as_ben.get("/feed/").text
    assert "Behind the door" in text and "Why this?" in text
    assert "comments and reposts" not in text and "like, comment or repost" not in text and "answered it" not in text


def test_the_words_of_comments_close_with_their_post(app, ada, post, patron):
    theirs = make_comment(app, post, act(app, "patron", lambda one: one), "Which door?")
    make_comment(app, post, ada, f"The {SECRET} one.", answers=theirs)
    assert SECRET in patron.get("/notifications/").text
    make_premium(app, "patron", days=-1)
    assert SECRET not in patron.get("/notifications/").text


def test_an_own_comment_shows_nothing_of_what_others_do_with_it_any_more(app, ada, post, patron):
    mine = make_comment(app, post, act(app, "patron", lambda one: one), "Which door?")
    make_premium(app, "patron", days=-1)
    make_comment(app, post, ada, f"The {SECRET} one.", answers=mine)
    act(app, "ada", lambda ada: Comment.find(mine.id, ada).like(ada))
    at = f"/comments/{mine.id}/"

    for answer in (patron.get(at), patron.get(f"{at}edit/"), patron.post(f"{at}edit/", {"body": "That one"}, page="/")):
        assert answer.status_code == 403 and "premium members" in answer.text and tells_nothing(answer.text, post)
    assert patron.click(f"{at}like/").status_code == 403
    assert "answered you" not in patron.get("/notifications/").text
    assert "comment on" not in patron.get("/notifications/").text
    asked = patron.get(f"{at}delete/").text
    assert "Which door?" in asked and "The reply to it" not in asked and f'href="/posts/{post.id}/"' in asked
    comments = act(app, "patron", lambda one: contents(one)[0]["comments.json"])
    assert [(one["body"], one["like_count"]) for one in comments] == [("Which door?", 0)]
    assert patron.post(f"{at}delete/").status_code == 303
    with app.app_context():
        assert Comment.in_any_state(mine.id).deleted


def test_photographs_that_are_open_close_too(post, as_ben, patron):
    assert f'id="post-{post.id}"' in patron.get(f"/posts/{post.id}/photos/1/").text
    gone = as_ben.get(f"/live/gone/?posts={post.id}").text
    assert "Behind the door" in gone and "/@ada/" in gone and tells_nothing(gone, post)


def test_feeds_for_other_programs_tell_title_and_author(post, guest):
    for path in ("/atom/", "/@ada/atom/"):
        text = guest.get(path).text
        assert "Behind the door" in text and "for premium members" in text and tells_nothing(text, post), path
    assert "Behind the door" not in guest.get("/tags/cellar/atom/").text
    assert f"/posts/{post.id}/" not in guest.get("/sitemap-posts-0.xml").text
    embed = guest.get(f"/oembed/?url=http://localhost/posts/{post.id}/")
    if embed.status_code == 200:
        assert embed.json["type"] == "link" and embed.json["title"] == "Behind the door"
    assert tells_nothing(embed.text, post)


def test_pages_about_it_tell_other_sites_no_more(post, guest):
    head = guest.get(f"/posts/{post.id}/").text.partition("</head>")[0]
    assert 'property="og:title" content="Behind the door"' in head
    assert "og:image" not in head and "ld+json" not in head and tells_nothing(head, post)


def test_tags_and_words_of_it_lead_nowhere(app, post, guest, as_ben, patron):
    assert "#cellar" not in as_ben.get("/search/?q=cellar&kind=tags").text.replace('value="cellar"', "")
    assert ">#cellar<" in patron.get("/search/?q=cellar&kind=tags").text.replace(" ", "")
    act(app, "ben", lambda ben: Mute.begin_word(ben, SECRET))
    assert "Behind the door" in as_ben.get("/").text  # or the mute would tell what is in it
    act(app, "ben", lambda ben: Mute.begin_word(ben, "door"))
    assert "Behind the door" not in as_ben.get("/").text


def test_a_mention_in_it_is_told_to_those_who_can_read_it(app, ada, ben, patron):
    make_post(app, ada, title="For you", content="@ben and @patron, look", audience="premium")
    with app.app_context():
        unread = Notification.unread_of([ben.id, User.named("patron").id])
    assert unread == {ben.id: 0, act(app, "patron", lambda one: one.id): 1}


def test_open_pages_are_told_no_more_of_it_and_say_where_it_opens(app, ada, ben, post, as_ben, patron):
    with app.app_context():
        assert Post.authors_of([post.id], db.session.get(User, ben.id)) == {}
        assert Post.authors_of([post.id], User.named("patron")) == {post.id: ada.id}
    assert "/membership/" in as_ben.get(f"/live/gone/?posts={post.id}").text
    assert f"post-{post.id}" not in patron.get(f"/live/gone/?posts={post.id}").text


def test_a_locked_page_that_is_open_opens_when_the_membership_begins(app, post, as_ben):
    page = as_ben.get(f"/posts/{post.id}/").text
    asks = f"/posts/{post.id}/?opens=1"
    assert f'hx-get="{asks}" hx-trigger="rights from:body' in page

    locked = as_ben.get(asks, HX_Request="true")
    assert (locked.status_code, locked.text) == (204, "")
    make_premium(app, "ben")
    assert as_ben.get(asks, HX_Request="true").headers["HX-Redirect"] == f"/posts/{post.id}/"


@pytest.mark.parametrize(("page", "place"), [("/", "cards"), ("/@ada/", "grid"), ("/posts/{}/photos/1/", "photo")])
def test_what_was_closed_on_an_open_page_opens_there_when_the_membership_begins_again(app, post, patron, page, place):
    page = page.format(post.id)
    here = {"HX_Request": "true", "HX_Current_URL": f"http://localhost{page}"}
    make_premium(app, "patron", days=-1)
    closed = patron.get(f"/live/gone/?posts={post.id}", **here).text
    asks = f"/posts/{post.id}/?opens={place}"
    assert f'hx-get="{asks}" hx-trigger="rights from:body, resync from:body" hx-target="#post-{post.id}"' in closed
    assert "/@ada/" in closed or place == "grid"
    assert tells_nothing(closed, post) and patron.get(asks, **here).status_code == 204

    make_premium(app, "patron")
    opened = patron.get(asks, **here)
    if place == "photo":
        assert opened.headers["HX-Redirect"] == page
    else:
        assert f'id="post-{post.id}"' in opened.text and post.photos[0].key in opened.text
        assert "<html" not in opened.text and ("<h2" in opened.text) == (place == "cards")
    assert app.test_client().get(asks, headers={"HX-Request": "true"}).status_code == 204


def test_a_page_that_is_closed_keeps_nothing_to_write_into_and_is_as_if_it_were_loaded_locked(app, post, patron):
    page = f"/posts/{post.id}/"
    assert 'id="say"' in patron.get(page).text and 'id="main"' in patron.get(page).text
    patron.post(f"{page}like/")
    make_premium(app, "patron", days=-1)

    closed = patron.get(
        f"/live/gone/?posts={post.id}", HX_Request="true", HX_Current_URL=f"http://localhost{page}"
    ).text
    assert 'hx-target="#main" hx-swap="innerHTML"' in closed and f'hx-get="{page}?opens=1"' in closed
    assert f'action="{page}unlike/"' in closed and tells_nothing(closed, post)


def test_the_audience_is_chosen_in_the_form_and_changed(app, ada, as_ada, as_ben, guest):
    as_ada.post("/posts/add/", {"title": "Behind the door", "content": SECRET, "audience": "premium"})
    post = act(app, "ada", lambda ada: Post.newest(ada, None).items[0])
    assert ">premium</span>" in as_ada.get(f"/posts/{post.id}/").text
    assert SECRET not in guest.get("/").text

    edit = f"/posts/{post.id}/edit/"
    as_ada.post(edit, {"title": "Behind the door", "content": SECRET, "audience": "public"}, page=edit)
    assert SECRET in guest.get("/").text and SECRET in guest.get("/search/?q=" + SECRET).text
    as_ada.post(edit, {"title": "Behind the door", "content": SECRET, "audience": "followers"}, page=edit)
    assert "Behind the door" not in guest.get("/").text
    as_ada.post(edit, {"title": "Behind the door", "content": SECRET, "audience": "premium"}, page=edit)
    assert "Behind the door" in guest.get("/").text and SECRET not in guest.get("/").text


def test_it_counts_among_the_posts_that_everybody_finds(app, post, guest):
    stats = guest.get("/@ada/").text.split('class="stats"')[1].split("</p>")[0]
    assert "<b>1</b>" in re.sub(r"\s+", "", stats)


def test_nobody_reposts_it(app, ada, post, patron):
    answer = patron.post(f"/posts/{post.id}/repost/")
    assert answer.status_code == 422


def test_without_a_picture_the_words_stay_unsaid(app, ada, guest):
    post = make_post(app, ada, title="A diary page", content=SECRET, audience="premium")
    for path in ("/", f"/posts/{post.id}/", "/@ada/"):
        text = guest.get(path).text
        assert "A diary page" in text and SECRET not in text, path
    text = guest.get(f"/posts/{post.id}/").text
    assert "sealed written" in text and "This text is for premium members." in text and 'href="/membership/"' in text
