"""Queries on the registry of deployments."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, exists, insert, null, select, update

from gateway.model import Deployment, InstanceStatus
from gateway.storage import generations
from gateway.storage.generations import QUIET, WATCHED
from gateway.storage.tables import deployments, names, operations

ABSENT = (InstanceStatus.PURGED, InstanceStatus.RELEASED)
"""Instances in these states are nobody's any more; their names stay their last owner's (law 3)."""

GONE = (*ABSENT, InstanceStatus.FAILED)
"""Instances in these states take no room."""

CONNECTING = frozenset({"host", "port", "user_name", "password", "pin", "next_pin", "quarantine"})
"""Columns that say how a deployment is connected to, and whether."""

_COMPARED = ("id", "host", "port", "pin", "revision")

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
    """Update the given columns; connections are made anew only if they would be others now."""
    counted = {"revision": deployments.c.revision + 1} if CONNECTING & values.keys() else {}
    connection.execute(
        update(deployments).where(deployments.c.id == deployment).values(**values, **counted)
    )


def quarantine(connection: Connection, deployment: Deployment, found: Mapping[str, object]) -> bool:
    """Put a deployment into quarantine, as it was registered when its certificate was refused.

    Returns:
        False when it is in quarantine already, or registered otherwise by now; nothing is written.
    """
    known = (getattr(deployments.c, name) == getattr(deployment, name) for name in _COMPARED)
    row = update(deployments).where(*known, deployments.c.quarantine.is_(null()))
    return connection.execute(row.values(quarantine=dict(found))).rowcount == 1


def observe(connection: Connection, deployment: str, values: Mapping[str, object]) -> None:
    """Update what was observed (version, commands, contact); connections stay."""
    row = update(deployments).where(deployments.c.id == deployment).values(**values)
    is_contact = values.keys() <= {"last_contact_time"}
    connection.execute(row.execution_options(**QUIET) if is_contact else row)


def fall(connection: Connection, deployment: str, time: datetime) -> bool:
    """Note that it cannot be reached; False when that was noted, or it is not registered."""
    up = (deployments.c.id == deployment, deployments.c.down_time.is_(None))
    return connection.execute(update(deployments).where(*up).values(down_time=time)).rowcount == 1


def rise(connection: Connection, deployment: str) -> bool:
    """Note that it can be reached; False when nothing else was noted."""
    down = (deployments.c.id == deployment, deployments.c.down_time.is_not(None))
    row = update(deployments).where(*down).values(down_time=None).execution_options(**QUIET)
    risen = connection.execute(row).rowcount == 1
    if risen:  # asked after each answer, it is no news nearly always
        generations.end(connection, WATCHED[deployments])
    return risen


def in_use(connection: Connection, deployment: str) -> bool:
    """Whether names or tombstones lie on it: ids must never be forgotten."""
    query = select(exists().where(names.c.deployment == deployment))
    return connection.execute(query).scalar_one()


def is_rotating(connection: Connection, deployment: str) -> bool:
    """Whether the password that is used on it is being changed."""
    query = select(exists().where(operations.c.lock == rotation_lock(deployment)))
    return connection.execute(query).scalar_one()


def rotation_lock(deployment: str) -> str:
    """Return what the one rotation of a deployment's password holds."""
    return f"credential:{deployment}"


def remove(connection: Connection, deployment: str) -> None:
    """Delete the row."""
    connection.execute(delete(deployments).where(deployments.c.id == deployment))
