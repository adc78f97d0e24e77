"""What the reader does with a conversation or a message: accept, delete, delete everything."""

from __future__ import annotations

from flask import g, request, url_for
from werkzeug.wrappers import Response

from postways.auth import members_only
from postways.db import db, reading
from postways.htmx import go, page
from postways.messages import bp
from postways.models import Conversation, Copy


@bp.post("/messages/with/<int:conversation_id>/accept/")
@members_only
def accept(conversation_id: int) -> Response:
    """Hear from a stranger from now on."""
    Conversation.find(conversation_id, g.user).accept()
    db.session.commit()
    return go(url_for("messages.by_id", conversation_id=conversation_id))


@bp.route("/messages/with/<int:conversation_id>/empty/", methods=["GET", "POST"])
@members_only
def empty(conversation_id: int) -> Response:
    """Ask, then delete everything that was written, for the reader alone."""
    if request.method != "POST":
        found = Conversation.find(conversation_id, g.user)
        return page("messages/empty.html", side=found, number=found.length())
    Conversation.find(conversation_id, g.user).empty()
    db.session.commit()
    return go(url_for("messages.inbox", notice="messages-deleted"))


@bp.route("/messages/<int:message_id>/delete/", methods=["GET", "POST"])
@members_only
def delete(message_id: int) -> Response:
    """Ask, then delete one message, for the reader alone."""
    with reading():
        copy = Copy.find(message_id, g.user)
        side = Conversation.find(copy.conversation_id, g.user)
    if request.method != "POST":
        return page("messages/delete.html", copy=copy, side=side)
    Conversation.find(copy.conversation_id, g.user).drop(message_id)
    db.session.commit()
    return go(url_for("messages.by_id", conversation_id=side.id, notice="message-deleted"))
