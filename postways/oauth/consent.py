"""The page on which a person lets an app act for them, or does not."""

from __future__ import annotations

from datetime import timedelta

from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Error
from flask import g, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from postways.auth import members_only, needs_proof, proved_lately
from postways.db import db, now
from postways.htmx import page, to_proof
from postways.looks import meanings
from postways.models.redirects import nameable, place, source
from postways.oauth import bp
from postways.oauth.asked import TWICE, UNREADABLE, by_address
from postways.oauth.server import CodeGrant, server

NOWHERE = "Browsers can not be led to this address."
UNKNOWN = (
    "The link that led here is not one of an app that is registered at this site, or it wants to take you back "
    "to an address that is not registered for it. Nothing was allowed. Tell the people who make the app."
)
SAID_TWICE = (
    "The link that led here says the same thing twice, so nobody can tell which of the two is meant. Nothing was "
    "allowed. Tell the people who make the app."
)
DEAD_END = (
    "The address to which this app wants to take you back is one that browsers can't be led to. Nothing was allowed. "
    "Tell the people who make the app to register another one."
)
BROKEN = (
    "The link that led here has something in it that can't be read, so it is not clear what the app wants. Nothing was "
    "allowed. Tell the people who make the app."
)
SENTENCES = {TWICE: SAID_TWICE, NOWHERE: DEAD_END, UNREADABLE: BROKEN}
JUST_NOW = timedelta(minutes=2)  # within which a person has logged in anew


class ConsentRequired(OAuth2Error):
    """An app wants no page to be shown, where people are always asked."""

    error = "consent_required"
    description = "People are asked every time."


@bp.get("/o/authorize/")
@needs_proof
def authorize() -> Response:
    """Ask; every time, because nobody can tell who else calls itself by the name of an app."""
    try:
        grant = _grant()
    except OAuth2Error as error:
        return _turned_away(error)
    prompt = (grant.request.payload.data.get("prompt") or "").split()
    if "none" in prompt:
        return _turned_away(ConsentRequired(redirect_uri=grant.redirect_uri, state=grant.request.payload.state))
    if "login" in prompt and now() - g.user.proved_at > JUST_NOW:
        return to_proof()
    g.form_leads_to = source(grant.redirect_uri)
    answer = page(
        "oauth/authorize.html",
        app=grant.client.client,
        place=place(grant.redirect_uri),
        meanings=meanings(grant.scopes),
        action=request.full_path,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/o/authorize/")
@members_only
def decide() -> Response:
    """Back to the app, with a code, for which the password was given lately, or with the refusal."""
    allowed = request.form.get("decision") == "allow"
    if allowed and not proved_lately():
        return to_proof()
    try:
        grant = _grant()
    except OAuth2Error as error:
        return _turned_away(error)
    answer: Response = server.create_authorization_response(grant.request, g.user if allowed else None, grant)
    db.session.commit()
    return answer


def _grant() -> CodeGrant:
    """What the address asks for, judged. Raises OAuth2Error."""
    grant: CodeGrant = server.get_consent_grant(by_address(), g.user)
    if not nameable(grant.redirect_uri):  # registered before that was looked at
        raise InvalidRequestError(NOWHERE)
    return grant


def _turned_away(error: OAuth2Error) -> Response:
    """Back to the app with what is wrong; until it is proven where that is, the person reads it here."""
    if error.redirect_uri:
        return server.handle_error_response(None, error)
    db.session.rollback()
    answer = page(
        "errors/error.html",
        400,
        status=400,
        title=_("This app can’t ask you"),
        sentence=_(SENTENCES.get(error.description or "", UNKNOWN)),
        action_url=url_for("posts.home"),
        action_label=_("Go to the newest photographs"),
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
