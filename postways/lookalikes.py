"""Letters of other scripts, marks and digits that look like those of our own name. Pure: text in, text out."""

from __future__ import annotations

import re
import unicodedata

from postways.text import visible

SITE = "postways"
# From Unicode's confusables (UTS 39), as far as our name goes, and what people write for letters.
LIKE = {
    "p": "\u0440\u048f\u03c1\u2ca3\u1d18\u01a5\u1d7d\u13e2\ua4d1",
    "o": "\u043e\u04e9\u0473\u03bf\u03c3\u0585\u00f8\u0275\u2c9f\u1d0f\u1d11\u05e1\u10ff\u0d20\u101d\u2d54\ua4f3",
    "s": "\u0455\ua731\u0282\u1d8a\u01bd\u054f\u13da\u10bd\ua4e2$5",
    "t": "\u0442\u04ad\u03c4\u2ca7\u1d1b\u0167\u01ab\u01ad\u0288\u13a2\ua4d4\u20207",
    "w": "\u0448\u0461\u051d\u03c9\u026f\u0561\u1d21\u2c73\u13b3\ua4ea",
    "a": "\u0430\u03b1\u0251\u0250\u1d00\u2c65\u1d8f\u2c81\u13aa\ua4ee@4",
    "y": "\u0443\u04af\u04b1\u03b3\u03c5\u10e7\u028f\u01b4\u024f\u1eff\u2ca9\u13a9\ua4ec",
}
_PLAIN = str.maketrans({look: letter for letter, looks in LIKE.items() for look in looks})


def named_like_us(name: str) -> bool:
    """Whether people could take `name` for one that our own is in."""
    return SITE in _as_it_looks(name)


def _as_it_looks(name: str) -> str:
    parts = unicodedata.normalize("NFKD", visible(name)).translate(_PLAIN)  # capitals can look like another letter
    bare = "".join("o" if unicodedata.digit(c, None) == 0 else c for c in parts if not unicodedata.combining(c))
    plain = unicodedata.normalize("NFKD", bare.casefold()).translate(_PLAIN).replace("vv", "w")
    return re.sub(r"[\W_]", "", plain)
