"""What can be somebody's username, address and password."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib import resources

from email_validator import EmailNotValidError, validate_email

from postways.errors import Refused
from postways.text import folded, visible

LONGEST_USERNAME = 150
LONGEST_EMAIL = 254
LONGEST_KEY = 600  # a folded name or address can be longer than it was
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1_024
LITTLE = 4  # letters
RESERVED = frozenset(
    "me admin api static media live login logout signup settings authors posts tags search explore popular feed "
    "messages notifications saved likes moderation membership o dev root support staff moderator postways".split()
)
_MARKS = "@.+-_"


def check_username(username: str, email: str | None = None) -> None:
    """Raise Refused unless `username` (trimmed, NFKC) may be somebody's name."""
    if not username:
        raise Refused("Choose a username.", field="username")
    if len(username) > LONGEST_USERNAME:
        raise Refused("A username has at most %(most)d characters.", field="username", most=LONGEST_USERNAME)
    if visible(username) != username or not all(c in _MARKS or unicodedata.category(c)[0] in "LMN" for c in username):
        raise Refused("A username has only letters, digits and @ . + - _", field="username")
    if not any(unicodedata.category(c)[0] in "LN" for c in username):
        raise Refused("A username needs at least one letter.", field="username")
    if username.isnumeric():
        raise Refused("A username can't be digits alone; add a letter.", field="username")
    if folded(username) in RESERVED:
        raise Refused("That name is kept for the site itself. Choose another one.", field="username")
    if looks_like_address(username) and folded(username) != folded(email or ""):
        raise Refused("A username that is an address must be your own address.", field="username")


def check_email(email: str) -> None:
    """Raise Refused unless `email` has the form of an address that mail can be sent to."""
    try:
        validate_email(email, check_deliverability=False)
        possible = len(folded(email)) <= LONGEST_KEY
    except EmailNotValidError:
        possible = False
    if not possible:
        raise Refused("That is not an email address; one looks like name@example.org.", field="email")


def check_password(password: str, username: str = "", email: str = "") -> None:
    """Raise Refused unless `password` is hard enough to guess; it is judged byte for byte, never trimmed or cut."""
    if len(password) < SHORTEST_PASSWORD:
        raise Refused("A password has at least %(least)d characters.", field="password", least=SHORTEST_PASSWORD)
    if len(password) > LONGEST_PASSWORD:
        raise Refused("A password has at most %(most)d characters.", field="password", most=LONGEST_PASSWORD)
    if password.isdigit():
        raise Refused("A password of digits alone is quickly guessed; add letters.", field="password")
    if password.casefold() in _common_passwords():
        raise Refused("That password is on the lists that are tried first. Choose another one.", field="password")
    if any(_close(password, name) for name in (username, email, email.partition("@")[0])):
        raise Refused("That password is too close to your name or address.", field="password")


def _close(password: str, name: str) -> bool:
    plain, name = re.sub(r"[\W\d_]+", "", password.casefold()), re.sub(r"[\W\d_]+", "", name.casefold())
    if len(name) <= 3:  # noqa: PLR2004 so little may stand in any word
        return False
    around = len(plain) - len(name) if name in plain else LITTLE  # letters besides the name
    return password.casefold() == name or around < LITTLE or plain in (name * 2, name[::-1])


def looks_like_address(username: str) -> bool:
    """Whether it has the form of an email address."""
    return bool(re.fullmatch(r"[^@]+@[^@]+\.[^@]+", username))


@lru_cache(maxsize=1)
def _common_passwords() -> frozenset[str]:
    text = resources.files("postways.models").joinpath("common_passwords.txt").read_text("utf-8")
    return frozenset(text.split("\n"))
