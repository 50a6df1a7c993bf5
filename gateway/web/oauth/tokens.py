"""Access tokens: RFC 9068 JWTs, ES256 only, issued by us for us.

The verifier takes exactly what the issuer writes and nothing else a JWT could be: the header
has the three members ``alg``, ``typ`` and ``kid``, the payload is strict JSON, each part has
its one canonical spelling. Whoever sends something else learns only that it is not accepted.
"""

import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from gateway.errors import Unauthenticated
from gateway.model import Prefix
from gateway.web.oauth import jwts
from gateway.web.oauth.jwts import Jwt, NotAccepted

ALGORITHM: Final = "ES256"
MAX_LIFETIME_SECONDS: Final = 900
MAX_INSTANCES: Final = 50
"""How many instances a token may be narrowed to, so that it still fits into a header."""

REFUSED: Final = "The access token is not valid."
_TYPE: Final = "at+jwt"
_HEADER_MEMBERS: Final = ("alg", "typ", "kid")
_INSTANCE: Final = re.compile(f"{Prefix.INSTANCE}_[0-9a-f]{{32}}", re.ASCII)


class KeyRing(Protocol):
    """The signing keys; implemented by the broker."""

    def signing_key(self) -> ECKey:
        """Return the one private key that signs now, with its ``kid``."""

    def verification_keys(self) -> KeySet:
        """Return every key whose tokens are still accepted."""


class Holder(Protocol):
    """What issuing needs to know of an API client."""

    @property
    def client_id(self) -> str:
        """Return its id."""

    @property
    def reseller(self) -> str:
        """Return the id of its reseller."""


@dataclass(frozen=True)
class Claims:
    """What a verified token says.

    Args:
        client: id of the client.
        reseller: id of its reseller when the token was issued; the record decides, not this.
        scope: words separated by spaces.
        token_id: ``jti``.
        issued: seconds since 1970-01-01 UTC.
        expires: seconds since 1970-01-01 UTC.
        instances: the only ones that it reaches; None for all that its client reaches.
        origin: ``jti`` of the token that it was exchanged for, if any.
    """

    client: str
    reseller: str
    scope: str
    token_id: str
    issued: int
    expires: int
    instances: frozenset[str] | None = None
    origin: str | None = None


@dataclass(frozen=True)
class Narrowing:
    """What makes a token less than its client.

    Args:
        instances: the only ones that it reaches; None for all.
        origin: ``jti`` of the token that it is exchanged for.
        ends: seconds since 1970 when it expires at the latest.
    """

    instances: frozenset[str] | None = None
    origin: str | None = None
    ends: int | None = None


_AS_ITS_CLIENT: Final = Narrowing()


class TokenIssuer:
    """Signs access tokens.

    Args:
        issuer: our own URL; ``iss`` and ``aud`` of every token.
        key_ring: has the signing key.
        lifetime_seconds: at most 900.
    """

    def __init__(self, issuer: str, key_ring: KeyRing, lifetime_seconds: int) -> None:
        self.issuer = issuer
        self.lifetime_seconds = min(lifetime_seconds, MAX_LIFETIME_SECONDS)
        self._key_ring = key_ring

    def issue(self, client: Holder, scope: str, narrowing: Narrowing = _AS_ITS_CLIENT) -> str:
        """Return a token for a client.

        Args:
            client: authenticated.
            scope: words separated by spaces; at most the client's permissions.
            narrowing: checked to narrow, and not to widen.
        """
        key = self._key_ring.signing_key()
        header = {"alg": ALGORITHM, "typ": _TYPE, "kid": key.kid}
        claims = {**self._claims(client, scope, narrowing), **_limits(narrowing)}
        return jwt.encode(header, claims, key, algorithms=[ALGORITHM])

    def _claims(self, client: Holder, scope: str, narrowing: Narrowing) -> dict[str, Any]:
        issued = int(time.time())
        expires = issued + self.lifetime_seconds
        return {
            "iss": self.issuer,
            "sub": client.client_id,
            "aud": self.issuer,
            "client_id": client.client_id,
            "iat": issued,
            "exp": expires if narrowing.ends is None else min(expires, narrowing.ends),
            "jti": uuid.uuid4().hex,
            "scope": scope,
            "reseller": client.reseller,
        }


def _limits(narrowing: Narrowing) -> dict[str, Any]:
    origin = {} if narrowing.origin is None else {"origin": narrowing.origin}
    if narrowing.instances is None:
        return origin
    return {**origin, "instances": sorted(narrowing.instances)}


class TokenVerifier:
    """Reads our own access tokens.

    Args:
        issuer: what ``iss`` and ``aud`` must say.
        key_ring: has the keys that are still accepted.
        max_lifetime_seconds: longer ones are refused, whoever signed them.
    """

    def __init__(
        self, issuer: str, key_ring: KeyRing, max_lifetime_seconds: int = MAX_LIFETIME_SECONDS
    ) -> None:
        self._issuer = issuer
        self._key_ring = key_ring
        self._max_lifetime_seconds = max_lifetime_seconds

    def verify(self, token: str) -> Claims:
        """Return what a token says.

        Args:
            token: the compact serialisation (RFC 7515, section 3.1).

        Raises:
            Unauthenticated: it is not one of ours, altered, or out of its time.
        """
        try:
            found = jwts.read(token)
            found.require_signature(self._key_of(found), ALGORITHM)
            return self._claims_of(found)
        except NotAccepted:
            raise Unauthenticated(REFUSED) from None

    def _key_of(self, token: Jwt) -> ECKey:
        token.require_members(*_HEADER_MEMBERS)
        kid = token.header.get("kid")
        if token.header.get("typ") != _TYPE or not isinstance(kid, str):
            raise NotAccepted
        for key in self._key_ring.verification_keys():
            if isinstance(key, ECKey) and key.kid == kid:
                return key
        raise NotAccepted

    def _claims_of(self, token: Jwt) -> Claims:
        if token.text_of("iss") != self._issuer or token.payload.get("aud") != self._issuer:
            raise NotAccepted
        if token.text_of("sub") != token.text_of("client_id"):
            raise NotAccepted
        issued, expires = token.period(self._max_lifetime_seconds)
        return Claims(
            client=token.text_of("client_id"),
            reseller=token.text_of("reseller"),
            scope=_scope_of(token.payload),
            token_id=token.text_of("jti"),
            issued=issued,
            expires=expires,
            instances=_instances_of(token.payload),
            origin=token.text_of("origin") if "origin" in token.payload else None,
        )


def _scope_of(payload: Mapping[str, Any]) -> str:
    """Return the scope; it may be empty, which allows nothing."""
    scope = payload.get("scope")
    if not isinstance(scope, str):
        raise NotAccepted
    return scope


def _instances_of(payload: Mapping[str, Any]) -> frozenset[str] | None:
    if "instances" not in payload:
        return None
    named = payload["instances"]
    if not isinstance(named, list) or not 0 < len(named) <= MAX_INSTANCES:
        raise NotAccepted
    if not all(isinstance(each, str) and _INSTANCE.fullmatch(each) for each in named):
        raise NotAccepted
    return frozenset(named)
