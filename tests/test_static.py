"""Style, scripts and drawings: small on the line, and never asked for twice."""

import brotli
import pytest


@pytest.mark.parametrize("name", ["app.css", "app.js", "vendor/htmx-4.0.1.min.js"])
@pytest.mark.parametrize(
    ("takes", "gets"), [("gzip, deflate, br", "br"), ("gzip, deflate", "deflate"), ("identity", None)]
)
def test_what_is_text_travels_compressed(guest, name, takes, gets):
    whole = guest.get(f"/static/{name}").data

    answer = guest.get(f"/static/{name}", Accept_Encoding=takes)

    assert answer.headers.get("Content-Encoding") == gets
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert len(answer.data) < len(whole) / 2 if gets else answer.data == whole


def test_what_the_browser_has_already_is_not_sent_again(guest):
    first = guest.get("/static/app.css", Accept_Encoding="br")

    again = guest.get("/static/app.css", Accept_Encoding="br", If_None_Match=first.headers["ETag"])

    assert again.status_code == 304
    assert again.data == b""


def test_scripts_and_styles_are_as_small_as_brotli_makes_them(guest):
    sizes = {}
    for name in (
        "app.css",
        "messages.css",
        "app.js",
        "messages.js",
        "vendor/htmx-4.0.1.min.js",
        "vendor/hx-sse-4.0.1.min.js",
    ):
        for _ in range(2):
            answer = guest.get(f"/static/{name}", Accept_Encoding="br")
            assert brotli.decompress(answer.data) == guest.get(f"/static/{name}", Accept_Encoding="identity").data
            assert answer.headers["ETag"].endswith(':br"') and answer.content_length == len(answer.data)
        sizes[name] = len(answer.data)
        assert guest.get(f"/static/{name}", Accept_Encoding="br", Range="bytes=0-9").status_code in (200, 206)
    assert sum(size for name, size in sizes.items() if name.endswith(".js")) < 22_000
    assert sum(size for name, size in sizes.items() if name.endswith(".css")) < 10_000
