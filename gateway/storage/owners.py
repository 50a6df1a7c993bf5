"""Whose the instances of a deployment are, in as few columns as their figures need."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, or_, select

from gateway.model import InstanceStatus
from gateway.storage.batches import batches
from gateway.storage.deployments import GONE
from gateway.storage.tables import instances, resellers

_HALF_MADE = InstanceStatus.PROVISIONING


@dataclass(frozen=True)
class Owned:
    """An instance and its owner.

    Attributes:
        id: opaque.
        instance_id: the name that SPE knows.
        status: where it is in its life with us.
        reseller: the owner.
        path: of the owner.
    """

    id: str
    instance_id: str
    status: InstanceStatus
    reseller: str
    path: str

    @property
    def is_gone(self) -> bool:
        """Whether the deployment has it no more, as far as we are concerned."""
        return self.status in GONE

    @property
    def is_expected(self) -> bool:
        """Whether the deployment should list it: it is neither half made nor gone."""
        return not self.is_gone and self.status is not _HALF_MADE


def on(connection: Connection, deployment: str) -> dict[str, Owned]:
    """Return the instances that a deployment has, or is about to have, by their opaque ids."""
    i = instances.c
    there = (i.deployment == deployment, i.status.not_in(GONE))
    return _found(connection, _selected().where(*there))


def hold(connection: Connection, some: Sequence[str]) -> dict[str, Owned]:
    """Return instances, whatever became of them, that get no other owner in this transaction.

    Whoever holds several takes them in the order of their ids. They are read only when they are
    held, so that the owner is the one of then.
    """
    found: dict[str, Owned] = {}
    for ids in batches(some):
        mine = instances.c.id.in_(ids)
        query = select(instances.c.id).where(mine).order_by(instances.c.id)
        connection.execute(query.with_for_update(read=True)).all()
        found |= _found(connection, _selected().where(mine))
    return found


def expected_at(connection: Connection, deployment: str, time: datetime) -> Sequence[str]:
    """Return the instances that were whole on a deployment before a time and not gone by then."""
    i = instances.c
    lasting = or_(i.status.not_in(GONE), i.update_time >= time)
    query = select(i.id).where(
        i.deployment == deployment,
        i.create_time < time,
        i.status.not_in((_HALF_MADE, InstanceStatus.FAILED)),
        lasting,
    )
    return connection.execute(query.order_by(i.id)).scalars().all()


def _selected() -> Select[Any]:
    i = instances.c
    owner = resellers.c.path
    return select(i.id, i.instance_id, i.status, i.reseller, owner).join(
        resellers, resellers.c.id == i.reseller
    )


def _found(connection: Connection, query: Select[Any]) -> dict[str, Owned]:
    rows = connection.execute(query).mappings()
    return {row["id"]: Owned(**{**row, "status": InstanceStatus(row["status"])}) for row in rows}
