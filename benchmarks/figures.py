"""Figures of a run: medians of interleaved rounds, ratios of them, and what they must be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter
from typing import Any, Final

HUNDREDTHS: Final = 100


@dataclass(frozen=True)
class Sample:
    """What was measured, round by round.

    Attributes:
        values: one for each round, or for each call.
    """

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The figure that counts."""
        return median(self.values)

    @property
    def quartiles(self) -> tuple[float, float]:
        """Between these lies the middle half."""
        if len(self.values) == 1:
            return self.values[0], self.values[0]
        low, _, high = quantiles(self.values, n=4, method="inclusive")
        return low, high

    def document(self) -> dict[str, Any]:
        """Return it as JSON, without the single values."""
        low, high = self.quartiles
        return {"median": self.median, "low": low, "high": high, "number": len(self.values)}


@dataclass(frozen=True)
class Goal:
    """A ratio of two figures of the same run, and the most that it may be.

    Attributes:
        name: what is compared with what.
        part: the figure above the line.
        whole: the figure below it; of a goal that is no ratio, the bound itself.
        most: the goal.
        unit: of both figures.
    """

    name: str
    part: float
    whole: float
    most: float
    unit: str = "s"

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
