"""Authlib's grants and endpoints over the nouns of this house: what is checked is theirs, what is kept is ours."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    ClientMixin,
    InvalidClientError,
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Error,
    OAuth2Request,
    UnsupportedGrantTypeError,
    UnsupportedResponseTypeError,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from flask import Response, current_app, json

from postways import access
from postways.auth import may_come_in
from postways.auth.answers import whom
from postways.config import Config
from postways.errors import Missing, Refused, Unauthenticated
from postways.models import Allowance, Attempt, Client, Code, Family, RefreshToken, User
from postways.models.scopes import narrowed, scopes_in, written
from postways.oauth.asked import Asked

METHODS = ["client_secret_basic", "client_secret_post"]
GRANTS = ("authorization_code", "refresh_token")
IN_PYTHON = "The client cannot authenticate with methods"  # how Authlib's list of them begins
UNPROVEN = "Say which app this is, and prove it by its secret."
NOT_THERE = "This address to come back to is not registered for the app."


def _config() -> Config:
    config: Config = current_app.extensions["config"]
    return config


class App(ClientMixin):
    """A client, answering what Authlib asks of it."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.client_id = client.client_id

    def get_client_id(self) -> str:
        """What it calls itself."""
        return self.client_id

    def get_default_redirect_uri(self) -> str | None:
        """Where it takes people back if it names no address: there is just one then."""
        return self.client.redirect_uris[0] if len(self.client.redirect_uris) == 1 else None

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """What it asks for, or all that it can ask for; None for what it can't."""
        try:
            scopes = scopes_in(scope or self.client.scope)
        except Refused:
            return None
        return written(scopes) if scopes and scopes <= self.client.scopes else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Whether this is one of its addresses, to the letter."""
        return redirect_uri in self.client.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether this is its secret."""
        return self.client.has_secret(client_secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """A public app says who it is, any other proves it."""
        return method == "none" if self.client.public else method in METHODS

    def check_response_type(self, response_type: str) -> bool:
        """Codes alone; tokens never travel through browsers."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Neither passwords nor apps that act for nobody."""
        return grant_type in GRANTS


class Proof(NamedTuple):
    """A code, answering what Authlib asks of it."""

    code: Code

    def get_redirect_uri(self) -> str:
        """The one that was named when the person was asked."""
        return self.code.redirect_uri


class Held(NamedTuple):
    """A token of any family that goes on, answering what Authlib asks of it."""

    family: Family
    refresh: RefreshToken | None = None
    claims: access.Claims | None = None

    def check_client(self, app: App) -> bool:
        """Whether it is a token of this app."""
        return self.family.client_id == app.client_id

    def is_revoked(self) -> bool:
        """Whether it opens nothing any more although its family goes on."""
        if self.refresh is not None:
            return self.refresh.used_at is not None
        claims = self.claims
        return claims is None or Family.person(claims.user_id, claims.sid, claims.version) is None

    def is_expired(self) -> bool:
        """Whether its time is over; that of an access token was looked at when it was read."""
        return self.refresh is not None and self.refresh.over

    @classmethod
    def found(cls, text: str) -> Held | None:
        """The token that reads so."""
        if text.startswith("pwr_"):
            pair = Family.holding(text)
            return cls(pair[0], refresh=pair[1]) if pair is not None else None
        try:
            claims = access.read(text)
        except Unauthenticated:
            return None
        family = Family.going_on(claims.sid)
        return cls(family, claims=claims) if family is not None else None


class CodeGrant(AuthorizationCodeGrant):
    """A person allows it in the browser, the app changes the code for tokens."""

    TOKEN_ENDPOINT_AUTH_METHODS = [*METHODS, "none"]

    @staticmethod
    def validate_authorization_redirect_uri(request: OAuth2Request, client: App) -> str:
        """Where the browser goes afterwards. Raises InvalidRequestError, which is shown here and sent nowhere."""
        uri: str | None = request.payload.redirect_uri or client.get_default_redirect_uri()
        if uri is None or not client.check_redirect_uri(uri):
            raise InvalidRequestError(NOT_THERE)
        return uri

    def validate_authorization_request(self) -> str:
        """As Authlib does; and something must be left that the person can allow."""
        uri: str = super().validate_authorization_request()
        if self.request.payload.data.get("response_mode", "query") != "query":
            raise InvalidRequestError("Only response_mode=query is taken.", redirect_uri=uri)
        if not self.scopes:
            raise InvalidScopeError(redirect_uri=uri)
        return uri

    def validate_token_request(self) -> None:
        """As Authlib does; and who left the address out when it asked can name none but the one that was meant."""
        super().validate_token_request()
        sent = self.request.payload.redirect_uri
        named = self.request.authorization_code.get_redirect_uri()
        if sent and not named and sent != self.request.client.get_default_redirect_uri():
            raise InvalidGrantError("Invalid redirect_uri in request.")

    @property
    def scopes(self) -> frozenset[str]:
        """What the app asks for, as far as the person can do it."""
        return narrowed(self.request.scope, self.request.user.role)

    def generate_authorization_code(self) -> str:
        """A new one, written down."""
        user: User = self.request.user
        return Code.give(
            self.request.client.client,
            user,
            scopes=self.scopes,
            redirect_uri=self.request.payload.redirect_uri or "",
            challenge=self.request.payload.data.get("code_challenge", ""),
            auth_time=user.proved_at,
        )

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        """It was written down when it was made."""

    def query_authorization_code(self, code: str, client: App) -> Proof | None:
        """One of this app that was not used; the second use of one, by any app, ends what the first gave."""
        found = Code.found(code)
        if found is not None and found.used_at is not None:
            found.used_again()
            return None
        return Proof(found) if found is not None and found.client_row == client.client.id else None

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """The tokens of a new family."""
        try:
            user, family, refresh = self.request.authorization_code.code.redeem(
                self.request.client.client, _config().refresh_ttl
            )
        except Unauthenticated:
            raise InvalidGrantError("Invalid code in request.") from None
        return 200, _issued(user, family, refresh), self.TOKEN_RESPONSE_HEADER


class S256(CodeChallenge):
    """PKCE: needed by public apps, taken from every other, and never as plain text."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]

    def validate_code_challenge(self, grant: CodeGrant, redirect_uri: str | None) -> None:
        """Raises InvalidRequestError."""
        sent = grant.request.payload.data
        if grant.request.client.client.public and "code_challenge" not in sent:
            raise InvalidRequestError("An app without a secret must send code_challenge.")
        if "code_challenge" in sent and sent.get("code_challenge_method") != "S256":
            raise InvalidRequestError("Only S256 is taken as code_challenge_method.")
        super().validate_code_challenge(grant, redirect_uri)

    def get_authorization_code_challenge(self, proof: Proof) -> str:
        """What the verifier must hash to; nothing where none was sent."""
        return proof.code.challenge

    def get_authorization_code_challenge_method(self, proof: Proof) -> str:
        """There is one."""
        return "S256"


class RefreshGrant(RefreshTokenGrant):
    """The next pair of tokens for the refresh token, which is used up."""

    TOKEN_ENDPOINT_AUTH_METHODS = [*METHODS, "none"]

    def authenticate_refresh_token(self, refresh_token: str) -> Held | None:
        """Used or not: the second use is noticed when it is to be used up."""
        found = Family.holding(refresh_token)
        return Held(found[0], refresh=found[1]) if found is not None else None

    def _validate_token_scope(self, held: Held) -> None:
        """Less than was allowed can be asked for, more can't."""
        try:
            wanted = scopes_in(self.request.payload.scope or held.family.scope)
        except Refused:
            raise InvalidScopeError from None
        if not wanted <= scopes_in(held.family.scope):
            raise InvalidScopeError

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """The tokens that follow."""
        client: Client = self.request.client.client
        secret = self.request.form["refresh_token"]
        try:
            user, family, successor = Family.refresh(secret, _config().refresh_ttl, client.client_id)
        except Unauthenticated:
            raise InvalidGrantError from None
        if not may_come_in(user):
            raise InvalidGrantError
        Allowance.used(client.id, user.id, family.last_used_at)
        scope = self.request.payload.scope
        return 200, _issued(user, family, successor, scope and scopes_in(scope)), self.TOKEN_RESPONSE_HEADER


def _issued(user: User, family: Family, refresh: str, scopes: frozenset[str] | None = None) -> dict[str, Any]:
    most = narrowed(family.scope, user.role)
    return {
        "access_token": access.mint(user, family, scopes or None),
        "token_type": "Bearer",
        "expires_in": int(_config().access_ttl.total_seconds()),
        "refresh_token": refresh,
        "scope": written(most & scopes if scopes else most),
    }


class Revocation(RevocationEndpoint):
    """An app lets go of a token, and of the family with it (RFC 7009)."""

    CLIENT_AUTH_METHODS = [*METHODS, "none"]

    def check_params(self, request: OAuth2Request, client: App) -> None:
        """A hint is not needed, so a wrong one does no harm."""
        _need_token(request)

    def query_token(self, token_string: str, token_type_hint: str | None) -> Held | None:
        """That token, whose ever it is."""
        return Held.found(token_string)

    def revoke_token(self, token: Held, request: OAuth2Request) -> None:
        """End the family."""
        token.family.let_go()


class Introspection(IntrospectionEndpoint):
    """An app that keeps a secret asks what a token of its own is good for (RFC 7662)."""

    CLIENT_AUTH_METHODS = METHODS

    def check_params(self, request: OAuth2Request, client: App) -> None:
        """A hint is not needed, so a wrong one does no harm."""
        _need_token(request)

    def query_token(self, token_string: str, token_type_hint: str | None) -> Held | None:
        """That token, whose ever it is."""
        return Held.found(token_string)

    def check_permission(self, token: Held, client: App, request: OAuth2Request) -> bool:
        """Of others' tokens nobody learns anything."""
        return token.check_client(client)

    def introspect_token(self, token: Held) -> dict[str, Any]:
        """What it is good for, at this moment."""
        try:
            user = User.find(token.family.user_id)
        except Missing:
            return {"active": False}
        known = {
            "active": True,
            "client_id": token.family.client_id,
            "username": user.username,
            "sub": str(user.id),
            "iss": _config().base_url,
        }
        if token.claims is None:
            assert token.refresh is not None
            ends = {"exp": _seconds(token.refresh.expires_at), "iat": _seconds(token.refresh.created_at)}
            return known | ends | {"scope": written(narrowed(token.family.scope, user.role))}
        claims = token.claims
        return known | {
            "token_type": "Bearer",
            "scope": written(scopes_in(claims.scope) & narrowed(token.family.scope, user.role)),
            "aud": access.audience(),
            "exp": _seconds(claims.expires_at),
            "iat": _seconds(claims.issued_at),
            "auth_time": _seconds(claims.authenticated_at),
            "jti": claims.jti,
        }


def _need_token(request: OAuth2Request) -> None:
    if "token" not in request.form:
        raise InvalidRequestError("Missing token in request.")


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


class Server(AuthorizationServer):
    """Authlib's server, in Flask's words."""

    def query_client(self, client_id: str) -> App | None:
        """The app that calls itself so."""
        client = Client.working(client_id)
        return App(client) if client is not None else None

    def get_authorization_grant(self, request: OAuth2Request) -> CodeGrant:
        """The only one; what was sent is not repeated where there is none. Raises OAuth2Error."""
        try:
            grant: CodeGrant = super().get_authorization_grant(request)
        except UnsupportedResponseTypeError as error:
            back = error.redirect_uri
            if not request.payload.response_type:
                raise InvalidRequestError("Missing response_type in request.", redirect_uri=back) from None
            raise OAuth2Error("Only response_type=code is taken.", error=error.error, redirect_uri=back) from None
        return grant

    def create_oauth2_request(self, request: OAuth2Request) -> OAuth2Request:
        """It was read by the door."""
        return request

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Response:
        """To a program in JSON; back to an app by way of the browser, with the name of who sends it (RFC 9207)."""
        answer = Response(json.dumps(body) if isinstance(body, dict) else body, status, headers)
        if "Location" in answer.headers:
            answer.status_code = 303
            answer.headers["Location"] = add_params_to_uri(answer.headers["Location"], [("iss", _config().base_url)])
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def handle_error_response(self, request: Asked | None, error: OAuth2Error) -> Response:
        """In the form of RFC 6749; a wrong secret counts as a try."""
        if isinstance(error, InvalidClientError):
            error.status_code = 401
            if (error.description or "").startswith(IN_PYTHON):
                error.description = UNPROVEN
            if request is not None and request.brings_secret:
                Attempt.note("password", from_here())
        if isinstance(error, UnsupportedGrantTypeError):  # whose words repeat what was sent
            error = OAuth2Error(f"Only grant_type={' and '.join(GRANTS)} are taken.", error=error.error)
        answer: Response = super().handle_error_response(request, error)
        if isinstance(error, InvalidClientError):
            answer.headers["WWW-Authenticate"] = 'Basic realm="Postways", charset="UTF-8"'
        return answer


def from_here() -> str:
    """Against whom a wrong secret counts: the address it comes from."""
    return whom("")[1]


server = Server()
server.register_grant(CodeGrant, [S256(required=True)])
server.register_grant(RefreshGrant)
server.register_endpoint(Revocation)
server.register_endpoint(Introspection)


def metadata() -> dict[str, Any]:
    """What programs need to know of this server (RFC 8414)."""
    root = _config().base_url
    return {
        "issuer": root,
        "authorization_endpoint": f"{root}/o/authorize/",
        "token_endpoint": f"{root}/o/token/",
        "revocation_endpoint": f"{root}/o/revoke_token/",
        "introspection_endpoint": f"{root}/o/introspect/",
        "scopes_supported": ["read", "write", "create", "update", "delete", "moderate", "admin"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANTS),
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": [*METHODS, "none"],
        "revocation_endpoint_auth_methods_supported": [*METHODS, "none"],
        "introspection_endpoint_auth_methods_supported": METHODS,
        "authorization_response_iss_parameter_supported": True,
        "service_documentation": f"{root}/api/v1/docs/",
    }
