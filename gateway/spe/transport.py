"""The way to one deployment: its own pool of connections, and the pin.

Decided here, once: the pin is compared before a byte of HTTP is sent, nothing of the
environment is used (proxies, CA bundles, netrc), redirects are not followed and not even
read, cookies are not kept, nothing is sent twice, and a call waits only so long for a
free connection (the bulkhead: a slow deployment cannot take every thread).
"""

import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from http.cookiejar import DefaultCookiePolicy
from typing import Any, cast

import requests
from urllib3 import BaseHTTPResponse, HTTPResponse, HTTPSConnectionPool
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import InvalidHeader

from gateway.errors import CertificateRejected, PinMismatch
from gateway.spe.certificate import Certificate, Watcher, unwatched
from gateway.spe.deadline import remaining
from gateway.spe.mapping import Phase, map_errors
from gateway.spe.message import Reply
from gateway.spe.pool_adapter import PoolAdapter
from gateway.spe.tls import comparing_context, verifying_context


class _Connection(HTTPSConnection):
    """Maps what happens before the first byte of HTTP, when nothing was sent yet."""

    def connect(self) -> None:
        with map_errors(Phase.CONNECT):
            self.timeout = remaining() if self.timeout is None else min(self.timeout, remaining())
            super().connect()

    def getresponse(self) -> HTTPResponse:  # type: ignore[override] # urllib3 departs from http.client
        """Closes the socket when urllib3 refuses the headers and leaves their reader open."""
        opened = self.sock
        try:
            return super().getresponse()
        except InvalidHeader:
            socket.close(opened.detach())
            raise


class _PinnedConnection(_Connection):
    """Compares the certificate with the pins as soon as the handshake has ended."""

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - urllib3's
        pins: Sequence[str],
        watch: Watcher = unwatched,
        **kwargs: Any,  # noqa: ANN401 - urllib3's
    ) -> None:
        super().__init__(*args, **kwargs)
        self._pins = pins
        self._watch = watch

    def connect(self) -> None:
        super().connect()
        if not isinstance(self.sock, ssl.SSLSocket):
            raise PinMismatch("The connection to the deployment is not TLS.")
        certificate = Certificate.from_der(self.sock.getpeercert(binary_form=True))
        try:
            certificate.require(*self._pins)
        except CertificateRejected as error:
            self._watch(certificate, error)
            raise
        self._watch(certificate, None)
        self.is_verified = True


class Pool(HTTPSConnectionPool):
    """The connections to one deployment; who wants one waits for it, but not for ever."""

    ConnectionCls: type[HTTPSConnection] = _Connection

    def __init__(self, host: str, port: int, *, wait_seconds: float, **kwargs: Any) -> None:  # noqa: ANN401 - urllib3's
        super().__init__(host, port, block=True, **kwargs)
        self._wait_seconds = wait_seconds

    @property
    def _patience(self) -> float:
        """The seconds that a call waits for a connection."""
        return min(self._wait_seconds, remaining())

    def urlopen(self, *args: Any, **kwargs: Any) -> BaseHTTPResponse:  # noqa: ANN401 - urllib3's
        """Does what it did, for requests."""
        kwargs["pool_timeout"] = self._patience
        return super().urlopen(*args, **kwargs)

    def exchange(self, request: bytes, reply: Reply, connect_seconds: float) -> bytes:
        """Sends a request's bytes and reads its reply.

        Args:
            request: head and body, sent as one record of TLS where they fit.
            reply: which is read.
            connect_seconds: for a new connection, and again for the handshake.

        Returns:
            The body of the reply.

        Raises:
            UpstreamError: no connection could be made.
            EmptyPoolError: none became free.
            Exception: whatever breaks an exchange; the connection is closed then.
        """
        connection = cast("_Connection", self._get_conn(self._patience))
        try:
            if connection.sock is None:
                connection.timeout = connect_seconds
                connection.connect()
            _send(connection.sock, request)
            body = reply.read(connection.sock)
        except BaseException:
            connection.close()
            raise
        else:
            if not reply.is_kept:
                connection.close()
        finally:
            self._put_conn(connection)
        return body


def _send(opened: socket.socket, request: bytes) -> None:
    with suppress(BrokenPipeError):  # what refuses early has answered before it hung up
        opened.sendall(request)


class _PinnedPool(Pool):
    ConnectionCls = _PinnedConnection


class _Session(requests.Session):
    def get_redirect_target(self, _resp: requests.Response) -> None:
        """Hides redirects: requests reads, and unpacks, the body of one it may not follow."""


def open_connection(
    host: str, port: int, pins: Sequence[str], *, connect_seconds: float
) -> HTTPSConnection:
    """A connection beside the pool, for who looks at the bytes themselves; not connected yet.

    Args:
        host: name or address.
        port: usually 8474.
        pins: normalised ones, of which one has to fit; none to rely on the system's trust.
        connect_seconds: for the connection, and again for the handshake.

    Returns:
        The connection, which compares the certificate as those of the pool do. It needs a
        deadline around all that is done with it.
    """
    if not pins:
        context = verifying_context()
        return _Connection(host, port, timeout=connect_seconds, ssl_context=context)
    context = comparing_context()
    return _PinnedConnection(host, port, pins=pins, timeout=connect_seconds, ssl_context=context)


def open_pool(
    host: str,
    port: int,
    pins: Sequence[str],
    *,
    connections: int,
    wait_seconds: float,
    watch: Watcher = unwatched,
) -> Pool:
    """The connections that reach this deployment and nothing else.

    Args:
        host: name or address.
        port: usually 8474.
        pins: normalised ones, of which one has to fit; none to rely on the system's trust.
        connections: at most so many at a time.
        wait_seconds: for a free one.
        watch: is told of each certificate that was held against the pins.

    Returns:
        The pool. Each call needs a deadline around it.
    """
    limits: dict[str, Any] = {"maxsize": connections, "wait_seconds": wait_seconds}
    if not pins:
        return Pool(host, port, ssl_context=verifying_context(), **limits)
    context = comparing_context()
    return _PinnedPool(host, port, pins=pins, watch=watch, ssl_context=context, **limits)


def open_session(pool: Pool) -> requests.Session:
    """A session that uses this pool and nothing of the environment.

    Returns:
        The session. Each request needs a deadline around it, ``stream=True``,
        ``allow_redirects=False`` and a connect time-out.
    """
    session = _Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.clear()
    session.adapters.clear()
    session.mount("https://", PoolAdapter(pool))
    return session
