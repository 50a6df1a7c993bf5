"""TLS towards a deployment: 1.2 or newer, under the deadline of the call."""

import ssl
from typing import TYPE_CHECKING, Final

from gateway.spe.deadline import remaining

if TYPE_CHECKING:
    from typing_extensions import Buffer


_LATE: Final = 0.01
"""By this part of what is left an operation may end late: each time-out costs a call of the system.

Never early: whether a thread was needed elsewhere is told by the time at the end.
"""


class DeadlineSocket(ssl.SSLSocket):
    """Gives each operation no more than what is left of the call."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - as in ssl
        """Ends in time, however slowly the other side answers."""
        left = remaining()
        limit = self.gettimeout()
        self.settimeout(left if limit is None else min(limit, left))
        super().do_handshake(block)

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Reads before the handshake; ssl leaves a socket open whose connection broke by then."""
        try:
            return super().recv(buflen, flags)
        except OSError:
            self.close()
            raise

    def recv_into(self, buffer: "Buffer", nbytes: int | None = None, flags: int = 0) -> int:
        """Reads; http.client reads by this alone."""
        self._bound()
        return super().recv_into(buffer, nbytes, flags)

    def send(self, data: "Buffer", flags: int = 0) -> int:
        """Writes; sendall writes by this alone."""
        self._bound()
        return super().send(data, flags)

    def _bound(self) -> None:
        left = remaining()
        limit = self.gettimeout()
        if limit is None or not left <= limit <= left * (1 + _LATE):
            self.settimeout(left * (1 + _LATE / 2))


def verifying_context() -> ssl.SSLContext:
    """Accepts what the system trusts, and only for the right host name."""
    return _under_deadline(ssl.create_default_context())


def comparing_context() -> ssl.SSLContext:
    """Accepts every certificate: the caller must compare it, or send nothing.

    SPE signs its own certificates, and users know a server by its thumbprint. This is
    the only place with CERT_NONE; the pinning connection compares, the probe is silent.
    The system's authorities are not read for it, which would take longer than the rest.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return _under_deadline(context)


def _under_deadline(context: ssl.SSLContext) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = DeadlineSocket
    return context
