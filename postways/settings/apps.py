"""Programs that come in with a token: personal tokens, apps that are logged in, and the end of any of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import g, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from postways.auth import members_only, needs_proof, refills_form
from postways.auth.answers import form_page, refused
from postways.db import db, now, reading
from postways.errors import Refused
from postways.forms import PageForm
from postways.htmx import go, page
from postways.looks import MEANINGS, meanings
from postways.models import Allowance, ApiToken, Client, Family
from postways.models.scopes import SCOPES, scopes_of_role
from postways.models.token import LONGEST_TOKEN_NAME
from postways.settings import bp
from postways.settings.devices import browser_and_system

PAGE = "settings/apps.html"
LIFETIMES = {
    "7": _l("7 days"),
    "30": _l("30 days"),
    "90": _l("90 days"),
    "365": _l("1 year"),
    "none": _l("Without an end"),
}


class TokenForm(PageForm):
    """What a new token is called, what it may do, and for how long."""

    name = StringField(
        _l("Name"),
        [
            DataRequired(_l("Give the token a name, so that you know later what it is for.")),
            Length(max=LONGEST_TOKEN_NAME, message=_l("A name has at most %(max)d characters.")),
        ],
    )
    scopes = SelectMultipleField(_l("What it may do"), [DataRequired(_l("Choose at least one."))], default=["read"])
    expires = SelectField(
        _l("How long it works"), choices=[SelectChoice(*life) for life in LIFETIMES.items()], default="30"
    )

    def __init__(self) -> None:
        super().__init__()
        most = scopes_of_role(g.user.role)
        self.scopes.choices = [SelectChoice(scope, MEANINGS[scope]) for scope in SCOPES if scope in most]


@bp.get("/settings/apps/")
@members_only
@needs_proof
def apps() -> Response:
    """All of them, and the form for a new token."""
    return _unkept(form_page(PAGE, TokenForm(), **_shown()))


@bp.post("/settings/apps/")
@members_only
@needs_proof
@refills_form
def make_token() -> Response:
    """Make one; its secret is shown on the answer and never again."""
    form = TokenForm()
    if not form.validate_on_submit():
        with reading():
            return _unkept(form_page(PAGE, form, **_shown()))
    days = form.expires.data
    ends = None if days == "none" else now() + timedelta(days=int(days))
    scope = " ".join(form.scopes.data)
    try:
        secret = ApiToken.issue(g.user, kind="personal", scope=scope, expires_at=ends, name=form.name.data)
    except Refused as error:
        return _unkept(refused(PAGE, form, error, "name", **_shown()))
    db.session.commit()
    return _unkept(page("settings/token.html", secret=secret, name=form.name.data, ends_at=ends))


@bp.post("/settings/apps/tokens/<int:token_id>/end/")
@members_only
def end_token(token_id: int) -> Response:
    """End a personal token, or the log-in of an app that holds an opaque one."""
    ApiToken.end_one(token_id, g.user)
    db.session.commit()
    return go(url_for("settings.apps", notice="token-ended"))


@bp.post("/settings/apps/<int:family_id>/end/")
@members_only
def end_app(family_id: int) -> Response:
    """Log an app out."""
    Family.end_one(family_id, g.user)
    db.session.commit()
    return go(url_for("settings.apps", notice="app-ended"))


def _shown() -> dict[str, Any]:
    return {
        "allowed": Allowance.of(g.user),
        "registered": Client.of(g.user),
        "tokens": ApiToken.of(g.user),
        "families": Family.of(g.user),
        "logins": ApiToken.logins(g.user),
        "app_name": _app_name,
        "meanings": meanings,
    }


def _unkept(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _app_name(user_agent: str) -> str:
    """A browser and its system, or the first word with which a program names itself."""
    browser, system = browser_and_system(user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    first = user_agent.partition(" ")[0].partition("/")[0][:60]
    return browser or first or _("A program that does not say its name")
