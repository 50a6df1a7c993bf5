"""Moving windows in the memory of one process: when each of somebody's last calls was made."""

from collections import deque
from dataclasses import dataclass
from threading import Lock
from time import time_ns
from typing import Final, NamedTuple, Self

MICROSECONDS: Final = 1_000_000
"""In a second. Calls are timed in whole ones, so that nothing is rounded."""

_SWEEP: Final = 1_000
"""How many windows there are at least before the empty ones are looked for."""

_UNITS: Final = {"second": 1, "minute": 60, "hour": 3_600}


class Rate(NamedTuple):
    """So many calls in any time of so many seconds."""

    amount: int
    seconds: int

    @classmethod
    def parse(cls, words: str) -> Self:
        """Read one as the settings have it, ``600/minute``."""
        amount, unit = words.split("/")
        return cls(int(amount), _UNITS[unit])


class Window(NamedTuple):
    """Where calls are counted.

    Attributes:
        policy: which asks for it.
        who: calls, by id or address.
        rate: that is kept.
        group: what windows have in common that are counted in one go.
    """

    policy: str
    who: str
    rate: Rate
    group: str


@dataclass(frozen=True)
class Standing:
    """How somebody stands under one policy, after the call that is judged.

    Attributes:
        policy: its name.
        quota: calls that are allowed in a window.
        window: its length in seconds.
        remaining: calls that are left now.
        reset: seconds until the oldest call leaves the window and another is allowed.
        passed: whether the call is allowed.
    """

    policy: str
    quota: int
    window: int
    remaining: int
    reset: int
    passed: bool


def standing(window: Window, made: int, rest: int, *, passed: bool) -> Standing:
    """Put into words what a window has come to.

    Args:
        window: in which the call was judged.
        made: calls that are in it now.
        rest: microseconds until the oldest of them leaves it.
        passed: whether the call was counted.
    """
    amount, seconds = window.rate
    reset = min(seconds, max(1, -(-rest // MICROSECONDS)))
    return Standing(window.policy, amount, seconds, max(0, amount - made), reset, passed)


class OwnWindows:
    """Counts calls; a call that is refused is not counted."""

    def __init__(self) -> None:
        self._calls: dict[Window, deque[int]] = {}
        self._ends: dict[Window, int] = {}
        self._most = _SWEEP
        self._lock = Lock()

    def count(self, *windows: Window) -> list[Standing]:
        """Count a call in each of some windows, up to the first that refuses it."""
        standings: list[Standing] = []
        with self._lock:
            now = time_ns() // 1_000
            for window in windows:
                standings.append(self._counted(window, now))
                if not standings[-1].passed:
                    break
        return standings

    def _counted(self, window: Window, now: int) -> Standing:
        length = window.rate.seconds * MICROSECONDS
        calls = self._of(window, now)
        while calls and calls[0] < now - length:
            calls.popleft()
        while calls and calls[-1] > now:
            calls.pop()  # the clock was set back: nobody is to wait until it is there again
        passed = len(calls) < window.rate.amount
        if passed:
            calls.append(now)
            self._ends[window] = now + length
        return standing(window, len(calls), calls[0] + length - now, passed=passed)

    def _of(self, window: Window, now: int) -> deque[int]:
        """Return a window; from time to time forget those of which the last call has left."""
        if window not in self._calls and len(self._calls) >= self._most:
            for ended in [each for each, end in self._ends.items() if end < now]:
                del self._calls[ended], self._ends[ended]
            self._most = max(_SWEEP, 2 * len(self._calls))
        return self._calls.setdefault(window, deque())
