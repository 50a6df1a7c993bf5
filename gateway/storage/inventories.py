"""How old the read model of each deployment is, and what stands against a newer one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, RowMapping, bindparam, insert, select, update

from gateway.storage.batches import batches
from gateway.storage.database import inserted
from gateway.storage.tables import deployments, inventories

_RENEWED: Final = update(inventories).where(inventories.c.deployment == bindparam("key"))


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


def ages(connection: Connection, among: Collection[str]) -> dict[str, datetime | None]:
    """Return when deployments were asked for the last list that was believed, if ever."""
    return _times(connection, inventories.c.as_of, among)


def find(connection: Connection, deployment: str) -> Inventory | None:
    """Return the state of a deployment; None if it was never asked."""
    query = select(inventories).where(inventories.c.deployment == deployment)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else Inventory(**row)


def tries(connection: Connection, among: Collection[str]) -> dict[str, datetime]:
    """Return when deployments were last asked; one that never was is left out."""
    return _times(connection, inventories.c.try_time, among)


def _times(connection: Connection, column: Column[Any], among: Collection[str]) -> dict[str, Any]:
    key = inventories.c.deployment
    queries = (select(key, column).where(key.in_(some)) for some in batches(among))
    return {name: time for query in queries for name, time in connection.execute(query)}


@dataclass(frozen=True)
class Renewal:
    """That a deployment listed what it did before.

    Attributes:
        deployment: its id.
        time: when it was asked.
        number: how many instances it listed, whoever's they are.
        before: when it had last been asked, as the row said then.
    """

    deployment: str
    time: datetime
    number: int
    before: datetime | None


def renew(connection: Connection, renewals: Collection[Renewal]) -> dict[str, Inventory]:
    """Write of many deployments when they were asked: nothing else has become of their lists.

    Left out is one that was asked by somebody else meanwhile, that is told to be down, or not
    registered any more; and one whose row somebody else is writing: nobody waits for another.

    Returns:
        The states that were written, by the deployments.
    """
    found = {each.deployment: each for each in renewals}
    rows = [row for some in batches(found) for row in _held(connection, some)]
    states = {
        row["deployment"]: _renewed(row["as_of"], renewal)
        for row in rows
        if (renewal := found[row["deployment"]]).before == row["try_time"]
    }
    if states:
        values = [vars(state) | {"key": name} for name, state in states.items()]
        connection.execute(_RENEWED, values)
    return states


def _held(connection: Connection, among: Sequence[str]) -> Sequence[RowMapping]:
    """Hold the rows of those that are up, as far as nobody else is writing them."""
    query = (
        select(inventories)
        .join(deployments, deployments.c.id == inventories.c.deployment)
        .where(inventories.c.deployment.in_(among), deployments.c.down_time.is_(None))
        .with_for_update(of=inventories, skip_locked=True)
    )
    return connection.execute(query).mappings().all()


def _renewed(as_of: datetime | None, renewal: Renewal) -> Inventory:
    newest = max(renewal.time, as_of or renewal.time)
    return Inventory(renewal.deployment, newest, renewal.time, number=renewal.number)


def put(connection: Connection, state: Inventory) -> None:
    """Write the state of a deployment, whatever it was."""
    mine = inventories.c.deployment == state.deployment
    changed = update(inventories).where(mine).values(**vars(state))
    if connection.execute(changed).rowcount:
        return
    if not inserted(connection, insert(inventories).values(**vars(state))):
        connection.execute(changed)  # another process wrote the first one at this moment
