"""Connections to the Redis that all processes share."""

from typing import Final

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from gateway.errors import ConfigurationError

REDIS_SECONDS: Final = 0.5
AGAIN_SECONDS: Final = 5.0
"""After which a process asks a Redis again that it could not reach."""


def pool_of(url: str) -> redis.ConnectionPool:
    """Return connections that wait for a moment only: a call must not hang on Redis.

    Args:
        url: of the Redis.

    Raises:
        ConfigurationError: the URL is none of Redis.
    """
    limits = {"socket_timeout": REDIS_SECONDS, "socket_connect_timeout": REDIS_SECONDS}
    try:
        return redis.ConnectionPool.from_url(url, retry=Retry(NoBackoff(), 0), **limits)
    except ValueError as error:
        raise ConfigurationError(f"SPE_GATEWAY_REDIS_URL is not usable: {error}") from None
