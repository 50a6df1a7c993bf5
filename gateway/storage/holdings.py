"""How many users and stores an instance holds, as far as we admitted or saw them.

Whoever changes a number holds the instance's row (``instances.hold``), or adds to what is there.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from gateway.model import FINAL, Resource
from gateway.storage.deployments import GONE
from gateway.storage.tables import holdings, instances, operations


def of(connection: Connection, instance: str) -> dict[Resource, int]:
    """Return what an instance holds, by resource; what was never admitted or seen is left out."""
    query = select(holdings).where(holdings.c.instance == instance)
    return {Resource(row.resource): row.held for row in connection.execute(query)}


def on_deployments(
    connection: Connection, among: Collection[str]
) -> dict[str, dict[Resource, int]]:
    """Return what the instances of some deployments hold together, but for those that are gone."""
    there = instances.c.deployment.in_(among), instances.c.status.not_in(GONE)
    query = (
        select(instances.c.deployment, holdings.c.resource, func.sum(holdings.c.held).label("held"))
        .join(instances, instances.c.id == holdings.c.instance)
        .where(*there)
        .group_by(instances.c.deployment, holdings.c.resource)
    )
    found: dict[str, dict[Resource, int]] = {}
    for row in connection.execute(query):
        found.setdefault(row.deployment, {})[Resource(row.resource)] = int(row.held)
    return found


def add(connection: Connection, instance: str, gains: Mapping[Resource, int]) -> None:
    """Add what is about to be made; the transaction holds the instance's row."""
    for resource, number in gains.items():
        held = case((holdings.c.held + number > 0, holdings.c.held + number), else_=0)
        done = connection.execute(update(holdings).where(_of(instance, resource)).values(held=held))
        if not done.rowcount:
            _insert(connection, instance, resource, {"held": number})


def take(connection: Connection, instance: str, losses: Mapping[Resource, int]) -> None:
    """Take off what is gone, or was not made; never below zero."""
    for resource, number in losses.items():
        held = case((holdings.c.held > number, holdings.c.held - number), else_=0)
        connection.execute(update(holdings).where(_of(instance, resource)).values(held=held))


def unseen(connection: Connection, instance: str, since: datetime) -> frozenset[Resource]:
    """Return of what an instance holds those resources that were not seen since a time."""
    query = select(holdings.c.resource).where(
        holdings.c.instance == instance,
        or_(holdings.c.observe_time.is_(None), holdings.c.observe_time < since),
    )
    return frozenset(Resource(name) for name in connection.execute(query).scalars())


def put(
    connection: Connection, instance: str, seen: Mapping[Resource, int], time: datetime
) -> None:
    """Write down what was seen at a time; the transaction holds the instance's row."""
    for resource, number in seen.items():
        values = {"held": number, "observe_time": time}
        mine = update(holdings).where(_of(instance, resource)).values(**values)
        if not connection.execute(mine).rowcount:
            _insert(connection, instance, resource, values)


def is_news(connection: Connection, instance: str, seen: Mapping[Resource, int]) -> bool:
    """Whether what was seen is another number, or the first look since the last change."""
    changed = select(func.max(operations.c.end_time)).where(
        operations.c.instance == instance, operations.c.changes
    )
    last = connection.execute(changed).scalar_one()
    rows = connection.execute(select(holdings).where(holdings.c.instance == instance))
    known = {
        Resource(row.resource): row.held
        for row in rows
        if row.observe_time and (last is None or row.observe_time > last)
    }
    return bool(seen.items() - known.items())


def is_quiet(connection: Connection, instance: str, since: datetime, besides: str) -> bool:
    """Whether nothing has changed an instance since a time, nor is about to.

    Args:
        connection: holds the instance's row, so that nobody begins meanwhile.
        instance: its opaque id.
        since: a time in the past.
        besides: an operation that does not count.
    """
    query = exists().where(
        operations.c.instance == instance,
        operations.c.id != besides,
        operations.c.changes,
        or_(operations.c.status.not_in(FINAL), operations.c.end_time >= since),
    )
    return not connection.execute(select(query)).scalar_one()


def _of(instance: str, resource: Resource) -> ColumnElement[bool]:
    return and_(holdings.c.instance == instance, holdings.c.resource == resource)


def _insert(
    connection: Connection, instance: str, resource: Resource, values: Mapping[str, Any]
) -> None:
    connection.execute(insert(holdings).values(instance=instance, resource=resource, **values))
