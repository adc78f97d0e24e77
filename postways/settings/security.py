"""The second factor: codes of an app, passkeys, and recovery codes for when both are lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyotp
import segno
from flask import Response as JsonAnswer
from flask import g, jsonify, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from postways.auth import members_only, refills_form
from postways.auth.answers import form_page, unproved
from postways.auth.forms import NewCodeForm, ProofForm
from postways.auth.second import TOTP, registered, registration_options, totp_step
from postways.db import db, reading
from postways.errors import Refused
from postways.handlers import sentence
from postways.htmx import go, page
from postways.models import Audit, Mail, Passkey, RecoveryCode
from postways.seal import Broken, seal
from postways.settings import bp

SETTING_UP = timedelta(minutes=30)
PAGE = "settings/security.html"
NEW = "new totp"


@bp.get("/settings/security/")
@members_only
def security() -> Response:
    """What guards the account beside the password."""
    return page(PAGE, form=ProofForm(), **_state())


@bp.route("/settings/security/app/", methods=["GET", "POST"])
@members_only
@refills_form
def app_codes() -> Response:
    """Set up an authenticator app: scan, type the password and the first code."""
    form = NewCodeForm()
    if request.method == "GET":
        form.sealed.data = seal().close(f"{g.user.id} {pyotp.random_base32()}", NEW)
    secret = _new_secret(form.sealed.data)
    if secret is None:
        return go(url_for("settings.app_codes"))
    shown: dict[str, Any] = {"secret": secret, "qr": _qr(secret)}
    if not form.validate_on_submit():
        return form_page("settings/app.html", form, **shown)
    if refused := unproved("settings/app.html", form, form.password, **shown):
        return refused
    step = totp_step(secret, form.code.data, 0)
    if step is None:
        form.code.errors = [
            *form.code.errors,
            _("That code is not right. Look at the clock of the phone, then try the next."),
        ]
        return form_page("settings/app.html", form, **shown)
    g.user.add_totp(seal().close(secret, TOTP), step)
    return _added("app")


@bp.post("/settings/security/app/remove/")
@members_only
@refills_form
def remove_app() -> Response:
    """Ask for no codes any more."""
    form = ProofForm()
    if not form.validate_on_submit():
        return form_page(PAGE, form, **_state())
    if refused := unproved(PAGE, form, form.password, **_state()):
        return refused
    g.user.remove_totp()
    return _removed("app")


@bp.post("/settings/security/codes/")
@members_only
@refills_form
def new_codes() -> Response:
    """Ten new recovery codes instead of the old ones."""
    form = ProofForm()
    if not form.validate_on_submit():
        return form_page(PAGE, form, **_state())
    if refused := unproved(PAGE, form, form.password, **_state()):
        return refused
    return _codes_page(RecoveryCode.renew(g.user))


@bp.post("/settings/security/passkeys/options/")
@members_only
@refills_form
def passkey_options() -> JsonAnswer | tuple[JsonAnswer, int]:
    """What the browser needs to make a passkey; the password comes first."""
    form = ProofForm()
    if not form.validate_on_submit() or unproved(PAGE, form, form.password, **_state()):
        stale = bool(form.csrf_token.errors)
        words = "" if stale else " ".join(map(str, form.password.errors))
        return jsonify(sentence=words or _("Load this page again, then try once more.")), 403 if stale else 422
    with reading():
        return registration_options(g.user)


@bp.post("/settings/security/passkeys/")
@members_only
def add_passkey() -> JsonAnswer | tuple[JsonAnswer, int]:
    """Keep the passkey that the browser made."""
    try:
        made = registered()
        label = request.form.get("label", "").strip() or _("Passkey")
        Passkey.add(g.user, made.credential_id, made.credential_public_key, made.sign_count, label)
    except Refused as error:
        db.session.rollback()
        return jsonify(sentence=sentence(error)), 422
    Audit.note("second-factor-added", g.user, g.user, factor="passkey")
    Mail.send("second-factor-added", g.user)
    db.session.commit()
    return jsonify(go=url_for("settings.security"))


@bp.post("/settings/security/passkeys/<int:passkey_id>/remove/")
@members_only
@refills_form
def remove_passkey(passkey_id: int) -> Response:
    """Forget a passkey."""
    form = ProofForm()
    if not form.validate_on_submit():
        return form_page(PAGE, form, **_state())
    if refused := unproved(PAGE, form, form.password, **_state()):
        return refused
    Passkey.remove(passkey_id, g.user)
    return _removed("passkey")


def _state() -> dict[str, Any]:
    with reading():
        return {"passkeys": Passkey.of(g.user), "codes_left": RecoveryCode.left(g.user)}


def _added(factor: str) -> Response:
    Audit.note("second-factor-added", g.user, g.user, factor=factor)
    Mail.send("second-factor-added", g.user)
    return _codes_page(RecoveryCode.renew(g.user))


def _removed(factor: str) -> Response:
    Audit.note("second-factor-removed", g.user, g.user, factor=factor)
    Mail.send("second-factor-removed", g.user)
    db.session.commit()
    return go(url_for("settings.security"))


def _codes_page(codes: list[str]) -> Response:
    db.session.commit()
    answer = page("settings/codes.html", codes=codes)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _new_secret(sealed: str | None) -> str | None:
    try:
        user_id, _blank, secret = seal().open(sealed or "", NEW, SETTING_UP).partition(" ")
    except Broken:
        return None
    return secret if user_id == str(g.user.id) else None


def _qr(secret: str) -> str:
    address = pyotp.TOTP(secret).provisioning_uri(name=g.user.username, issuer_name="Postways")
    return segno.make(address, error="m").svg_data_uri(scale=6, border=3, light="#fff")
