"""When each instance is looked into next, and what was noticed the last time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, exists, insert, select, update

from gateway.model import InstanceStatus
from gateway.storage.clock import present
from gateway.storage.database import inserted
from gateway.storage.tables import deployments, instances, watches


@dataclass(frozen=True)
class Watch:
    """What is known of the looks into an instance.

    Attributes:
        instance: opaque id.
        deployment: where it lies.
        next_time: of the next look; of one that was taken, until when nobody else takes it.
        state: what was noticed, as its owner writes it.
    """

    instance: str
    deployment: str
    next_time: datetime
    state: Mapping[str, Any]


def lacking(connection: Connection, after: str, limit: int) -> Sequence[tuple[str, str]]:
    """Return the ids and deployments of some active instances that nobody watches, by their ids.

    Args:
        connection: an open transaction.
        after: only later ids: whoever goes through all looks at none twice.
        limit: how many at most.
    """
    watched = exists().where(watches.c.instance == instances.c.id)
    query = select(instances.c.id, instances.c.deployment).where(
        instances.c.status == InstanceStatus.ACTIVE, instances.c.id > after, ~watched
    )
    rows = connection.execute(query.order_by(instances.c.id).limit(limit))
    return [(row.id, row.deployment) for row in rows]


def add(connection: Connection, some: Sequence[Watch]) -> bool:
    """Insert rows; false when another process has inserted one of them."""
    return inserted(connection, insert(watches).values([vars(watch) for watch in some]))


def waiting(connection: Connection) -> Sequence[str]:
    """Return the deployments that have instances which are due.

    One step into an index for each deployment: how many instances it has makes no difference.
    """
    there = watches.c.deployment == deployments.c.id
    due = exists().where(there, watches.c.next_time <= present(connection))
    query = select(deployments.c.id).where(due).order_by(deployments.c.id)
    return connection.execute(query).scalars().all()


def take(connection: Connection, deployment: str, limit: int, claim: timedelta) -> Sequence[Watch]:
    """Take instances of a deployment that are due, the longest due first.

    Args:
        connection: a transaction.
        deployment: opaque id.
        limit: how many at most.
        claim: how long they are nobody else's.

    Returns:
        Them; ``next_time`` is the end of the claim, by which ``settle`` knows it again.
    """
    w = watches.c
    due = select(w.instance).where(w.deployment == deployment, w.next_time <= present(connection))
    held = due.order_by(w.next_time).limit(limit).with_for_update(skip_locked=True)
    mine = w.instance.in_(connection.execute(held).scalars().all())
    connection.execute(update(watches).where(mine).values(next_time=present(connection, claim)))
    return [Watch(**row) for row in connection.execute(select(watches).where(mine)).mappings()]


def settle(
    connection: Connection, taken: Watch, next_time: datetime, state: Mapping[str, Any]
) -> bool:
    """Write down what a look has shown, and when the next one is.

    Returns:
        False when the claim is over and somebody else has taken it; nothing is written.
    """
    mine = (watches.c.instance == taken.instance, watches.c.next_time == taken.next_time)
    row = update(watches).where(*mine).values(next_time=next_time, state=dict(state))
    return connection.execute(row).rowcount == 1


def drop(connection: Connection, instance: str) -> None:
    """Watch an instance no longer."""
    connection.execute(delete(watches).where(watches.c.instance == instance))
