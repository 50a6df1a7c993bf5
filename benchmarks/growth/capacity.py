"""What a provider of some size needs, reckoned from what was measured and from nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Final

HOUR: Final = 3_600
DAY: Final = 86_400
INVENTORY_SECONDS: Final = 300
TRACKED_BY_A_WORKER: Final = 10_000
EVENTS_OF_AN_INSTANCE: Final = 10
"""In a year; half of them are operations. Each event lies in the log of each reseller above."""

LEVELS: Final = 3
READINGS_A_DAY: Final = 24
"""Of each deployment; and one of each instance."""


@dataclass(frozen=True)
class Provider:
    """How large a provider is.

    Attributes:
        deployments: that are registered.
        instances: on them.
        running: operations that run for long, at the same time.
        calls: requests a second.
    """

    deployments: int
    instances: int
    running: int
    calls: float


def needs(provider: Provider, results: Mapping[str, Any]) -> dict[str, float]:
    """Return what a provider needs.

    Args:
        provider: how large.
        results: of ``python -m benchmarks.growth``.

    Returns:
        By name: asked-for requests to deployments each second, rows of a year, database in GB,
        cores of tracking, and workers for it.
    """
    curves = {(each["name"], each["of"]): each for each in results["curves"]}
    of_instance = _each(curves["database", "instances"])
    of_event = _each(curves["database", "events"])
    tracking = _each(curves["processor of tracking", "running operations"])
    events = provider.instances * EVENTS_OF_AN_INSTANCE * LEVELS
    return {
        "inventory reads a second": provider.deployments / INVENTORY_SECONDS,
        "licence reads a second": provider.deployments / HOUR,
        "watch visits a second": provider.instances / DAY,
        "rows of events in a year": events,
        "GB of instances and operations": of_instance * provider.instances / 1e9,
        "GB of events in a year": of_event * events / 1e9,
        "cores of tracking": tracking * provider.running,
        "workers": max(2, ceil(provider.running / TRACKED_BY_A_WORKER) + 1),
        "cores of lists": provider.calls * _last(curves["list, first page", "instances"]),
    }


def _each(curve: Mapping[str, Any]) -> float:
    """Return what one more costs: the slope between the smallest and the largest size."""
    points: Sequence[Mapping[str, float]] = curve["points"]
    more = points[-1]["size"] - points[0]["size"]
    return (points[-1]["value"] - points[0]["value"]) / more


def _last(curve: Mapping[str, Any]) -> float:
    return float(curve["points"][-1]["value"])
