"""What is written of many instances at once when their deployment was asked for all of them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Connection,
    bindparam,
    func,
    select,
    update,
)

from gateway.model import FINAL, Instance
from gateway.storage.batches import batches
from gateway.storage.deployments import GONE
from gateway.storage.generations import QUIET
from gateway.storage.tables import instances, operations


@dataclass(frozen=True)
class Mark:
    """By which a row of an instance is known to be the same as before."""

    instance_id: str
    update_time: datetime
    observe_time: datetime | None


@dataclass(frozen=True)
class Sighting:
    """What an instance looks like now, and how that differs from what we know."""

    known: Instance
    observed: Mapping[str, Any]
    drift: Mapping[str, Any] | None

    @property
    def is_news(self) -> bool:
        """Whether the row would be another one."""
        return self.observed != self.known.observed or self.drift != self.known.drift

    @property
    def turns(self) -> bool:
        """Whether it begins to differ from what we know, or does not any more."""
        return (self.drift is None) != (self.known.drift is None)


@dataclass(frozen=True)
class Drifts:
    """How many instances of a deployment are not as we know them."""

    missing: int = 0
    changed: int = 0


def mark_of(instance: Instance) -> Mark:
    """Return the mark of a row that was read."""
    return Mark(instance.instance_id, instance.update_time, instance.observe_time)


def owned_among(connection: Connection, deployment: str, names: Sequence[str]) -> frozenset[str]:
    """Return which of some names are those of instances that a deployment has."""
    i = instances.c
    mine = (i.deployment == deployment, i.status.not_in(GONE))
    found: set[str] = set()
    for part in batches(names):
        some = i.instance_id.in_(part)
        found.update(connection.execute(select(i.instance_id).where(*mine, some)).scalars())
    return frozenset(found)


def under_change(connection: Connection, deployments: Collection[str]) -> dict[str, frozenset[str]]:
    """Return the instances that an unfinished operation changes alone, by their deployments.

    That is: one that holds their lock, as every step in their life does. A deployment without
    any is left out.
    """
    o = operations.c
    query = select(o.deployment, o.instance).where(
        o.deployment.in_(deployments),
        o.status.not_in(FINAL),
        o.lock.is_not(None),
        o.instance.is_not(None),
    )
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in connection.execute(query):
        found[row.deployment].add(row.instance)
    return {name: frozenset(some) for name, some in found.items()}


def write(connection: Connection, sightings: Sequence[Sighting], time: datetime) -> int:
    """Write sightings down; a row that somebody else has written since it was read stays.

    Returns:
        How many were written.
    """
    i = instances.c
    changed = (
        update(instances)
        .where(
            i.id == bindparam("key"),
            i.update_time == bindparam("updated"),
            i.observe_time.is_not_distinct_from(bindparam("seen")),
        )
        .values(
            observed=bindparam("now", type_=JSON()),
            drift=bindparam("drifted", type_=JSON(none_as_null=True)),
            observe_time=time,
        )
        .execution_options(**QUIET)
    )
    if not sightings:
        return 0
    return connection.execute(changed, [_values(each) for each in sightings]).rowcount


def _values(sighting: Sighting) -> dict[str, Any]:
    known = sighting.known
    return {
        "key": known.id,
        "updated": known.update_time,
        "seen": known.observe_time,
        "now": dict(sighting.observed),
        "drifted": sighting.drift,
    }


def drifts(connection: Connection, among: Collection[str]) -> dict[str, Drifts]:
    """Return the numbers of those deployments that have an instance which is not as we know it."""
    i = instances.c
    missing = func.count(i.drift["missing"].as_string())
    query = (
        select(i.deployment, missing.label("missing"), func.count().label("all"))
        .where(i.deployment.in_(among), i.drift.is_not(None), i.status.not_in(GONE))
        .group_by(i.deployment)
    )
    rows = connection.execute(query).mappings()
    return {row["deployment"]: Drifts(row["missing"], row["all"] - row["missing"]) for row in rows}
