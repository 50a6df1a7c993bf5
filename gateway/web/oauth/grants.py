"""The two ways to a token: client_credentials (RFC 6749, 4.4) and token exchange (RFC 8693).

An exchange makes a token narrower and shorter, never wider: the subject token is one of the
client's own, and not itself the fruit of an exchange, so that revoking the first one revokes
all that came of it.
"""

import re
from typing import Any, ClassVar, Final

from authlib.oauth2.rfc6749.errors import InvalidRequestError, InvalidScopeError
from authlib.oauth2.rfc6749.grants import BaseGrant, TokenEndpointMixin

from gateway.errors import Unauthenticated
from gateway.web.oauth import jwts
from gateway.web.oauth.authorization_details import details_of, granted
from gateway.web.oauth.client_authentication import (
    AUTH_METHODS,
    authenticated,
    caller_of,
    method_of,
)
from gateway.web.oauth.errors import GRANT_TYPES, InvalidTarget
from gateway.web.oauth.ports import OAuthClient, ports
from gateway.web.oauth.tokens import Claims, Narrowing

ACCESS_TOKEN: Final = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 # the name of a type
PARAMETERS: Final = (
    "grant_type",
    "scope",
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "authorization_details",
    "subject_token",
    "subject_token_type",
    "requested_token_type",
    "actor_token",
    "actor_token_type",
    "audience",
    "resource",
    "token",
    "token_type_hint",
)
"""Those that mean something to us, so none may come twice."""

_WORD: Final = re.compile(r"[A-Za-z0-9:._*-]{1,60}", re.ASCII)

Answer = tuple[int, dict[str, Any], list[tuple[str, str]]]


class _Grant(BaseGrant, TokenEndpointMixin):  # type: ignore[misc] # the library ships no types
    """What both share: who calls, and how the answer looks."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar[list[str]] = list(AUTH_METHODS)
    NAME: ClassVar[str]
    """What the audit log calls it."""

    def validate_token_request(self) -> None:
        """Find out who calls, and what the token may be."""
        require_no_repetition(self.request.payload.datalist)
        client = authenticated(self.request)
        self.request.client = client
        self.scope, self.narrowing = self.narrowed(client)

    def narrowed(self, client: OAuthClient) -> tuple[str, Narrowing]:
        """Return the scope of the token, and what else makes it less than its client.

        Raises:
            OAuth2Error: what is asked for is more than there is.
        """
        raise NotImplementedError

    def create_token_response(self) -> Answer:
        """Return the answer (RFC 6749, section 5.1)."""
        token = ports().issuer.issue(self.client, self.scope, self.narrowing)
        self._note(jwts.read(token).text_of("jti"))
        body: dict[str, Any] = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": self._seconds(),
            "scope": self.scope,
        }
        if self.narrowing.instances is not None:
            body["authorization_details"] = details_of(self.narrowing.instances)
        return 200, body, self.TOKEN_RESPONSE_HEADER

    def _note(self, token_id: str) -> None:
        """Write down whose it is and what it reaches, before anybody has it."""
        only = self.narrowing.instances
        worth = {
            "grant": self.NAME,
            "authentication": method_of(self.request),
            "scopes": len(self.scope.split()),
            **({} if only is None else {"instances": len(only)}),
        }
        caller = caller_of(self.client, "createToken", self.narrowing.origin or "")
        ports().clients.note_token(caller, token_id, worth)

    def _seconds(self) -> int:
        longest, ends = ports().issuer.lifetime_seconds, self.narrowing.ends
        return longest if ends is None else min(longest, ends - jwts.now())


class ClientCredentials(_Grant):
    """A client wants a token for itself."""

    GRANT_TYPE = GRANT_TYPES[0]
    NAME = "client_credentials"

    def narrowed(self, client: OAuthClient) -> tuple[str, Narrowing]:
        """Return what was asked for, within what the client has."""
        form = self.request.form
        most = {str(permission) for permission in client.permissions}
        details = granted(form.get("authorization_details"), client, None)
        return scope_within(form.get("scope"), most), Narrowing(details)


class TokenExchange(_Grant):
    """A client wants a narrower token in place of one that it has."""

    GRANT_TYPE = GRANT_TYPES[1]
    NAME = "token-exchange"

    def narrowed(self, client: OAuthClient) -> tuple[str, Narrowing]:
        """Return what was asked for, within what the subject token has."""
        self._require_form()
        subject = self._subject(client)
        form = self.request.form
        most = set(subject.scope.split()) & {str(each) for each in client.permissions}
        details = granted(form.get("authorization_details"), client, subject.instances)
        narrowing = Narrowing(details, origin=subject.token_id, ends=subject.expires)
        return scope_within(form.get("scope"), most), narrowing

    def create_token_response(self) -> Answer:
        """Return the answer (RFC 8693, section 2.2.1)."""
        status, body, headers = super().create_token_response()
        return status, {**body, "issued_token_type": ACCESS_TOKEN}, headers

    def _require_form(self) -> None:
        form = self.request.form
        if "actor_token" in form or "actor_token_type" in form:
            raise InvalidRequestError("actor_token is not supported.")
        if form.get("subject_token_type") != ACCESS_TOKEN:
            raise InvalidRequestError(f"subject_token_type must be {ACCESS_TOKEN}.")
        if form.get("requested_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
            raise InvalidRequestError(f"requested_token_type must be {ACCESS_TOKEN}.")
        ours = ports().issuer.issuer
        if {form.get("audience", ours), form.get("resource", ours)} != {ours}:
            raise InvalidTarget

    def _subject(self, client: OAuthClient) -> Claims:
        try:
            subject = ports().claims_of(self.request.form.get("subject_token", ""))
        except Unauthenticated:
            raise _no_subject() from None
        if subject.client != client.client_id or subject.origin is not None:
            raise _no_subject()
        return subject


def require_no_repetition(given: dict[str, list[str]]) -> None:
    """Refuse a parameter that comes twice (RFC 6749, section 3.2).

    Raises:
        InvalidRequestError: names the first that does.
    """
    repeated = [name for name in PARAMETERS if len(given.get(name, ())) > 1]
    if repeated:
        raise InvalidRequestError(f"The parameter {repeated[0]} is repeated.")


def scope_within(asked: str | None, most: set[str]) -> str:
    """Return the scope of a token.

    Args:
        asked: the parameter ``scope``; None for all there is.
        most: what must not be exceeded.

    Raises:
        InvalidScopeError: it would be.
    """
    wanted = most if asked is None else set(asked.split(" "))
    beyond = sorted(wanted - most)
    if beyond:
        raise InvalidScopeError(_excess(beyond[0]))
    return " ".join(sorted(wanted))


def _excess(word: str) -> str:
    """Return which word is too much, unless it could not be one of a scope of ours."""
    if not _WORD.fullmatch(word):
        return "The scope must be permissions with one space between them."
    return f"The client, or the token that it gives away, does not have {word}."


def _no_subject() -> InvalidRequestError:
    return InvalidRequestError(
        "subject_token must be a valid access token of this client that was not exchanged."
    )
