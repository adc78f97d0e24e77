"""The doors of posts as staff see them."""

from __future__ import annotations

from flask import abort, g, request, url_for
from werkzeug.wrappers import Response

from postways.auth import refills_form, staff_only
from postways.auth.staff import note_reading
from postways.db import db, reading
from postways.errors import Forbidden, Refused
from postways.htmx import asked_by_htmx, came_from, fragment, go, page
from postways.models import Audit, Post, Report
from postways.models.moderated import SORTS, STATES
from postways.moderation import bp, next_url, people_in, refused
from postways.moderation.forms import ReasonForm, trimmed

ACTS = {"unpublish": Post.unpublish, "remove": Post.remove, "give-back": Post.give_back}


@bp.get("/posts/")
@staff_only
def posts() -> Response:
    """Every post, trashed ones too; sorted and filtered as asked."""
    sort, order, state = (request.args.get(name, "") for name in ("sort", "order", "state"))
    if sort not in ("", *SORTS) or order not in ("", "up", "down") or state not in ("", *STATES):
        abort(400)
    author, words = (trimmed(request.args.get(name))[:150] for name in ("author", "q"))
    found = Post.every(
        request.args.get("cursor"),
        sort=sort or "created",
        rising=order == "up",
        state=state,
        author=author.removeprefix("@"),
        words=words,
    )
    asked = {"q": words, "author": author, "state": state}
    return page(
        "moderation/posts.html",
        page=found,
        sort=sort or "created",
        rising=order == "up",
        kept={name: value for name, value in asked.items() if value},
        sorts=SORTS,
        states=STATES,
        next_url=next_url(found),
    )


@bp.route("/moderation/posts/<int:post_id>/", methods=["GET", "POST"])
@staff_only
@refills_form
def post(post_id: int) -> Response:
    """One post with what was done to it; `action` does one of ACTS."""
    form = ReasonForm()
    if not form.is_submitted():
        return _post_page(post_id, form)
    act = ACTS.get(request.form.get("action", ""))
    if act is None:
        abort(400)
    if not form.validate_on_submit():
        return refused(form, lambda status: _post_page(post_id, form, status))
    found = Post.in_any_state(post_id, acting=True)
    try:
        act(found, g.user, form.reason.data)
        db.session.commit()
    except Refused as error:
        return refused(form, lambda status: _post_page(post_id, form, status), error)
    if not asked_by_htmx():
        return go(came_from(url_for("moderation.post", post_id=post_id)))
    with reading():
        return fragment("moderation/_post.html", post=Post.in_any_state(post_id), done=True)


def _post_page(post_id: int, form: ReasonForm, status: int = 200) -> Response:
    with reading():
        found = Post.in_any_state(post_id)
    note_reading(found)
    with reading():
        if status != 200 and not g.user.can_moderate(found):
            raise Forbidden
        history = Audit.page(request.args.get("cursor"), g.user, post_id=post_id)
        return page(
            "moderation/post.html",
            status,
            post=found,
            form=form,
            history=history,
            reports=Report.about(g.user, post_id=post_id),
            people=people_in(history),
            next_url=next_url(history),
        )
