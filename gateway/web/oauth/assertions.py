"""Assertions by which clients prove who they are: private_key_jwt (RFC 7523, sections 2.2, 3).

Signed by the client with a key that it registered, for us, for five minutes, and used once.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.broker.client_keys import ALGORITHMS, VerifyingKey, key_of
from gateway.web.oauth import jwts
from gateway.web.oauth.jwts import Jwt, NotAccepted
from gateway.web.oauth.ports import Clients, OAuthClient

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MAX_SECONDS: Final = 300
MAX_ID: Final = 255
_TYPES: Final = (None, "JWT", "client-authentication+jwt")


@dataclass(frozen=True)
class Assertion:
    """An assertion that can be read; nothing of it is proven yet."""

    token: Jwt
    client: str


def read(text: str) -> Assertion:
    """Return an assertion with the client that it speaks of.

    Raises:
        NotAccepted: it cannot be one.
    """
    token = jwts.read(text)
    token.require_members("alg", "typ", "kid")
    client = token.text_of("sub")
    if token.text_of("iss") != client or token.header.get("typ") not in _TYPES:
        raise NotAccepted
    return Assertion(token, client)


def require(
    assertion: Assertion, client: OAuthClient, clients: Clients, audiences: Collection[str]
) -> None:
    """Check that a client made an assertion, for us, just now, and let it count no more.

    Args:
        assertion: as it was read.
        client: the one that it speaks of.
        clients: knows which assertions were used.
        audiences: what we are called: the issuer and the URL of the token endpoint.

    Raises:
        NotAccepted: it does not prove that.
    """
    token = assertion.token
    algorithm = token.header.get("alg")
    if algorithm not in ALGORITHMS:
        raise NotAccepted
    token.require_signature(_key_of(client, token.header, algorithm), algorithm)
    if token.audience() not in audiences:
        raise NotAccepted
    expires, jti = _ends(token), token.text_of("jti")
    if len(jti) > MAX_ID:
        raise NotAccepted
    digest = hashlib.sha256(jti.encode()).hexdigest()
    if not client.enabled or not clients.first_use(client, digest, expires):
        raise NotAccepted


def _ends(token: Jwt) -> int:
    """Return when an assertion expires; without ``iat`` it counts as made now (it is optional)."""
    if "iat" in token.payload:
        return token.period(MAX_SECONDS)[1]
    made_now = {**token.payload, "iat": jwts.now()}
    return Jwt(token.text, token.header, made_now).period(MAX_SECONDS + jwts.SKEW_SECONDS)[1]


def _key_of(client: OAuthClient, header: Mapping[str, Any], algorithm: str) -> VerifyingKey:
    """Return the key by its exact name; an assertion without a name counts with one key only."""
    known = client.public_keys
    if "kid" in header:
        known = [each for each in known if each["kid"] == header["kid"]]
    key = key_of(known[0], algorithm) if len(known) == 1 else None
    if key is None:
        raise NotAccepted
    return key
