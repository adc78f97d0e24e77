"""What the page of a post shows of its comments, as its address asks for it.

`before` is where older threads begin, or in one thread older replies; `comment` asks for the one thread that holds it,
`reply` for the form that answers it as well. For htmx each of them is the part that comes into the page, and `since`
what was said after the comment of that id. Threads stand newest first, as in the API, replies in the order in which
they were given: what comes live goes to the top of the list or to the end of a thread, never in between.

What is rendered of a comment is kept: it is a function of everything in `Key`.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from typing import NamedTuple

from flask import abort, g, render_template, request, url_for
from flask_babel import get_locale
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup
from werkzeug.wrappers import Response

from postways.db import now
from postways.errors import Missing
from postways.htmx import fragment, go, page, stream
from postways.linked import images_of
from postways.looks import ago
from postways.models import Comment, Post
from postways.models.comment import address
from postways.models.talk import END, MOST_NEW, Talk, Thread
from postways.posts.cards import TOKEN, token_to_come
from postways.posts.forms import CommentForm

MOST_KEPT = 5_000  # comments of some 2 kB


class May(NamedTuple):
    """What the reader is offered to do with a comment."""

    like: bool
    reply: bool
    edit: bool
    delete: bool
    report: bool


class Key(NamedTuple):
    """Everything that a rendered comment depends on."""

    comment: tuple[int, datetime]  # id, and when it was said: SQLite gives the id of a row that has gone again
    seen: bool
    deleted: bool
    changed: datetime | None
    likes: int
    liked: bool
    author: tuple[int, str, str, str] | None
    may: May
    words: tuple[str, str]


_kept: OrderedDict[Key, str] = OrderedDict()


def forget() -> None:
    """Render everything anew."""
    _kept.clear()


def said(comment: Comment) -> Markup:
    """The comment itself, without its replies."""
    author, may = comment.author, _may(comment)
    key = Key(
        (comment.id, comment.created_at),
        comment.seen,
        comment.deleted,
        comment.edited_at,
        comment.like_count,
        comment.liked,
        (author.id, author.username, author.name, author.avatar_key) if author is not None else None,
        may,
        (str(get_locale()), ago(comment.created_at)),
    )
    html = _kept.get(key)
    if html is None:
        html = render_template("posts/_comment.html", comment=comment, may=may, csrf_field=token_to_come)
        _kept[key] = html
        if len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return Markup(html.replace(TOKEN, generate_csrf()) if may.like else html)


def _may(comment: Comment) -> May:
    return May(
        like=g.user.is_member,
        reply=g.user.can_comment(comment.post),
        edit=g.user.can_edit_comment(comment) and comment.can_change_at(now()),
        delete=g.user.can_delete_comment(comment) or g.user.can_remove_comment(comment),
        report=comment.author is not None and g.user.can_report(comment.author),
    )


def part(post: Post) -> Response | None:
    """What htmx asks for, to come into the page; None when it wants the page."""
    comment, before = _id("comment"), _id("before")
    if answered := _id("reply"):
        return _reply_form(post, Comment.find(answered, g.user))
    if (since := _id("since", none=-1)) >= 0:
        return news(post, since)
    if comment and before:
        thread = Comment.thread(post, g.user, comment, before).threads[0]
        return fragment("posts/_more_replies.html", post=post, thread=thread, said=said)
    if before:
        return fragment("posts/_more_threads.html", post=post, talk=Comment.talk(post, g.user, before), said=said)
    return None


def news(post: Post, since: int, words: str = "", form: CommentForm | None = None, answered: int = 0) -> Response:
    """What was said after the comment `since`, for the page that shows the newest; perhaps with a fresh form.

    The form under the comment `answered` is done with.
    """
    found = Comment.since(post, g.user, since)
    if len(found) > MOST_NEW:
        return go(url_for("posts.show", post_id=post.id, _anchor="comments"))
    threads = {comment.id: Thread(comment) for comment in found if comment.parent_id is None}
    replies: dict[int, list[Comment]] = {}
    for comment in found:
        if comment.parent_id in threads:
            threads[comment.parent_id].replies.append(comment)
        elif comment.parent_id is not None:
            replies.setdefault(comment.parent_id, []).append(comment)
    newest = found[-1].id if found else since
    return fragment(
        "posts/_new_comments.html",
        post=post,
        threads=list(reversed(threads.values())),
        replies=replies,
        newest=newest,
        words=words,
        form=form,
        answered=answered,
        said=said,
        live_url=stream([post.id], comments=newest),
    )


def post_page(post: Post, status: int = 200, form: CommentForm | None = None, answers: int = 0) -> Response:
    """The whole page; with the `form` that was refused, which answers a comment or none."""
    wanted = answers or _id("reply") or _id("comment")
    talk, alone = _talk(post, wanted)
    newest = not alone and not _id("before")
    answering = _whom(talk, (answers or _id("reply")) if alone else 0)
    return page(
        "posts/show.html",
        status,
        post=post,
        images=images_of(post),
        opened="show" in request.args,
        talk=talk,
        alone=alone,
        newest=newest,
        target=wanted,
        lost=bool(wanted) and not alone,
        refused=form is not None,
        form=form or _fresh_form(answering),
        answering=answering,
        said=said,
        live_url=stream([post.id], comments=talk.newest if newest else None),
    )


def _talk(post: Post, wanted: int) -> tuple[Talk, bool]:
    """The thread that is asked for alone, or where it has gone those that everybody is shown."""
    if wanted:
        try:
            return Comment.thread(post, g.user, wanted, _id("before")), True
        except Missing:
            pass
    return Comment.talk(post, g.user, _id("before") or END), False


def _whom(talk: Talk, comment_id: int) -> Comment | None:
    """The comment of this id on the page, if it can be answered."""
    shown = [comment for thread in talk.threads for comment in (thread.comment, *thread.replies)]
    return next((one for one in shown if one.id == comment_id and one.seen and g.user.can_comment(one.post)), None)


def _reply_form(post: Post, answers: Comment) -> Response:
    if answers.post_id != post.id or not g.user.can_comment(post):
        raise Missing
    return fragment("posts/_comment_form.html", post=post, form=_fresh_form(answers), answers=answers)


def _fresh_form(answers: Comment | None) -> CommentForm:
    form = CommentForm(formdata=None)
    form.body.data = address(answers, g.user)
    return form


def _id(name: str, none: int = 0) -> int:
    """The id that the address names, `none` without one; what can't be one is a bad address."""
    text = request.args.get(name)
    if text is None:
        return none
    if not (text.isascii() and text.isdigit() and len(text) < 19):  # noqa: PLR2004 64 bits
        abort(400)
    return int(text)
