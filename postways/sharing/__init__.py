"""What other sites and programs read: feeds, embeds, maps of the site. All of it as a visitor sees it, whoever asks."""

from __future__ import annotations

import hashlib
import re

from flask import Blueprint, Flask, request
from werkzeug.wrappers import Response

bp = Blueprint("sharing", __name__)
# a suspension or a block of the staff holds within five seconds here too
FOR_EVERYBODY = "public, max-age=0, s-maxage=5, must-revalidate"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def init_app(app: Flask) -> None:
    """Open these doors."""
    from postways.sharing import atom, crawling, embedding  # noqa: F401, PLC0415 they attach themselves to `bp`

    app.register_blueprint(bp)


def public(body: str, mime: str, *, state: object = None) -> Response:
    """An answer that is the same for everybody. XML gets no characters that it may not hold."""
    answer = Response(_NOT_XML.sub("", body), content_type=f"{mime}; charset=utf-8")
    answer.set_etag(tag_of(body if state is None else state))
    answer.headers["Cache-Control"] = FOR_EVERYBODY
    return answer.make_conditional(request)


def tag_of(state: object) -> str:
    """A short name for this state."""
    return hashlib.sha256(repr(state).encode(errors="surrogatepass")).hexdigest()[:24]
