"""The deployments of a fleet, each with what follows from the fleet's seed and its name."""

from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

from gateway.simulator.conduct import Conduct
from gateway.simulator.latency import CLASSES, Between, Distribution, Latency, LongTail
from gateway.simulator.population import Population, Span
from gateway.simulator.scenario import Asynchronous, Scenario

from .document import Bounds, Drawn, Fleet, Group, PlantedFault

KEPT_REQUESTS = 1000


@dataclass(frozen=True)
class Member:
    """A deployment that is to run; port 0 is a free one."""

    name: str
    port: int
    scenario: Scenario
    conduct: Conduct


def members(fleet: Fleet) -> Iterator[Member]:
    """Yield all deployments in the order of the file."""
    named = [(name, group) for group in fleet.groups for name in group.names()]
    for number, (name, group) in enumerate(named):
        seed = f"{fleet.seed}:{name}"
        port = fleet.first_port and fleet.first_port + number
        yield Member(name, port, _scenario(group, seed), _conduct(group, seed))


def _scenario(group: Group, seed: str) -> Scenario:
    if group.asynchronous is None:
        return Scenario(version=group.version)
    share, seconds = group.asynchronous.share, group.asynchronous.seconds
    return Scenario(
        version=group.version, asynchronous=Asynchronous(share, crc32(seed.encode()), seconds)
    )


def _conduct(group: Group, seed: str) -> Conduct:
    drawn = ((kind, getattr(group.latency, kind)) for kind in CLASSES)
    return Conduct(
        condition=group.condition,
        latency=Latency({kind: _distribution(one) for kind, one in drawn if one}, seed),
        faults=tuple(_fault(fault, f"{seed}:{n}") for n, fault in enumerate(group.faults)),
        population=_population(group, seed),
        kept_requests=KEPT_REQUESTS,
        forgets=True,
    )


def _distribution(drawn: Drawn) -> Distribution:
    if drawn.between is not None:
        return Between(*drawn.between)
    return LongTail(drawn.median or 0.0, drawn.p99 or 0.0)


def _fault(fault: PlantedFault, seed: str) -> dict[str, object]:
    """Return a fault as it is planted; without a count it befalls one call, or its share of all."""
    counted = "count" in fault.model_fields_set or "share" in fault.model_fields_set
    return {**fault.model_dump(), "count": fault.count if counted else 1, "seed": seed}


def _population(group: Group, seed: str) -> Population:
    sizes = group.sizes
    return Population(
        seed,
        _span(sizes.instances),
        _span(sizes.stores),
        _span(sizes.users),
        _span(sizes.messages),
        sizes.archive_admin_enabled,
    )


def _span(bounds: Bounds) -> Span:
    return Span(bounds.min, bounds.max)
