"""Whether the time that an answer takes tells what is hidden from what is missing."""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from bench.figures import Figure, quantile
from bench.pages import PUBLIC
from bench.parts import Bench
from bench.site import FORM, TOKEN, Failed, Site, Visitor

TIMES = 12  # each of the two is asked at every door
AGAIN = 4  # of what hides, so many doors that seem to differ most are asked again, so much more often
MOST = 5.0  # milliseconds between the medians
JSON = {"Content-Type": "application/json"}
ITS_OWN = re.compile(TOKEN.pattern + r"|since=[\w-]+|\d+")  # in each answer another one
POST = (
    "GET /posts/{post}/", "GET /posts/{post}/photos/1/", "GET /posts/{post}/likes/", "GET /posts/{post}/reposts/",
    "GET /live/gone/?posts={post}", "GET /oembed/?url={site}/posts/{post}/", "GET /api/v1/posts/{post}/",
    "GET /api/v1/posts/{post}/comments/", "GET /api/v1/likes/?post={post}", "GET /api/v1/likes/batch/?ids={post}",
    "GET /comments/{comment}/", "GET /api/v1/comments/{comment}/", "GET /photos/{photo}/",
    "GET /api/v1/images/{photo}/", "GET /media/{key}/square.jpg", "GET /media/{key}/original",
)  # fmt: skip
OF_MEMBERS = (
    "GET /posts/{post}/edit/", "GET /posts/{post}/delete/", "POST /posts/{post}/edit/", "POST /posts/{post}/publish/",
    "POST /posts/{post}/withdraw/", "POST /posts/{post}/delete/", "POST /posts/{post}/like/",
    "POST /posts/{post}/unlike/", "POST /posts/{post}/repost/", "POST /posts/{post}/save/",
    "POST /posts/{post}/comments/", "POST /posts/{post}/comments/close/", "GET /report/?post={post}",
    "GET /comments/{comment}/edit/", "GET /comments/{comment}/delete/", "POST /comments/{comment}/like/",
    "POST /comments/{comment}/delete/", "GET /report/?comment={comment}", "GET /photos/{photo}/edit/",
    "POST /photos/{photo}/retry/", "PUT /api/v1/posts/{post}/like/", "DELETE /api/v1/posts/{post}/like/",
    "PATCH /api/v1/posts/{post}/", "DELETE /api/v1/posts/{post}/", "POST /api/v1/likes/toggle/ post",
    "POST /api/v1/interactions/ post", "PUT /api/v1/comments/{comment}/like/", "DELETE /api/v1/comments/{comment}/",
)  # fmt: skip
PERSON = (
    "GET /@{name}/", "GET /@{name}/followers/", "GET /@{name}/reposts/", "GET /authors/{person}/",
    "GET /messages/{name}/", "GET /report/?person={person}", "POST /@{name}/follow/", "POST /@{name}/mute/",
    "POST /@{name}/block/", "GET /api/v1/users/{name}/", "GET /api/v1/users/{person}/",
    "GET /api/v1/users/{name}/followers/", "DELETE /api/v1/users/me/followers/{name}/",
)  # fmt: skip
MESSAGE = ("GET /messages/{message}/delete/", "POST /messages/{message}/delete/", "GET /api/v1/messages/{message}/")
OPEN_TO_ALL = ("GET /media/", "GET /oembed/", "GET /live/")  # asks nobody who it is, or listens
BY_CONTRACT = ("GET /api/v1/posts/{post}/", "PATCH /api/v1/posts/{post}/", "DELETE /api/v1/posts/{post}/")  # 403


def hidden(bench: Bench) -> Iterator[Figure]:
    """Drafts, posts for followers, the trash, who blocks, messages of others: each beside nothing at all."""
    times, gaps, told = bench.times(TIMES), {}, []
    for what, doors in _hidden(bench.site):
        found = {f"{what}, {door}": door for door in doors}
        gap = {name: _gap(door, times) for name, door in found.items()}
        for name in sorted(gap, key=lambda name: abs(gap[name]))[-AGAIN:]:  # in a few rounds a neighbour counts as well
            gap[name] = min(gap[name], _gap(found[name], AGAIN * times), key=abs)
        gaps |= gap
        told += [name for name, door in found.items() if len(door.told) > 1]
    name = max(gaps, key=lambda name: abs(gaps[name]))
    figure = f"{len(gaps)} doors, hidden and missing: largest difference of medians"
    yield Figure("hidden", figure, abs(gaps[name]) * 1e3, "ms", at_most=MOST, note=name)
    yield Figure("hidden", "doors that tell them apart", len(told), "", at_most=0, note="; ".join(told[:5]))


class Door:
    """One address, asked by somebody for what is hidden and for what is missing."""

    def __init__(self, reader: Visitor, token: str, path: str, things: tuple[dict[str, object], dict[str, object]]):
        self.reader, self.token, self.path, self.things = reader, token, path, things
        self.told: set[tuple[int, str]] = set()

    def __str__(self) -> str:
        return f"{self.path} by a {'member' if self.token else 'visitor'}"

    def seconds(self, which: int) -> float:
        """Until the answer is there; what it told is kept, without the words that stood in the question."""
        method, path, *names = self.path.split()
        thing = self.things[which]
        question = self._question(method, path, {name: thing[name] for name in names})
        began = time.perf_counter()
        status, answer = self.reader.ask(method, path.format(**thing), *question)
        taken = time.perf_counter() - began
        text = ITS_OWN.sub("", answer.decode(errors="replace"))
        for value in (thing.get("name"), thing.get("key")):
            text = text.replace(str(value), "") if value else text
        self.told.add((status, text))
        return taken

    def _question(self, method: str, path: str, fields: dict[str, object]) -> tuple[bytes, dict[str, str]]:
        if method == "GET":
            return b"", {}
        if "/api/" in path:
            return json.dumps({"type": "like", **fields}).encode(), JSON | {"X-CSRFToken": self.token}
        return urlencode({"csrf_token": self.token}).encode(), FORM


def _gap(door: Door, times: int) -> float:
    """Seconds by which the median of hidden is above that of missing; they take turns."""
    pairs = [(door.seconds(0), door.seconds(1)) for _ in range(times)]
    hidden, missing = zip(*pairs, strict=True)
    return quantile(hidden, 0.5) - quantile(missing, 0.5)


def _hidden(site: Site) -> Iterator[tuple[str, list[Door]]]:
    """What hides something, and the doors at which it then is: each time something of the same author."""
    cast = Cast(site)
    draft, followers, trash, open_ = cast.posts
    every = [*POST, *OF_MEMBERS]
    cast.author_asks("PATCH", f"posts/{draft['post']}/", {"published": False})
    yield "a draft", cast.doors([path for path in every if path not in BY_CONTRACT], draft)
    cast.author_asks("PATCH", f"posts/{followers['post']}/", {"audience": "followers"})
    yield "for followers", cast.doors(every, followers)
    cast.author_asks("DELETE", f"posts/{trash['post']}/", {})
    yield "in the trash", cast.doors(every, trash)
    message = cast.author_asks("POST", "messages/", {"receiver": cast.third, "content": "Between us"})
    yield "a message of others", cast.doors(MESSAGE, {"message": message["id"]})
    cast.author_asks("POST", "blocks/", {"blocked": cast.reader_name})
    path = [path for path in every if not path.startswith(OPEN_TO_ALL)]
    yield "who blocked", [door for door in cast.doors([*path, *PERSON], open_ | cast.person) if door.token]


class Cast:
    """An author with four posts, somebody to whom they do not belong, a third one, and a visitor."""

    def __init__(self, site: Site) -> None:
        self.site = site
        fitting = (
            f"{PUBLIC} AND comment_count > 0 AND EXISTS (SELECT 1 FROM photos WHERE post_id = posts.id) "
            "AND author_id IN (SELECT id FROM users WHERE role = 'member')"
        )
        author = self._one(
            f"SELECT author_id FROM posts WHERE {fitting} GROUP BY author_id HAVING count(*) > 3 "
            "ORDER BY (SELECT count(*) FROM follows WHERE followed_id = author_id), author_id LIMIT 1"
        )
        strangers = (
            f"FROM users WHERE role = 'member' AND id <> {author} "
            f"AND id NOT IN (SELECT follower_id FROM follows WHERE followed_id = {author}) ORDER BY id"
        )
        reader = self._one(f"SELECT id {strangers} LIMIT 1")
        self.third = self._one(f"SELECT username {strangers} LIMIT 1 OFFSET 1")
        self.reader_name = self._one(f"SELECT username FROM users WHERE id = {reader}")
        name = self._one(f"SELECT username FROM users WHERE id = {author}")
        self.person = {"name": name, "person": author}
        self.author, self.reader, self.visitor = self._member(author), self._member(reader), Visitor(site.port)
        self.tokens = {person: person.token("/settings/profile/") for person in (self.author, self.reader)}
        ids = site.ask(f"SELECT id FROM posts WHERE {fitting} AND author_id = {author} ORDER BY id DESC LIMIT 4")
        self.posts = [self._with_all(post, reader) for (post,) in ids]

    def doors(self, paths: Sequence[str], thing: dict[str, object]) -> list[Door]:
        """Each path, asked by the reader and what a visitor may ask by one of them, too."""
        site = {"site": f"http://127.0.0.1:{self.site.port}"}
        missing = {name: self._missing(name, value) for name, value in thing.items()} | site
        thing = thing | site
        made = [Door(self.reader, self.tokens[self.reader], path, (thing, missing)) for path in paths]
        return made + [Door(self.visitor, "", path, (thing, missing)) for path in paths if path in POST]

    def author_asks(self, method: str, path: str, body: dict[str, object]) -> dict[str, Any]:
        """The author does something by the API."""
        headers = JSON | {"X-CSRFToken": self.tokens[self.author]}
        status, answer = self.author.ask(method, f"/api/v1/{path}", json.dumps(body).encode(), headers)
        if status >= 400:  # noqa: PLR2004
            raise Failed(f"{method} {path} answered {status}: {answer[:300]!r}")
        return json.loads(answer or b"{}")

    def _with_all(self, post: int, reader: int) -> dict[str, object]:
        """A post with one of its comments and one of its photographs."""
        comment = self._one(f"SELECT id FROM comments WHERE post_id = {post} AND author_id <> {reader} LIMIT 1")
        ((photo, key),) = self.site.ask(f"SELECT id, key FROM photos WHERE post_id = {post} ORDER BY id LIMIT 1")
        return {"post": post, "comment": comment, "photo": photo, "key": key}

    def _missing(self, name: str, value: object) -> object:
        """Of the same form and length, and nobody's; a key is hexadecimal."""
        if isinstance(value, str):
            return "".join(random.Random(value).choices("abcdef", k=len(value)))
        table = {"person": "users"}.get(name, f"{name}s")
        highest = self._one(f"SELECT max(id) FROM {table}")
        most = 10 ** len(str(value)) - 1
        there = {
            number for (number,) in self.site.ask(f"SELECT id FROM {table} WHERE id BETWEEN {most // 10} AND {most}")
        }
        return next((number for number in range(most, most // 10, -1) if number not in there), highest + 1)

    def _member(self, user_id: int) -> Visitor:
        return self.site.member(self._one(f"SELECT count(*) FROM users WHERE id < {user_id}"))

    def _one(self, sql: str) -> Any:
        rows = self.site.ask(sql)
        if not rows:
            raise Failed(f"the site has nothing to hide: {sql}")
        return rows[0][0]
