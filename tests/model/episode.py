"""Plays plans, and makes a plan that shows a difference as short as it gets."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from tests.model.calls import Call
from tests.model.kept import check_kept
from tests.model.model import Model
from tests.model.oracle import Judge
from tests.model.plans import Plan
from tests.model.stage import stage

KEPT_EVERY = 50
"""Calls after which deployments and tables are held against the model too."""

SHRINK_SECONDS = 60.0
PAGES = 100
"""The most requests that one call is taken to be."""


@dataclass
class Difference(Exception):
    """Gateway and model differ.

    Args:
        calls: those up to it.
        requests: how many that were.
        reason: what differs.
    """

    calls: Sequence[Call]
    requests: int
    reason: str

    def __str__(self) -> str:
        plan = "\n".join(f"  {number}. {call}" for number, call in enumerate(self.calls, 1))
        return f"{self.reason}\nafter {len(self.calls)} calls:\n{plan}"


def play(calls: Callable[[Model], Iterator[Call]], most: int) -> int:
    """Play calls in a world of their own.

    Args:
        calls: yields them, looking at the model as it is then.
        most: after so many requests it is enough.

    Returns:
        How many requests were made.

    Raises:
        Difference: with all calls up to it.
    """
    played: list[Call] = []
    requests = 0
    with TemporaryDirectory() as home, stage(Path(home)) as place:
        model = Model()
        judge = Judge(place, model)
        try:
            for call in calls(model):
                played.append(call)
                requests += judge.judge(call)
                if requests >= most:
                    break
                if len(played) % KEPT_EVERY == 0:
                    check_kept(place, model)
            check_kept(place, model)
        except AssertionError as error:
            raise Difference(played, requests, repr(error)) from error
    return requests


def episode(seed: int, most: int) -> int:
    """Play what a seed makes up, and return how many requests that were."""

    def made_up(model: Model) -> Iterator[Call]:
        plan = Plan(seed, model)
        for _ in count():
            yield plan.next()

    return play(made_up, most)


def shortest(found: Difference, seconds: float = SHRINK_SECONDS) -> Difference:
    """Leave calls out as long as there is still a difference, and there is time: reads first."""
    end = monotonic() + seconds
    *before, last = found.calls
    found = _differing([*(call for call in before if not call.row.reads), last]) or found
    size = len(found.calls) // 2
    while size >= 1 and monotonic() < end:
        found, size = _shorter(found, size, end), size // 2
    return found


def _shorter(found: Difference, size: int, end: float) -> Difference:
    start = 0
    while start < len(found.calls) and monotonic() < end:
        less = _differing([*found.calls[:start], *found.calls[start + size :]])
        found, start = (less, start) if less else (found, start + size)
    return found


def _differing(calls: Sequence[Call]) -> Difference | None:
    try:
        play(lambda _: iter(calls), len(calls) * PAGES)
    except Difference as found:
        return found
    return None
