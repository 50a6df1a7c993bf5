"""Who calls the token endpoint: by a secret, or by an assertion, and never by both.

Whoever is refused hears the same, whatever was wrong: the client, the secret, the assertion,
or the address that it comes from.
"""

import base64
import binascii
from typing import Final
from urllib.parse import unquote_plus

import flask
import structlog
from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidRequestError

from gateway.access.principal import Principal
from gateway.tenancy.caller import Caller
from gateway.web.oauth import assertions
from gateway.web.oauth.errors import refused
from gateway.web.oauth.jwts import NotAccepted
from gateway.web.oauth.login_attempts import attempt
from gateway.web.oauth.ports import OAuthClient, ports
from gateway.web.request_ids import request_id
from gateway.web.request_paths import request_path

AUTH_METHODS: Final = ("client_secret_basic", "client_secret_post", "private_key_jwt")
TOKEN_PATH: Final = "/oauth/token"  # noqa: S105 # a path

log = structlog.get_logger(__name__)


def authenticated(asked: OAuth2Request) -> OAuthClient:
    """Return the client that calls, if it proves who it is and may call from there.

    Raises:
        InvalidClientError: it does not.
        InvalidRequestError: it tries in more than one way.
    """
    client = _proven(asked)
    if not client.admits(flask.request.remote_addr):
        address = flask.request.remote_addr
        log.warning("client.address_refused", client=client.client_id, address=address)
        raise refused()
    ports().clients.came(client)
    return client


def caller_of(client: OAuthClient, operation: str, token_id: str = "") -> Caller:
    """Return a client that has proven who it is as the caller of an endpoint, for the audit.

    Args:
        client: authenticated.
        operation: the operationId of the endpoint.
        token_id: ``jti`` of a token of its own that it acts with, if any.
    """
    principal = Principal(
        client=client.client_id,
        reseller=client.reseller,
        reach=client.reach,
        permissions=frozenset(),
        is_operator=False,
        token_id=token_id,
    )
    return Caller(
        principal,
        operation,
        None,
        request_id(),
        address=flask.request.remote_addr or "",
        method=flask.request.method,
        path=request_path(),
        authorised=True,
    )


def method_of(asked: OAuth2Request) -> str:
    """Return in which of the ``AUTH_METHODS`` a client has proven who it is."""
    if asked.form.get("client_assertion") is not None:
        return "private_key_jwt"
    by_header = asked.headers.get("Authorization") is not None
    return "client_secret_basic" if by_header else "client_secret_post"


def _proven(asked: OAuth2Request) -> OAuthClient:
    header = asked.headers.get("Authorization")
    form = asked.form
    given = [header, form.get("client_secret"), form.get("client_assertion")]
    if sum(each is not None for each in given) > 1:
        raise InvalidRequestError("Authenticate in one way only.")
    if form.get("client_assertion") is not None:
        return _by_assertion(asked)
    if header is not None:
        return _by_secret(*_basic(header))
    return _by_secret(form.get("client_id", ""), form.get("client_secret", ""))


def _by_secret(client_id: str, secret: str) -> OAuthClient:
    with attempt(client_id):
        client = ports().clients.find(client_id)
        if client is None or not client.check_secret(secret) or not client.enabled:
            raise refused()
        return client


def _by_assertion(asked: OAuth2Request) -> OAuthClient:
    if asked.form.get("client_assertion_type") != assertions.ASSERTION_TYPE:
        raise InvalidRequestError(f"client_assertion_type must be {assertions.ASSERTION_TYPE}.")
    try:
        assertion = assertions.read(asked.form["client_assertion"])
        with attempt(assertion.client):
            return _of_assertion(assertion, asked.form.get("client_id", assertion.client))
    except NotAccepted:
        raise refused() from None


def _of_assertion(assertion: assertions.Assertion, client_id: str) -> OAuthClient:
    issuer = ports().issuer.issuer
    client = ports().clients.find(assertion.client)
    if client is None or client_id != assertion.client:
        raise NotAccepted
    assertions.require(assertion, client, ports().clients, (issuer, f"{issuer}{TOKEN_PATH}"))
    return client


def _basic(header: str) -> tuple[str, str]:
    """Return id and secret (RFC 6749, section 2.3.1)."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise refused()
    try:
        client_id, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise refused() from None
    if not colon:
        raise refused()
    return unquote_plus(client_id), unquote_plus(secret)
