"""A new account, whichever door somebody comes through."""

from __future__ import annotations

from collections.abc import Callable

from flask import request

from postways.auth import passwords
from postways.auth.answers import check_tries, count_try
from postways.db import reading
from postways.errors import Refused
from postways.models import Audit, User
from postways.models.attempt import network
from postways.models.credentials import check_email, check_password, check_username


def refusals(username: str, email: str, password: str) -> list[Refused]:
    """What speaks against such an account without a look into the database, all at once; no `email` is no obstacle."""
    name, email = username.strip(), email.strip()
    rules: list[Callable[[], None]] = [
        lambda: check_username(name, email),
        lambda: check_email(email) if email else None,
        lambda: check_password(password, name, email),
    ]
    found = []
    for rule in rules:
        try:
            rule()
        except Refused as error:
            found.append(error)
    return found


def open_account(username: str, email: str, password: str) -> User:
    """The account of who asks, counted against their address. Raises Refused by field, TooMany or Busy.

    Slow before the transaction that it leaves open for the door to commit.
    """
    address = network(request.remote_addr or "")
    with reading():
        check_tries("sign-up", address)
    password_hash = passwords.hashed(password)
    user = User.sign_up(username, email, password_hash)
    count_try("sign-up", address)
    Audit.note("sign-up", user, user)
    user.wants_link()
    return user
