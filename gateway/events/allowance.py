"""What a delivery may cost, and sockets that cost no more.

The time-outs of sockets hold for each operation, so that a receiver that drips one byte at a
time is never too late; here every operation gets what is left of the allowance.
"""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

from gateway.events.outcome import DeliveryFailed, Problem

if TYPE_CHECKING:
    from typing_extensions import Buffer


class Allowance:
    """What a delivery may cost: seconds in all, and bytes of the reply.

    Args:
        seconds: counted from now.
        reply_bytes: with the head of the reply.
    """

    def __init__(self, seconds: float, reply_bytes: int) -> None:
        self._ends_at = monotonic() + seconds
        self._bytes_left = reply_bytes

    def seconds_left(self) -> float:
        """Return the seconds left.

        Raises:
            TimeoutError: none are.
        """
        seconds = self._ends_at - monotonic()
        if seconds <= 0:
            raise TimeoutError("the time of the delivery is over")
        return seconds

    def bytes_left(self, wanted: int) -> int:
        """Return how many of these bytes may be read.

        Raises:
            DeliveryFailed: none.
        """
        if not self._bytes_left:
            raise DeliveryFailed(Problem.REPLY_TOO_LARGE)
        return min(wanted, self._bytes_left)

    def spend(self, count: int) -> None:
        """Note that so many bytes were read."""
        self._bytes_left -= count


class MeteredSocket(socket.socket):
    """Gives each operation no more than what is left of the allowance."""

    allowance: Allowance

    def recv_into(self, buffer: "Buffer", nbytes: int | None = None, flags: int = 0) -> int:
        """Reads; http.client reads by this alone."""
        wanted = nbytes or memoryview(buffer).nbytes
        room = self.allowance.bytes_left(wanted)
        with _in_time():
            self.settimeout(self.allowance.seconds_left())
            count = super().recv_into(buffer, room, flags)
        self.allowance.spend(count)
        return count

    def send(self, data: "Buffer", flags: int = 0) -> int:
        """Writes one part; the ``sendall`` of TLS writes by this."""
        with _in_time():
            self.settimeout(self.allowance.seconds_left())
            return super().send(data, flags)

    def sendall(self, data: "Buffer", flags: int = 0) -> None:
        """Writes everything; without TLS the time-out holds for all of it together."""
        with _in_time():
            self.settimeout(self.allowance.seconds_left())
            super().sendall(data, flags)


class SecureSocket(MeteredSocket, ssl.SSLSocket):
    """The same above TLS; gets its allowance after the handshake."""


@contextmanager
def _in_time() -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise DeliveryFailed(Problem.TIMEOUT) from error
