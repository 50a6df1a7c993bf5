"""The lines to deployments in Redis, for all processes, by its clock."""

import json
from dataclasses import asdict
from typing import Any, Final

import redis
from redis.client import Pipeline

from gateway.storage.lines import CALM, Change, Line, Rule
from gateway.storage.redis_connections import asking, client_of

PREFIX: Final = "spe-gateway:lines:"
KEPT_SECONDS: Final = 86_400
"""After which Redis forgets a line of which nobody has heard."""


class SharedLines:
    """Lines of all processes.

    Args:
        url: of the Redis that they share.

    Raises:
        ConfigurationError: the URL is none of Redis.
    """

    def __init__(self, url: str) -> None:
        self._redis = client_of(url)

    def look(self, name: str) -> tuple[Line, float]:
        """Return a line as it is, and the time by the clock of Redis.

        Raises:
            RedisAway: Redis cannot be asked.
        """
        with asking(), self._redis.pipeline(transaction=False) as pipe:
            pipe.get(PREFIX + name)
            pipe.time()
            found, moment = pipe.execute()
        return _line(found), _seconds(moment)

    def change(self, name: str, rule: Rule) -> Change:
        """Change a line by a rule.

        Raises:
            RedisAway: Redis cannot be asked.
        """
        with asking(), self._redis.pipeline() as pipe:
            while True:
                pipe.watch(PREFIX + name)  # type: ignore[no-untyped-call] # redis leaves it without
                before, moment = _line(pipe.get(PREFIX + name)), _seconds(pipe.time())
                after = rule(before, moment)
                pipe.multi()
                _keep(pipe, PREFIX + name, after)
                try:
                    pipe.execute()
                except redis.WatchError:
                    continue  # somebody else has changed it, and so has come further
                return Change(before, after)

    def close(self) -> None:
        """Close the connections."""
        self._redis.connection_pool.disconnect()


def _keep(pipe: Pipeline, key: str, line: Line) -> None:
    if line == CALM:
        pipe.delete(key)
    else:
        pipe.set(key, json.dumps(asdict(line)), ex=KEPT_SECONDS)


def _line(found: Any) -> Line:  # noqa: ANN401 - the client's answer, of which bytes are read
    """Return what was kept; what another version of the gateway keeps in other words is calm."""
    if found is None:
        return CALM
    try:
        return Line(**json.loads(found))
    except (TypeError, ValueError):
        return CALM


def _seconds(moment: Any) -> float:  # noqa: ANN401 - the client's answer to TIME: two whole numbers
    seconds, microseconds = moment
    return float(seconds + microseconds / 1e6)
