"""The queue of an embedded gateway: in memory, and looked at often enough to be no delay."""

from typing import Any, Final

from kombu.transport import TRANSPORT_ALIASES, memory

URL: Final = "gateway-memory://localhost/"
LOOK_SECONDS: Final = 0.1


class Transport(memory.Transport):
    """Kombu's, but for its pause of a second, and with an end to every wait."""

    polling_interval = 0.02

    def drain_events(self, connection: Any, timeout: float | None = None) -> None:  # type: ignore[override] # noqa: ANN401 # kombu contradicts itself
        """Wait for messages, no longer than a stop may take."""
        wait = min(timeout or LOOK_SECONDS, LOOK_SECONDS)
        super().drain_events(connection, wait)  # type: ignore[no-untyped-call] # kombu's own


TRANSPORT_ALIASES["gateway-memory"] = f"{__name__}:Transport"
