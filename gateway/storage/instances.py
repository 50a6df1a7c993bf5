"""Queries on instances: every one of them under the tenant predicate.

Only the tracker, which works for nobody in particular, finds an instance without it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, insert, select, true, update

from gateway.model import Instance, InstanceStatus, Reach
from gateway.storage.resellers import reached
from gateway.storage.tables import instances, resellers


def _selected() -> Select[Any]:
    return select(instances, resellers.c.path.label("reseller_path")).join(
        resellers, resellers.c.id == instances.c.reseller
    )


def _instance(row: RowMapping) -> Instance:
    fields = dict(row)
    fields["status"] = InstanceStatus(row["status"])
    return Instance(**fields)


def tenant(reach: Reach) -> ColumnElement[bool]:
    """The tenant predicate: below the caller's reseller, and not outside its restriction."""
    only = true() if reach.instances is None else instances.c.id.in_(sorted(reach.instances))
    return reached(reach) & only


def add(connection: Connection, instance: Instance) -> None:
    """Insert an instance."""
    values = dict(vars(instance))
    del values["reseller_path"]
    connection.execute(insert(instances).values(**values))


def find(connection: Connection, reach: Reach, instance: str) -> Instance | None:
    """Return an instance that is reached, or None; purged ones are absent."""
    query = _selected().where(
        instances.c.id == instance, tenant(reach), instances.c.status != InstanceStatus.PURGED
    )
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _instance(row)


def some(connection: Connection, reach: Reach, among: Sequence[str]) -> dict[str, Instance]:
    """Return those of some instances that are reached, by their ids; purged ones are absent."""
    query = _selected().where(
        instances.c.id.in_(among), tenant(reach), instances.c.status != InstanceStatus.PURGED
    )
    return {row["id"]: _instance(row) for row in connection.execute(query).mappings()}


def tracked(connection: Connection, instance: str) -> Instance | None:
    """Return an instance for the tracker, which carries on what was authorised before."""
    row = connection.execute(_selected().where(instances.c.id == instance)).mappings().one_or_none()
    return None if row is None else _instance(row)


def hold(connection: Connection, instance: str) -> None:
    """Let nobody else hold or change an instance before this transaction ends."""
    connection.execute(select(instances.c.id).where(instances.c.id == instance).with_for_update())


def neighbours(connection: Connection, instance: Instance) -> Sequence[Instance]:
    """Return what else is or was on an instance's deployment, whoever's it is.

    To judge paths only: the data of purged instances is still on disk.
    """
    query = _selected().where(
        instances.c.deployment == instance.deployment, instances.c.id != instance.id
    )
    return [_instance(row) for row in connection.execute(query).mappings()]


def page(
    connection: Connection,
    reach: Reach,
    filters: Mapping[str, str],
    after: str,
    limit: int,
) -> Sequence[Instance]:
    """Return at most ``limit`` instances with an id after ``after``, in the order of ids.

    Args:
        connection: an open transaction.
        reach: what the caller reaches.
        filters: column name to the value it must have.
        after: the last id of the page before, or an empty text.
        limit: the most rows.
    """
    query = _selected().where(
        tenant(reach), instances.c.id > after, instances.c.status != InstanceStatus.PURGED
    )
    for column, value in filters.items():
        query = query.where(instances.c[column] == value)
    rows = connection.execute(query.order_by(instances.c.id).limit(limit))
    return [_instance(row) for row in rows.mappings()]


def change(connection: Connection, instance: str, values: Mapping[str, object]) -> None:
    """Update the given columns."""
    connection.execute(update(instances).where(instances.c.id == instance).values(**values))
