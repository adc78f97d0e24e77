"""oEmbed: how another site shows a link to a public post."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from flask import abort, current_app, request
from werkzeug.wrappers import Response

from postways import linked
from postways.config import Config
from postways.errors import Missing, PremiumOnly
from postways.models import Guest, Post
from postways.sharing import bp, public

MOST = 100_000  # pixels; nobody asks for more
POST = re.compile(r"/posts/([0-9]{1,18})/(?:photos/[0-9]{1,18}/)?")


@bp.get("/oembed/")
def embed() -> Response:
    """The post at `url`, as far as everybody may see it."""
    if request.args.get("format", "json") != "json":
        abort(501)
    try:
        post = Post.find(_post_id(request.args.get("url", "")), Guest())
    except PremiumOnly as error:
        return _told(linked.announced(error.post))
    width, height = (_pixels(name) for name in ("maxwidth", "maxheight"))
    return _told(linked.embedded(post, width, height))


def _told(embed: dict[str, Any]) -> Response:
    return public(json.dumps(embed), "application/json")


def _post_id(url: str) -> int:
    config: Config = current_app.extensions["config"]
    try:
        parts, own = urlsplit(url), urlsplit(config.base_url)
    except ValueError:
        raise Missing from None
    path = POST.fullmatch(parts.path)
    if path is None or parts.netloc != own.netloc:
        raise Missing
    return int(path[1])


def _pixels(name: str) -> int:
    asked = request.args.get(name, MOST, int)
    return min(max(asked, 1), MOST)
