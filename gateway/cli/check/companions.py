"""Redis and the message broker: there, and set so that they forget nothing early."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any, Final

import redis
from kombu.connection import Connection

from gateway.cli.check.findings import Finding, error, fine, warning
from gateway.settings import Settings

OPERATING: Final = "docs/operating.md"
SECONDS: Final = 5.0
OLDEST: Final = 6


def memory(settings: Settings) -> Iterator[Finding]:
    """Look at the Redis that all processes share."""
    if settings.redis_url:
        yield from _redis(settings.redis_url, "redis", "SPE_GATEWAY_REDIS_URL")


def queue(settings: Settings) -> Iterator[Finding]:
    """Look at the message broker."""
    url = settings.broker_url
    if url.startswith("redis"):
        yield from _redis(url, "queue", "SPE_GATEWAY_BROKER_URL")
    elif url:
        yield from _rabbitmq(url)


def _rabbitmq(url: str) -> Iterator[Finding]:
    try:
        with closing(Connection(url, connect_timeout=SECONDS)) as line:  # type: ignore[no-untyped-call] # kombu's own
            line.connect()  # type: ignore[no-untyped-call] # likewise
    except Exception as problem:  # noqa: BLE001 # each transport raises errors of its own
        yield _away("queue", type(problem).__name__, "SPE_GATEWAY_BROKER_URL")
        return
    yield fine("queue.reachable", "The message broker answers.")


def _redis(url: str, check: str, name: str) -> Iterator[Finding]:
    limits = {"socket_timeout": SECONDS, "socket_connect_timeout": SECONDS}
    try:
        with redis.Redis.from_url(url, **limits) as client:
            found: dict[str, Any] = client.info()
    except (redis.RedisError, ValueError) as problem:
        yield _away(check, type(problem).__name__, name)
        return
    yield fine(f"{check}.reachable", "Redis answers.")
    yield from _version(check, str(found.get("redis_version", "0")))
    yield from _eviction(check, found)


def _away(check: str, problem: str, name: str) -> Finding:
    return error(
        f"{check}.reachable",
        f"{name} leads to nothing that answers ({problem}).",
        "Start it, or correct the URL, its user and its password.",
        OPERATING,
    )


def _version(check: str, version: str) -> Iterator[Finding]:
    first = version.partition(".")[0]
    if first.isdigit() and int(first) < OLDEST:
        yield warning(
            f"{check}.version",
            f"Redis {version} is older than what the gateway is tested with.",
            "Move to Redis 7.",
            OPERATING,
        )
    else:
        yield fine(f"{check}.version", f"Redis {version}.")


def _eviction(check: str, found: dict[str, Any]) -> Iterator[Finding]:
    policy = str(found.get("maxmemory_policy", "noeviction"))
    if policy == "noeviction" or not found.get("maxmemory"):
        yield fine(f"{check}.eviction", "Redis forgets nothing for want of memory.")
        return
    yield warning(
        f"{check}.eviction",
        f"Redis removes what it likes when memory is short ({policy}): rates begin anew, breakers "
        "close, messages get lost.",
        "Set maxmemory-policy to noeviction; the gateway goes on without a Redis that is full.",
        OPERATING,
    )


CHECKS = (memory, queue)
