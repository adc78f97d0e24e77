"""What a token may do: words that its person chose, never more than the person's role allows."""

from __future__ import annotations

from postways.errors import Refused

SCOPES = ("read", "create", "update", "delete", "moderate", "admin")
WRITE = frozenset({"create", "update", "delete"})  # what the word `write` stands for
MEANS = {  # in the words of the pages, the description and the guide; a test holds every operation to them
    "read": "See what you can see: posts, people, your account, messages, notifications and lists",
    "create": "Share, like, save, repost, follow, comment and write messages as you; block, mute and report",
    "update": "Change your posts, comments, profile and picture; accept follow and message requests; mark as read",
    "delete": (
        "Take back likes, saves and reposts; unfollow, unblock, unmute and remove followers; refuse follow and message "
        "requests; delete comments and messages; move your posts to the trash"
    ),
    "moderate": (
        "See and do what you can as a moderator: all accounts, drafts and premium posts; remove posts and comments"
    ),
    "admin": "Do what you can do as an admin",
}
MOST = {  # role: the most that a token of such a person can do
    "member": frozenset({"read"}) | WRITE,
    "moderator": frozenset({"read", "moderate"}) | WRITE,
    "admin": frozenset(SCOPES),
}


def scopes_of_role(role: str) -> frozenset[str]:
    """All that a token of somebody with this role can do."""
    return MOST[role]


def scopes_in(text: str) -> frozenset[str]:
    """The scopes that `text` names, with white space between them. Raises Refused for a word that is none."""
    words = frozenset(text.split())
    if unknown := words - {*SCOPES, "write"}:
        message = "There is no scope %(word)s; choose from read, write, create, update, delete, moderate and admin."
        raise Refused(message, field="scope", word=min(unknown)[:40])
    return (words - {"write"}) | (WRITE if "write" in words else frozenset())


def narrowed(text: str, role: str) -> frozenset[str]:
    """What of the scopes in `text` somebody with this role can use. Raises Refused for a word that is none."""
    return scopes_in(text) & MOST[role]


def written(scopes: frozenset[str]) -> str:
    """The words for `scopes`, always in the same order, as short as they can be said."""
    if scopes >= WRITE:
        scopes = (scopes - WRITE) | {"write"}
    return " ".join(word for word in ("read", "write", *SCOPES[1:]) if word in scopes)
