"""Moving windows in the memory of one process: when each of somebody's last calls was made."""

from collections import deque
from dataclasses import dataclass
from math import ceil
from threading import Lock
from time import time
from typing import Final

from limits import RateLimitItem

_SWEEP: Final = 1_000
"""How many windows there are at least before the empty ones are looked for."""

Key = tuple[str, str]


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


class OwnWindows:
    """Counts calls; a call that is refused is not counted."""

    def __init__(self) -> None:
        self._calls: dict[Key, deque[float]] = {}
        self._ends: dict[Key, float] = {}
        self._most = _SWEEP
        self._lock = Lock()

    def count(self, policy: str, rate: RateLimitItem, who: str) -> Standing:
        """Count a call under a policy."""
        now, window = time(), rate.get_expiry()
        with self._lock:
            calls = self._of((policy, who), now)
            while calls and calls[0] < now - window:
                calls.popleft()
            passed = len(calls) < rate.amount
            if passed:
                calls.append(now)
                self._ends[policy, who] = now + window
            first, made = calls[0], len(calls)
        reset = min(window, max(1, ceil(first + window - now)))
        return Standing(policy, rate.amount, window, rate.amount - made, reset, passed)

    def _of(self, key: Key, now: float) -> deque[float]:
        """Return a window; from time to time forget those of which the last call has left."""
        if key not in self._calls and len(self._calls) >= self._most:
            for ended in [each for each, end in self._ends.items() if end < now]:
                del self._calls[ended], self._ends[ended]
            self._most = max(_SWEEP, 2 * len(self._calls))
        return self._calls.setdefault(key, deque())
