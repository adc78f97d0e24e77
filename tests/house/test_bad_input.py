"""Whatever is sent to whichever page or form: an answer, and never a crash."""

from __future__ import annotations

import re
from io import BytesIO
from itertools import cycle
from urllib.parse import urlencode

from tests.cast import Browser, make_user
from tests.house.test_routes import DOORS, STAFF_DOORS, in_turn, things  # noqa: F401 a fixture

FIELD = re.compile(r'<(?:input|textarea|select|button)\b[^>]*\bname="([^"]+)"')
IN_QUERIES = (
    "as", "box", "comment", "comments", "cursor", "feed", "from", "kind", "maxwidth", "message", "n", "newest", "next",
    "notice", "opens", "order", "own", "period", "person", "post", "posts", "q", "role", "since", "sort", "state",
)  # fmt: skip
VALUES = ["a\0b", "9" * 400, "-1", "x" * 20_000, str(2**63), "\u202e\u200b\r\nX: 1", "", "' or 1=1--", "😀" * 99]
LEFT_OUT = ("static", "auth.logout", "live.stream")


def test_nothing_is_too_strange_for_a_page_or_a_form(app, things, monkeypatch):  # noqa: F811
    monkeypatch.setattr(app.extensions["limits"], "_enabled", False)
    monkeypatch.setattr(app, "testing", False)  # what crashes is a 500, and no traceback
    make_user(app, "chief", role="admin")
    crashed = []
    for name, table in (("ada", DOORS), ("chief", STAFF_DOORS)):
        browser = Browser(app).log_in(name)
        doors = [door for door in sorted(table, key=in_turn) if door.endpoint not in LEFT_OUT]
        paths = [(door.method, door.path.format(**things)) for door in doors]
        pages = [browser.get(path) for method, path in paths if method == "GET"]
        fields = sorted({field for page in pages if page.mimetype == "text/html" for field in FIELD.findall(page.text)})
        token = browser.token()
        for method, path in paths:
            statuses = _read(browser, path) if method == "GET" else _sent(browser, path, fields, token)
            crashed += [(method, path, status) for status in statuses if status >= 500]
    assert crashed == []


def _read(browser: Browser, path: str) -> list[int]:
    query = urlencode(dict(zip(IN_QUERIES, cycle(VALUES), strict=False)))
    return [browser.get(f"{path.partition('?')[0]}?{query}").status_code]


def _sent(browser: Browser, path: str, fields: list[str], token: str) -> list[int]:
    """Strange words, a file in the place of every word, and JSON of other kinds."""
    names = [field for field in fields if field != "csrf_token"]
    bodies = [dict(zip(names, cycle(VALUES), strict=False)), {name: (BytesIO(b"x"), "../x.jpg") for name in names}]
    answers = [browser.post(path, body, token=token) for body in bodies]
    for body in ([1], dict.fromkeys(names, [7])):
        answers.append(browser.client.post(path, json=body, headers={"X-CSRFToken": token}))
    return [answer.status_code for answer in answers]
