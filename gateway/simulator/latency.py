"""How long a server takes before it looks at a call."""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Protocol

CLASSES = ("read", "change", "run", "poll")
"""Of calls: commands that read, that change at once, that start work; and asking about tokens."""

P99 = NormalDist().inv_cdf(0.99)


class Distribution(Protocol):
    """Draws seconds."""

    def draw(self, lot: random.Random) -> float:
        """Return the seconds of one call."""


@dataclass(frozen=True)
class Between:
    """Evenly between two bounds, in seconds; equal ones are a fixed time."""

    low: float
    high: float

    def draw(self, lot: random.Random) -> float:
        """Return the seconds of one call."""
        return lot.uniform(self.low, self.high)


@dataclass(frozen=True)
class LongTail:
    """Log-normal, as answer times of servers are: most quick, a few slow.

    Attributes:
        median: in seconds.
        p99: what one call in a hundred exceeds; at least the median.
    """

    median: float
    p99: float

    def draw(self, lot: random.Random) -> float:
        """Return the seconds of one call."""
        slowness: float = (self.p99 / self.median) ** (lot.gauss(0.0, 1.0) / P99)
        return self.median * slowness


@dataclass
class Latency:
    """The latency of each class of calls. Callers hold the clock's monitor.

    Attributes:
        classes: by the names of `CLASSES`; what is not in it takes no time.
        seed: the same seed gives the n-th call of a command the same latency.
    """

    classes: Mapping[str, Distribution] = field(default_factory=dict)
    seed: str = ""
    _calls: Counter[str] = field(default_factory=Counter)

    def draw(self, kind: str, command: str) -> float:
        """Return the seconds that the next call of a command takes."""
        distribution = self.classes.get(kind)
        if distribution is None:
            return 0.0
        self._calls[command] += 1
        lot = random.Random(f"{self.seed}:latency:{command}:{self._calls[command]}")  # noqa: S311 - no secret
        return distribution.draw(lot)
