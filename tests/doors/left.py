"""What a verb leaves behind in the database, so that two doors to it can be compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from postways.db import db
from postways.models import User
from tests.api.client import Client
from tests.cast import Browser, make_user

ANEW = {  # what is another value each time: moments, secrets, ids of rows
    "id", "at", "read_at", "created_at", "updated_at", "joined_at", "published_at", "last_login_at", "last_activity_at",
    "last_used_at", "last_seen_at", "expires_at", "claimed_at", "auth_time", "deleted_at", "given_up_at",
    "password_changed_at", "username_changed_at", "proved_at", "verified_at", "ended_at", "due_at", "sent_at",
    "password_hash", "token_hash", "key", "original", "sid", "request_id", "address", "device", "whom",
    "avatar_key", "prefix", "place", "key_hash", "body_hash",
    "edited_at", "held_at", "published_before", "touched_at", "about",
    "post_id", "comment_id", "parent_id", "tag_id", "subject_id", "notification_id", "message_id", "conversation_id",
    "last_id",
}  # fmt: skip
FORMS_OWN = {"form_key"}  # by which a page knows its own form again
OF_THE_DOOR = {"sessions", "token_families", "refresh_tokens", "api_tokens", "receipts"}
Rows = dict[str, list[dict[str, Any]]]


def left(app: Flask) -> Rows:
    """Every row of every table, without what differs by time and chance, and without who is logged in where."""
    with app.app_context():
        return {
            table.name: sorted(
                (
                    {
                        name: value is not None if name in ANEW else value
                        for name, value in row._mapping.items()
                        if name not in FORMS_OWN
                    }
                    for row in db.session.execute(table.select())
                ),
                key=repr,
            )
            for table in db.metadata.sorted_tables
            if table.name not in OF_THE_DOOR
        }


def added(before: Rows, after: Rows) -> Rows:
    """The rows that are new or have changed, by table."""
    found: Rows = {}
    for table, rows in after.items():
        remaining = list(before[table])
        for row in rows:
            if row in remaining:
                remaining.remove(row)
            else:
                found.setdefault(table, []).append(row)
    return found


def nameless(rows: Rows, user: User) -> Rows:
    """`rows` without which person exactly they speak of, and through which door."""

    def plain(column: str, value: Any) -> Any:
        if isinstance(value, str):
            return value.replace(user.username, "name")
        if isinstance(value, list):
            return [plain(column, one) for one in value]
        if isinstance(value, dict):
            # "change", "comment", "message" and "report" are ids
            return {
                key: said
                for key, said in value.items()
                if key not in ("door", "change", "post_id", "comment", "message", "report")
            }
        return "the person" if value == user.id and column.endswith("_id") else value

    return {
        table: [{column: plain(column, value) for column, value in row.items()} for row in some]
        for table, some in rows.items()
    }


def same_through_both(
    app: Flask,
    *,
    page: Callable[[Browser, User, Any], Any],
    api: Callable[[Client, User, Any], Any],
    given: Callable[[User], Any] = lambda user: None,
    role: str = "member",
    names: tuple[str, str] = ("paula", "pavla"),
) -> Rows:
    """What both doors leave when two people of the same kind do the same, one by each; fails when it differs.

    Each of `page` and `api` is called with somebody's browser or client, that person, and what `given` made of them.
    """
    found = []
    for name in names:
        user = make_user(app, name, role)
        things = given(user)
        browser = Browser(app).log_in(name)
        client = Client.bearer(app, user)
        before = left(app)
        if name == names[0]:
            page(browser, user, things)
        else:
            api(client, user, things)
        found.append(nameless(added(before, left(app)), user))
    for table in found[0].keys() | found[1].keys():
        assert found[0].get(table) == found[1].get(table), (table, found[0].get(table), found[1].get(table))
    return found[0]
