"""Queries on the tree of resellers."""

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, exists, insert, select, update

from gateway.model import Reach, Reseller
from gateway.storage.tables import clients, instances, resellers


def _reseller(row: RowMapping) -> Reseller:
    fields = dict(row)
    fields["deployments"] = None if row["deployments"] is None else tuple(row["deployments"])
    fields["roles"] = None if row["roles"] is None else tuple(row["roles"])
    fields["disabled_permissions"] = tuple(row["disabled_permissions"])
    return Reseller(**fields)


def reached(reach: Reach) -> ColumnElement[bool]:
    """The tenant predicate on resellers: the own one and everything below."""
    return resellers.c.path.startswith(reach.path, autoescape=True)


def add(connection: Connection, reseller: Reseller) -> None:
    """Insert a reseller."""
    connection.execute(insert(resellers).values(**vars(reseller)))


def find(connection: Connection, reach: Reach, reseller: str) -> Reseller | None:
    """Return a reseller that is reached, or None."""
    query = select(resellers).where(resellers.c.id == reseller, reached(reach))
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _reseller(row)


def root(connection: Connection) -> Reseller | None:
    """Return the operators' own reseller, or None before ``init``."""
    row = (
        connection.execute(select(resellers).where(resellers.c.parent.is_(None)))
        .mappings()
        .one_or_none()
    )
    return None if row is None else _reseller(row)


def page(connection: Connection, reach: Reach, after: str, limit: int) -> Sequence[Reseller]:
    """Return at most ``limit`` resellers with an id after ``after``, in the order of ids."""
    query = (
        select(resellers)
        .where(reached(reach), resellers.c.id > after)
        .order_by(resellers.c.id)
        .limit(limit)
    )
    return [_reseller(row) for row in connection.execute(query).mappings()]


def deployments_of(connection: Connection, reseller: Reseller) -> frozenset[str] | None:
    """Return where a reseller's instances may lie: nowhere that is closed to one above it.

    Returns:
        Ids of deployments; None if no reseller of the path is restricted.
    """
    path = reseller.path.strip("/").split("/")
    query = select(resellers.c.deployments).where(resellers.c.id.in_(path))
    open_to = [set(row) for row in connection.execute(query).scalars() if row is not None]
    return frozenset(set.intersection(*open_to)) if open_to else None


def change(connection: Connection, reseller: str, values: Mapping[str, object]) -> None:
    """Update the given columns."""
    connection.execute(update(resellers).where(resellers.c.id == reseller).values(**values))


def in_use(connection: Connection, reseller: str) -> bool:
    """Whether it has resellers below, clients or instances, also purged ones."""
    holds = [
        exists().where(resellers.c.parent == reseller),
        exists().where(clients.c.reseller == reseller),
        exists().where(instances.c.reseller == reseller),
    ]
    return any(connection.execute(select(condition)).scalar_one() for condition in holds)


def remove(connection: Connection, reseller: str) -> None:
    """Delete the row."""
    connection.execute(delete(resellers).where(resellers.c.id == reseller))
