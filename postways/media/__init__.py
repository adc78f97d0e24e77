"""The files of photographs, each only to those who may see its post at this moment."""

from __future__ import annotations

import re
import time
from math import ceil

from flask import Blueprint, Flask, Response, current_app, g, request

from postways.auth import bearer
from postways.errors import Missing
from postways.models import Guest, Photo, Post
from postways.storage import NotFound, Storage
from postways.threads import in_thread

bp = Blueprint("media", __name__)

REMEMBERED = 2.0  # seconds that a process trusts its look-up of whether a key is open to everybody
MOST_REMEMBERED = 20_000
OPEN = "public, max-age=31536000, immutable, s-maxage=5, proxy-revalidate"
CLOSED = "private, no-store"
KEY = re.compile(r"[0-9a-f]{32}")
TYPES = {"webp": "image/webp", "jpg": "image/jpeg"}
_open: dict[str, tuple[float, frozenset[str]]] = {}


def init_app(app: Flask) -> None:
    """Open this door."""
    app.register_blueprint(bp)


@bp.get("/media/<key>/<name>")
def file(key: str, name: str) -> Response:
    """A derivative, or for its owner the original."""
    if not KEY.fullmatch(key):
        raise Missing
    age, names = open_names(key)
    if name in names:
        answer = _send(f"photos/{key}/{name}", TYPES[name.rpartition(".")[2]], OPEN)
        answer.headers["Age"] = str(ceil(age))  # or a cache's five seconds would begin when ours are nearly over
        return answer
    bearer.recognise(for_anyone=True)
    photo = Post.photo_seen_by(g.user, key=key)
    if photo is None:
        raise Missing
    if name == "original" and g.user.can_open_original(photo):
        return _stream(photo)
    own = name == photo.whole_name and g.user.can_open_original(photo) if photo.ready else False
    if name not in photo.names and not own:
        raise Missing
    return _send(f"{photo.folder}{name}", TYPES[name.rpartition(".")[2]], CLOSED)


def open_names(key: str) -> tuple[float, frozenset[str]]:
    """The files under `key` that everybody may read, and how many seconds ago that was so: one indexed look-up,
    remembered for two seconds."""
    moment = time.monotonic()
    looked_at, names = _open.get(key, (moment - REMEMBERED, frozenset[str]()))
    if looked_at > moment - REMEMBERED:
        return moment - looked_at, names
    photo = Post.photo_seen_by(Guest(), key=key)
    names = frozenset(photo.names) if photo else frozenset()
    if len(_open) >= MOST_REMEMBERED:
        _open.clear()
    _open[key] = (moment, names)
    return 0.0, names


def forget() -> None:
    """Look everything up anew."""
    _open.clear()


def _send(path: str, mime: str, cache: str) -> Response:
    etag = path.removeprefix("photos/")
    answer = Response(content_type=mime)
    answer.set_etag(etag)
    if etag in request.if_none_match:
        answer.status_code = 304
    else:
        try:
            answer.set_data(in_thread(_storage().get, path))
        except NotFound:
            raise Missing from None
    return _guarded(answer, cache)


def _stream(photo: Photo) -> Response:
    try:
        size, chunks = in_thread(_storage().stream, photo.original)
    except NotFound:
        raise Missing from None
    answer = Response(chunks, content_type=photo.mime)
    answer.content_length = size
    kind = photo.original.rpartition(".")[2]
    answer.headers["Content-Disposition"] = f'inline; filename="photograph-{photo.id}.{kind}"'
    return _guarded(answer, CLOSED)


def _guarded(answer: Response, cache: str) -> Response:
    answer.headers["Cache-Control"] = cache
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    # what everybody may see is shown in feed readers and where a link is embedded, too
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin" if cache == OPEN else "same-origin"
    return answer


def _storage() -> Storage:
    storage: Storage = current_app.extensions["storage"]
    return storage
