"""How old the read model of each deployment is, and what stands against a newer one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from gateway.storage.database import inserted
from gateway.storage.tables import inventories


@dataclass(frozen=True)
class Inventory:
    """The state of the read model of a deployment.

    Attributes:
        deployment: its id.
        as_of: when the deployment was asked for the last list that was believed; None before
            the first.
        try_time: when it was last asked.
        problem: the code of the error that the last try ended with, if one did.
        doubt: the numbers of a list that was not believed, if the last one was not
            (broker/inventory/guard.py).
        number: how many instances the last list had, whoever's they are.
    """

    deployment: str
    as_of: datetime | None
    try_time: datetime
    problem: str | None = None
    doubt: Mapping[str, Any] | None = None
    number: int | None = None


def states(connection: Connection) -> dict[str, Inventory]:
    """Return the states of all deployments that were ever asked, by their ids."""
    rows = connection.execute(select(inventories)).mappings()
    return {row["deployment"]: Inventory(**row) for row in rows}


def find(connection: Connection, deployment: str) -> Inventory | None:
    """Return the state of a deployment; None if it was never asked."""
    query = select(inventories).where(inventories.c.deployment == deployment)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else Inventory(**row)


def put(connection: Connection, state: Inventory) -> None:
    """Write the state of a deployment, whatever it was."""
    mine = inventories.c.deployment == state.deployment
    changed = update(inventories).where(mine).values(**vars(state))
    if connection.execute(changed).rowcount:
        return
    if not inserted(connection, insert(inventories).values(**vars(state))):
        connection.execute(changed)  # another process wrote the first one at this moment
