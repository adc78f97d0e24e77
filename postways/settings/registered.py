"""Apps that people make: registered so that they can ask others for leave, changed, removed."""

from __future__ import annotations

from typing import Any, cast

from flask import g, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired

from postways.auth import members_only, needs_proof, refills_form
from postways.auth.answers import form_page, refused
from postways.db import db, reading
from postways.errors import Missing, Refused
from postways.forms import PageForm
from postways.htmx import go, page
from postways.looks import MEANINGS, meanings
from postways.models import Allowance, Client, User
from postways.models.scopes import SCOPES, scopes_of_role
from postways.settings import bp
from postways.text import trimmed

NEW, ONE = "settings/register.html", "settings/registered.html"
KINDS = {
    "confidential": _l("On a server, where it can keep a secret"),
    "public": _l("On people’s phones, computers or in their browsers, where it can’t"),
}


class AppForm(PageForm):
    """What an app is called, and where it takes people back."""

    name = StringField(_l("Name"), filters=[trimmed])
    redirect_uris = TextAreaField(_l("Addresses to come back to"), filters=[trimmed])

    @property
    def addresses(self) -> list[str]:
        """One on each line."""
        return (self.redirect_uris.data or "").splitlines()


class NewAppForm(AppForm):
    """And what can't be changed later: where it runs, the most it can ask for, and for admins whose it is."""

    kind = RadioField(_l("Where it runs"), choices=[SelectChoice(*kind) for kind in KINDS.items()], default="public")
    scopes = SelectMultipleField(
        _l("What it may ask for"), [DataRequired(_l("Choose at least one."))], default=["read"]
    )
    owner = StringField(_l("Whose app it is"), filters=[trimmed])

    def __init__(self) -> None:
        super().__init__()
        most = scopes_of_role(g.user.role)
        self.scopes.choices = [SelectChoice(scope, MEANINGS[scope]) for scope in SCOPES if scope in most]
        if not self.is_submitted():
            self.owner.data = g.user.username

    def person(self) -> User | None:
        """Whose it is; admins may name somebody else, or nobody. Raises Refused."""
        if not g.user.is_admin:
            return cast("User", g.user)
        name = (self.owner.data or "").removeprefix("@")
        try:
            return User.named(name) if name else None
        except Missing:
            raise Refused("There is nobody with that name.", field="owner") from None


@bp.route("/settings/apps/registered/add/", methods=["GET", "POST"])
@needs_proof
@refills_form
def register_app() -> Response:
    """Register one; its secret is shown on the answer and never again."""
    form = NewAppForm()
    if not form.validate_on_submit():
        with reading():
            return form_page(NEW, form)
    try:
        client, secret = Client.make(
            form.name.data,
            form.addresses,
            scope=" ".join(form.scopes.data),
            confidential=form.kind.data == "confidential",
            owner=form.person(),
            actor=g.user,
        )
    except Refused as error:
        return refused(NEW, form, error, "scopes" if error.field == "scope" else error.field)
    db.session.commit()
    return _shown_once(client, secret)


@bp.route("/settings/apps/registered/<int:client_row>/", methods=["GET", "POST"])
@needs_proof
@refills_form
def edit_app(client_row: int) -> Response:
    """What is known of it; its name and addresses can be changed."""
    client = Client.find(client_row, g.user)
    form = AppForm(data={"name": client.name, "redirect_uris": "\n".join(client.redirect_uris)})
    if not form.validate_on_submit():
        return form_page(ONE, form, **_known(client))
    try:
        client.change(form.name.data, form.addresses, g.user)
    except Refused as error:
        db.session.rollback()
        return refused(ONE, form, error, error.field, **_known(Client.find(client_row, g.user)))
    db.session.commit()
    return go(url_for("settings.edit_app", client_row=client_row, notice="saved"))


@bp.post("/settings/apps/registered/<int:client_row>/secret/")
@needs_proof
def renew_secret(client_row: int) -> Response:
    """A new secret instead of the former."""
    client = Client.find(client_row, g.user)
    secret = client.renew_secret(g.user)
    db.session.commit()
    return _shown_once(client, secret, renewed=True)


@bp.route("/settings/apps/registered/<int:client_row>/remove/", methods=["GET", "POST"])
@members_only
def unregister_app(client_row: int) -> Response:
    """Say how many people use it; then it can't come in any more, for anybody."""
    client = Client.find(client_row, g.user)
    if request.method != "POST":
        return page("settings/unregister.html", client=client, users=client.users)
    client.remove(g.user)
    db.session.commit()
    return go(url_for("settings.apps", notice="app-removed"))


@bp.post("/settings/apps/allowed/<int:allowance_id>/end/")
@members_only
def end_leave(allowance_id: int) -> Response:
    """Take back what an app was allowed."""
    Allowance.end_one(allowance_id, g.user)
    db.session.commit()
    return go(url_for("settings.apps", notice="leave-ended"))


def _known(client: Client) -> dict[str, Any]:
    return {"client": client, "users": client.users, "meanings": meanings(client.scopes)}


def _shown_once(client: Client, secret: str, *, renewed: bool = False) -> Response:
    answer = page("settings/secret.html", client=client, secret=secret, renewed=renewed)
    answer.headers["Cache-Control"] = "no-store"
    return answer
