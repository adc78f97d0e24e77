"""The doors of reports: members tell the staff, and the staff works the queue."""

from __future__ import annotations

from typing import NamedTuple

from flask import abort, g, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from postways.auth import members_only, refills_form, staff_only
from postways.auth.staff import note_reading
from postways.db import db, reading
from postways.errors import Missing, Refused
from postways.handlers import answer
from postways.htmx import go, page
from postways.models import Block, Comment, Copy, Message, Post, Report, User
from postways.models.report import STATES
from postways.moderation import bp, midnight, next_url, refused
from postways.moderation.forms import CloseForm, ReportForm


@bp.route("/report/", methods=["GET", "POST"])
@members_only
@refills_form
def report_something() -> Response:
    """Tell the staff of a `post`, a `comment`, a `message` or a `person`, each by id."""
    form = ReportForm()
    if not form.is_submitted():
        return _report_form(form)
    if not form.validate_on_submit():
        return refused(form, lambda status: _report_form(form, status))
    about = _reported()
    if not g.user.can_report(about.person):
        return _own(about)
    made = Report.make(g.user, form.reason.data, **about._asdict())
    notice = "reported" if made else "reported-before"
    if form.block.data:
        Block.begin(g.user, about.person)
    db.session.commit()
    if form.block.data:
        return go(url_for("profiles.show", username=about.person.username, notice=notice))
    return go(about.place(notice))


@bp.get("/moderation/reports/")
@staff_only
def reports() -> Response:
    """The queue."""
    state = request.args.get("state", "open")
    if state not in STATES:
        abort(400)
    found = Report.queue(g.user, state, request.args.get("cursor"))
    return page("moderation/reports.html", page=found, state=state, states=STATES, next_url=next_url(found))


@bp.get("/moderation/reports/<int:report_id>/")
@staff_only
def report(report_id: int) -> Response:
    """One report with everything that is needed to decide."""
    return _report_page(report_id, CloseForm())


@bp.post("/moderation/reports/<int:report_id>/take/")
@staff_only
def take(report_id: int) -> Response:
    """Work on it."""
    Report.find(report_id, g.user, acting=True).take(g.user)
    db.session.commit()
    return go(url_for("moderation.report", report_id=report_id))


@bp.post("/moderation/reports/<int:report_id>/close/")
@staff_only
@refills_form
def close(report_id: int) -> Response:
    """Do what is to be done, and tell the reporter."""
    form = CloseForm()
    if not form.validate_on_submit():
        return refused(form, lambda status: _report_page(report_id, form, status))
    try:
        found = Report.find(report_id, g.user, acting=True)
        found.close(g.user, form.action.data, form.note.data, midnight(form.until.data))
        db.session.commit()
    except Refused as error:
        return refused(form, lambda status: _report_page(report_id, form, status), error)
    return go(url_for("moderation.reports"))


class Reported(NamedTuple):
    """What the address speaks of, and whose it is."""

    person: User
    post: Post | None = None
    comment: Comment | None = None
    message: Message | None = None

    def place(self, notice: str | None = None) -> str:
        """Where it is to be seen."""
        if self.comment is not None:
            place = url_for("posts.show", post_id=self.comment.post_id, comment=self.comment.id, notice=notice)
            return f"{place}#comment-{self.comment.id}"
        if self.post is not None:
            return url_for("posts.show", post_id=self.post.id, notice=notice)
        if self.message is not None:
            return url_for("messages.conversation", username=self.person.username, notice=notice)
        return url_for("profiles.show", username=self.person.username, notice=notice)


def _reported() -> Reported:
    """What the address speaks of, if the reporter can see it."""
    kinds = ("post", "comment", "message", "person")
    post_id, comment_id, message_id, person_id = (request.args.get(name, 0, int) for name in kinds)
    if not 0 < (post_id or comment_id or message_id or person_id) < 10**18:
        raise Missing
    if post_id:
        post = Post.known(post_id, g.user)  # what does not open can be reported for its title
        return Reported(post.author, post)
    if comment_id:
        comment = Comment.find(comment_id, g.user)
        return Reported(User.find(comment.author_id or 0), comment=comment)
    if message_id:
        message = Copy.find(message_id, g.user).message
        return Reported(User.find(message.sender_id or 0), message=message)
    return Reported(User.met(g.user, user_id=person_id))


def _report_form(form: ReportForm, status: int = 200) -> Response:
    with reading():
        about = _reported()
    if not g.user.can_report(about.person):
        return _own(about)
    return page("moderation/report_something.html", status, form=form, back=about.place(), **about._asdict())


def _own(about: Reported) -> Response:
    if about.comment is not None:
        return answer(403, _("This comment is your own, so there is nobody to report. You can delete it."))
    if about.message is not None:
        return answer(403, _("This message is your own, so there is nobody to report. You can delete it."))
    if about.post is None:
        return answer(
            403, _("This is your own page, so there is nobody to report. You can change or delete what is on it.")
        )
    return answer(403, _("This post is your own, so there is nobody to report. You can change it or delete it."))


def _report_page(report_id: int, form: CloseForm, status: int = 200) -> Response:
    with reading():
        found = Report.find(report_id, g.user)
        if found.message is not None:
            Message.with_photos([found.message])
    note_reading(found)
    form.offer(found.actions)
    return page("moderation/report.html", status, report=found, form=form)
