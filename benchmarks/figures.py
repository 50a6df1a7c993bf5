"""Figures of a run: medians of interleaved rounds, ratios of them, and what they must be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter
from typing import Any, Final

HUNDREDTHS: Final = 100


@dataclass(frozen=True)
class Goal:
    """A ratio of two figures of the same run, and the most that it may be.

    Attributes:
        name: what is compared with what.
        part: the figure above the line, in seconds.
        whole: the figure below it, in seconds.
        most: the goal.
    """

    name: str
    part: float
    whole: float
    most: float

    @property
    def ratio(self) -> float:
        """The figure that counts."""
        return self.part / self.whole

    @property
    def is_met(self) -> bool:
        """Whether the ratio is small enough."""
        return self.ratio <= self.most

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {**vars(self), "ratio": self.ratio, "isMet": self.is_met}


def timed(action: Callable[[], object]) -> float:
    """Return how many seconds something takes."""
    began = perf_counter()
    action()
    return perf_counter() - began


def interleaved(rounds: int, *actions: Callable[[], object]) -> list[float]:
    """Return the median of each action's seconds; the machine's moods befall all alike.

    Args:
        rounds: how often each is measured, after one round that is not.
        actions: done in turn.
    """
    for action in actions:
        action()
    taken = [[timed(action) for action in actions] for _ in range(rounds)]
    return [median(each) for each in zip(*taken, strict=True)]


def p99(seconds: Sequence[float]) -> float:
    """Return what 99 of 100 do not exceed; of few, nearly the longest."""
    return quantiles(seconds, n=HUNDREDTHS, method="inclusive")[-1]
