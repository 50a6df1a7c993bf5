"""The way of one delivery: to addresses that were checked, within an allowance.

Nothing looks the name up again: the sockets are opened here, to addresses. The name is in the
``Host`` header, in SNI, and in the certificate. A connection serves one delivery and is closed.
"""

import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from gateway.access.networks import Address
from gateway.events.allowance import Allowance, MeteredSocket, SecureSocket
from gateway.events.outcome import DeliveryFailed, Problem
from gateway.events.targets import Target
from gateway.spe.pool_adapter import PoolAdapter

_MOST_ADDRESSES: Final = 4
_CONNECT_SECONDS: Final = 3.0
"""For one address, so that one that swallows everything leaves time for the next."""


@dataclass
class _Route:
    """Where one delivery goes, and the socket on which it went."""

    addresses: Sequence[Address]
    port: int
    allowance: Allowance
    opened: socket.socket | None = field(default=None, init=False)

    def open(self) -> MeteredSocket:
        """Connect to the first address that takes it.

        Raises:
            OSError: none does.
        """
        failure = OSError("there is no address")
        for address in self.addresses[:_MOST_ADDRESSES]:
            try:
                return self._connect(address)
            except OSError as error:
                failure = error
        raise failure

    def close(self) -> None:
        """Close the socket, also while a reader that somebody forgot still holds it."""
        descriptor = -1 if self.opened is None else self.opened.detach()
        if descriptor >= 0:
            socket.close(descriptor)

    def _connect(self, address: Address) -> MeteredSocket:
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004 - of IP
        opened = MeteredSocket(family, socket.SOCK_STREAM)
        opened.allowance = self.allowance
        try:
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened.settimeout(min(self.allowance.seconds_left(), _CONNECT_SECONDS))
            opened.connect((str(address), self.port))
            opened.settimeout(self.allowance.seconds_left())  # of the whole handshake
        except OSError:
            opened.close()
            raise
        return opened


class _Connection(HTTPConnection):
    """Follows a route instead of a name."""

    def __init__(self, *args: Any, route: _Route, **kwargs: Any) -> None:  # noqa: ANN401 - urllib3's
        super().__init__(*args, **kwargs)
        self._route = route

    def _new_conn(self) -> socket.socket:
        return self._route.open()

    def connect(self) -> None:
        try:
            super().connect()
        except TimeoutError as error:
            raise DeliveryFailed(Problem.TIMEOUT) from error
        except ssl.SSLError as error:
            raise DeliveryFailed(Problem.TLS_FAILED) from error
        except OSError as error:
            raise DeliveryFailed(Problem.CONNECT_FAILED) from error
        self._route.opened = self.sock
        if isinstance(self.sock, SecureSocket):
            self.sock.allowance = self._route.allowance


class _SecureConnection(_Connection, HTTPSConnection):
    """The same with TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def trust(ca_file: Path | None = None) -> ssl.SSLContext:
    """Return what verifies certificates: TLS 1.2 or newer, the right name, a known authority.

    Args:
        ca_file: authorities, in PEM, beside those that the system trusts.
    """
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = SecureSocket
    return context


@contextmanager
def open_adapter(
    target: Target, addresses: Sequence[Address], allowance: Allowance, context: ssl.SSLContext
) -> Iterator[HTTPAdapter]:
    """Give an adapter that reaches this target and nothing else, for one request.

    It is used without a session: no cookies, no redirects, nothing of the environment.

    Args:
        target: gives name, port and scheme.
        addresses: those that were checked.
        allowance: for everything that is done with the adapter.
        context: of ``trust``.
    """
    route = _Route(addresses, target.port, allowance)
    pool = (
        _SecurePool(target.host, target.port, ssl_context=context, route=route)
        if target.scheme == "https"
        else _Pool(target.host, target.port, route=route)
    )
    adapter = PoolAdapter(pool)
    try:
        yield adapter
    finally:
        adapter.close()
        route.close()
