"""What is the gateway's own, and so no place for a webhook."""

import socket
from collections.abc import Sequence
from threading import Lock
from time import monotonic
from typing import Final

from gateway.access.networks import Address
from gateway.events.lookup import look_up

_KEPT_SECONDS: Final = 60.0
_LOOK_UP_SECONDS: Final = 2.0


class Own:
    """The gateway's public names with their addresses, and the addresses of its machine.

    For many threads. What the names lead to is looked up at most once a minute; while that
    fails, what was found before holds.

    Args:
        names: hosts of the URLs by which clients know the gateway.
    """

    def __init__(self, names: Sequence[str] = ()) -> None:
        self._names = {name: frozenset[Address]() for name in map(str.lower, names)}
        self._fresh_until = 0.0
        self._lock = Lock()

    def has_name(self, host: str) -> bool:
        """Whether a host is called as we are."""
        return host in self._names

    def has(self, address: Address) -> bool:
        """Whether an address leads back to us."""
        return any(address in found for found in self._found()) or _is_of_machine(address)

    def _found(self) -> Sequence[frozenset[Address]]:
        with self._lock:
            if monotonic() >= self._fresh_until:
                self._names = {name: _addresses(name) or kept for name, kept in self._names.items()}
                self._fresh_until = monotonic() + _KEPT_SECONDS
            return tuple(self._names.values())


def _addresses(name: str) -> frozenset[Address]:
    try:
        return frozenset(look_up(name, _LOOK_UP_SECONDS))
    except (OSError, ValueError):
        return frozenset()


def _is_of_machine(address: Address) -> bool:
    """Whether a socket can be bound to it, which the system allows for its own addresses only.

    With ``net.ipv4.ip_nonlocal_bind`` it allows every address: then each counts as own, and
    only the networks of laboratories can be reached.
    """
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004 - of IP
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True
