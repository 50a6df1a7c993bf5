"""Limits of resellers, and what counts against them.

The limit of a reseller is a pool that everything below it shares. What lies below a lifted
limit counts against no pool above. Nothing is counted along: use is counted anew from the
rows themselves, so it cannot drift.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    select,
)

from gateway.model import FINAL, OperationStatus, Resource
from gateway.storage.deployments import GONE
from gateway.storage.descent import below
from gateway.storage.tables import holdings, instances, operations, quotas, resellers

Limits = Mapping[Resource, int | None]
"""By resource: none is inherited, null lifts the limits above, zero forbids."""

UNFINISHED = sorted(frozenset(OperationStatus) - FINAL)


@dataclass(frozen=True)
class Pool:
    """The limit of a reseller on one resource, for all that is at or below it."""

    reseller: str
    path: str
    resource: Resource
    limit: int


def of(connection: Connection, owners: Iterable[str]) -> dict[str, dict[Resource, int | None]]:
    """Return the limits of some resellers' own, by their ids; those of one without are empty."""
    found: dict[str, dict[Resource, int | None]] = {owner: {} for owner in owners}
    query = select(quotas).where(quotas.c.reseller.in_(found)).order_by(quotas.c.resource)
    for row in connection.execute(query):
        found[row.reseller][Resource(row.resource)] = row.limit
    return found


def replace(connection: Connection, reseller: str, limits: Limits) -> None:
    """Set all limits of a reseller; what is left out is inherited.

    The transaction holds the reseller's row (``resellers.hold``): see ``hold_line``.
    """
    connection.execute(delete(quotas).where(quotas.c.reseller == reseller))
    rows = [
        {"reseller": reseller, "resource": resource, "limit": limit}
        for resource, limit in limits.items()
    ]
    if rows:
        connection.execute(insert(quotas), rows)


def hold_line(connection: Connection, path: str) -> None:
    """Let nobody set a limit of a path before this transaction ends; the root has none.

    Else a new limit would not see what is being admitted beside it, and the next one in would
    be admitted too many.
    """
    line = (
        select(resellers.c.id)
        .where(resellers.c.id.in_(_ids(path)), resellers.c.parent.is_not(None))
        .order_by(resellers.c.path)
    )
    connection.execute(line.with_for_update(read=True)).all()


def hold(connection: Connection, pools: Sequence[Pool]) -> None:
    """Take the locks of some pools in the order of their paths, the same for everybody."""
    for pool in pools:
        mine = (quotas.c.reseller == pool.reseller) & (quotas.c.resource == pool.resource)
        connection.execute(select(quotas.c.limit).where(mine).with_for_update())


def pools(connection: Connection, path: str, resources: Iterable[Resource]) -> list[Pool]:
    """Return the pools that what lies at a path counts against, the highest first."""
    query = (
        select(quotas, resellers.c.path)
        .join(resellers, resellers.c.id == quotas.c.reseller)
        .where(quotas.c.reseller.in_(_ids(path)), quotas.c.resource.in_(list(resources)))
        .order_by(func.length(resellers.c.path).desc(), quotas.c.resource.desc())
    )
    found: list[Pool] = []
    lifted: set[str] = set()
    for row in connection.execute(query):
        if row.limit is None:
            lifted.add(row.resource)
        elif row.resource not in lifted:
            found.append(Pool(row.reseller, row.path, Resource(row.resource), row.limit))
    return found[::-1]


def used(connection: Connection, path: str, resource: Resource) -> int:
    """Count what a reseller and all below it have of a resource, but for what is lifted.

    Instances that failed or were purged are gone; those in their days of grace are not.
    """
    number: int = connection.execute(_COUNTS[resource](path)).scalar_one()
    return number


def _ids(path: str) -> list[str]:
    return path.strip("/").split("/")


def _counted(column: ColumnElement[str], path: str, resource: str) -> ColumnElement[bool]:
    """Whether what has a path counts against the pool of another path."""
    lifts, lifting = quotas.alias(), resellers.alias()
    is_lifted = exists().where(
        lifts.c.resource == resource,
        lifts.c.limit.is_(None),
        lifting.c.id == lifts.c.reseller,
        lifting.c.path != path,
        below(lifting.c.path, path),
        func.substr(column, 1, func.length(lifting.c.path)) == lifting.c.path,
    )
    return and_(below(column, path), ~is_lifted)


def _instances(path: str) -> Select[int]:
    return (
        select(func.count())
        .select_from(instances.join(resellers, resellers.c.id == instances.c.reseller))
        .where(
            instances.c.status.not_in(GONE), _counted(resellers.c.path, path, Resource.INSTANCES)
        )
    )


def _held(path: str, resource: Resource) -> Select[int]:
    rows = holdings.join(instances, instances.c.id == holdings.c.instance).join(
        resellers, resellers.c.id == instances.c.reseller
    )
    return (
        select(func.coalesce(func.sum(holdings.c.held), 0))
        .select_from(rows)
        .where(
            holdings.c.resource == resource,
            instances.c.status.not_in(GONE),
            _counted(resellers.c.path, path, resource),
        )
    )


def _operations(path: str) -> Select[int]:
    return (
        select(func.count())
        .select_from(operations)
        .where(
            operations.c.changes,
            operations.c.parent.is_(None),  # a part counts as the whole that it belongs to
            operations.c.status.in_(UNFINISHED),
            _counted(operations.c.reseller_path, path, Resource.CONCURRENT_OPERATIONS),
        )
    )


_COUNTS = {
    Resource.INSTANCES: _instances,
    Resource.USERS: lambda path: _held(path, Resource.USERS),
    Resource.STORES: lambda path: _held(path, Resource.STORES),
    Resource.CONCURRENT_OPERATIONS: _operations,
}
