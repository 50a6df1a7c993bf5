"""Attempts to prove to be a client: refused while one must wait, counted when they fail."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, cast

from authlib.oauth2.rfc6749.errors import InvalidClientError
from flask import current_app, request

from gateway.web.hooks import EXTENSION
from gateway.web.http_errors import RateLimited
from gateway.web.oauth.jwts import NotAccepted


class Logins(Protocol):
    """Counts failed logins; implemented by the broker."""

    def wait(self, client: str, address: str) -> int:
        """Return how many seconds a client at an address has to wait; 0 for none."""

    def failed(self, client: str, address: str) -> None:
        """Count a failure."""

    def succeeded(self, client: str, address: str) -> None:
        """Forget the failures of the client at the address."""


class Ports(Protocol):
    """What attempts need of ``app.extensions["spe-gateway"]``."""

    logins: Logins


@contextmanager
def attempt(client: str) -> Iterator[None]:
    """Surround the look at what should prove who calls.

    Args:
        client: whom the caller claims to be.

    Raises:
        RateLimited: too many attempts failed; what was sent is not looked at.
    """
    logins = cast("Ports", current_app.extensions[EXTENSION]).logins
    address = request.remote_addr or ""
    wait = logins.wait(client, address)
    if wait:
        raise RateLimited(f"Too many failed logins; try again in {wait} s.", wait)
    try:
        yield
    except (InvalidClientError, NotAccepted):
        logins.failed(client, address)
        raise
    logins.succeeded(client, address)
