"""Access tokens of outside issuers: accepted for the clients that are registered under a name.

An outside issuer says who somebody is and may narrow what they do. What they may do at most,
and whose client they are, is said by our record alone.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.access.permissions import Permission
from gateway.broker.client_keys import ALGORITHMS
from gateway.errors import Unauthenticated
from gateway.spe.certificate import normalise_pin
from gateway.web.oauth import jwts
from gateway.web.oauth.jwts import Jwt, NotAccepted
from gateway.web.oauth.key_fetcher import KeyFetcher
from gateway.web.oauth.outside_keys import OutsideKeys
from gateway.web.oauth.tokens import REFUSED, Claims

MAX_SUBJECT: Final = 200
_TYPES: Final = (None, "JWT", "at+jwt", "application/at+jwt")
_MEMBERS: Final = ("alg", "typ", "kid", "x5t")
"""``x5t`` names a certificate and is ignored; what brings or fetches a key is refused."""

_EVERYTHING: Final = " ".join(sorted(Permission))

Find = Callable[[str, str], tuple[str, str] | None]
"""Finds id and reseller of the client that an issuer knows by a name."""


@dataclass(frozen=True)
class OutsideIssuer:
    """An issuer whose tokens are accepted.

    Args:
        issuer: exactly what ``iss`` says.
        jwks_uri: where its keys are; https.
        audience: exactly what ``aud`` says, alone.
        client_claim: the claim that names the client.
        scope_claim: the claim that narrows it, a text or a list; empty for none.
        algorithms: those that are accepted, of ES256, RS256 and PS256.
        max_seconds: tokens that live longer are refused.
        pin: thumbprint of the certificate at ``jwks_uri``; None for the system's trust.
    """

    issuer: str
    jwks_uri: str
    audience: str
    client_claim: str = "sub"
    scope_claim: str = "scope"
    algorithms: tuple[str, ...] = ALGORITHMS
    max_seconds: int = 3600
    pin: str | None = None


class OutsideVerifier:
    """Reads access tokens of outside issuers.

    Args:
        issuers: those that are trusted.
        find: knows our clients by the names that issuers give them.
    """

    def __init__(self, issuers: Sequence[OutsideIssuer], find: Find) -> None:
        self._issuers = {each.issuer: each for each in issuers}
        self._keys = {
            each.issuer: OutsideKeys(each.issuer, _fetcher_of(each).fetch) for each in issuers
        }
        self._find = find

    def is_for(self, token: str) -> bool:
        """Whether a token says that it comes from one of the issuers; nothing is proven yet."""
        if not self._issuers:
            return False
        try:
            return jwts.read(token).payload.get("iss") in self._names()
        except NotAccepted:
            return False

    def _names(self) -> list[str]:
        return list(self._issuers)  # a list, since the claim may be of a type without a hash

    def verify(self, token: str) -> Claims:
        """Return what a token says, of the client that is registered for it.

        Raises:
            Unauthenticated: it is not accepted, or nobody is registered.
        """
        try:
            found = jwts.read(token)
            return self._claims_of(found, self._issuers[found.text_of("iss")])
        except (NotAccepted, KeyError):
            raise Unauthenticated(REFUSED) from None

    def _claims_of(self, token: Jwt, issuer: OutsideIssuer) -> Claims:
        self._require_signature(token, issuer)
        if token.audience() != issuer.audience:
            raise NotAccepted
        issued, expires = token.period(issuer.max_seconds)
        subject = token.text_of(issuer.client_claim)
        known = self._find(issuer.issuer, subject) if len(subject) <= MAX_SUBJECT else None
        if known is None:
            raise NotAccepted
        client, reseller = known
        return Claims(
            client=client,
            reseller=reseller,
            scope=_scope_of(token.payload, issuer.scope_claim),
            token_id=_id_of(token, issuer),
            issued=issued,
            expires=expires,
        )

    def _require_signature(self, token: Jwt, issuer: OutsideIssuer) -> None:
        token.require_members(*_MEMBERS)
        algorithm, kid = token.header.get("alg"), token.header.get("kid")
        if algorithm not in issuer.algorithms or not isinstance(kid, str):
            raise NotAccepted
        if token.header.get("typ") not in _TYPES:
            raise NotAccepted
        token.require_signature(self._keys[issuer.issuer].key(kid, algorithm), algorithm)


def _fetcher_of(issuer: OutsideIssuer) -> KeyFetcher:
    return KeyFetcher(issuer.jwks_uri, issuer.pin and normalise_pin(issuer.pin))


def _scope_of(payload: Mapping[str, Any], claim: str) -> str:
    """Return the scope; words that are no permissions of ours allow nothing."""
    if not claim:
        return _EVERYTHING
    said = payload.get(claim)
    words = said.split() if isinstance(said, str) else said
    if not isinstance(words, list) or not all(isinstance(each, str) for each in words):
        raise NotAccepted
    return " ".join(words)


def _id_of(token: Jwt, issuer: OutsideIssuer) -> str:
    """Return an id of ours: two issuers may use the same ``jti``, and some use none."""
    own = token.payload.get("jti")
    named = [issuer.issuer, own] if isinstance(own, str) and own else [token.text]
    return hashlib.sha256("\n".join(named).encode()).hexdigest()
