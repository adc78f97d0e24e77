"""Cards of posts in lists, rendered once for everybody who is shown the same.

What a card shows is a function of the post's version, its counts, whether the reader is a visitor, likes it, keeps it
or wrote it, whether it opens for the reader, and whether pictures with a warning are to be covered; the form's token is
put in at the end. The one rule of who sees what has been asked before, by the query that found the glimpses; the cache
only saves words.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from flask import g, render_template
from flask_babel import get_locale
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from postways.looks import ago
from postways.models import LockedPost, Post
from postways.models.listed import Glimpse

MOST_KEPT = 4_000  # cards of some 3 kB
TOKEN = "\x00token\x00"  # never in what people type: PostForm drops NUL
BROUGHT, WHY = "\x00brought\x00", "\x00why\x00"  # where a feed says what it alone knows of a post


class Notes(NamedTuple):
    """What a feed says about a post: who brought it, and why it stands there."""

    brought: str = ""
    why: str = ""


class Key(NamedTuple):
    """Everything that a card depends on."""

    post: int
    version: int
    likes: int
    comments: int
    reposts: int
    reader: tuple[bool, bool, bool, bool] | None  # likes it, reposted it, keeps it, wrote it; a visitor is nobody
    covers: bool  # what carries a warning
    first: bool
    opens: bool  # all of it, or what everybody may know of what is for premium members
    words: tuple[str, str]


_NONE = Notes()
_kept: OrderedDict[Key, str] = OrderedDict()


def cards(glimpses: Sequence[Glimpse], *, in_view: bool, notes: Mapping[int, Notes] | None = None) -> Markup:
    """The cards of these posts, one after the other; `in_view` says that the first one is seen at once.

    `notes` on some of them, by the post's id, stand in their cards for this reader alone.
    """
    language = str(get_locale())
    keys = [_key(glimpse, language, in_view and place == 0) for place, glimpse in enumerate(glimpses)]
    missing = [key for key in keys if key not in _kept]
    new: dict[int, Post | LockedPost] = {**Post.whole([key.post for key in missing if key.opens], g.user)}
    new |= Post.locked_for([key.post for key in missing if not key.opens], g.user)
    notes = notes or {}
    html = "".join(_noted(_card(key, new), notes.get(key.post, _NONE)) for key in keys)
    return Markup(html.replace(TOKEN, generate_csrf()) if g.user.is_member else html)


def _noted(card: str, notes: Notes) -> str:
    return card.replace(BROUGHT, notes.brought, 1).replace(WHY, notes.why, 1)


def forget() -> None:
    """Render everything anew."""
    _kept.clear()


def _key(glimpse: Glimpse, language: str, first: bool) -> Key:
    words = (language, ago(glimpse.published_at))
    if not g.user.can_open(glimpse):
        return Key(glimpse.id, glimpse.version, 0, 0, 0, None, covers=True, first=False, opens=False, words=words)
    own = glimpse.author_id == g.user.id
    reader = (glimpse.liked, glimpse.reposted, glimpse.saved, own) if g.user.is_member else None
    return Key(
        glimpse.id,
        glimpse.version,
        glimpse.like_count,
        glimpse.comment_count,
        glimpse.repost_count,
        reader,
        g.user.covers_warned,
        first,
        True,
        words,
    )


def _card(key: Key, new: dict[int, Post | LockedPost]) -> str:
    if post := new.get(key.post):
        places = {"csrf_field": token_to_come, "brought": Markup(BROUGHT), "why": Markup(WHY)}
        template = "posts/_card.html" if key.opens else "posts/_locked_card.html"
        _kept[key] = render_template(template, post=post, first=key.first, **places)
        if len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    elif key in _kept:
        _kept.move_to_end(key)
    return _kept.get(key, "")  # empty when it was hidden between the two queries


def token_to_come() -> Markup:
    """The place where the token of the form will stand."""
    return Markup(f'<input type="hidden" name="csrf_token" value="{TOKEN}">')
