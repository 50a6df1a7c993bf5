"""Connections to the Redis that all processes share."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from gateway.errors import ConfigurationError
from gateway.storage.sharing import RedisAway

REDIS_SECONDS: Final = 0.5


def client_of(url: str) -> redis.Redis:
    """Return a client that waits for a moment only: a call must not hang on Redis.

    Args:
        url: of the Redis.

    Raises:
        ConfigurationError: the URL is none of Redis.
    """
    limits = {"socket_timeout": REDIS_SECONDS, "socket_connect_timeout": REDIS_SECONDS}
    try:
        pool = redis.ConnectionPool.from_url(url, retry=Retry(NoBackoff(), 0), **limits)
    except ValueError as error:
        raise ConfigurationError(f"SPE_GATEWAY_REDIS_URL is not usable: {error}") from None
    return redis.Redis(connection_pool=pool)


@contextmanager
def asking() -> Iterator[None]:
    """Ask Redis.

    Raises:
        RedisAway: it does not answer, or refuses.
    """
    try:
        yield
    except redis.RedisError as error:
        raise RedisAway(type(error).__name__) from error
