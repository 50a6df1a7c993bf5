"""A process on its way out: first nobody new is sent to it, then nobody is kept waiting."""

from threading import Event
from time import monotonic
from typing import Final

from gateway.errors import GatewayError

GLANCE_SECONDS: Final = 0.25


class Departing(GatewayError):
    """This process stops soon, and is no place for new requests; it answers those that come."""

    status = 503
    code = "GATEWAY_STOPPING"
    title = "This gateway is stopping"
    retryable = True


class Departure:
    """How far one process is on its way out. Both steps may be taken in a handler of a signal."""

    def __init__(self) -> None:
        self._is_announced = False
        self.is_begun = False
        """Whether waits and streams end now; what they wait for goes on elsewhere."""

    def announce(self) -> None:
        """Send no new requests here: readiness is refused, everything else is answered."""
        self._is_announced = True

    def begin(self) -> None:
        """Keep nobody waiting any more."""
        self._is_announced = self.is_begun = True

    def require_staying(self) -> None:
        """Be ready.

        Raises:
            Departing: it stops soon.
        """
        if self._is_announced:
            raise Departing("It finishes what has begun. Send requests to another one.")

    def patience(self, done: Event, seconds: float) -> bool:
        """Wait for an event, at most for some seconds, and no longer than the process stays."""
        end = monotonic() + seconds
        while not done.wait(max(0.0, min(GLANCE_SECONDS, end - monotonic()))):
            if self.is_begun or monotonic() >= end:
                return done.is_set()
        return True
