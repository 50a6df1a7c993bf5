"""The client_credentials grant on Authlib's server (RFC 6749, section 4.4).

Authlib carries the protocol; who a client is, and what a token says, is ours. The ports
``issuer``, ``key_ring`` and ``clients`` are attributes of ``app.extensions["spe-gateway"]``.
"""

import base64
import binascii
from typing import Any, ClassVar, Final, Protocol, cast
from urllib.parse import unquote_plus

import flask
from authlib.integrations.flask_oauth2.authorization_server import AuthorizationServer
from authlib.integrations.flask_oauth2.requests import FlaskOAuth2Payload, FlaskOAuth2Request
from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc6749.errors import (
    InvalidClientError,
    InvalidRequestError,
    UnsupportedGrantTypeError,
)
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6750 import BearerTokenGenerator

from gateway.web.hooks import EXTENSION
from gateway.web.tokens import Clients, KeyRing, OAuthClient, TokenIssuer

FORM: Final = "application/x-www-form-urlencoded"
MAX_FORM_BYTES: Final = 16 * 1024
"""A request for a token comes from anybody, so it is kept small."""

GRANT_TYPE: Final = "client_credentials"
AUTH_METHODS: Final = ("client_secret_basic", "client_secret_post")
_PARAMETERS: Final = ("grant_type", "scope", "client_id", "client_secret")


class Ports(Protocol):
    """What the authorization server needs of ``app.extensions["spe-gateway"]``."""

    issuer: TokenIssuer
    key_ring: KeyRing
    clients: Clients


def ports() -> Ports:
    """Return the ports of the current application."""
    return cast("Ports", flask.current_app.extensions[EXTENSION])


class _Registered:
    """A client as Authlib wants it."""

    def __init__(self, client: OAuthClient) -> None:
        self.client = client

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == GRANT_TYPE

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """Return the scope of the token; None when it would widen what the client may do."""
        allowed = {str(permission) for permission in self.client.permissions}
        if scope is None:
            return " ".join(sorted(allowed))
        asked = set(scope.split(" "))
        return " ".join(sorted(asked)) if asked <= allowed else None


class _Generator(BearerTokenGenerator):  # type: ignore[misc] # the library ships no types
    """Lets Authlib's grant issue our tokens."""

    def __init__(self) -> None:
        super().__init__(self._access_token, expires_generator=self._expires_in)

    def _access_token(self, client: _Registered, scope: str, **_: object) -> str:
        return ports().issuer.issue(client.client, scope)

    def _expires_in(self, *_: object) -> int:
        return ports().issuer.lifetime_seconds


class _TokenRequest(FlaskOAuth2Request):  # type: ignore[misc] # the library ships no types
    """A request to the token endpoint; TLS ends before the gateway, so the scheme says nothing."""

    def __init__(self, asked: flask.Request) -> None:
        OAuth2Request.__init__(self, asked.method, "https://gateway", headers=asked.headers)
        self._request = asked
        self.payload = FlaskOAuth2Payload(asked)


class _UnsupportedGrant(UnsupportedGrantTypeError):  # type: ignore[misc] # the library ships no types
    """Does not repeat what the caller sent."""

    description = "The only grant type is client_credentials."

    def get_error_description(self) -> str:
        return self.description


class _Server(AuthorizationServer):  # type: ignore[misc] # the library ships no types
    """Authlib's server with our clients, our tokens and answers that tell nothing apart."""

    def create_oauth2_request(self, request: object) -> OAuth2Request:  # noqa: ARG002 # Authlib's signature
        return _TokenRequest(flask.request)

    def get_token_grant(self, request: OAuth2Request) -> Any:  # noqa: ANN401 # Authlib's signature
        if request.payload.grant_type != GRANT_TYPE:
            raise _UnsupportedGrant(None)
        return super().get_token_grant(request)

    def authenticate_client(self, request: OAuth2Request, *_: object, **__: object) -> _Registered:
        """Return the client whose secret was given, in one of two ways and not in both."""
        client_id, secret = _credentials(request)
        client = ports().clients.find(client_id)
        if client is None or not client.check_secret(secret) or not client.enabled:
            raise _refused()
        return _Registered(client)

    def save_token(self, token: object, request: object) -> None:
        """Tokens are verified, not looked up."""


class _Grant(ClientCredentialsGrant):  # type: ignore[misc] # the library ships no types
    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar[list[str]] = list(AUTH_METHODS)

    def validate_token_request(self) -> None:
        repeated = [n for n in _PARAMETERS if len(self.request.payload.datalist.get(n, ())) > 1]
        if repeated:
            raise InvalidRequestError(f"The parameter {repeated[0]} is repeated.")
        super().validate_token_request()


def token_answer() -> flask.Response:
    """Return the answer to the current request for a token."""
    flask.request.max_content_length = MAX_FORM_BYTES
    if flask.request.mimetype != FORM:
        refused = InvalidRequestError(f"The body must be {FORM}.")
        return cast("flask.Response", _SERVER.handle_error_response(None, refused))
    return cast("flask.Response", _SERVER.create_token_response())


_SERVER: Final = _Server()
_SERVER.register_token_generator("default", _Generator())
_SERVER.register_grant(_Grant)


def _credentials(asked: OAuth2Request) -> tuple[str, str]:
    """Return id and secret (RFC 6749, section 2.3.1)."""
    header = asked.headers.get("Authorization")
    posted = asked.form.get("client_secret")
    if header is not None and posted is not None:
        raise InvalidRequestError("Authenticate by HTTP Basic or in the form, not by both.")
    if header is not None:
        return _basic(header)
    return asked.form.get("client_id", ""), posted or ""


def _basic(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise _refused()
    try:
        client_id, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise _refused() from None
    if not colon:
        raise _refused()
    return unquote_plus(client_id), unquote_plus(secret)


def _refused() -> InvalidClientError:
    return InvalidClientError("The client is unknown or its secret is wrong.", status_code=401)
