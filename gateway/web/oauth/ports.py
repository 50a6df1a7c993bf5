"""What the authorization server needs of the rest: attributes of the gateway's extension."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, cast

import flask

from gateway.access.principal import Principal
from gateway.model import Reach
from gateway.tenancy.caller import Caller
from gateway.web.hooks import EXTENSION
from gateway.web.oauth.tokens import Claims, KeyRing, TokenIssuer


class OAuthClient(Protocol):
    """What the authorization server needs to know of an API client."""

    @property
    def client_id(self) -> str:
        """Return its id."""

    @property
    def reseller(self) -> str:
        """Return the id of its reseller."""

    @property
    def reach(self) -> Reach:
        """Return what of the tree it reaches."""

    @property
    def permissions(self) -> frozenset[str]:
        """Return what it may do at most."""

    @property
    def public_keys(self) -> Sequence[Mapping[str, Any]]:
        """Return the keys that verify its assertions (RFC 7517)."""

    @property
    def enabled(self) -> bool:
        """Return whether it may have tokens."""

    def check_secret(self, secret: str) -> bool:
        """Return whether the secret is one of its live ones, in constant time."""

    def admits(self, address: str | None) -> bool:
        """Return whether it may call from an address."""


class Clients(Protocol):
    """The API clients; implemented by the broker."""

    def find(self, client_id: str) -> OAuthClient | None:
        """Return the client; for an unknown one it takes as long as for a known one."""

    def reaches(self, client: Any, chosen: Iterable[str]) -> bool:  # noqa: ANN401 # as find made it
        """Return whether a client reaches each of some instances."""

    def first_use(self, client: Any, assertion: str, expires: int) -> bool:  # noqa: ANN401 # as find made it
        """Return whether an assertion is used for the first time; from now on it is not."""

    def note_token(self, caller: Caller, token: str, worth: Mapping[str, Any]) -> None:
        """Write down that a token was issued; without that nobody gets it."""

    def came(self, client: Any) -> None:  # noqa: ANN401 # as find made it
        """Note that a client was here."""


class Revocations(Protocol):
    """Makes tokens void; implemented by the broker."""

    def revoke(self, caller: Caller, token: Claims) -> None:
        """Make a token void, and with it every one that it was exchanged for."""


class Ports(Protocol):
    """What the authorization server needs of ``app.extensions["spe-gateway"]``."""

    issuer: TokenIssuer
    key_ring: KeyRing
    clients: Clients
    revocations: Revocations

    def claims_of(self, token: str) -> Claims:
        """Return what a live token says.

        Raises:
            Unauthenticated: it is not accepted, or void.
        """

    def principal_of(self, claims: Claims) -> Principal:
        """Return whose a live token is, and what it may do now.

        Raises:
            Unauthenticated: its client is gone, disabled or expired.
        """


def ports() -> Ports:
    """Return the ports of the current application."""
    return cast("Ports", flask.current_app.extensions[EXTENSION])
