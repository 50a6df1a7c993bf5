"""How the line to each deployment does: in Redis for all processes, else in memory.

While Redis cannot be asked, each process goes by what it has seen itself: no call fails for
it. A process asks Redis again after a few seconds.
"""

from collections.abc import Callable
from threading import Lock
from time import monotonic, time
from typing import TYPE_CHECKING, Protocol, TypeVar

import structlog

from gateway.storage.lines import CALM, Change, Line, Rule
from gateway.storage.sharing import AGAIN_SECONDS, RedisAway

if TYPE_CHECKING:
    from gateway.storage.shared_lines import SharedLines

log = structlog.get_logger()

T = TypeVar("T")


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
        self._shared = _shared(redis_url) if redis_url else None
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
        if self._shared is not None:
            self._shared.close()

    def _ask(self, ask: Callable[[_Store], T]) -> T:
        if self._shared is not None and monotonic() >= self._ask_again:
            try:
                answer = ask(self._shared)
            except RedisAway as away:
                self._note_absence(away)
            else:
                self._note_return()
                return answer
        return ask(self._own)

    def _note_absence(self, away: RedisAway) -> None:
        self._ask_again = monotonic() + AGAIN_SECONDS
        if not self._is_alone:
            self._is_alone = True
            log.warning("breakers.redis_unavailable", error=str(away))

    def _note_return(self) -> None:
        if self._is_alone:
            self._is_alone = False
            log.info("breakers.redis_available")


def _shared(url: str) -> "SharedLines":
    from gateway.storage.shared_lines import SharedLines  # noqa: PLC0415 # see sharing

    return SharedLines(url)


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
