"""What nobody sends but who wants to break something; the tests send it, and the bench takes the time."""

from __future__ import annotations

from typing import Any

IN_ADDRESSES = [
    "abc", "-1", "0", "1.5", str(2**63 - 1), str(2**63), "9" * 400, "%00", "a%00b", "%ed%a0%80", "%ff", "%0d%0aX:%201",
    "%2e%2e", "%27%20or%201=1--", "%F0%9F%98%80", "x" * 5_000, "%20", "NaN", "None", "[]", "%7B%7D",
]  # fmt: skip
IN_QUERIES = [*IN_ADDRESSES, ",".join(map(str, range(10_000))), "-password", "password", "id__gte", "'"]
VALUES: list[Any] = [
    None, True, "", " ", "abc", -1, 0, 1.5, 1e308, 2**63, 10**300, [], {}, [[]], {"a": {}}, ["x"] * 10_000, "a\x00b",
    "\ud800", "😀" * 2_000, "x" * 200_000, "\u202e\u200b", "1; drop table users", "%s%n{0}{{7*7}}",
]  # fmt: skip
BODIES = [
    b"", b" ", b"{", b"nul", b"[1]", b'"x"', b"7", b"null", b'{"a": NaN}', b"[" * 100_000, b'{"a":' * 50_000,
    b"\xff\xfe{\x00}\x00", b'\xef\xbb\xbf{"post": 1}', b'{"post": 1, "post": 2}', b"{" + b" " * 900_000 + b"}",
    b'{"\\ud800": 1}', b'{"post": ' + b"9" * 5_000 + b"}", b"\x00" * 100,
]  # fmt: skip
KINDS = [
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
]
FORMS = [
    b"", b"\xff\x00=%00&%ff=1", b"--x\r\n", b"--x--", b'--x\r\nContent-Disposition: form-data; name="', b"=" * 5_000,
]  # fmt: skip
HEADERS = [
    ("Idempotency-Key", "x" * 256), ("Idempotency-Key", "\x7f"), ("Idempotency-Key", "é"), ("Idempotency-Key", ""),
    ("If-Match", "x"), ("If-Match", '"' * 99), ("If-Match", "*"), ("If-None-Match", 'W/"\x01'), ("If-None-Match", "*"),
    ("Accept", "\x00"), ("Accept", "text/html;q=x"), ("Accept", "image/png"), ("Accept-Encoding", "x" * 5_000),
    ("Content-Encoding", "gzip"), ("Range", "bytes=0-0,5-"), ("X-Forwarded-For", "evil"), ("Host", "evil.example"),
    ("Cookie", "session=\x01; a=b"), ("Cookie", "refresh_token=" + "x" * 9_000), ("Content-Type", "/"),
    ("Content-Type", "application/json; charset=utf-16"), ("Content-Type", "text/plain"), ("Origin", "null"),
    ("X-HTTP-Method-Override", "DELETE"), ("Accept-Language", "x-\x01"), ("Transfer-Encoding", "x"),
]  # fmt: skip


def filled(path: str, value: str = "1") -> str:
    """An operation's path with `value` in its places."""
    return "/".join(value if part.startswith("{") else part for part in path.split("/"))
