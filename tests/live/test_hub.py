"""One process's open pages: who is told what, and what a page that was away has missed."""

import re

import pytest
from sqlalchemy.exc import OperationalError

from postways import later
from postways.db import db
from postways.live import hub as hubs
from postways.live import stream as open_page
from postways.live import words
from postways.live.hub import Hub
from postways.live.stream import Stream
from postways.models import Block, Follow, Mute, Post, User
from tests.cast import make_post
from tests.servers import own_hub

COUNT = re.compile(r"#like-count-(\d+)\" hx-swap=\"textContent\">([\d,]+)<")


@pytest.fixture
def hub(app) -> Hub:
    """A hub that reads only when a test says so."""
    with own_hub(app) as hub:
        yield hub


@pytest.fixture
def post(app, ada) -> Post:
    return make_post(app, ada)


def page(hub: Hub, *posts: Post, person: int | None = None, home: bool = False) -> Stream:
    """An open page that shows `posts`."""
    stream = Stream(person, {post.id: post.author_id for post in posts}, home=home)
    hub.open(stream)
    return stream


def heard(stream: Stream) -> str:
    """What the page has been sent since the last time; the end of the stream is "(end)"."""
    sent = []
    while not stream.queue.empty():
        sent.append(stream.queue.get_nowait())
    return b"".join(b"(end)" if one is None else one for one in sent).decode()


def counts(text: str) -> dict[int, str]:
    return {int(post): count for post, count in COUNT.findall(text)}


def ids(text: str) -> list[str]:
    return re.findall(r"^id: (\S+)$", text, re.MULTILINE)


def like(app, post: Post, user) -> None:
    with app.app_context():
        Post.find(post.id, user).like(user)
        db.session.commit()


def tell(app, topic: str, **fields: int) -> None:
    with app.app_context():
        later.tell(topic, **fields)
        db.session.commit()


def test_a_like_reaches_the_pages_that_show_the_post_and_no_other(app, hub, post, ben, crowd):
    other = make_post(app, crowd)
    showing, elsewhere = page(hub, post), page(hub, other)
    hub._read()
    heard(elsewhere)

    like(app, post, ben)
    hub._read()

    assert counts(heard(showing)) == {post.id: "1"}
    assert heard(elsewhere) == ""


def test_many_likes_between_two_rounds_are_one_message(app, hub, post, ada, ben):
    stream = page(hub, post)
    like(app, post, ada)
    like(app, post, ben)

    hub._read()

    assert heard(stream).count("like-count") == 1


def test_news_that_overtake_each_other_leave_the_count_that_is_true(app, hub, post, ada, ben):
    stream = page(hub, post)
    outbox, held = app.extensions["outbox"], []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbox, "send", held.append)
        like(app, post, ada)
        like(app, post, ben)

    for wanted in reversed(held):
        outbox.send(wanted)
        hub._read()

    assert counts(heard(stream)) == {post.id: "2"}


def test_only_the_last_message_of_a_batch_names_it(app, hub, post, ada, ben):
    """A page that is cut off in the middle must be told all of it again."""
    second = make_post(app, ada)
    stream = page(hub, post, second, home=True)
    like(app, post, ben)
    like(app, second, ben)

    hub._read()

    text = heard(stream)
    assert set(counts(text)) == {post.id, second.id}
    assert ids(text) == [hub.last]
    assert "id: " in text.rstrip("\n").rpartition("\n\n")[2]


def test_nothing_is_missed_by_who_knows_the_newest(app, hub, post, ben):
    like(app, post, ben)
    hub._read()

    assert hub.missed(hub.last) == []


def topics(entries):
    """What they speak of, but for the author's bell."""
    return [news["topic"] for _, news in entries if news["topic"] != "bell"]


def test_what_was_missed_is_told_in_order(app, hub, post, ada, ben):
    known = hub.last
    like(app, post, ada)
    like(app, post, ben)
    tell(app, "hidden", post=post.id)
    hub._read()

    assert topics(hub.missed(known))[-3:] == ["post", "post", "hidden"]


def test_what_the_ring_has_forgotten_is_read_from_redis(app, hub, post, ada, ben):
    hub._read()
    known = hub.last
    like(app, post, ada)
    like(app, post, ben)
    hub._read()
    expected = hub.missed(known)

    hub.ring.clear()
    hub._ring_from = hub.last

    assert topics(expected) == ["post", "post"]
    assert hub.missed(known) == expected


@pytest.mark.parametrize("since", ["", "1-0", "nonsense", "1-2-3", "-1-0", "99999999999999-0", "١-٢", "9" * 60 + "-0"])
def test_who_knows_nothing_that_is_known_here_is_told_everything(app, hub, post, ben, since):
    like(app, post, ben)
    hub._read()
    app.extensions["redis"].xtrim(later.STREAM, maxlen=1, approximate=False)
    hub.ring.clear()
    hub._ring_from = hub.last

    assert hub.missed(since) is None


def test_a_hub_that_has_not_begun_knows_nothing(app):
    assert Hub(app, None, None).missed("5-0") is None


def test_more_than_can_be_told_is_everything(app, hub, post, monkeypatch):
    hub._read()
    known = hub.last
    for number in range(2):
        tell(app, "post", post=number)
    hub._read()
    hub.ring.clear()
    hub._ring_from = hub.last
    monkeypatch.setattr(hubs, "MOST_MISSED", 2)

    assert hub.missed(known) is None


def test_a_full_ring_answers_only_for_what_it_holds(app, hub, post, monkeypatch):
    monkeypatch.setattr(hubs, "RING", 2)
    hub.ring = type(hub.ring)(maxlen=2)
    hub._read()
    known = hub.last
    for number in range(5):
        tell(app, "post", post=number)
        hub._read()

    assert [news["post"] for _, news in hub.missed(known)] == ["0", "1", "2", "3", "4"]
    assert [news["post"] for _, news in hub.missed(hub.ring[0][0])] == ["4"]


def test_a_picture_that_is_ready_is_told_to_its_pages_and_its_owner(app, hub, post, ada, ben):
    showing, own, other = page(hub, post), page(hub, person=ada.id), page(hub, person=ben.id)
    tell(app, "photo", photo=5, post=post.id, person=ada.id)

    hub._read()

    assert f"event: photo-5\ndata: {post.id}\n" in heard(showing)
    assert "event: photo-5\n" in heard(own)
    assert heard(other) == ""


def test_new_photographs_are_counted_in_the_pill_of_others(app, hub, ada, ben):
    hub._read()
    visitor, author, elsewhere = page(hub, home=True), page(hub, person=ada.id, home=True), page(hub, person=ben.id)
    make_post(app, ada, pictures=3, ready=False)
    make_post(app, ada)

    hub._read()

    assert "4 new photographs" in heard(visitor)
    assert heard(author) == heard(elsewhere) == ""


def test_what_comes_into_a_feed_is_told_to_that_feed_alone(app, hub, ada, ben, crowd):
    with app.app_context():
        Follow.begin(ben, ada)
        db.session.commit()
    hub._read()
    feeds = {person.username: Stream(person.id, {}, home=False, feed=True) for person in (ada, ben, crowd)}
    for stream in feeds.values():
        hub.open(stream)
    make_post(app, ada, pictures=2, ready=False)
    strange = make_post(app, crowd)
    hub._read()
    assert "1 new post<" in heard(feeds["ben"])

    with app.app_context():
        Post.find(strange.id, ada).repost(ada)
        db.session.commit()
    hub._read()
    assert "2 new posts" in heard(feeds["ben"])
    assert "new post" not in heard(feeds["ada"]) + heard(feeds["zoe"])


def test_a_post_in_the_trash_falls_silent(app, hub, post, ada, ben):
    reader = page(hub, post)
    with app.app_context():
        Post.find(post.id, ada).delete(ada)
        db.session.commit()
    hub._read()
    heard(reader)

    tell(app, "post", post=post.id)
    tell(app, "photo", photo=5, post=post.id, person=ada.id)
    hub._read()

    assert heard(reader) == ""
    assert reader.posts == {}


def test_pages_of_what_was_hidden_are_told_to_look_anew_and_not_at_what(app, hub, post, ada, ben):
    visitor, member, author = page(hub, post), page(hub, post, person=ben.id), page(hub, post, person=ada.id)
    with app.app_context():
        Post.find(post.id, ada).delete(ada)
        db.session.commit()
    hub._read()

    for reader in (visitor, member):
        assert "event: anew\ndata: \n\n" in heard(reader)
    assert "anew" not in heard(author)


def test_only_what_the_reader_may_not_see_gets_another_word(app, post, ada, ben, guest, as_ada, as_ben):
    with app.app_context():
        Block.begin(ada, User.named("ben"))
        db.session.commit()
    draft = make_post(app, ada, published=False)
    path = f"/live/gone/?posts={post.id},{draft.id},987654321"

    told = {
        name: re.findall(r"#post-(\d+)", browser.get(path).text)
        for name, browser in (("ada", as_ada), ("ben", as_ben), ("guest", guest))
    }

    here, hidden, nothing = str(post.id), str(draft.id), "987654321"
    assert told == {"ada": [nothing], "ben": [here, hidden, nothing], "guest": [hidden, nothing]}
    assert guest.get("/live/gone/?posts=x").status_code == 400
    assert guest.get("/live/gone/").text.strip() == ""


def test_who_comes_back_to_less_is_told_to_look_anew(app, post, ada, as_ben):
    path = f"/live/?posts={post.id}"
    before = next(iter(as_ben.get(path).response)).decode()
    with app.app_context():
        Block.begin(ada, User.named("ben"))
        db.session.commit()

    after = next(iter(as_ben.get(path).response)).decode()

    assert "event: anew" in after
    assert "event: anew" not in before


def test_a_page_that_reads_too_slowly_is_cut_off_and_misses_nothing(app, hub, post, ben):
    slow = page(hub, post)
    known = hub.last
    for _ in range(open_page.QUEUE + 2):
        slow.send(words.message("x"))
    assert slow.closed
    like(app, post, ben)
    hub._read()

    body = list(slow.events(words.HELLO))

    assert body == [words.HELLO]  # nothing that names an id, so it comes back from where it was
    assert {"topic": "post", "post": str(post.id)} in [news for _, news in hub.missed(known)]


def test_ending_a_stream_ends_its_body_even_when_it_is_full(hub, post):
    full, empty = page(hub, post), page(hub, post)
    for _ in range(open_page.QUEUE):
        full.send(words.message("x"))

    hub.close_all()
    hub.close_all()

    assert [list(stream.events(words.HELLO)) for stream in (full, empty)] == [[words.HELLO]] * 2


def test_a_page_that_left_is_forgotten(hub, post, ada):
    stream = page(hub, post, person=ada.id, home=True)

    hub.leave(stream)

    assert (hub.streams, dict(hub.by_post), dict(hub.by_person)) == (set(), {}, {})


def test_a_sign_of_life_comes_while_nothing_happens(hub, post, monkeypatch):
    monkeypatch.setattr(open_page, "HEARTBEAT", 0.02)
    body = page(hub, post).events(words.HELLO)

    assert [next(body) for _ in range(3)] == [words.HELLO, words.HEARTBEAT, words.HEARTBEAT]


def test_a_count_that_could_not_be_read_is_told_in_the_next_round(app, hub, post, ben, monkeypatch):
    stream = page(hub, post)
    hub._read()
    heard(stream)

    def busy(posts):
        raise OperationalError("SELECT", None, Exception("busy"))

    with monkeypatch.context() as patch:
        patch.setattr(Post, "counts", busy)
        like(app, post, ben)
        hub._read()
    assert heard(stream) == ""

    hub.take([])

    assert counts(heard(stream)) == {post.id: "1"}


def test_after_redis_was_away_every_page_is_told_how_things_stand(app, hub, post, ada, ben):
    showing, home = page(hub, post), page(hub, post, home=True)
    hub._read()
    heard(showing)
    heard(home)
    like(app, post, ben)
    app.extensions["redis"].flushall()

    hub._catch_up()

    assert counts(heard(showing)) == {post.id: "1"}
    assert heard(home) == "(end)"  # it comes back and asks for the pill again


def test_a_redis_that_was_emptied_and_counts_from_the_start_is_noticed(app, hub, post, ben, monkeypatch):
    monkeypatch.setattr(hubs, "BLOCK", 10)
    stream = page(hub, post)
    hub._read()
    heard(stream)
    like(app, post, ben)
    app.extensions["redis"].flushall()
    app.extensions["redis"].xadd(later.STREAM, {"topic": "post", "post": post.id}, id="7-0")

    hub._read()

    assert counts(heard(stream)) == {post.id: "1"}
    assert hub.last == "7-0"


def test_what_this_process_could_not_say_is_said_by_its_reader(app, hub, post, monkeypatch):
    stream = page(hub, post)
    hub._read()
    heard(stream)
    app.extensions["outbox"]._untold.append({"topic": "post", "post": str(post.id)})
    monkeypatch.setattr(hubs, "BLOCK", 10)

    hub._read()
    hub._read()

    assert counts(heard(stream)) == {post.id: "0"}


@pytest.mark.parametrize("topic", ["sessions", "rights", "person"])
def test_who_may_hear_less_is_cut_off_and_who_is_hidden_is_heard_of_no_more(app, hub, post, ben, topic):
    own, other = page(hub, post, person=post.author_id), page(hub, post, person=ben.id)

    tell(app, topic, person=post.author_id)
    hub._read()
    assert heard(own).endswith("(end)")
    assert "(end)" not in heard(other)

    like(app, post, ben)
    hub._read()
    assert counts(heard(other)) == ({} if topic == "person" else {post.id: "1"})


def test_what_is_for_followers_is_in_the_pill_of_followers_alone(app, hub, ada, ben, crowd):
    with app.app_context():
        Follow.begin(crowd, User.named("ada"))
        db.session.commit()
    hub._read()
    visitor, stranger, follower = (
        page(hub, home=True),
        page(hub, person=ben.id, home=True),
        page(hub, person=crowd.id, home=True),
    )

    make_post(app, ada, audience="followers")
    hub._read()

    assert "1 new photograph" in heard(follower)
    assert heard(visitor) == heard(stranger) == ""


def test_who_is_blocked_or_mutes_does_not_hear_of_what_is_new(app, hub, ada, ben, crowd):
    with app.app_context():
        Block.begin(ada, User.named("ben"))
        Mute.begin_word(crowd, "harbour")
        db.session.commit()
    hub._read()
    blocked, muting = page(hub, person=ben.id, home=True), page(hub, person=crowd.id, home=True)

    make_post(app, ada, title="Harbour")
    hub._read()

    assert heard(blocked) == heard(muting) == ""


def test_when_an_account_goes_private_visitors_hear_no_more_and_members_ask_anew(app, hub, post, ada, ben, crowd):
    other = make_post(app, crowd)
    visitor, author, member = page(hub, post, other), page(hub, post, person=ada.id), page(hub, post, person=ben.id)
    elsewhere = page(hub, other, person=ben.id)
    with app.app_context():
        User.named("ada").keep_private(True)
        db.session.commit()
    hub._read()

    assert list(visitor.posts) == [other.id]
    assert list(author.posts) == [post.id]
    assert [stream.closed for stream in (visitor, author, member, elsewhere)] == [False, False, True, False]


def test_when_a_post_becomes_one_for_followers_only_its_pages_are_concerned(app, hub, post, ada):
    other = make_post(app, ada)
    visitor = page(hub, post, other)
    with app.app_context():
        found = Post.own(post.id, ada)
        found.edit(ada, title="A", content="", photos=[], licence=found.licence, credit="", audience="followers")
        db.session.commit()
    hub._read()

    assert list(visitor.posts) == [other.id]


@pytest.mark.parametrize("verb", [Block.begin, Follow.remove, Follow.end])
def test_a_block_or_the_end_of_a_follow_makes_open_pages_ask_anew(app, hub, post, ada, ben, verb):
    with app.app_context():
        Follow.begin(ben, User.named("ada"))
        db.session.commit()
    hub._read()
    stream, bystander = page(hub, post, person=ben.id), page(hub, post)
    with app.app_context():
        pair = (ben, ada) if verb == Follow.end else (ada, ben)
        verb(User.named(pair[0].username), User.named(pair[1].username))
        db.session.commit()
    hub._read()

    assert stream.closed
    assert not bystander.closed
