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

BACKGROUND: Final = "cores of the background"
TRACKING: Final = "cores of tracking"
TOGETHER: Final = "processor of tracking"
APART: Final = "processor of tracking, one on each deployment"
"""Nothing is polled in one turn with another then."""

STANDING: Final = (BACKGROUND, TRACKING)
"""What is needed while nobody calls."""

Curves = Mapping[tuple[str, str], Mapping[str, Any]]
"""Documents of curves, by name and by what there is more of."""


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
    curves = by_name(results["curves"])
    of_instance = _each(curves["database", "instances"])
    of_event = _each(curves["database", "events"])
    tracking = _each(curves[TOGETHER, "running operations"])
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
        **_background(provider.deployments, curves),
    }


def by_name(curves: Sequence[Mapping[str, Any]]) -> Curves:
    """Return the documents of curves by name and by what there is more of."""
    return {(each["name"], each["of"]): each for each in curves}


def cores(
    deployments: int, running: int, rates: Mapping[str, float], curves: Curves
) -> dict[str, float]:
    """Return what a gateway with so many deployments needs, part by part.

    Args:
        deployments: that are registered.
        running: operations that run for long, at the same time.
        rates: calls a second, by the name of their curve over deployments.
        curves: that were measured; what they do not tell is left out.
    """
    parts = dict(_background(deployments, curves))
    polled = APART if running <= deployments else TOGETHER
    if found := curves.get((polled, "running operations")):
        parts[TRACKING] = _each(found) * running
    for name, rate in rates.items():
        if found := curves.get((f"{name}: processor", "deployments")):
            parts[name] = rate * _at(found, deployments)
    return parts


def _background(deployments: int, curves: Curves) -> dict[str, float]:
    """Return what is done while nobody calls; nothing where that was not measured."""
    found = curves.get(("processor while nobody calls", "deployments"))
    return {BACKGROUND: _at(found, deployments)} if found else {}


def _at(curve: Mapping[str, Any], size: float) -> float:
    """Return the value at a size, on the line through the smallest and the largest."""
    first: Mapping[str, float] = curve["points"][0]
    return first["value"] + _each(curve) * (size - first["size"])


def _each(curve: Mapping[str, Any]) -> float:
    """Return what one more costs: the slope between the smallest and the largest size."""
    points: Sequence[Mapping[str, float]] = curve["points"]
    more = points[-1]["size"] - points[0]["size"]
    return (points[-1]["value"] - points[0]["value"]) / more


def _last(curve: Mapping[str, Any]) -> float:
    return float(curve["points"][-1]["value"])
