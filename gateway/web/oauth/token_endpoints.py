"""Revocation (RFC 7009) and introspection (RFC 7662) of access tokens."""

from typing import Any, ClassVar, Final

from authlib.consts import default_json_headers
from authlib.oauth2.rfc6749 import OAuth2Request, TokenEndpoint
from authlib.oauth2.rfc6749.errors import InvalidRequestError, UnauthorizedClientError

from gateway.access.permissions import Permission
from gateway.access.principal import Principal
from gateway.errors import Unauthenticated
from gateway.web.oauth.authorization_details import details_of
from gateway.web.oauth.client_authentication import AUTH_METHODS, authenticated, caller_of
from gateway.web.oauth.grants import Answer, require_no_repetition
from gateway.web.oauth.ports import OAuthClient, ports
from gateway.web.oauth.tokens import Claims

REVOCATION: Final = "revocation"
INTROSPECTION: Final = "introspection"


class _Endpoint(TokenEndpoint):  # type: ignore[misc] # the library ships no types
    """What both share: an authenticated client and a token, which may be anything."""

    CLIENT_AUTH_METHODS: ClassVar[list[str]] = list(AUTH_METHODS)

    def create_endpoint_response(self, request: OAuth2Request) -> Answer:
        """Return the answer to a client that has proven who it is."""
        require_no_repetition(request.payload.datalist)
        client = authenticated(request)
        if "token" not in request.form:
            raise InvalidRequestError("The parameter token is missing.")
        return 200, self.answer(client, _known(request.form["token"])), default_json_headers

    def answer(self, client: OAuthClient, found: tuple[Claims, Principal] | None) -> dict[str, Any]:
        """Return the body of the answer.

        Args:
            client: who asks.
            found: what the token says and whose it is; None for one that is not accepted.
        """
        raise NotImplementedError


class Revocation(_Endpoint):
    """A client takes back a token of its own, and what that was exchanged for."""

    ENDPOINT_NAME = REVOCATION

    def answer(self, client: OAuthClient, found: tuple[Claims, Principal] | None) -> dict[str, Any]:
        """Make the token void; one that is void or unknown already is no error (section 2.2)."""
        if found is not None:
            claims, _ = found
            if claims.client != client.client_id:
                raise UnauthorizedClientError("The token is another client's.")
            ports().revocations.revoke(caller_of(client, "revokeToken"), claims)
        return {}


class Introspection(_Endpoint):
    """A client asks what a token says that somebody showed to it."""

    ENDPOINT_NAME = INTROSPECTION

    def answer(self, client: OAuthClient, found: tuple[Claims, Principal] | None) -> dict[str, Any]:
        """Describe the token, or say of any other that it is not active (section 2.2)."""
        if found is None or not _sees(client, *found):
            return {"active": False}
        claims, principal = found
        shown = {
            "active": True,
            "scope": " ".join(sorted(principal.permissions)),
            "client_id": claims.client,
            "token_type": "Bearer",
            "exp": claims.expires,
            "iat": claims.issued,
            "sub": claims.client,
            "aud": ports().issuer.issuer,
            "iss": ports().issuer.issuer,
            "jti": claims.token_id,
            "reseller": claims.reseller,
        }
        if claims.instances is not None:
            shown["authorization_details"] = details_of(claims.instances)
        return shown


def _known(token: str) -> tuple[Claims, Principal] | None:
    """Return what a token says and whose it is, if a request with it would be let in now."""
    try:
        claims = ports().claims_of(token)
        return claims, ports().principal_of(claims)
    except Unauthenticated:
        return None


def _sees(client: OAuthClient, claims: Claims, principal: Principal) -> bool:
    """Whether a client may look: at its own tokens, or with ``clients:read`` at those below."""
    if claims.client == client.client_id:
        return True
    below = principal.reach.path.startswith(client.reach.path)
    return (
        below and client.reach.instances is None and Permission.CLIENTS_READ in client.permissions
    )
