"""How the line to each deployment does: in Redis for all processes, else in memory.

While Redis cannot be asked, each process goes by what it has seen itself: no call fails for
it. A process asks Redis again after a few seconds.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from threading import Lock
from time import monotonic, time
from typing import Any, Final, Protocol, TypeVar

import redis
import structlog
from redis.client import Pipeline

from gateway.storage.redis_connections import AGAIN_SECONDS, pool_of

PREFIX: Final = "spe-gateway:lines:"
KEPT_SECONDS: Final = 86_400
"""After which Redis forgets a line of which nobody has heard."""

log = structlog.get_logger()

T = TypeVar("T")


@dataclass(frozen=True)
class Line:
    """The line to a deployment; as it is made, nothing is wrong with it. Times are Unix times.

    Attributes:
        failures: calls in a row that failed for the line.
        problem: code of the last of these errors.
        open_until: nothing is sent before; 0 while the breaker is closed.
        probe_until: somebody tries before whether it works again.
        refusals: logins in a row that were refused, or are under way since one was.
        login_time: no login is tried before, once there were too many.
    """

    failures: int = 0
    problem: str = ""
    open_until: float = 0.0
    probe_until: float = 0.0
    refusals: int = 0
    login_time: float = 0.0


CALM: Final = Line()

Rule = Callable[[Line, float], Line]
"""Makes the new state of a line out of the old one and the time; may be called again."""


@dataclass(frozen=True)
class Change:
    """What a rule has made of a line."""

    before: Line
    after: Line


class _Store(Protocol):
    """Where lines are kept."""

    def look(self, name: str) -> tuple[Line, float]: ...

    def change(self, name: str, rule: Rule) -> Change: ...


class Lines:
    """Keeps the state of lines, and changes it one rule at a time over all processes.

    Args:
        redis_url: of the Redis that all processes share; empty for memory.

    Raises:
        ConfigurationError: the URL is none of Redis.
    """

    def __init__(self, redis_url: str) -> None:
        self._pool = pool_of(redis_url) if redis_url else None
        self._shared = None if self._pool is None else _Shared(self._pool)
        self._own = _Memory()
        self._is_alone = False
        self._ask_again = 0.0

    def look(self, name: str) -> tuple[Line, float]:
        """Return a line as it is, and the time by the clock that its times are of."""
        return self._ask(lambda store: store.look(name))

    def change(self, name: str, rule: Rule) -> Change:
        """Change a line by a rule; nobody else changes it in between.

        Args:
            name: of the line.
            rule: what it raises is raised, and nothing is changed.
        """
        return self._ask(lambda store: store.change(name, rule))

    def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            self._pool.disconnect()

    def _ask(self, ask: Callable[[_Store], T]) -> T:
        if self._shared is not None and monotonic() >= self._ask_again:
            try:
                answer = ask(self._shared)
            except redis.RedisError as error:
                self._note_absence(error)
            else:
                self._note_return()
                return answer
        return ask(self._own)

    def _note_absence(self, error: redis.RedisError) -> None:
        self._ask_again = monotonic() + AGAIN_SECONDS
        if not self._is_alone:
            self._is_alone = True
            log.warning("breakers.redis_unavailable", error=type(error).__name__)

    def _note_return(self) -> None:
        if self._is_alone:
            self._is_alone = False
            log.info("breakers.redis_available")


class _Memory:
    """Lines of one process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._lines: dict[str, Line] = {}

    def look(self, name: str) -> tuple[Line, float]:
        with self._lock:
            return self._lines.get(name, CALM), time()

    def change(self, name: str, rule: Rule) -> Change:
        with self._lock:
            before = self._lines.pop(name, CALM)
            after = before
            try:
                after = rule(before, time())
            finally:
                if after != CALM:
                    self._lines[name] = after
            return Change(before, after)


class _Shared:
    """Lines of all processes, by the clock of Redis."""

    def __init__(self, pool: redis.ConnectionPool) -> None:
        self._redis = redis.Redis(connection_pool=pool)

    def look(self, name: str) -> tuple[Line, float]:
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.get(PREFIX + name)
            pipe.time()
            found, moment = pipe.execute()
        return _line(found), _seconds(moment)

    def change(self, name: str, rule: Rule) -> Change:
        with self._redis.pipeline() as pipe:
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
