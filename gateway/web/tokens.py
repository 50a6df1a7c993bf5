"""Access tokens: RFC 9068 JWTs, ES256 only, issued by us for us.

The verifier takes exactly what the issuer writes and nothing else a JWT could be: the header
has the three members ``alg``, ``typ`` and ``kid``, the payload is strict JSON, each part has
its one canonical spelling. Whoever sends something else learns only that it is not accepted.
"""

import base64
import binascii
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from gateway.errors import MalformedRequest, Unauthenticated
from gateway.web.body import parse_json

ALGORITHM: Final = "ES256"
MAX_LIFETIME_SECONDS: Final = 900
MAX_TOKEN_BYTES: Final = 8192
SKEW_SECONDS: Final = 30
"""How far ahead the clock of another gateway may be."""

_TYPE: Final = "at+jwt"
_HEADER_MEMBERS: Final = frozenset({"alg", "typ", "kid"})
_TEXT_CLAIMS: Final = ("iss", "sub", "aud", "client_id", "jti", "scope", "reseller")
_COMPACT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)


class KeyRing(Protocol):
    """The signing keys; implemented by the broker."""

    def signing_key(self) -> ECKey:
        """Return the one private key that signs now, with its ``kid``."""

    def verification_keys(self) -> KeySet:
        """Return every key whose tokens are still accepted."""


class OAuthClient(Protocol):
    """What issuing needs to know of an API client."""

    @property
    def client_id(self) -> str:
        """Return its id."""

    @property
    def reseller(self) -> str:
        """Return the id of its reseller."""

    @property
    def permissions(self) -> frozenset[str]:
        """Return what it may do at most."""

    @property
    def enabled(self) -> bool:
        """Return whether it may have tokens."""

    def check_secret(self, secret: str) -> bool:
        """Return whether the secret is one of its live ones, in constant time."""


class Clients(Protocol):
    """The API clients; implemented by the broker."""

    def find(self, client_id: str) -> OAuthClient | None:
        """Return the client; for an unknown one it takes as long as for a known one."""


@dataclass(frozen=True)
class Claims:
    """What a verified token says.

    Args:
        client: id of the client.
        reseller: id of its reseller when the token was issued; the record decides, not this.
        scope: words separated by spaces.
        token_id: ``jti``.
        expires: seconds since 1970-01-01 UTC.
    """

    client: str
    reseller: str
    scope: str
    token_id: str
    expires: int


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

    def issue(self, client: OAuthClient, scope: str) -> str:
        """Return a token for a client.

        Args:
            client: authenticated.
            scope: words separated by spaces; at most the client's permissions.
        """
        key = self._key_ring.signing_key()
        header = {"alg": ALGORITHM, "typ": _TYPE, "kid": key.kid}
        return jwt.encode(header, self._claims(client, scope), key, algorithms=[ALGORITHM])

    def _claims(self, client: OAuthClient, scope: str) -> dict[str, Any]:
        issued = int(time.time())
        return {
            "iss": self.issuer,
            "sub": client.client_id,
            "aud": self.issuer,
            "client_id": client.client_id,
            "iat": issued,
            "exp": issued + self.lifetime_seconds,
            "jti": uuid.uuid4().hex,
            "scope": scope,
            "reseller": client.reseller,
        }


class TokenVerifier:
    """Reads access tokens.

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
            return self._claims_of(self._checked_payload(token))
        except (_NotOurs, JoseError, MalformedRequest, ValueError):
            raise Unauthenticated("The access token is not valid.") from None

    def _checked_payload(self, token: str) -> Mapping[str, Any]:
        if len(token) > MAX_TOKEN_BYTES or not _COMPACT.fullmatch(token):
            raise _NotOurs
        header, payload, _ = (_decoded(part) for part in token.split("."))
        key = self._key_of(_object(header))
        jws.deserialize_compact(token, key, algorithms=[ALGORITHM])
        return _object(payload)

    def _key_of(self, header: Mapping[str, Any]) -> ECKey:
        if header.keys() != _HEADER_MEMBERS or header["alg"] != ALGORITHM:
            raise _NotOurs
        if header["typ"] != _TYPE or not isinstance(header["kid"], str):
            raise _NotOurs
        for key in self._key_ring.verification_keys():
            if isinstance(key, ECKey) and key.kid == header["kid"]:
                return key
        raise _NotOurs

    def _claims_of(self, payload: Mapping[str, Any]) -> Claims:
        if not all(isinstance(payload.get(name), str) for name in _TEXT_CLAIMS):
            raise _NotOurs
        if payload["iss"] != self._issuer or payload["aud"] != self._issuer:
            raise _NotOurs
        if payload["sub"] != payload["client_id"]:
            raise _NotOurs
        return Claims(
            client=payload["client_id"],
            reseller=payload["reseller"],
            scope=payload["scope"],
            token_id=payload["jti"],
            expires=self._checked_expiry(payload),
        )

    def _checked_expiry(self, payload: Mapping[str, Any]) -> int:
        now = time.time()
        issued, expires = _instant(payload, "iat"), _instant(payload, "exp")
        begins = _instant(payload, "nbf") if "nbf" in payload else issued
        if max(issued, begins) > now + SKEW_SECONDS or expires <= now:
            raise _NotOurs
        if not 0 < expires - issued <= self._max_lifetime_seconds:
            raise _NotOurs
        return expires


class _NotOurs(Exception):
    """The token is not what our issuer writes."""


def _decoded(part: str) -> bytes:
    """Return the bytes of a base64url part, if it is their canonical spelling."""
    try:
        decoded = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except binascii.Error:
        raise _NotOurs from None
    if base64.urlsafe_b64encode(decoded).rstrip(b"=") != part.encode("ascii"):
        raise _NotOurs
    return decoded


def _object(part: bytes) -> Mapping[str, Any]:
    value = parse_json(part)
    if not isinstance(value, dict):
        raise _NotOurs
    return value


def _instant(payload: Mapping[str, Any], claim: str) -> int:
    value = payload.get(claim)
    if type(value) is not int or value < 0:
        raise _NotOurs
    return value
