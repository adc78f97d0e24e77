"""The list of conversations, and one of them: reading it, and writing into it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import current_app, g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from postways import limits
from postways.auth import members_only, refills_form, takes_files
from postways.db import db, read_only, reading
from postways.errors import Missing, Refused, TooMany, Undeliverable
from postways.handlers import sentence
from postways.htmx import asked_by_htmx, fragment, go, gone, page, pages_loaded, refilled
from postways.messages import bp, lists
from postways.messages.forms import MessageForm
from postways.messages.reading import Letters
from postways.models import Conversation, User
from postways.models.conversation import NOBODY, takes_messages_of
from postways.models.message import called

FEW = 10  # people whom a search offers
STALE = "This page was open for too long. What you typed is still here; send it once more."


@bp.get("/messages/")
@members_only
def inbox() -> Response:
    """Conversations, the newest first; `box=requests` those that strangers began, `q` looks for a name.

    `box=sent` and `box=received` are messages, perhaps of one person or one day.
    """
    if (box := request.args.get("box")) in lists.BOXES:
        return lists.listed(box, _cursor())
    requested, words, cursor = "requests" in request.args.getlist("box"), request.args.get("q", "").strip(), _cursor()
    found = Conversation.listed(g.user, cursor, requested=requested, words=words[:100])
    n = pages_loaded()
    kept: dict[str, Any] = {"box": "requests" if requested else None, "q": words or None}
    older = found.next_cursor and url_for("messages.inbox", cursor=found.next_cursor, n=n + 1, **kept)
    shown = {"page": found, "older_url": older, "n": n, "requested": requested, "words": words, "kept": kept}
    if not asked_by_htmx() or not found.items:
        shown["waiting"] = Conversation.count_requests(g.user)
    if asked_by_htmx():
        return fragment("messages/_conversations.html", **shown)
    known = {one.other_id for one in found.items} | {g.user.id}
    others = [person for person in _named(words) if person.id not in known] if not requested else []
    return page("messages/inbox.html", people=others, **shown)


def _named(words: str) -> list[User]:
    """Who is meant by the words, as the search of the site finds people, and those whose username begins so."""
    if not words:
        return []
    found = [*User.whose_name_begins(words.removeprefix("@"), g.user), *User.found(words, g.user, None, FEW).items]
    return list({person.id: person for person in found}.values())


@bp.get("/messages/with/<int:conversation_id>/")
@members_only
def by_id(conversation_id: int) -> Response:
    """A conversation by its number: the only address where the other has no name any more."""
    found = Conversation.find(conversation_id, g.user)
    if found.other is not None and not found.gone:
        return redirect(url_for("messages.conversation", username=found.other.username))
    return _page(found, None)


@bp.route("/messages/<username>/", methods=["GET", "POST"])
@members_only
@refills_form
@takes_files
def conversation(username: str) -> Response:
    """What was written with one other person, the newest at the bottom; a form sends the next message."""
    if request.method == "POST":
        return _send(username)
    try:
        found, person = _found(username)
    except Missing:
        if asked_by_htmx():
            return gone(request.path)
        raise
    if person is not None and person.id == g.user.id:
        return redirect(url_for("messages.inbox", notice="to-yourself"))
    if person is not None and person.username != username:
        return redirect(url_for("messages.conversation", username=person.username))
    if asked_by_htmx():
        return _part(found, person)
    return _page(found, person)


def _found(username: str) -> tuple[Conversation | None, User | None]:
    """The conversation, or without one the person with whom it can begin. Raises Missing."""
    found = Conversation.named(g.user, username)
    if found is not None:
        return found, found.other
    return None, User.meant(username, g.user)


def _send(username: str) -> Response:
    form = MessageForm()
    good = form.validate()
    if form.key.errors:
        form.renew(str(form.key.errors[0]))
    form.take_pictures()
    good = form.well_described and good
    if form.csrf_token.errors:
        form.form_errors.append(_(STALE))
        return _not_sent(username, form, 403)
    if form.stays_open or not good or form.refusals:
        return _not_sent(username, form, 422 if form.refusals or not good else 200)
    try:
        limits.count("message", g.user.id)
        Conversation.write(g.user, _receiver(username), form.content.data, form.described(), form.key.data)
        db.session.commit()
    except TooMany as error:
        form.form_errors.append(sentence(error))
        answer = _not_sent(username, form, 429)
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    except Undeliverable as error:
        db.session.rollback()
        Conversation.note_refused(g.user, error)
        db.session.commit()
        form.form_errors.append(_(error.args[0]))
        return _not_sent(username, form, 403)
    except Refused as error:
        db.session.rollback()
        if error.field == "content":
            form.content.errors = [*form.content.errors, sentence(error)]
        elif error.field == "key":
            form.renew(sentence(error))
        else:
            form.form_errors.append(sentence(error))
        return _not_sent(username, form, 422)
    return _sent(username)


def _receiver(username: str) -> User:
    """Whom the address means, whatever stands between the two: that is the verb's to judge. Raises Refused."""
    if (found := called(username)) is None:
        raise Refused(NOBODY, field="receiver")
    return found


def _sent(username: str) -> Response:
    """The newest messages, with this one, for the page that knows which it shows."""
    since = _id(request.form.get("since"))
    if not asked_by_htmx() or since is None:
        return go(url_for("messages.conversation", username=username))
    with reading():
        found, person = _found(username)
        letters = Letters.news(found, since)
        if letters.leaves_out(since):
            return go(url_for("messages.conversation", username=username))
        return fragment("messages/_sent.html", side=found, person=person, letters=letters, words=_("Sent."))


def _not_sent(username: str, form: MessageForm, status: int) -> Response:
    """The form as it was, in its place or on the whole page."""
    db.session.rollback()
    form.found_again()
    with reading():
        found = person = None
        with suppress(Missing):
            found, person = _found(username)
        if asked_by_htmx():
            return refilled(
                "messages/_form.html", "#write", status, form=form, action=request.path, fresh=status == 200
            )
        return _page(found, person, form, status)


def _part(found: Conversation | None, person: User | None) -> Response:
    """What htmx asks for: older messages above the others, or what is new `since` the message of this id."""
    if _cursor("older") and found is not None:
        return fragment("messages/_older.html", **_context(found, person), n=pages_loaded())
    since, foot = _id(request.args.get("since")) or 0, _foot(found, person)
    letters = Letters.news(found, since)
    another = request.args.get("as", "open" if foot == "blocked" else foot) != foot
    deleted = since and not letters.days  # all of it, elsewhere
    if another or deleted or letters.leaves_out(since):
        return go(request.path)
    answer = fragment("messages/_letters.html", side=found, person=person, letters=letters)
    return answer if "peek" in request.args else _read_by(answer, found, letters)


def _id(text: str | None) -> int | None:
    """The id that a page names."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None  # noqa: PLR2004 64 bits


def _page(
    found: Conversation | None, person: User | None, form: MessageForm | None = None, status: int = 200
) -> Response:
    context = _context(found, person)
    letters: Letters = context["letters"]
    if letters.reaches_newest:
        return redirect(url_for("messages.conversation", username=person.username)) if person else _gone_page(found)
    if found is not None and found.unread_count and letters.newest and not found.requested:
        g.user.unread_messages = found.unread_besides()
    foot = _foot(found, person)
    answer = page(
        "messages/conversation.html",
        status,
        **context,
        form=form or _fresh(),
        action=request.path,
        foot=foot,
        writable=foot == "open" or form is not None,
        refused=form is not None,
        n=pages_loaded(),
    )
    return _read_by(answer, found, letters)


def _gone_page(found: Conversation | None) -> Response:
    return redirect(url_for("messages.by_id", conversation_id=found.id if found else 0))


def _foot(found: Conversation | None, person: User | None) -> str:
    """What a page has below the messages: an open page names it when it asks again, to be loaded anew if it changed."""
    if person is None or (found is not None and found.away):
        return "away"
    if person.blocked:
        return "blocked"
    if found is not None and found.requested:
        return "requested"
    return "shut" if g.user.must_verify or not takes_messages_of(person, g.user) else "open"


def _context(found: Conversation | None, person: User | None) -> dict[str, Any]:
    older, newer = _cursor("older"), _cursor("newer")
    return {"side": found, "person": person, "letters": Letters.of(found, older, newer)}


def _fresh() -> MessageForm:
    form = MessageForm(formdata=None)
    form.photos, form.refusals = [], []
    return form


def _cursor(name: str = "cursor") -> str | None:
    return request.args.get(name) or None


def _read_by(answer: Response, found: Conversation | None, letters: Letters) -> Response:
    """Who opens the newest messages has read them: noted after the answer, in a transaction of its own."""
    looked = request.method == "GET" and "prefetch" not in request.headers.get("Sec-Purpose", "")
    if found is None or not found.unread_count or found.requested or not letters.newest or not looked:
        return answer
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    conversation_id, person, until = found.id, g.user, letters.last_id

    def note() -> None:
        with app.app_context():
            read_only(False)
            with suppress(Missing):
                Conversation.find(conversation_id, person).read(until)
            db.session.commit()

    answer.call_on_close(note)
    return answer
