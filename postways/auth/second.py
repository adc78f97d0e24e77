"""The second step of logging in, and passkeys that are the only one."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pyotp
from flask import Response as JsonAnswer
from flask import current_app, g, jsonify, request, session, url_for
from flask_babel import format_date
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from postways.auth import bp, known_device, log_in, may_come_in, members_only, refills_form, shut_out
from postways.auth.answers import check_tries, count_try, form_page, slowed_down, whom
from postways.auth.forms import CodeForm, ProofForm
from postways.auth.proof import forgive, has_second_step
from postways.config import Config
from postways.db import db, reading
from postways.errors import Missing, Refused, TooMany
from postways.handlers import sentence
from postways.htmx import go, inside
from postways.models import Attempt, Audit, Passkey, RecoveryCode, User
from postways.seal import Broken, seal

if TYPE_CHECKING:
    from webauthn.registration.verify_registration_response import VerifiedRegistration

# webauthn brings 6 MB along, which workers and most web processes never need: it is imported where it is used.

STEP = 30  # seconds that a code is valid
PATIENCE = timedelta(minutes=10)  # between the password and the code
PURPOSE = "second step"
TOTP = "totp"
WRONG_CODE = "That code is not right, or it was used already."
SHOWN = "passkey shown"


def begin_second_step(user: User) -> Response:
    """The password was right: ask for the second proof on a page of its own."""
    session["second_step"] = seal().close(f"{user.id} {user.fingerprint('reset')}", PURPOSE)
    return go(url_for("auth.second_step", next=inside(request.values.get("next"), "") or None))


@bp.route("/login/second/", methods=["GET", "POST"])
@refills_form
def second_step() -> Response:
    """A code of the app, a recovery code, or a passkey."""
    with reading():
        user = _half_way()
        passkeys = user is not None and Passkey.any_of(user)
    if user is None:
        return go(url_for("auth.login"))
    form, shown = CodeForm(), {"passkeys": passkeys, "codes": bool(user.totp_secret)}
    if not form.validate_on_submit():
        return form_page("auth/second.html", form, **shown)
    try:
        right = right_code(user, form.code.data)
    except TooMany as error:
        return slowed_down("auth/second.html", form, error, **shown)
    if not right:
        form.code.errors = [*form.code.errors, _(WRONG_CODE)]
        return form_page("auth/second.html", form, **shown)
    forgive(user)
    return _come_in(user)


@bp.post("/login/passkey/options/")
def passkey_options() -> JsonAnswer:
    """What the browser signs; with the password given already only that person's passkeys will do."""
    with reading():
        user = _half_way()
    return _to_be_signed(user)


@bp.post("/login/passkey/")
def passkey_login() -> JsonAnswer | tuple[JsonAnswer, int]:
    """Come in with a passkey alone, or as the second step."""
    try:
        with reading():
            half_way = _half_way()
            check_tries("password", whom("")[1])
    except TooMany as error:
        answer = jsonify(sentence=sentence(error))
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer, 429
    user = _signed_by(half_way)
    if user is None:
        return jsonify(sentence=_("This passkey does not open an account here.")), 422
    if shut_out(user):
        db.session.commit()
        return jsonify(sentence=suspended(user)), 422
    return jsonify(go=_come_in(user).headers["Location"])


@bp.post("/settings/prove/passkey/options/")
@members_only
def proof_options() -> JsonAnswer:
    """What the browser signs to show that its person is still there."""
    return _to_be_signed(g.user)


@bp.post("/settings/prove/passkey/")
@members_only
def prove_by_passkey() -> JsonAnswer | tuple[JsonAnswer, int]:
    """The second step of a sensitive act; counts for the next few minutes, once."""
    if _signed_by(g.user) is None:
        return jsonify(sentence=_("This passkey does not belong to your account.")), 422
    db.session.commit()
    session[SHOWN] = seal().close(str(g.user.id), SHOWN)
    return jsonify(go=inside(request.values.get("next"), url_for("settings.account")))


def second_step_of(user: User) -> dict[str, bool]:
    """For a page that asks for it: what `user` has, and whether a passkey was shown a moment ago."""
    with reading():
        return {"passkeys": Passkey.any_of(user), "codes": bool(user.totp_secret), "shown": _passkey_shown()}


def second_unproved(template: str, form: ProofForm, **context: Any) -> Response | None:
    """The refused form unless who asks has taken the second step too, if the account has one.

    Comes after the password, whose tries it shares.
    """
    if not has_second_step(g.user):
        return None
    if _passkey_shown():
        session.pop(SHOWN)
        return None
    if not form.code.data:
        form.code.errors = [_("Type a code of your app or a recovery code, or use a passkey.")]
        return form_page(template, form, **context)
    if _code_opens(g.user, form.code.data):
        return None
    Attempt.note("password", *whom(g.user.username))
    Audit.note("log-in-failed", g.user, g.user, door=request.endpoint, step=2)
    db.session.commit()
    form.code.errors = [_(WRONG_CODE)]
    return form_page(template, form, **context)


def _passkey_shown() -> bool:
    try:
        return seal().open(session.get(SHOWN, ""), SHOWN, PATIENCE) == str(g.user.id)
    except Broken:
        return False


def _to_be_signed(user: User | None) -> JsonAnswer:
    import webauthn
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor, UserVerificationRequirement

    with reading():
        known = Passkey.of(user) if user else ()
    options = webauthn.generate_authentication_options(
        rp_id=rp_id(),
        allow_credentials=[PublicKeyCredentialDescriptor(id=passkey.credential_id) for passkey in known],
        user_verification=UserVerificationRequirement.PREFERRED if user else UserVerificationRequirement.REQUIRED,
    )
    return _remembered(options)


def _signed_by(expected: User | None) -> User | None:
    """Whose passkey signed what was asked; nobody's when it is not the `expected` person's. A failure is noted."""
    import webauthn
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        with reading():
            passkey = Passkey.with_id(base64url_to_bytes(str(_json().get("id", ""))[:2_000]))
            user = User.find(passkey.user_id)
        if (expected is not None and expected.id != user.id) or not (may_come_in(user) or shut_out(user)):
            raise Missing
        proof = webauthn.verify_authentication_response(
            credential=_json(),
            expected_challenge=_challenge(),
            expected_rp_id=rp_id(),
            expected_origin=origin(),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=expected is None,
        )
    except (Missing, WebAuthnException, ValueError, Broken):
        Attempt.note("password", whom("")[1])
        Audit.note("log-in-failed", None, expected, step="passkey")
        db.session.commit()
        return None
    passkey.used(proof.new_sign_count)
    return user


def suspended(user: User) -> str:
    """What somebody reads who is shut out and has shown who it is."""
    config: Config = current_app.extensions["config"]
    words = {"reason": user.suspension_reason, "contact": config.contact.removeprefix("mailto:")}
    if user.suspended_until is None:
        return _("This account is suspended. The reason: %(reason)s To answer, write to %(contact)s.", **words)
    return _(
        "This account is suspended until %(date)s. The reason: %(reason)s To answer, write to %(contact)s.",
        date=format_date(user.suspended_until),
        **words,
    )


def registration_options(user: User) -> JsonAnswer:
    """What the browser needs to make a passkey for `user`."""
    import webauthn
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    options = webauthn.generate_registration_options(
        rp_id=rp_id(),
        rp_name="Postways",
        user_id=str(user.id).encode(),
        user_name=user.username,
        user_display_name=user.name,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=passkey.credential_id) for passkey in Passkey.of(user)],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
    )
    return _remembered(options)


def registered() -> VerifiedRegistration:
    """The passkey that the browser made. Raises Refused."""
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        return webauthn.verify_registration_response(
            credential=_json(), expected_challenge=_challenge(), expected_rp_id=rp_id(), expected_origin=origin()
        )
    except (WebAuthnException, ValueError, Broken):
        raise Refused("The passkey could not be made. Try again.") from None


def totp_step(secret: str, code: str, last_step: int) -> int | None:
    """The time step for which `code` is right: now, or one before or after; none that was used before."""
    typed = "".join(c for c in code if c.isdigit())
    step = int(time.time()) // STEP
    for candidate in (step, step - 1, step + 1):
        if candidate > last_step and pyotp.utils.strings_equal(pyotp.TOTP(secret).at(candidate * STEP), typed):
            return candidate
    return None


def rp_id() -> str:
    """The name of the site for passkeys: that of its public address."""
    return urlsplit(origin()).hostname or ""


def origin() -> str:
    """The site's public origin; in development the name under which it was opened."""
    config: Config = current_app.extensions["config"]
    if not config.production and request.host.partition(":")[0] == "localhost":
        return f"{request.scheme}://{request.host}"
    return config.base_url


def _half_way() -> User | None:
    """Who gave the right password in this browser a moment ago."""
    try:
        sealed = seal().open(session.get("second_step", ""), PURPOSE, PATIENCE)
        user_id, _blank, fingerprint = sealed.partition(" ")
        user = User.find(int(user_id))
    except (Broken, Missing, ValueError):
        return None
    return user if user.active and user.fingerprint("reset") == fingerprint else None


def right_code(user: User, code: str) -> bool:
    """Whether `code` is one of the app, or a recovery code; a wrong one counts as a try. Raises TooMany.

    Commits what it counts; a right one is used up in the transaction that it leaves open.
    """
    against = whom(user.username, known_device(user))
    with reading():
        check_tries("password", *against)
    if _code_opens(user, code):
        return True
    count_try("password", *against)
    Audit.note("log-in-failed", None, user, step=2)
    db.session.commit()
    return False


def _code_opens(user: User, code: str) -> bool:
    if user.totp_secret:
        step = totp_step(seal().open(user.totp_secret, TOTP), code, user.totp_last_step)
        if step is not None:
            return user.used_totp_step(step)
    return RecoveryCode.use(user, code)


def _come_in(user: User) -> Response:
    log_in(user)
    return go(inside(request.values.get("next"), url_for("profiles.show", username=g.user.username)))


def _remembered(options: Any) -> JsonAnswer:
    from webauthn.helpers import bytes_to_base64url, options_to_json

    session["challenge"] = seal().close(bytes_to_base64url(options.challenge), "challenge")
    return JsonAnswer(options_to_json(options), content_type="application/json")


def _challenge() -> bytes:
    from webauthn.helpers import base64url_to_bytes

    return base64url_to_bytes(seal().open(session.pop("challenge", ""), "challenge", PATIENCE))


def _json() -> dict[str, Any]:
    try:
        found = json.loads(request.form.get("credential", ""))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
