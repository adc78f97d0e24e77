"""What went wrong, in words: a page, or a sentence that leaves the page as it is; and the headers of every answer."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from postways.errors import Busy, Refused
from postways.models import Post
from postways.storage import StorageFull
from tests.cast import make_post, upload


@pytest.fixture
def broken(monkeypatch):
    """Lets every list fail with an error."""

    def fail_with(error):
        def fail(*_, **__):
            raise error

        monkeypatch.setattr(Post, "newest", fail)

    return fail_with


@pytest.mark.parametrize(
    ("error", "answered"),
    [
        (Busy(), (503, "Nothing was changed")),
        (PoolTimeout(), (503, "Nothing was changed")),
        (OperationalError("SELECT secret", {}, Exception("secret")), (503, "Nothing was changed")),
        (StorageFull(), (507, "no room")),
        (Refused("No %(thing)s here.", thing="<thing>"), (422, "No &lt;thing&gt; here.")),
        (RuntimeError("secret"), (500, "not your fault")),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
@pytest.mark.parametrize("who", ["guest", "as_ada"])
def test_an_error_is_a_page_that_says_what_to_do(request, broken, who, error, answered):
    browser, (status, said) = request.getfixturevalue(who), answered
    broken(error)
    answer = browser.get("/")

    assert answer.status_code == status
    assert said in answer.text
    assert "<h1>" in answer.text
    assert "secret" not in answer.text
    assert ("/logout/" in answer.text) is (who == "as_ada")
    if status == 503:
        assert int(answer.headers["Retry-After"]) > 0


def test_a_failed_fragment_leaves_the_page(broken, guest):
    broken(Busy())
    answer = guest.get("/", HX_Request="true")

    assert answer.status_code == 503
    assert answer.headers["HX-Retarget"] == "#notice"
    assert "<html" not in answer.text
    assert "Nothing was changed" in answer.text


@pytest.mark.parametrize(
    "path", ["/nowhere/", "/posts/0/", "/@nobody/", "/posts/1/photos/9/", "/static/nothing.css", "/%00", "/%FF%FE"]
)
def test_what_is_not_there_is_404_with_a_way_on(guest, crowd, path):
    answer = guest.get(path)

    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert 'href="/"' in answer.text


def test_the_wrong_method_is_405(guest, as_ada, crowd):
    answer = as_ada.client.put("/popular/")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert guest.client.get("/posts/1/like/").status_code == 405
    assert guest.client.open("/", method="TRACE").status_code == 405


def test_a_body_that_is_too_large_is_refused_unread(app, as_ada, guest):
    for browser, path in ((guest, "/login/"), (as_ada, "/theme/"), (as_ada, "/posts/1/like/")):
        answer = browser.client.post(path, data=b"x" * 1_000_001, content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 413
        assert "more than this site takes" in answer.text


def test_a_text_field_that_is_too_large_is_refused(as_ada):
    assert as_ada.post("/posts/add/", {"title": "x", "content": "x" * 1_000_001}).status_code == 413


def test_a_full_disk_is_said_and_nothing_is_kept(app, as_ada, monkeypatch):
    def full(*_):
        raise StorageFull

    monkeypatch.setattr(app.extensions["storage"], "put", full)
    answer = as_ada.post("/posts/uploads/", {"image": upload()}, HX_Request="true")

    assert answer.status_code == 507
    assert "no room" in answer.text


def test_every_answer_carries_the_policy(app, guest, as_ada, ada):
    post = make_post(app, ada, pictures=1)
    media = f"/media/{post.photos[0].key}/square.jpg"
    answers = [
        *(as_ada.get(path) for path in ("/", "/nowhere/", "/static/app.css", "/theme/", f"/posts/{post.id}/", media)),
        *(guest.get(path) for path in ("/", "/posts/add/", "/posts/abc/", "/?cursor=x", "/healthz", "/readyz", media)),
        as_ada.click(f"/posts/{post.id}/like/"),
        guest.click(f"/posts/{post.id}/like/"),
        as_ada.post("/theme/", token="wrong"),
        guest.get("/login"),
    ]

    for answer in answers:
        headers = answer.headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Permissions-Policy"]
        assert headers["X-Request-ID"]
        policy = headers["Content-Security-Policy"]
        if answer.content_type.startswith("image/"):
            assert policy == "default-src 'none'; sandbox"
        else:
            for rule in ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
                assert rule in policy
            assert "unsafe" not in policy


def test_pages_are_told_apart_by_who_asks_and_how(app, guest, as_ada, ada):
    for browser in (guest, as_ada):
        for path in ("/", "/@ada/", "/nowhere/"):
            answer = browser.get(path)
            assert {"HX-Request", "Cookie", "Accept"} <= set(answer.vary)
            assert answer.headers["Cache-Control"] == "private, no-cache"


def test_static_files_with_their_version_are_kept_for_ever(guest):
    assert "immutable" in guest.get("/static/app.css?v=1").headers["Cache-Control"]
    assert "immutable" not in guest.get("/static/app.css").headers["Cache-Control"]
    assert guest.get("/static/../postways/config.py").status_code == 404
    assert guest.get("/static/%2e%2e/postways/config.py").status_code == 404


def test_odd_headers_are_no_trouble(guest, crowd):
    for headers in (
        {"Host": "evil.example"},
        {"Accept-Language": "x" * 10_000},
        {"Accept-Encoding": "x;q=y"},
        {"Cookie": "session=\xff; theme=\x00"},
        {"HX-Current-URL": "http://[x", "HX-Request": "true"},
        {"User-Agent": ""},
        {"If-None-Match": '"'},
        {"Range": "bytes=5-1"},
    ):
        assert guest.client.get("/", headers=headers).status_code in (200, 304, 400)
        assert guest.client.get("/posts/add/", headers=headers).status_code in (303, 400, 401)


def test_a_crash_on_the_page_of_a_link_keeps_its_token_out_of_the_log(app, guest, crowd, monkeypatch, caplog):
    def crash(*_):
        raise RuntimeError("broken")

    monkeypatch.setattr(type(app.extensions["links"]), "person", crash)
    for path in ("/password_reset/SECRET-TOKEN/", "/email_verify/SECRET-TOKEN/"):
        assert guest.get(path).status_code == 500

    assert "crashed on GET auth.new_password" in caplog.text
    assert "SECRET-TOKEN" not in caplog.text
