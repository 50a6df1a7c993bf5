"""How often somebody may call: moving windows, in Redis for all processes, else in memory.

While Redis cannot be asked, each process counts for itself: calls go on, and they are not
without limit. A process asks Redis again after a few seconds.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import ceil
from time import monotonic, time
from typing import Final

import redis
import structlog
from limits import RateLimitItem, parse
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter

from gateway.storage.rate_windows import OwnWindows, Standing
from gateway.storage.redis_connections import AGAIN_SECONDS, pool_of

__all__ = ["Rates", "Standing"]

PREFIX: Final = "spe-gateway:rates"

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
        self._client = parse(client)
        self._reseller = parse(reseller)
        self._address = parse(address)
        self._pool = pool_of(redis_url) if redis_url else None
        self._own = OwnWindows()
        self._shared = None if self._pool is None else _shared(redis_url, self._pool)
        self._ask_again = 0.0

    def of_client(self, client: str, reseller: str) -> Sequence[Standing]:
        """Count a call of a client, and of its reseller unless the client's is refused."""
        own = self._count("client", self._client, client)
        return [own, self._count("reseller", self._reseller, reseller)] if own.passed else [own]

    def of_address(self, address: str) -> Sequence[Standing]:
        """Count a call of somebody who is nobody yet, by an address or a network."""
        return [self._count("address", self._address, address)]

    def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            self._pool.disconnect()

    def _count(self, policy: str, rate: RateLimitItem, who: str) -> Standing:
        if self._shared is not None and monotonic() >= self._ask_again:
            with self._noting_absence():
                return _counted(self._shared, policy, rate, who)
        return self._own.count(policy, rate, who)

    @contextmanager
    def _noting_absence(self) -> Iterator[None]:
        try:
            yield
        except redis.RedisError as error:
            log.warning("rates.redis_unavailable", error=type(error).__name__)
            self._ask_again = monotonic() + AGAIN_SECONDS


def _counted(
    windows: MovingWindowRateLimiter, policy: str, rate: RateLimitItem, who: str
) -> Standing:
    passed = windows.hit(rate, policy, who)
    reset_time, remaining = windows.get_window_stats(rate, policy, who)
    reset = min(rate.get_expiry(), max(1, ceil(reset_time - time())))
    left = max(0, remaining) if passed else 0
    return Standing(policy, rate.amount, rate.get_expiry(), left, reset, passed)


def _shared(url: str, pool: redis.ConnectionPool) -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(RedisStorage(url, connection_pool=pool, key_prefix=PREFIX))
