"""The doors of people as staff see them."""

from __future__ import annotations

from collections.abc import Callable

from flask import abort, g, request, url_for
from werkzeug.wrappers import Response

from postways.auth import refills_form, staff_only
from postways.db import db, reading
from postways.errors import Forbidden, Refused
from postways.forms import PageForm
from postways.htmx import go, page
from postways.models import Audit, Report, User
from postways.models.directory import SORTS, STATES
from postways.models.standing import ROLES
from postways.moderation import bp, day_of, evening, midnight, next_url, people_in, refused
from postways.moderation.forms import PremiumForm, ReasonForm, RoleForm, SuspendForm, trimmed


@bp.get("/authors/")
@staff_only
def authors() -> Response:
    """Everybody, with what they did; sorted and filtered as asked."""
    sort, order = request.args.get("sort", "active"), request.args.get("order", "")
    role, state = request.args.get("role", ""), request.args.get("state", "")
    if sort not in SORTS or order not in ("", "up", "down") or role not in ("", *ROLES) or state not in ("", *STATES):
        abort(400)
    rising = order == "up" or (sort == "name" and not order)
    words = trimmed(request.args.get("q"))[:150]
    found = User.roll(request.args.get("cursor"), sort=sort, rising=rising, words=words, role=role, state=state)
    kept = {name: value for name, value in (("q", words), ("role", role), ("state", state)) if value}
    more = next_url(found)
    return page("moderation/authors.html", page=found, sort=sort, rising=rising, kept=kept, roles=ROLES, next_url=more)


@bp.get("/moderation/people/<int:user_id>/")
@staff_only
def person(user_id: int) -> Response:
    """Somebody with what they did and what was done about them."""
    return _person_page(user_id)


@bp.post("/moderation/people/<int:user_id>/suspend/")
@staff_only
@refills_form
def suspend(user_id: int) -> Response:
    """Shut somebody out, until a day or until they are restored."""
    form = SuspendForm()
    return _judge(user_id, form, lambda who: who.suspend(g.user, form.reason.data, midnight(form.until.data)))


@bp.post("/moderation/people/<int:user_id>/restore/")
@staff_only
@refills_form
def restore(user_id: int) -> Response:
    """Let somebody in again."""
    form = ReasonForm()
    return _judge(user_id, form, lambda who: who.restore(g.user, form.reason.data))


@bp.post("/moderation/people/<int:user_id>/logout/")
@staff_only
@refills_form
def log_out(user_id: int) -> Response:
    """End every session and token of somebody."""
    if not g.user.is_admin:
        raise Forbidden
    form = ReasonForm()
    return _judge(user_id, form, lambda who: who.be_logged_out(g.user, form.reason.data))


@bp.post("/moderation/people/<int:user_id>/role/")
@staff_only
@refills_form
def role(user_id: int) -> Response:
    """Make somebody a member, moderator or admin."""
    if not g.user.is_admin:
        raise Forbidden
    form = RoleForm()
    return _judge(user_id, form, lambda who: who.become(form.role.data, g.user))


@bp.post("/moderation/people/<int:user_id>/premium/")
@staff_only
@refills_form
def grant_premium(user_id: int) -> Response:
    """Let somebody's membership run until the end of a day by the admin's clock."""
    if not g.user.is_admin:
        raise Forbidden
    form = PremiumForm()
    return _judge(user_id, form, lambda who: who.become_premium(evening(form.premium_until.data), g.user, door="page"))


@bp.post("/moderation/people/<int:user_id>/premium/end/")
@staff_only
@refills_form
def end_premium(user_id: int) -> Response:
    """End somebody's membership now."""
    if not g.user.is_admin:
        raise Forbidden
    return _judge(user_id, PageForm(), lambda who: who.become_premium(None, g.user, door="page"))


def _judge(user_id: int, form: PageForm, verdict: Callable[[User], None]) -> Response:
    if not form.validate_on_submit():
        return refused(form, lambda status: _person_page(user_id, form, status))
    try:
        verdict(User.in_any_state(user_id, acting=True))
        db.session.commit()
    except Refused as error:
        return refused(form, lambda status: _person_page(user_id, form, status), error)
    return go(url_for("moderation.person", user_id=user_id))


def _person_page(user_id: int, form: PageForm | None = None, status: int = 200) -> Response:
    with reading():
        who = User.in_any_state(user_id)
        form = form or PageForm()
        if status != 200 and not g.user.can_act_on(who):
            raise Forbidden
        history = Audit.page(request.args.get("cursor"), g.user, person_id=user_id)
        return page(
            "moderation/person.html",
            status,
            person=who,
            form=form,
            reason_form=form if isinstance(form, ReasonForm) else (ReasonForm() if who.suspended_at else SuspendForm()),
            role_form=form if isinstance(form, RoleForm) else RoleForm(role=who.role),
            premium_form=form
            if isinstance(form, PremiumForm)
            else PremiumForm(premium_until=day_of(who.premium_until)),
            history=history,
            reports=Report.about(g.user, person_id=user_id),
            people=people_in(history),
            next_url=next_url(history),
        )
