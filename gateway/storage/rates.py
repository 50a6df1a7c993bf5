"""How often somebody may call: moving windows, in Redis for all processes, else in memory.

While Redis cannot be asked, each process counts for itself: calls go on, and they are not
without limit. A process asks Redis again after a few seconds.
"""

from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING

import structlog

from gateway.storage.rate_windows import OwnWindows, Rate, Standing, Window
from gateway.storage.sharing import AGAIN_SECONDS, RedisAway

if TYPE_CHECKING:
    from gateway.storage.shared_windows import SharedWindows

__all__ = ["Rates", "Standing"]

log = structlog.get_logger()


class Rates:
    """Counts the calls of clients, resellers and addresses.

    Args:
        redis_url: of the Redis that all processes share; empty for memory.
        client: the rate of a client, as ``600/minute``.
        reseller: the rate of all clients of one reseller together.
        address: the rate of whoever has no token yet, by the address.

    Raises:
        ConfigurationError: the URL is none of Redis.
    """

    def __init__(self, redis_url: str, *, client: str, reseller: str, address: str) -> None:
        self._client = Rate.parse(client)
        self._reseller = Rate.parse(reseller)
        self._address = Rate.parse(address)
        self._own = OwnWindows()
        self._shared = _shared(redis_url) if redis_url else None
        self._ask_again = 0.0

    def of_client(self, client: str, reseller: str) -> Sequence[Standing]:
        """Count a call of a client, and of its reseller unless the client's is refused."""
        return self._count(
            Window("client", client, self._client, reseller),
            Window("reseller", reseller, self._reseller, reseller),
        )

    def of_address(self, address: str) -> Sequence[Standing]:
        """Count a call of somebody who is nobody yet, by an address or a network."""
        return self._count(Window("address", address, self._address, address))

    def close(self) -> None:
        """Close the connections."""
        if self._shared is not None:
            self._shared.close()

    def _count(self, *windows: Window) -> Sequence[Standing]:
        if self._shared is not None and monotonic() >= self._ask_again:
            try:
                return self._shared.count(*windows)
            except RedisAway as away:
                log.warning("rates.redis_unavailable", error=str(away))
                self._ask_again = monotonic() + AGAIN_SECONDS
        return self._own.count(*windows)


def _shared(url: str) -> "SharedWindows":
    from gateway.storage.redis_connections import client_of  # noqa: PLC0415 # see sharing
    from gateway.storage.shared_windows import SharedWindows  # noqa: PLC0415 # likewise

    return SharedWindows(client_of(url))
