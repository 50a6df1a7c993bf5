"""Reads JWTs strictly (RFC 7515, RFC 7519, RFC 8725), whoever signed them.

Each part has its one canonical spelling and is strict JSON; times are whole numbers. Which
algorithm and which key count is decided by who verifies, never by what the token brings along.
"""

import base64
import binascii
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import Key

from gateway.errors import MalformedRequest
from gateway.web.body import parse_json

MAX_BYTES: Final = 8192
SKEW_SECONDS: Final = 30
"""How far ahead another clock may be."""

_COMPACT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)


class NotAccepted(Exception):
    """The token is not what it must be; nobody is told why."""


@dataclass(frozen=True)
class Jwt:
    """A token whose parts can be read; nothing of it is proven yet.

    Args:
        text: the compact serialisation (RFC 7515, section 3.1).
        header: the JOSE header.
        payload: the claims.
    """

    text: str
    header: Mapping[str, Any]
    payload: Mapping[str, Any]

    def require_signature(self, key: Key, algorithm: str) -> None:
        """Check the signature.

        Raises:
            NotAccepted: it is not the key's, or of another algorithm.
        """
        if self.header.get("alg") != algorithm:
            raise NotAccepted
        try:
            jws.deserialize_compact(self.text, key, algorithms=[algorithm])
        except (JoseError, ValueError):
            raise NotAccepted from None

    def require_members(self, *names: str) -> None:
        """Refuse a header with members besides the named ones.

        Raises:
            NotAccepted: it has some, such as a key of its own, or a place to fetch one from.
        """
        if not self.header.keys() <= set(names):
            raise NotAccepted

    def text_of(self, claim: str) -> str:
        """Return a claim that must be a text, and not an empty one.

        Raises:
            NotAccepted: it is not.
        """
        value = self.payload.get(claim)
        if not isinstance(value, str) or not value:
            raise NotAccepted
        return value

    def instant_of(self, claim: str) -> int:
        """Return a claim that must be a time: whole seconds since 1970.

        Raises:
            NotAccepted: it is not.
        """
        value = self.payload.get(claim)
        if type(value) is not int or value < 0:
            raise NotAccepted
        return value

    def audience(self) -> str:
        """Return the one audience; a list must hold one only.

        Raises:
            NotAccepted: there is none, or more than one.
        """
        named = self.payload.get("aud")
        only = named[0] if isinstance(named, list) and len(named) == 1 else named
        if not isinstance(only, str):
            raise NotAccepted
        return only

    def period(self, max_seconds: int) -> tuple[int, int]:
        """Return when it was issued and when it expires.

        Raises:
            NotAccepted: it is out of its time, or its time is too long.
        """
        issued, expires = self.instant_of("iat"), self.instant_of("exp")
        begins = self.instant_of("nbf") if "nbf" in self.payload else issued
        if max(issued, begins) > now() + SKEW_SECONDS or expires <= now():
            raise NotAccepted
        if not 0 < expires - issued <= max_seconds:
            raise NotAccepted
        return issued, expires


def now() -> int:
    """Return the present second since 1970."""
    return int(time.time())


def read(text: str) -> Jwt:
    """Return the parts of a token.

    Raises:
        NotAccepted: it is too long, spelled otherwise, or not of two JSON objects.
    """
    if len(text) > MAX_BYTES or not _COMPACT.fullmatch(text):
        raise NotAccepted
    header, payload, _ = (_decoded(part) for part in text.split("."))
    return Jwt(text, _object(header), _object(payload))


def _decoded(part: str) -> bytes:
    """Return the bytes of a base64url part, if it is their canonical spelling."""
    try:
        decoded = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except binascii.Error:
        raise NotAccepted from None
    if base64.urlsafe_b64encode(decoded).rstrip(b"=") != part.encode("ascii"):
        raise NotAccepted
    return decoded


def _object(part: bytes) -> Mapping[str, Any]:
    try:
        value = parse_json(part)
    except (MalformedRequest, ValueError, RecursionError):
        raise NotAccepted from None
    if not isinstance(value, dict):
        raise NotAccepted
    return value
