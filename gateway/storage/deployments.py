"""Queries on the registry of deployments."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, RowMapping, delete, exists, func, insert, select, update

from gateway.model import Deployment, InstanceStatus
from gateway.storage.tables import deployments, instances, names

GONE = (InstanceStatus.PURGED, InstanceStatus.FAILED)
"""Instances in these states take no room."""

_PUBLIC = [column for column in deployments.c if column.name != "password"]


def _deployment(row: RowMapping) -> Deployment:
    return Deployment(**row)


def add(connection: Connection, deployment: Deployment, sealed_password: str) -> None:
    """Insert a deployment with its encrypted password."""
    connection.execute(insert(deployments).values(**vars(deployment), password=sealed_password))


def find(connection: Connection, deployment: str) -> Deployment | None:
    """Return a deployment, or None."""
    query = select(*_PUBLIC).where(deployments.c.id == deployment)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _deployment(row)


def hold(connection: Connection, deployment: str) -> Deployment | None:
    """Return a deployment that nobody else may change before this transaction ends.

    Names may be put on it meanwhile; two who have done so must not wait for each other here.
    """
    mine = deployments.c.id == deployment
    query = select(*_PUBLIC).where(mine).with_for_update(key_share=True)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _deployment(row)


def sealed_password(connection: Connection, deployment: str) -> str:
    """Return the encrypted password."""
    query = select(deployments.c.password).where(deployments.c.id == deployment)
    sealed: str = connection.execute(query).scalar_one()
    return sealed


def page(connection: Connection, after: str, limit: int) -> Sequence[Deployment]:
    """Return at most ``limit`` deployments with an id after ``after``, in the order of ids."""
    query = select(*_PUBLIC).where(deployments.c.id > after).order_by(deployments.c.id)
    return [_deployment(row) for row in connection.execute(query.limit(limit)).mappings()]


def every(connection: Connection) -> Sequence[Deployment]:
    """Return all deployments, in the order of their registration."""
    query = select(*_PUBLIC).order_by(deployments.c.id)
    return [_deployment(row) for row in connection.execute(query).mappings()]


def change(connection: Connection, deployment: str, values: Mapping[str, object]) -> None:
    """Update the given columns and count the revision, so that connections are made anew."""
    connection.execute(
        update(deployments)
        .where(deployments.c.id == deployment)
        .values(**values, revision=deployments.c.revision + 1)
    )


def observe(connection: Connection, deployment: str, values: Mapping[str, object]) -> None:
    """Update what was observed (version, commands, contact); connections stay."""
    connection.execute(update(deployments).where(deployments.c.id == deployment).values(**values))


def load(connection: Connection) -> dict[str, int]:
    """Return how many instances that are not purged or failed each deployment has."""
    query = (
        select(instances.c.deployment, func.count().label("number"))
        .where(instances.c.status.not_in(GONE))
        .group_by(instances.c.deployment)
    )
    return {row.deployment: row.number for row in connection.execute(query)}


def in_use(connection: Connection, deployment: str) -> bool:
    """Whether names or tombstones lie on it: ids must never be forgotten."""
    query = select(exists().where(names.c.deployment == deployment))
    return connection.execute(query).scalar_one()


def remove(connection: Connection, deployment: str) -> None:
    """Delete the row."""
    connection.execute(delete(deployments).where(deployments.c.id == deployment))
