"""The authorization server on Authlib's: it carries the protocol, what it grants is ours.

Authlib finds the grant or the endpoint and turns errors into answers; who a client is
(``client_authentication``), what a token may be (``grants``) and what is told about one
(``token_endpoints``) is decided here. Tokens are verified, not looked up.
"""

from collections.abc import Callable
from typing import Any, Final, cast

import flask
from authlib.integrations.flask_oauth2.authorization_server import AuthorizationServer
from authlib.integrations.flask_oauth2.requests import FlaskOAuth2Payload, FlaskOAuth2Request
from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidRequestError

from gateway.web.oauth.errors import GRANT_TYPES, UnsupportedGrant
from gateway.web.oauth.grants import ClientCredentials, TokenExchange
from gateway.web.oauth.token_endpoints import INTROSPECTION, REVOCATION, Introspection, Revocation

FORM: Final = "application/x-www-form-urlencoded"
MAX_FORM_BYTES: Final = 16 * 1024
"""A request for a token comes from anybody, so it is kept small; a whole token fits into it."""


class _TokenRequest(FlaskOAuth2Request):  # type: ignore[misc] # the library ships no types
    """A request to an endpoint; TLS ends before the gateway, so the scheme says nothing."""

    def __init__(self, asked: flask.Request) -> None:
        OAuth2Request.__init__(self, asked.method, "https://gateway", headers=asked.headers)
        self._request = asked
        self.payload = FlaskOAuth2Payload(asked)


class _Server(AuthorizationServer):  # type: ignore[misc] # the library ships no types
    """Authlib's server with our grants and answers that tell nothing apart."""

    def create_oauth2_request(self, request: object) -> OAuth2Request:  # noqa: ARG002 # Authlib's signature
        return _TokenRequest(flask.request)

    def get_token_grant(self, request: OAuth2Request) -> Any:  # noqa: ANN401 # Authlib's signature
        if request.payload.grant_type not in GRANT_TYPES:
            raise UnsupportedGrant(None)
        return super().get_token_grant(request)


def token_answer() -> flask.Response:
    """Return the answer to the current request for a token."""
    return _answer(_SERVER.create_token_response)


def revocation_answer() -> flask.Response:
    """Return the answer to the current request to revoke a token."""
    return _answer(lambda: _SERVER.create_endpoint_response(REVOCATION))


def introspection_answer() -> flask.Response:
    """Return the answer to the current request about a token."""
    return _answer(lambda: _SERVER.create_endpoint_response(INTROSPECTION))


def _answer(respond: Callable[[], object]) -> flask.Response:
    flask.request.max_content_length = MAX_FORM_BYTES
    if flask.request.mimetype != FORM:
        wrong = InvalidRequestError(f"The body must be {FORM}.")
        return cast("flask.Response", _SERVER.handle_error_response(None, wrong))
    return cast("flask.Response", respond())


_SERVER: Final = _Server()
for _grant in (ClientCredentials, TokenExchange):
    _SERVER.register_grant(_grant)
for _endpoint in (Revocation, Introspection):
    _SERVER.register_endpoint(_endpoint)
