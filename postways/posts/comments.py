"""The doors of comments: saying something, answering, changing, taking away, liking, closing."""

from __future__ import annotations

from flask import g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from postways import limits
from postways.auth import members_only, refills_form
from postways.db import db, now, reading
from postways.errors import Forbidden, Missing, Refused, TooMany
from postways.handlers import sentence
from postways.htmx import asked_by_htmx, came_from, fragment, go, notice, page, refilled
from postways.models import Comment, Post
from postways.posts import bp, talk
from postways.posts.forms import LARGEST_ID, CommentForm, RemoveForm

STALE = "This page was open for too long. What you typed is still here; send it once more."
UNANSWERABLE = "What you answer has gone. You can still say it to everybody: send it once more."


@bp.post("/posts/<int:post_id>/comments/")
@members_only
@refills_form
def comment(post_id: int) -> Response:
    """Say something, or answer the comment `parent`."""
    form, answers = CommentForm(), _answered()
    if not form.validate_on_submit():
        return _not_said(post_id, form, answers, 403 if form.csrf_token.errors else 422)
    try:
        limits.count("comment", g.user.id)
        post = Post.find(post_id, g.user, photos=False)
        answered = _find_answered(answers) if answers else None
        made = Comment.make(post, g.user, form.body.data, answers=answered, key=form.key.data)
        db.session.commit()
    except TooMany as error:
        form.form_errors.append(sentence(error))
        answer = _not_said(post_id, form, answers, 429)
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    except Refused as error:
        form.body.errors = [*form.body.errors, sentence(error)]
        return _not_said(post_id, form, answers, 422)
    return _said(made)


@bp.get("/comments/<int:comment_id>/")
def show_comment(comment_id: int) -> Response:
    """Where a comment is to be read; for htmx the comment itself."""
    found = Comment.find(comment_id, g.user)
    return fragment("posts/_said.html", said=talk.said, comment=found) if asked_by_htmx() else redirect(_place(found))


@bp.route("/comments/<int:comment_id>/edit/", methods=["GET", "POST"])
@members_only
@refills_form
def edit_comment(comment_id: int) -> Response:
    """Change its words."""
    with reading():
        found = _own(comment_id)
    form = CommentForm(obj=found if request.method != "POST" else None)
    if not form.is_submitted():
        return _edit_page(found, form, 200 if found.can_change_at(now()) else 422)
    if not form.validate():
        return _edit_page(found, form, 403 if form.csrf_token.errors else 422)
    try:
        found = _own(comment_id)
        found.edit(g.user, form.body.data, now())
        db.session.commit()
    except Refused as error:
        db.session.rollback()
        form.body.errors = [*form.body.errors, sentence(error)]
        with reading():
            return _edit_page(_own(comment_id), form, 422)
    return show_comment(comment_id) if asked_by_htmx() else go(_place(found))


@bp.route("/comments/<int:comment_id>/delete/", methods=["GET", "POST"])
@members_only
@refills_form
def delete_comment(comment_id: int) -> Response:
    """Ask, then take it away; staff says why, unless it is their own or under their own post."""
    with reading():
        found = Comment.said_once(comment_id, g.user)
    if not (g.user.can_delete_comment(found) or g.user.can_remove_comment(found)):
        raise Forbidden
    form = RemoveForm()
    if not form.is_submitted():
        return page("posts/delete_comment.html", comment=found, form=form)
    if not form.validate():
        form.form_errors.append(_(STALE))
        return page("posts/delete_comment.html", 403, comment=found, form=form)
    found = Comment.said_once(comment_id, g.user)
    try:
        if g.user.can_delete_comment(found):
            found.delete(g.user)
        else:
            found.remove(g.user, form.reason.data)
        db.session.commit()
    except Refused as error:
        db.session.rollback()
        form.reason.errors = [*form.reason.errors, sentence(error)]
        with reading():
            found = Comment.said_once(comment_id, g.user)
            return page("posts/delete_comment.html", 422, comment=found, form=form)
    return go(url_for("posts.show", post_id=found.post_id, notice="comment-deleted", _anchor="comments"))


@bp.post("/comments/<int:comment_id>/like/")
@members_only
def like_comment(comment_id: int) -> Response:
    """Count the reader among the people who like it."""
    limits.count("like", g.user.id)
    Comment.find(comment_id, g.user).like(g.user)
    db.session.commit()
    return _like_button(comment_id)


@bp.post("/comments/<int:comment_id>/unlike/")
@members_only
def unlike_comment(comment_id: int) -> Response:
    """Count the reader no longer among them."""
    limits.count("like", g.user.id)
    found = Comment.liked_once(comment_id, g.user)
    found.unlike(g.user)
    post_id, opens = found.post_id, g.user.can_open(found.post)
    db.session.commit()
    return _like_button(comment_id) if opens else go(url_for("posts.show", post_id=post_id))


@bp.post("/posts/<int:post_id>/comments/close/")
@members_only
def close_comments(post_id: int) -> Response:
    """Take no more comments."""
    Post.own(post_id, g.user).close_comments(g.user)
    db.session.commit()
    return go(url_for("posts.show", post_id=post_id, notice="comments-closed", _anchor="comments"))


@bp.post("/posts/<int:post_id>/comments/open/")
@members_only
def open_comments(post_id: int) -> Response:
    """Take comments again."""
    Post.own(post_id, g.user).open_comments(g.user)
    db.session.commit()
    return go(url_for("posts.show", post_id=post_id, notice="comments-opened", _anchor="comments"))


def _answered() -> int:
    """The id of the comment that is answered; 0 for none, and for what can't be one an id that nothing has."""
    text = request.form.get("parent", "").strip()
    if not text:
        return 0
    answers = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else LARGEST_ID  # noqa: PLR2004 64 bits
    return answers if 0 < answers < LARGEST_ID else LARGEST_ID - 1


def _find_answered(comment_id: int) -> Comment:
    try:
        return Comment.find(comment_id, g.user)
    except Missing:
        raise Refused(UNANSWERABLE, field="body") from None


def _said(made: Comment) -> Response:
    """The place of what was said among the others; for the page that shows the newest, everything that is new there."""
    since = request.form.get("since", type=int)
    if not asked_by_htmx() or since is None or not 0 <= since < LARGEST_ID:
        newest = url_for("posts.show", post_id=made.post_id, _anchor=f"comment-{made.id}")
        return go(newest if made.parent_id is None else _place(made))
    with reading():
        post = Post.find(made.post_id, g.user, photos=False)
        if made.parent_id is not None:
            return talk.news(post, since, _("Your reply is there."), answered=_answered())
        return talk.news(post, since, _("Your comment is there."), CommentForm(formdata=None))


def _not_said(post_id: int, form: CommentForm, answers: int, status: int) -> Response:
    """The form as it was, in its place or on the whole page."""
    db.session.rollback()
    if form.csrf_token.errors:
        form.form_errors.append(_(STALE))
    with reading():
        if not asked_by_htmx():
            return talk.post_page(Post.find(post_id, g.user), status, form, answers)
        post = Post.find(post_id, g.user, photos=False)
        try:
            answered = Comment.find(answers, g.user) if answers else None
        except Missing:
            return notice(_(UNANSWERABLE), status)
        place = f"#say{answers or ''}"
        return refilled("posts/_comment_form.html", place, status, post=post, form=form, answers=answered)


def _own(comment_id: int) -> Comment:
    found = Comment.find(comment_id, g.user)
    if not g.user.can_edit_comment(found):
        raise Forbidden
    return found


def _edit_page(found: Comment, form: CommentForm, status: int) -> Response:
    if form.csrf_token.errors:
        form.form_errors.append(_(STALE))
    if not asked_by_htmx():
        return page("posts/edit_comment.html", status, comment=found, form=form)
    if form.is_submitted():
        return refilled("posts/_edit_comment.html", f"#edit{found.id}", status, comment=found, form=form)
    return fragment("posts/_edit_comment.html", comment=found, form=form)


def _like_button(comment_id: int) -> Response:
    with reading():
        found = Comment.find(comment_id, g.user)
    if asked_by_htmx():
        return fragment("posts/_comment_like.html", comment=found)
    return go(f"{came_from(url_for('posts.show', post_id=found.post_id)).partition('#')[0]}#comment-{comment_id}")


def _place(found: Comment) -> str:
    """Where it is to be read: every thread has a page of its own."""
    return url_for("posts.show", post_id=found.post_id, comment=found.id, _anchor=f"comment-{found.id}")
