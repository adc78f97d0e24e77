"""Messages through their pages, as people without JavaScript and with it use them."""

from __future__ import annotations

import re
from html import unescape

import pytest
from limits import RateLimitItemPerHour

from postways import jobs
from postways.db import db, now
from postways.limits import AN_HOUR
from postways.models import Audit, Block, Conversation, Follow, Mail, Message, Photo, User
from tests.api.client import Client
from tests.cast import Browser, make_user, picture, upload
from tests.house.test_queries import statements


@pytest.fixture
def two(app, ada, ben) -> None:
    """Ada and ben, who follow each other."""
    with app.app_context():
        Follow.begin(User.named("ada"), User.named("ben"))
        Follow.begin(User.named("ben"), User.named("ada"))
        db.session.commit()


def write(browser: Browser, to: str, text: str = "Hello there", **more):
    return browser.post(f"/messages/{to}/", {"content": text, **more})


def say(app, name: str, to: str, *texts: str) -> list[int]:
    """What this one writes without a page; returns the ids."""
    with app.app_context():
        ids = [Conversation.write(User.named(name), User.named(to), text).id for text in texts]
        db.session.commit()
    return ids


def act(app, verb, one: str, other: str) -> None:
    with app.app_context():
        verb(User.named(one), User.named(other))
        db.session.commit()


def count(app, noun=Message) -> int:
    with app.app_context():
        return db.session.query(noun).count()


def read(browser: Browser, path: str) -> str:
    """Open a page, with everything that is done after its answer."""
    with browser.client.get(path) as answer:
        return answer.text


def badge(browser: Browser) -> str:
    return re.search(r'id="unread-messages">(\d*)<', browser.get("/theme/").text).group(1)


def waits(browser: Browser) -> str:
    """What the dot beside the badge says."""
    return (
        re.search(r'id="message-requests">(?:<span[^>]*>([^<]*)</span>)?\s*</span>', browser.get("/theme/").text).group(
            1
        )
        or ""
    )


def test_a_message_is_read_by_the_other_who_answers(app, two, as_ada, as_ben):
    answer = write(as_ada, "ben", "Shall we go *out* at six?")
    assert (answer.status_code, answer.location) == (303, "/messages/ben/")
    assert badge(as_ben) == "1"
    assert "Shall we go" in as_ben.get("/messages/").text

    page = read(as_ben, "/messages/ada/")
    assert "<em>out</em>" in page and 'id="unread-messages"><' in page
    assert badge(as_ben) == ""
    write(as_ben, "ada", "Yes!")

    page = as_ada.get("/messages/ben/").text
    assert page.index("Shall we go") < page.index("Yes!")
    assert 'Today <span class="zone">(UTC)<' in page and page.index("Seen") < page.index("Yes!")
    assert "You:" in as_ben.get("/messages/").text


def test_that_it_was_seen_stands_below_the_newest_of_ones_own(app, two, as_ada, as_ben):
    write(as_ada, "ben")
    assert "Seen" not in as_ada.get("/messages/ben/").text

    as_ben.client.head("/messages/ada/").close()
    as_ben.get("/messages/ada/", Sec_Purpose="prefetch").close()
    assert "Seen" not in as_ada.get("/messages/ben/").text
    read(as_ben, "/messages/ada/")

    assert "Seen" in as_ada.get("/messages/ben/").text


@pytest.mark.parametrize(
    ("text", "sentence"), [("", "Write something"), ("\u2800 \n ", "Write something"), ("x" * 5001, "5001 characters")]
)
def test_what_can_not_be_sent_comes_back_as_it_was_typed(app, two, as_ada, text, sentence):
    for answer in (write(as_ada, "ben", text), as_ada.click("/messages/ben/", content=text)):
        assert answer.status_code == 422
        assert sentence in answer.text and 'aria-invalid="true"' in answer.text
        assert text.strip() in answer.text
    assert count(app) == 0


def test_nobody_writes_to_themselves_or_to_nobody_and_nothing_typed_is_lost(app, two, as_ada):
    for to, sentence in (("ada", "write to yourself"), ("nobody-at-all", "nobody with that name")):
        answer = write(as_ada, to, "My long words")
        assert answer.status_code == 422
        assert sentence in unescape(answer.text) and "My long words" in answer.text
    assert "nobody writes to themselves" in as_ada.get(as_ada.get("/messages/ada/").location).text
    assert as_ada.get("/messages/nobody-at-all/").status_code == 404
    assert count(app) == 0


def test_an_old_form_comes_back_filled(app, two, as_ada):
    answer = as_ada.post("/messages/ben/", {"content": "My long words", "images": upload()}, token="old")

    assert answer.status_code == 403
    assert "open for too long" in answer.text and "My long words" in answer.text
    assert count(app) == count(app, Photo) == 0


def test_the_same_form_twice_is_one_message(app, two, as_ada):
    key = re.search(r'name="key" value="([^"]+)"', as_ada.get("/messages/ben/").text).group(1)
    for _ in range(2):
        assert write(as_ada, "ben", key=key).status_code == 303
    assert count(app) == 1


def test_another_message_in_a_form_that_was_sent_is_not_lost(app, two, as_ada):
    write(as_ada, "ben", "One", key="K")
    for browser in (as_ada.post, lambda path, fields: as_ada.click(path, **fields)):
        answer = browser("/messages/ben/", {"content": "Another", "key": "K"})
        assert answer.status_code == 422
        assert "has sent another message" in answer.text and "Another" in answer.text
    key = re.search(r'name="key" value="([^"]+)"', answer.text).group(1)
    assert key != "K" and write(as_ada, "ben", "Another", key=key).status_code == 303
    with app.app_context():
        assert [message.text for message in db.session.query(Message).order_by(Message.id)] == ["One", "Another"]


@pytest.mark.parametrize("key", ["k" * 300, "a\x00b", "schlüssel"])
def test_a_key_that_no_form_has_is_said_and_replaced(app, two, as_ada, key):
    answer = write(as_ada, "ben", "My words", key=key)
    assert answer.status_code == 422
    assert "was changed on its way" in answer.text and "My words" in answer.text
    assert write(as_ada, "ben", key=re.search(r'name="key" value="([^"]+)"', answer.text).group(1)).status_code == 303
    assert [write(as_ada, "ben", key="").status_code for _ in range(2)] == [303, 303]


def test_a_form_with_pictures_that_is_sent_twice_is_one_message(app, two, as_ada):
    for _ in range(2):
        answer = as_ada.post("/messages/ben/", {"content": "Look", "key": "K", "images": upload()})
        assert answer.status_code == 303
    with app.app_context():
        photo = db.session.query(Photo).filter(Photo.message_id.is_not(None)).one().id
    assert write(as_ada, "ben", "Look", key="K", photo=photo).status_code == 303
    assert count(app) == 1


def test_pictures_travel_with_a_message_and_are_closed_to_everybody_else(app, two, as_ada, as_ben, as_mod, guest):
    answer = as_ada.post("/messages/ben/", {"content": "", "images": [upload(), upload(b"no picture", "notes.txt")]})
    assert answer.status_code == 422
    assert "notes.txt" in answer.text and count(app) == 0
    photo_id = re.search(r'name="photo" value="(\d+)"', answer.text).group(1)

    assert as_ada.post("/messages/ben/", {"photo": photo_id, f"alt-{photo_id}": "A boat"}).status_code == 303
    jobs.use(app)
    with app.app_context():
        jobs.prepare(int(photo_id))
    page = as_ben.get("/messages/ada/").text
    assert 'alt="A boat"' in page
    address = re.search(r'href="(/media/[^"]+)"', page).group(1)
    for browser, status in ((as_ada, 200), (as_ben, 200), (as_mod, 404), (guest, 404)):
        assert browser.get(address).status_code == status
    assert as_ben.get(re.sub(r"[^/]+$", "original", address)).status_code == 404
    assert as_ben.get(address).headers["Cache-Control"] == "private, no-store"
    act(app, Block.begin, "ada", "ben")
    assert as_ben.get(address).status_code == 404


def test_pictures_can_be_added_and_removed_before_sending(app, two, as_ada):
    form = as_ada.click("/messages/ben/", content="Look", action="add", images=upload(picture(colour="red")))
    assert form.status_code == 200 and "Look" in form.text
    photo_id = re.search(r'name="photo" value="(\d+)"', form.text).group(1)

    form = as_ada.click("/messages/ben/", content="Look", photo=photo_id, remove=photo_id)
    assert form.status_code == 200 and 'name="photo"' not in form.text
    assert count(app) == 0


def test_a_blocked_sender_is_told_that_it_can_not_be_delivered_and_nothing_is_kept(app, two, as_ada, as_ben):
    say(app, "ada", "ben", "Before")
    act(app, Block.begin, "ben", "ada")

    for answer in (write(as_ada, "ben", "My secret words"), as_ada.click("/messages/ben/", content="My secret words")):
        assert answer.status_code == 403
        assert "be delivered" in answer.text and "My secret words" in answer.text and "Before" not in answer.text
    assert as_ada.get("/messages/ben/").status_code == 404
    for browser in (as_ada, as_ben):
        assert "Before" not in browser.get("/messages/").text
    assert "Before" not in as_ben.get("/messages/ada/").text and "Unblock" in as_ben.get("/messages/ada/").text
    assert count(app) == 1
    with app.app_context():
        entries = db.session.query(Audit).filter_by(kind="message-refused").all()
        assert [entry.details for entry in entries] == [{"why": "blocked"}] * 2
        assert "secret" not in repr([entry.__dict__ for entry in db.session.query(Audit)])


def test_an_open_conversation_is_loaded_anew_when_it_is_another_page_by_now(app, two, as_ada, as_ben):
    say(app, "ada", "ben", "Before")
    asks = {}
    for browser, other in ((as_ada, "ben"), (as_ben, "ada")):
        page = browser.get(f"/messages/{other}/").text
        asks[other] = unescape(re.search(r'id="letters" hx-get="([^"]+)"', page).group(1)) + "&since=1"
        assert "rights from:body" in page and browser.get(asks[other], HX_Request="true").status_code == 200

    act(app, Block.begin, "ben", "ada")
    gone, changed = as_ada.get(asks["ben"], HX_Request="true"), as_ben.get(asks["ada"], HX_Request="true")
    assert (gone.status_code, gone.headers["HX-Redirect"], gone.text) == (404, "/messages/ben/", "")
    assert (changed.status_code, changed.headers["HX-Redirect"], changed.text) == (200, "/messages/ada/", "")

    page = as_ben.get("/messages/ada/").text
    assert "Nothing written yet" not in page and "You blocked ada" in page
    blocked = unescape(re.search(r'id="letters" hx-get="([^"]+)"', page).group(1))
    assert "HX-Redirect" not in as_ben.get(blocked, HX_Request="true").headers
    act(app, Block.end, "ben", "ada")
    assert as_ben.get(blocked, HX_Request="true").headers["HX-Redirect"] == "/messages/ada/"
    assert "Before" in as_ada.get(asks["ben"], HX_Request="true").text


def test_a_stranger_asks_and_can_be_accepted_or_deleted(app, ada, ben, as_ada, as_ben):
    assert not waits(as_ben)
    write(as_ada, "ben", "Do you remember me?")
    assert waits(as_ben) == "1 request" and not waits(as_ada)
    assert badge(as_ben) == "" and "remember" not in as_ben.get("/messages/").text
    assert "remember" in as_ben.get("/messages/?box=requests").text

    page = as_ben.get("/messages/ada/").text
    assert "Accept" in page and 'name="content"' not in page
    assert "Seen" not in as_ada.get("/messages/ben/").text
    accept = re.search(r'action="(/messages/with/\d+/accept/)"', page).group(1)
    assert as_ada.post(accept).status_code == 404
    assert as_ben.post(accept).status_code == 303

    assert not waits(as_ben)
    assert 'name="content"' in as_ben.get("/messages/ada/").text
    assert "remember" in as_ben.get("/messages/").text


def test_people_choose_who_may_write(app, ada, ben, as_ada, as_ben):
    assert "/messages/ben/" in as_ada.get("/@ben/").text
    as_ben.post("/settings/privacy/", {"messages_from": "nobody"})

    assert "/messages/ben/" not in as_ada.get("/@ben/").text
    assert "takes no messages from you" in as_ada.get("/messages/ben/").text
    assert write(as_ada, "ben").status_code == 403
    assert as_ben.post("/settings/privacy/", {"messages_from": "friends"}).status_code == 422
    assert 'value="nobody" checked' in as_ben.get("/settings/privacy/").text


def test_one_message_or_all_are_deleted_for_oneself_alone(app, two, as_ada, as_ben):
    first, _second = say(app, "ada", "ben", "First letter", "Second letter")
    assert as_ben.get(f"/messages/{first}/delete/").status_code == 200
    assert as_ben.post(f"/messages/{first}/delete/").status_code == 303
    assert "First letter" not in as_ben.get("/messages/ada/").text
    assert "First letter" in as_ada.get("/messages/ben/").text

    empty = re.search(r'href="(/messages/with/\d+/empty/)"', as_ben.get("/messages/ada/").text).group(1)
    assert "1 message goes" in as_ben.get(empty).text
    for browser, status in ((as_ada, 404), (as_ben, 303)):
        assert browser.post(empty).status_code == status
    assert "letter" not in re.sub("<[^>]+>", "", as_ben.get("/messages/ada/").text)
    assert "Second letter" in as_ada.get("/messages/ben/").text


def test_nobody_deletes_or_reports_what_is_not_theirs(app, two, as_ada, as_ben, crowd):
    (message,) = say(app, "ada", "ben", "Private words")
    zoe = Browser(app).log_in("zoe")
    mod = make_user(app, "mod2", role="moderator")
    as_mod = Browser(app).log_in(mod.username)

    for browser in (zoe, as_mod):
        for path in (f"/messages/{message}/delete/", f"/report/?message={message}"):
            assert browser.get(path).status_code == browser.post(path).status_code == 404
        assert "Private" not in browser.get("/messages/ada/").text
    assert as_ada.get(f"/report/?message={message}").status_code == 403
    assert as_ben.get(f"/messages/{2**60}/delete/").status_code == 404


def test_the_staff_reads_a_reported_message_and_nothing_else(app, two, as_ada, as_ben, as_mod):
    _other, message = say(app, "ada", "ben", "Innocent words", "Terrible words")
    assert "Terrible words" in as_ben.get(f"/report/?message={message}").text
    answer = as_ben.post(f"/report/?message={message}", {"reason": "Look at this"})
    assert answer.status_code == 303 and answer.location.startswith("/messages/ada/")

    queue = as_mod.get("/moderation/reports/").text
    assert "a message" in queue and "Terrible" not in queue
    page = as_mod.get("/moderation/reports/1/").text
    assert "Terrible words" in page and "Innocent" not in page
    assert (
        as_mod.post("/moderation/reports/1/close/", {"action": "removed", "note": "Against the rules"}).status_code
        == 303
    )
    assert "Terrible" not in as_ada.get("/messages/ben/").text
    with app.app_context():
        (mail,) = db.session.query(Mail).filter_by(kind="message-removed")
        assert (mail.user_id, mail.data) == (User.id_of("ada"), {"reason": "Against the rules"})
    assert "acted on something of yours" in as_ada.get("/notifications/").text


def test_a_broken_picture_is_not_sent_and_one_that_breaks_later_says_why_to_its_sender_alone(app, two, as_ada, as_ben):
    answer = as_ada.post("/messages/ben/", {"action": "add", "content": "Look", "images": [upload(), upload()]})
    good, bad = re.findall(r'name="photo" value="(\d+)"', answer.text)
    assert "Picture 1 of 2" in answer.text and "picture 2 of 2" in answer.text
    jobs.use(app)

    def breaks(photo_id: str) -> None:
        with app.app_context():
            db.session.get(Photo, int(photo_id)).fail("The end is missing.")
            db.session.commit()

    breaks(bad)
    for verb in (as_ada.post, as_ada.click):
        fields = {"content": "Look", "photo": [good, bad]}
        answer = verb("/messages/ben/", fields) if verb == as_ada.post else verb("/messages/ben/", **fields)
        assert answer.status_code == 422
        assert "Picture 2 could not be prepared" in answer.text and "The end is missing." in answer.text
        assert "Look" in answer.text and count(app) == 0

    assert write(as_ada, "ben", "Look", photo=good).status_code == 303
    breaks(good)
    assert "The end is missing." in as_ada.get("/messages/ben/").text
    page = as_ben.get("/messages/ada/").text
    assert "could not be prepared" in page and "The end is missing." not in page


def torn(kind: str) -> bytes:
    """A picture that lacks its end, or of which something was altered."""
    whole = picture(400, 300, kind)
    if kind != "PNG":
        return whole[: len(whole) * 2 // 3]
    place = whole.index(b"IDAT") + 40
    return whole[:place] + bytes(byte ^ 255 for byte in whole[place : place + 20]) + whole[place + 20 :]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_torn_picture_is_refused_before_anything_is_sent(app, two, as_ada, kind):
    answer = as_ada.post("/messages/ben/", {"content": "", "images": [upload(), upload(torn(kind), "torn")]})
    assert answer.status_code == 422
    assert "torn</b>: The file" in answer.text and len(re.findall(r'name="photo"', answer.text)) == 1
    client = Client.bearer(app, User(id=id_of(app, "ada"), role="member"))
    answer = client.post("messages/", data={"receiver": "ben", "images": upload(torn(kind), "torn")})
    assert (answer.status_code, list(answer.get_json())) == (400, ["images"])
    assert count(app) == 0


def test_pages_lead_to_what_is_older_and_back(app, two, as_ben):
    say(app, "ada", "ben", *(f"Word-{n:02}" for n in range(70)))
    page = as_ben.get("/messages/ada/").text
    assert re.findall(r"Word-\d\d", page) == [f"Word-{n}" for n in range(40, 70)]

    def follow(html: str, rel: str) -> str:
        return unescape(re.search(rf'rel="{rel}" href="([^"]+)"', html).group(1))

    older = as_ben.get(follow(page, "next")).text
    assert re.findall(r"Word-\d\d", older) == [f"Word-{n:02}" for n in range(10, 40)]
    oldest = as_ben.get(follow(older, "next")).text
    assert re.findall(r"Word-\d\d", oldest) == [f"Word-{n:02}" for n in range(10)]
    assert 'rel="next"' not in oldest
    newer = as_ben.get(follow(oldest, "prev")).text
    assert re.findall(r"Word-\d\d", newer) == [f"Word-{n:02}" for n in range(10, 40)]
    assert as_ben.get(follow(newer, "prev")).location == "/messages/ada/"
    for bad in ("older=x", "newer=WzFd", "older=" + "A" * 3000):
        assert as_ben.get(f"/messages/ada/?{bad}").status_code == 400


def test_an_open_page_is_given_everything_since_its_newest_and_reads_it_when_looked_at(app, two, as_ada, as_ben):
    first, *rest = say(app, "ada", "ben", *(f"Word-{n:02}" for n in range(70)))

    def parts(since: int, more: str = "") -> list[str]:
        with as_ben.client.get(f"/messages/ada/?since={since}{more}", headers={"HX-Request": "true"}) as answer:
            return re.findall(r"Word-\d\d", answer.text)

    assert parts(rest[-1], "&peek=1") == [f"Word-{n}" for n in range(40, 70)]
    assert parts(first, "&peek=1") == [f"Word-{n:02}" for n in range(70)]
    assert badge(as_ben) == "70" and "Seen" not in as_ada.get("/messages/ben/").text
    parts(rest[-1])
    assert badge(as_ben) == "" and "Seen" in as_ada.get("/messages/ben/").text
    say(app, "ada", "ben", *(f"More-{n}" for n in range(140)))
    answer = as_ben.client.get(f"/messages/ada/?since={first}", headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/messages/ada/"
    for bad in ("x", "9" * 30, "-1"):
        assert as_ben.client.get(f"/messages/ada/?since={bad}", headers={"HX-Request": "true"}).status_code == 200


def test_conversations_are_listed_newest_first_and_found_by_name(app, two, as_ada):
    for n in range(32):
        make_user(app, f"friend{n:02}")
        act(app, Follow.begin, "ada", f"friend{n:02}")
        say(app, f"friend{n:02}", "ada", "Hi")
    page = as_ada.get("/messages/").text
    assert re.findall(r"<b class=\"name\">(\w+)<", page)[:2] == ["friend31", "friend30"]
    older = unescape(re.search(r'rel="next" href="([^"]+)"', page).group(1))
    assert "friend01" in as_ada.get(older).text

    found = as_ada.get("/messages/?q=friend07").text
    assert "friend07" in found and "friend08" not in found
    assert "/messages/zoe/" in as_ada.get("/messages/?q=zo").text  # somebody new
    with app.app_context():
        User.named("zoe").introduce("Marta Lindqvist", "")
        db.session.commit()
    page = as_ada.get("/messages/?q=lindqvist").text
    assert "/messages/zoe/" in page and "no conversation with somebody of that name" in page
    assert as_ada.get("/messages/?cursor=nonsense").status_code == 400


def test_a_request_is_pointed_at_and_its_pictures_are_covered(app, ada, as_ada, as_ben):
    assert "Nothing written yet" in as_ben.get("/messages/").text
    photo = re.search(
        r'name="photo" value="(\d+)"', as_ada.post("/messages/ben/", {"action": "add", "images": upload()}).text
    )
    write(as_ada, "ben", "Look", photo=photo.group(1))
    jobs.use(app)
    with app.app_context():
        jobs.prepare(int(photo.group(1)))

    for page in (as_ben.get("/messages/").text, as_ben.get("/messages/", HX_Request="true").text):
        assert "1 person would like to write" in page and "Nothing written yet" not in page
    assert "Show the picture" in as_ben.get("/messages/ada/").text
    assert "Show the picture" not in as_ada.get("/messages/ben/").text
    as_ben.post(re.search(r"/messages/with/\d+/accept/", as_ben.get("/messages/ada/").text).group())
    assert "Show the picture" not in as_ben.get("/messages/ada/").text


def test_who_lets_nobody_write_is_told_that_there_is_no_answer(app, two, as_ada, as_ben):
    as_ada.post("/settings/privacy/", {"messages_from": "nobody"})
    assert "can’t answer you" in as_ada.get("/messages/ben/").text
    assert "can’t answer you" not in as_ben.get("/messages/ada/").text


def test_pages_cost_few_statements_at_any_size(app, two, as_ada):
    say(app, "ben", "ada", *(f"Word {n}" for n in range(40)))
    as_ada.get("/messages/ben/")
    with statements(app) as seen:
        as_ada.get("/messages/")
    assert len(seen) <= 3, "\n".join(seen)
    with statements(app) as seen:
        as_ada.get("/messages/ben/")
    assert len(seen) <= 4, "\n".join(seen)


def test_who_has_left_or_is_suspended_keeps_a_place_in_the_others_list(app, two, as_ada, as_mod):
    say(app, "ben", "ada", "What I said")
    as_mod.post(f"/moderation/people/{id_of(app, 'ben')}/suspend/", {"reason": "Spam"})
    page = as_ada.get("/messages/ben/").text
    assert "What I said" in page and "for now" in page and 'name="content"' not in page
    assert write(as_ada, "ben").status_code == 422

    with app.app_context():
        User.find(id_of(app, "ben")).leave()
        db.session.commit()
    listed = as_ada.get("/messages/").text
    assert "Deleted account" in listed and "ben" not in re.sub(r"<[^>]+>", "", listed)
    gone = re.search(r'href="(/messages/with/\d+/)"', listed).group(1)
    assert "What I said" in as_ada.get(gone).text and "has been deleted" in as_ada.get(gone).text


def id_of(app, name: str) -> int:
    with app.app_context():
        return User.id_of(name)


def test_there_is_a_limit_per_hour(app, two, as_ada, monkeypatch):
    monkeypatch.setitem(AN_HOUR, "message", RateLimitItemPerHour(2, namespace="message"))
    for _ in range(2):
        assert write(as_ada, "ben").status_code == 303
    answer = write(as_ada, "ben", "One more")
    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) > 0 and "One more" in answer.text
    assert count(app) == 2


def test_pages_with_messages_are_in_no_cache(app, two, as_ada):
    for path in ("/messages/", "/messages/ben/"):
        assert as_ada.get(path).headers["Cache-Control"] == "no-store"


def test_old_names_lead_on(app, two, as_ada):
    with app.app_context():
        User.named("ben").rename("benedict", now())
        db.session.commit()

    assert as_ada.get("/messages/ben/").location == "/messages/benedict/"
    assert write(as_ada, "ben", "Still you?").status_code == 303
    assert as_ada.get("/messages/BENEDICT/").location == "/messages/benedict/"


def test_a_notification_stands_until_it_is_read_and_rings_no_bell(app, two, as_ada, as_ben):
    bell = re.search(r'id="bell">\d*<', as_ben.get("/theme/").text).group()
    write(as_ada, "ben")
    page = as_ben.get("/notifications/").text
    assert "wrote to you" in page and bell in page

    read(as_ben, "/messages/ada/")
    assert "wrote to you" not in as_ben.get("/notifications/").text
    as_ben.post("/settings/notifications/", {"kinds": ["like"], "digest": "never"})
    write(as_ada, "ben")
    assert "wrote to you" not in as_ben.get("/notifications/").text


def test_the_words_are_nowhere_but_in_the_message(app, two, as_ada, capfd):
    secret = "cormorant-7"
    client = Client.bearer(app, User(id=id_of(app, "ada"), role="member"))
    write(as_ada, "ben", f"By the page {secret}")
    body = {"receiver": "ben", "content": f"By the API {secret}"}
    assert client.post("messages/", body, headers={"Idempotency-Key": "k"}).status_code == 201
    act(app, Block.begin, "ben", "ada")
    assert write(as_ada, "ben", f"Refused {secret}").status_code == 403
    assert client.post("messages/", body | {"content": f"Refused too {secret}"}).status_code == 403

    with app.app_context():
        tables = {
            table.name
            for table in db.metadata.sorted_tables
            if secret in repr(db.session.execute(table.select()).all())
        }
        redis = app.extensions["redis"]
        news = repr(redis.xrange("postways:live"))
        jobs = repr([redis.hgetall(key) for key in redis.keys("rq:job:*")])
    assert tables == {"messages"}
    assert secret not in news + jobs + "".join(capfd.readouterr())
