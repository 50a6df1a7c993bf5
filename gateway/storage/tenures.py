"""Whose an instance was at which time: from its row and its transfers, and from nothing else."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from gateway.storage.deployments import GONE
from gateway.storage.tables import deployments, instances, transfers


@dataclass(frozen=True)
class Tenure:
    """A time in which an instance was one reseller's.

    Attributes:
        instance: opaque id.
        instance_id: the name that SPE knows.
        deployment: where it lay.
        reseller: whose it was.
        since: from when on.
        until: up to when; None where it still is.
    """

    instance: str
    instance_id: str
    deployment: str
    reseller: str
    since: datetime
    until: datetime | None

    def holds(self, time: datetime) -> bool:
        """Whether it was so at a time."""
        return self.since <= time and (self.until is None or time < self.until)

    def overlaps(self, since: datetime, until: datetime) -> bool:
        """Whether it was so at some time in [since, until)."""
        return self.since < until and (self.until is None or since < self.until)


def on(connection: Connection, deployment: str) -> Sequence[Tenure]:
    """Return the tenures of all instances that a deployment has or had, by instance and time."""
    there = instances.c.deployment == deployment
    rows = connection.execute(select(instances).where(there).order_by(instances.c.id)).all()
    moves = _moves(connection, deployment)
    return [tenure for row in rows for tenure in _of(row, moves.get(row.id, []))]


def lying(
    connection: Connection, reseller: str, since: datetime, until: datetime
) -> Mapping[str, Sequence[Tenure]]:
    """Return what a reseller had at some time in [since, until), by deployment.

    Deployments in the order of their ids, tenures in that of ``on``.
    """
    its = or_(instances.c.reseller == reseller, transfers.c.former == reseller)
    held = select(instances.c.deployment).outerjoin(transfers).where(its).distinct()
    query = select(deployments.c.id).where(deployments.c.id.in_(held)).order_by(deployments.c.id)
    found = {}
    for deployment in connection.execute(query).scalars():
        mine = [each for each in on(connection, deployment) if each.reseller == reseller]
        within = [each for each in mine if each.overlaps(since, until)]
        if within:
            found[deployment] = within
    return found


def _moves(connection: Connection, deployment: str) -> Mapping[str, Sequence[Row[Any]]]:
    """Return the changes of owner of a deployment's instances, in their order."""
    query = select(transfers).join(instances, instances.c.id == transfers.c.instance)
    there = query.where(instances.c.deployment == deployment)
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(there.order_by(transfers.c.create_time, transfers.c.id)):
        found[row.instance].append(row)
    return found


def _of(row: Row[Any], moves: Sequence[Row[Any]]) -> Iterator[Tenure]:
    """Yield one tenure more than there were changes of owner."""
    owners = [*(move.former for move in moves), row.reseller]
    ended = row.update_time if row.status in GONE else None
    bounds = [row.create_time, *(move.create_time for move in moves), ended]
    for place, owner in enumerate(owners):
        since, until = bounds[place : place + 2]
        yield Tenure(row.id, row.instance_id, row.deployment, owner, since, until)
