"""Instances that a deployment lists and nobody owns."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from gateway.storage.batches import parts
from gateway.storage.database import inserted
from gateway.storage.tables import unowned


@dataclass(frozen=True)
class Unowned:
    """An instance that was found, with the opaque id that it keeps once it is adopted.

    ``observed`` is SPE's row of it, ``observe_time`` since when that is so, ``create_time`` when
    it was first found.
    """

    id: str
    deployment: str
    instance_id: str
    observed: Mapping[str, Any]
    observe_time: datetime
    create_time: datetime


def page(
    connection: Connection, after: str, limit: int, deployment: str | None = None
) -> Sequence[Unowned]:
    """Return at most ``limit`` with an id after ``after``, in the order of ids.

    Args:
        connection: an open transaction.
        after: the last id of the page before, or an empty text.
        limit: the most rows.
        deployment: only those of this one; None for all.
    """
    query = select(unowned).where(unowned.c.id > after).order_by(unowned.c.id).limit(limit)
    if deployment is not None:
        query = query.where(unowned.c.deployment == deployment)
    return [Unowned(**row) for row in connection.execute(query).mappings()]


def find(connection: Connection, unowned_id: str) -> Unowned | None:
    """Return one by its opaque id, or None."""
    query = select(unowned).where(unowned.c.id == unowned_id)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else Unowned(**row)


def of(connection: Connection, deployment: str) -> dict[str, Unowned]:
    """Return those of a deployment, by the name that SPE knows."""
    query = select(unowned).where(unowned.c.deployment == deployment)
    found = [Unowned(**row) for row in connection.execute(query).mappings()]
    return {each.instance_id: each for each in found}


def numbers(connection: Connection, among: Collection[str]) -> dict[str, int]:
    """Return how many each of some deployments has; one without any is left out."""
    query = select(unowned.c.deployment, func.count().label("number")).where(
        unowned.c.deployment.in_(among)
    )
    rows = connection.execute(query.group_by(unowned.c.deployment))
    return {row.deployment: row.number for row in rows}


def add(connection: Connection, found: Sequence[Unowned]) -> None:
    """Insert what was found for the first time.

    Where another transaction has just inserted one of them, some are left to the next list.
    """
    for some in parts(found):
        inserted(connection, insert(unowned).values([dict(vars(each)) for each in some]))


def observe(connection: Connection, found: Sequence[Unowned]) -> None:
    """Write down what is otherwise now of some that are known."""
    changed = (
        update(unowned)
        .where(unowned.c.id == bindparam("key"))
        .values(observed=bindparam("seen"), observe_time=bindparam("time"))
    )
    if found:
        rows = [{"key": o.id, "seen": o.observed, "time": o.observe_time} for o in found]
        connection.execute(changed, rows)


def remove(connection: Connection, *ids: str) -> None:
    """Forget some: they were adopted, or are not listed any more."""
    for some in parts(ids):
        connection.execute(delete(unowned).where(unowned.c.id.in_(some)))
